/* When a worker lives again, and which record is to blame. Time is virtual. */
#include "bin/life.h"

#include <criterion/criterion.h>
#include <stdio.h>

static Life l;

/* One life of `alive_us` from `now_us`; the wait before the next. */
static int64_t live(int64_t *now_us, int64_t alive_us) {
        cr_assert(life_due(&l, *now_us));
        life_born(&l, *now_us);
        cr_assert_not(life_due(&l, *now_us));
        *now_us += alive_us;
        life_died(&l, *now_us, false);
        int64_t wait = l.next_us - *now_us;
        cr_assert_not(life_due(&l, l.next_us - 1));
        *now_us = l.next_us;
        return wait;
}

Test(life, a_worker_that_dies_at_once_waits_100_ms_then_twice_as_long_up_to_10_s) {
        memset(&l, 0, sizeof l);
        int64_t now = 7000000, expected = 100000;
        for (int i = 0; i < 100; i++) {
                cr_assert_eq(live(&now, 1000), expected, "death %d", i);
                expected = expected * 2 > 10000000 ? 10000000 : expected * 2;
        }
        cr_assert_eq(l.deaths, 100);
}

Test(life, a_minute_alive_makes_the_next_death_the_first_again) {
        memset(&l, 0, sizeof l);
        int64_t now = 0;
        for (int i = 0; i < 9; i++)
                live(&now, 0);
        cr_assert_eq(live(&now, 59999999), 10000000);
        cr_assert_eq(live(&now, 60000000), 100000);
        cr_assert_eq(live(&now, 0), 200000);
}

Test(life, a_life_that_committed_something_makes_its_death_the_first_again) {
        memset(&l, 0, sizeof l);
        int64_t now = 0;
        for (int i = 0; i < 9; i++)
                live(&now, 0);
        life_born(&l, now);
        life_died(&l, now + 5, true);
        cr_assert_eq(l.next_us, now + 5 + LIFE_BACKOFF_FIRST_US);
}

Test(life, a_life_that_lasted_a_second_and_committed_is_followed_at_once_and_the_next_failure_waits) {
        memset(&l, 0, sizeof l);
        int64_t now = 0;
        for (int i = 0; i < 3; i++) {
                life_born(&l, now);
                life_died(&l, now += LIFE_AT_ONCE_US, true);
                cr_assert(life_due(&l, now));
        }
        cr_assert_eq(live(&now, 0), LIFE_BACKOFF_FIRST_US);
        cr_assert_eq(live(&now, LIFE_AT_ONCE_US), 2 * LIFE_BACKOFF_FIRST_US, "alive is not enough");
}

Test(life, the_third_death_at_the_same_record_convicts_it_and_no_other) {
        memset(&l, 0, sizeof l);
        cr_assert_eq(life_blame(&l, "a", 0, 7), 0);
        cr_assert_eq(life_blame(&l, "a", 1, 7), 0);
        cr_assert_eq(life_blame(&l, "b", 0, 7), 0);
        cr_assert_eq(life_blame(&l, "a", 0, 7), 0);
        cr_assert_eq(life_blame(&l, "a", 0, 8), 0);
        cr_assert_eq(life_blame(&l, "a", 0, 7), LIFE_E_CONVICTED);
        cr_assert_eq(l.n_convicts, 1);
        cr_assert_str_eq(l.convict[0].topic, "a");
        cr_assert_eq(l.convict[0].offset, 7);
        cr_assert_eq(l.n_suspects, 3);
}

Test(life, suspects_and_convicts_are_bounded) {
        memset(&l, 0, sizeof l);
        for (int64_t i = 0; i < 10000; i++)
                cr_assert_eq(life_blame(&l, "t", 0, i), 0);
        cr_assert_eq(l.n_suspects, LIFE_SUSPECTS);
        for (int64_t i = 0; i < (int64_t)LIFE_CONVICTS + 3; i++) {
                int expected = i < (int64_t)LIFE_CONVICTS ? LIFE_E_CONVICTED : LIFE_E_FULL;
                cr_assert_eq(life_blame(&l, "u", 1, i), 0);
                cr_assert_eq(life_blame(&l, "u", 1, i), 0);
                cr_assert_eq(life_blame(&l, "u", 1, i), expected);
        }
}
