/* Texts of a bounded size, hashes and times. */
#include "base.h"
#include "seed.h"
#include <criterion/criterion.h>

Test(base, two_texts_that_differ_only_beyond_the_room_stay_different) {
        char a[300], b[300];
        memset(a, 'x', sizeof a);
        memset(b, 'x', sizeof b);
        b[299] = 'y';
        Name na = name_of(tocsin_bytes_of(a, sizeof a)), nb = name_of(tocsin_bytes_of(b, sizeof b));
        cr_assert(na.len <= NAME_TEXT && nb.len <= NAME_TEXT);
        cr_assert(!tocsin_equal(name_bytes(&na), name_bytes(&nb)));
        cr_assert(name_is(&na, tocsin_bytes_of(a, sizeof a)) && !name_is(&na, tocsin_bytes_of(b, sizeof b)));
}

Test(base, a_cut_never_breaks_a_character) {
        char text[400];
        for (size_t shift = 0; shift < 4; shift++) {
                memset(text, 'a', shift);
                for (size_t i = shift; i + 3 <= sizeof text; i += 3)
                        memcpy(text + i, "\xe2\x82\xac", 3); /* the euro sign */
                for (size_t most = 0; most < 60; most++) {
                        size_t n = text_cut(tocsin_bytes_of(text, 390 + shift), most);
                        cr_assert(n <= most && (n <= shift || (n - shift) % 3 == 0), "%zu of %zu", n, most);
                }
        }
}

Test(base, a_pattern_matches_itself_and_with_a_star_what_begins_like_it) {
        cr_assert(text_match(text_z("cell-1"), text_z("cell-1")));
        cr_assert(!text_match(text_z("cell-1"), text_z("cell-10")));
        cr_assert(text_match(text_z("cell-*"), text_z("cell-10")) && text_match(text_z("*"), text_z("")));
        cr_assert(!text_match(text_z("cell-*"), text_z("cel")) && !text_match(text_z(""), text_z("x")));
}

Test(base, only_a_whole_decimal_number_is_a_number) {
        double d;
        static const char *const no[] = { "", "nan", "inf", "0x10", "1 ", " 1", "1e999", "one", "--1" };
        for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
                cr_assert(!text_number(text_z(no[i]), &d), "%s", no[i]);
        cr_assert(text_number(text_z("-1.5e3"), &d) && d == -1500);
        cr_assert(text_number(text_z("1.0"), &d) && d == 1);
}

Test(base, a_deadline_never_runs_over) {
        cr_assert_eq(base_later(INT64_MAX - 1, 10), INT64_MAX);
        cr_assert_eq(base_later(5, 10), 15);
        cr_assert_eq(base_behind(NO_TIME, -5), 0);
}

Test(base, a_hash_depends_on_every_byte_and_on_the_length) {
        uint8_t b[64] = { 0 };
        for (size_t n = 1; n <= sizeof b; n++) {
                uint64_t h = base_hash(tocsin_bytes_of(b, n));
                cr_assert_neq(h, base_hash(tocsin_bytes_of(b, n - 1)));
                for (size_t i = 0; i < n; i++) {
                        b[i] ^= 1;
                        cr_assert_neq(h, base_hash(tocsin_bytes_of(b, n)));
                        b[i] ^= 1;
                }
        }
}
