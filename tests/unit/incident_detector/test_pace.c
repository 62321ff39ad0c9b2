/* Lag of arrivals: late where others are not, against late as a whole. */
#include "pace.h"
#include "seed.h"
#include <criterion/criterion.h>

#define STALE (600 * SECOND)
#define LATE (700 * SECOND)

/* So many events with that lag; returns how many suspects they proved. */
static uint32_t hear(Pace *p, int n, int64_t lag) {
        uint32_t proven, sum = 0;
        while (n-- > 0) {
                pace_step(p, lag, STALE, &proven);
                sum += proven;
        }
        return sum;
}

Test(pace, a_steady_stream_writes_nothing_whatever_its_lag) {
        for (int64_t lag = -4 * SECOND; lag < (int64_t)4e15; lag = lag * 3 + SECOND * 11) {
                Pace p = { 0 };
                uint32_t proven;
                cr_assert_eq(pace_step(&p, lag, STALE, &proven), PACE_MOVED);
                for (int i = 0; i < 100; i++)
                        cr_assert_eq(pace_step(&p, lag + i * SECOND, STALE, &proven), PACE_STEADY);
        }
}

Test(pace, up_to_seven_late_ones_are_proven_by_the_next_in_time) {
        for (int n = 1; n < (int)PACE_RUN; n++) {
                Pace p = { 0 };
                cr_assert_eq(hear(&p, 3, SECOND) + hear(&p, n, LATE), 0u);
                cr_assert_eq(p.suspects, (uint32_t)n);
                cr_assert_eq(hear(&p, 1, 2 * SECOND), (uint32_t)n);
                cr_assert_eq(hear(&p, 1, 2 * SECOND), 0u, "once");
        }
}

Test(pace, eight_are_a_backlog_and_the_loops_lag_from_then_on) {
        Pace p = { 0 };
        hear(&p, 3, SECOND);
        cr_assert_eq(hear(&p, PACE_RUN, LATE) + hear(&p, 100, LATE - SECOND) + hear(&p, 3, 0), 0u);
        hear(&p, 1, LATE);
        cr_assert_eq(hear(&p, 1, 0), 1u, "back in time, it is as strict as before");
}

Test(pace, minutes_are_no_reason) {
        Pace p = { 0 };
        hear(&p, 1, 0);
        cr_assert_eq(hear(&p, 3, STALE) + hear(&p, 1, 0), 0u);
}

Test(pace, a_lag_that_creeps_up_with_jitter_accuses_nobody) {
        uint64_t seed = seed_of(), s = seed;
        for (int round = 0; round < 50; round++) {
                Pace p = { 0 };
                int64_t slope = (int64_t)below(&s, 20) * SECOND;
                for (int i = 0; i < 500; i++)
                        cr_assert_eq(hear(&p, 1, i * slope + (int64_t)below(&s, 100) * SECOND), 0u, "seed %llu",
                                     (unsigned long long)seed);
        }
}

Test(pace, hostile_lags_do_no_harm) {
        uint64_t seed = seed_of(), s = seed;
        Pace p = { 0 };
        for (int i = 0; i < 100000; i++) {
                int64_t lag = (int64_t)(draw(&s) >> 1) - (INT64_MAX >> 1);
                hear(&p, 1, i % 3 ? lag / 2 : TIME_MOST * (i % 2 ? 2 : -2));
                cr_assert(p.suspects <= p.run && p.run < PACE_RUN, "seed %llu", (unsigned long long)seed);
        }
}
