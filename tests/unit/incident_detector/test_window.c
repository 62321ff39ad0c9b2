/* The anti-replay window against a plain set, and the memory that tells a resend. */
#include "seed.h"
#include "window.h"
#include <criterion/criterion.h>

Test(window, a_number_is_fresh_once_and_never_again) {
        uint64_t seed = seed_of(), s = seed;
        for (int round = 0; round < 200; round++) {
                Window w = { 0 };
                int64_t missing[2], base = (int64_t)draw(&s) / 4, high = base;
                static bool seen[8192];
                memset(seen, 0, sizeof seen);
                for (int i = 0; i < 2000; i++) {
                        int64_t ahead = (int64_t)below(&s, 40) - 20, n = high + ahead < base ? base : high + ahead;
                        if (n - base >= (int64_t)(sizeof seen / sizeof seen[0]))
                                break;
                        WindowAnswer a = window_step(&w, n, i, missing);
                        bool fresh = a == WINDOW_FIRST || a == WINDOW_NEXT || a == WINDOW_AHEAD || a == WINDOW_FILL;
                        cr_assert_eq(fresh, !seen[n - base], "seed %llu, number %lld", (unsigned long long)seed,
                                     (long long)(n - base));
                        seen[n - base] = true;
                        high = n > high ? n : high;
                }
        }
}

Test(window, what_it_no_longer_remembers_is_refused) {
        Window w = { 0 };
        int64_t m[2];
        window_step(&w, 0, 0, m);
        for (int64_t n = 1; n <= 3000; n++)
                cr_assert_eq(window_step(&w, n, 0, m), WINDOW_NEXT);
        cr_assert_eq(window_step(&w, 3000 - WINDOW_BITS, 0, m), WINDOW_BELOW);
        cr_assert_eq(window_step(&w, 3000 - WINDOW_BITS + 1, 0, m), WINDOW_SEEN);
        cr_assert_eq(window_step(&w, INT64_MIN, 0, m), WINDOW_BELOW);
}

Test(window, one_forged_number_does_not_throw_the_honest_ones_out) {
        Window w = { 0 };
        int64_t m[2];
        for (int64_t n = 0; n < 10; n++)
                window_step(&w, n, n, m);
        cr_assert_eq(window_step(&w, INT64_MAX, 10, m), WINDOW_LEAP);
        cr_assert(m[0] == 10 && m[1] == INT64_MAX - 1);
        for (int64_t n = 10; n < 20; n++)
                cr_assert_eq(window_step(&w, n, n, m), WINDOW_NEXT);
}

Test(window, a_producer_that_goes_on_after_a_leap_is_followed) {
        Window w = { 0 };
        int64_t m[2];
        window_step(&w, 0, 0, m);
        cr_assert_eq(window_step(&w, 100000, 1, m), WINDOW_LEAP);
        cr_assert_eq(window_step(&w, 100000, 2, m), WINDOW_SEEN);
        cr_assert_eq(window_step(&w, 100001, 2, m), WINDOW_NEXT);
        cr_assert_eq(window_step(&w, 100003, 2, m), WINDOW_AHEAD);
        cr_assert(m[0] == 100002 && m[1] == 100002);
        cr_assert_eq(window_step(&w, 1, 2, m), WINDOW_BELOW);
}

Test(window, missing_numbers_are_named_and_can_fill) {
        Window w = { 0 };
        int64_t m[2];
        window_step(&w, 5, 0, m);
        cr_assert_eq(window_step(&w, 9, 0, m), WINDOW_AHEAD);
        cr_assert(m[0] == 6 && m[1] == 8);
        cr_assert_eq(window_step(&w, 7, 0, m), WINDOW_FILL);
        cr_assert_eq(window_step(&w, 7, 0, m), WINDOW_SEEN);
        cr_assert_eq(w.high, 9);
}

Test(window, the_same_bytes_are_a_resend_within_the_time_and_a_replay_after) {
        uint8_t digest[32] = { 1 };
        Seen a = seen_of(digest, 10000000, 10000000), b = seen_of(digest, 10900000, 90000000),
             c = seen_of(digest, 11100000, 11100000);
        cr_assert(seen_resend(&a, &b, 999999999, 1000), "arrival decides, not when it was processed");
        cr_assert(!seen_resend(&a, &c, 0, 1000));
        Seen copied = seen_of(digest, 10000000, 60000000);
        cr_assert(!seen_resend(&a, &copied, 0, 1000), "a copied arrival says nothing: the wall time does");
        cr_assert(!seen_resend(&a, &a, 2000000, 1000), "or what its producer told since");
        cr_assert(seen_resend(&a, &a, 900000, 1000));
}

Test(window, memories_find_what_was_put_in_lately) {
        Recent r = { 0 };
        RecentBucket b = { 0 };
        Seen s[64];
        for (uint32_t i = 0; i < 64; i++) {
                uint8_t digest[32] = { (uint8_t)(i + 1), 7 };
                s[i] = seen_of(digest, i, i);
                recent_add(&r, &s[i]);
                bucket_add(&b, &s[i], 1000 - i);
        }
        cr_assert(recent_find(&r, &s[63]) && recent_find(&r, &s[32]) && !recent_find(&r, &s[31]));
        cr_assert(bucket_find(&b, &s[0]) && bucket_find(&b, &s[63]), "the oldest event time gave way");
        cr_assert(!bucket_find(&b, &s[62]));
}
