/* UTF-8: the table of Unicode, every length, every alignment. */
#include "value/utf8.h"
#include <criterion/criterion.h>

Test(utf8, refuses_what_the_table_does_not_list) {
        static const char *const bad[] = {
                "\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x80\x80",     "\xe0\x9f\xbf",     "\xed\xa0\x80",
                "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
                "\xc3",         "\xe2\x82",         "\xf0\x9f\x98",     "\xc3\x28",         "\xe2\x28\xa1",     "\xe2\x82\x28"
        };
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                for (size_t before = 0; before < 40; before++) {
                        uint8_t text[64];
                        size_t n = strlen(bad[i]);
                        memset(text, 'a', sizeof text);
                        memcpy(text + before, bad[i], n);
                        cr_assert_not(utf8_valid(text, before + n), "%zu at %zu", i, before);
                }
}

Test(utf8, accepts_exactly_the_code_points_that_are_no_surrogates) {
        for (uint32_t c = 0; c < 0x110000; c++) {
                uint8_t t[4];
                size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
                static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
                for (size_t i = n; i-- > 1;)
                        t[i] = (uint8_t)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
                t[0] = (uint8_t)(lead[n] | c >> 6 * (n - 1));
                cr_assert_eq(utf8_valid(t, n), c < 0xd800 || c > 0xdfff, "U+%04X", c);
        }
}

Test(utf8, sees_a_high_byte_wherever_it_is) {
        uint8_t text[70];
        for (size_t n = 0; n < sizeof text; n++) {
                memset(text, 'x', sizeof text);
                cr_assert(utf8_valid(text, n));
                for (size_t at = 0; at < n; at++) {
                        text[at] = 0xff;
                        cr_assert_not(utf8_valid(text, n), "%zu of %zu", at, n);
                        text[at] = 'x';
                }
        }
}
