/* Oscillation: counted from what was set when, not from how it arrived. */
#include "reversal.h"
#include "seed.h"
#include <criterion/criterion.h>

static Ref at(int64_t time) {
        Ref r = { .time = time };
        r.id_len = (uint32_t)snprintf(r.id, sizeof r.id, "%lld", (long long)time);
        return r;
}

static void set(Changes *h, int64_t time, const char *value) {
        Ref r = at(time);
        changes_add(h, text_z(value), &r);
}

Test(reversal, back_and_forth_is_counted_by_returns) {
        Changes h = { 0 };
        uint32_t first = 99;
        for (int i = 0; i < 8; i++)
                set(&h, i, i % 2 ? "b" : "a");
        cr_assert_eq(changes_reversals(&h, 100, &first), 6);
        cr_assert_eq(first, 0);
        cr_assert_eq(changes_reversals(&h, 3, &first), 4, "only those that lie within the span");
}

Test(reversal, a_value_told_twice_is_no_change) {
        Changes h = { 0 };
        uint32_t first;
        for (int i = 0; i < 8; i++) {
                set(&h, 10 * i, i % 2 ? "1" : "2");
                set(&h, 10 * i + 1, i % 2 ? "1.0" : "2.0");
        }
        cr_assert_eq(h.n, 8);
        cr_assert_eq(changes_reversals(&h, 1000, &first), 6);
}

Test(reversal, feeling_its_way_or_going_one_way_is_no_oscillation) {
        uint32_t first;
        Changes up = { 0 }, near = { 0 };
        for (int i = 0; i < 20; i++) {
                char text[16];
                snprintf(text, sizeof text, "%d", i);
                set(&up, i, text);
                snprintf(text, sizeof text, "%d",
                         100 + (i % 2 ? 3 * i : -i)); /* ever larger: the way back is not the way there */
                set(&near, i, text);
        }
        cr_assert_eq(changes_reversals(&up, 1000, &first), 0);
        Changes words = { 0 };
        for (int i = 0; i < 12; i++)
                set(&words, i, (const char *[]){ "a", "b", "c" }[i % 3]);
        cr_assert_eq(changes_reversals(&words, 1000, &first), 0, "a round of three never returns to the one before");
}

Test(reversal, the_order_of_arrival_does_not_matter) {
        uint64_t seed = seed_of(), s = seed;
        for (int round = 0; round < 500; round++) {
                int64_t t[REVERSAL_LEN];
                Changes a = { 0 }, b = { 0 };
                uint32_t fa = 0, fb = 0, n = 5 + (uint32_t)below(&s, 12);
                for (uint32_t i = 0; i < n; i++)
                        t[i] = i;
                for (uint32_t i = 0; i < n; i++)
                        set(&a, t[i], t[i] % 2 ? "on" : "off");
                for (uint32_t i = n - 1; i > 0; i--) {
                        uint32_t k = (uint32_t)below(&s, i + 1);
                        int64_t x = t[i];
                        t[i] = t[k];
                        t[k] = x;
                }
                for (uint32_t i = 0; i < n; i++)
                        set(&b, t[i], t[i] % 2 ? "on" : "off");
                /* A repeat that arrives early is dropped, so shuffles may only lose changes. */
                cr_assert(changes_reversals(&b, 1000, &fb) <= changes_reversals(&a, 1000, &fa), "seed %llu",
                          (unsigned long long)seed);
        }
}

Test(reversal, a_long_history_stays_within_its_bound) {
        Changes h = { 0 };
        for (int i = 0; i < 1000; i++)
                set(&h, i, i % 2 ? "x" : "y");
        cr_assert_eq(h.n, REVERSAL_LEN);
        set(&h, -5, "z");
        cr_assert_eq(h.c[0].ref.time, 1000 - REVERSAL_LEN, "what is older than all has no place");
}
