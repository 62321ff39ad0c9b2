/* Floods: far beyond the producer's own way, not merely many. */
#include "flood.h"
#include "seed.h"
#include <criterion/criterion.h>

static int run_stated(Flood *f, double from, double until, double rate, double stated) {
        int alarms = 0;
        for (double t = from; t < until; t += 1 / rate)
                alarms += flood_step(f, (int64_t)(t * 1e6), 20, 20, stated);
        return alarms;
}

static int run(Flood *f, double from, double until, double rate) {
        return run_stated(f, from, until, rate, 0);
}

Test(flood, a_producer_that_suddenly_speaks_far_more_floods) {
        Flood f = { 0 };
        cr_assert_eq(run(&f, 0, 100, 0.5), 0);
        cr_assert(run(&f, 100, 105, 100) > 0);
        cr_assert(flood_now(&f) > 20 && flood_own(&f) < 2);
}

Test(flood, one_that_always_speaks_much_does_not) {
        Flood f = { 0 };
        cr_assert_eq(run_stated(&f, 0, 120, 200, 150), 0, "the registry says so");
        cr_assert_eq(run(&f, 120, 180, 2000), 0, "ten times its own rate");
        Flood g = { 0 };
        cr_assert_eq(run(&g, 0, 120, 30), 0, "not twice what is many");
        cr_assert_eq(run(&g, 120, 180, 300), 0);
}

Test(flood, few_events_are_no_flood_however_rare_they_were) {
        Flood f = { 0 };
        run(&f, 0, 1000, 0.01);
        cr_assert_eq(run(&f, 1000, 1010, 15), 0);
}

Test(flood, who_floods_from_its_first_second_on_is_told_after_five_and_never_becomes_its_own_norm) {
        Flood f = { 0 };
        cr_assert_eq(run(&f, 0, 4, 83), 0);
        cr_assert(run(&f, 4, 3600, 83) > 3595 * 40, "it goes on for an hour");
        cr_assert(flood_newcomer(&f) && flood_peak(&f) >= 83);
        cr_assert_eq(run(&f, 3606, 3700, 1), 0);
        cr_assert(!flood_newcomer(&f) && flood_own(&f) < 2, "and only its quiet seconds teach: %g", flood_own(&f));
        Flood g = { 0 };
        cr_assert(run_stated(&g, 0, 10, 2000, 150) > 0, "a stated rate is no free pass");
}

Test(flood, the_first_bursts_of_a_newcomer_are_none) {
        Flood f = { 0 };
        for (int t = 0; t < 300; t += 10) { /* it unloads what it has, for four seconds at a time */
                cr_assert_eq(run(&f, t, t + 4, 30), 0);
                cr_assert_eq(run(&f, t + 4, t + 10, 0.5), 0);
        }
        Flood g = { 0 };
        cr_assert_eq(run(&g, 0, 0.9, 1000), 0);
        cr_assert_eq(run(&g, 1, 30, 5), 0);
}

Test(flood, a_late_batch_is_its_own_past) {
        Flood f = { 0 };
        run(&f, 0, 1000, 1);
        for (int i = 0; i < 600; i++)
                cr_assert(!flood_step(&f, i * 500000, 20, 20, 0));
}

Test(flood, a_flood_does_not_become_the_norm_while_it_lasts) {
        Flood f = { 0 };
        run(&f, 0, 300, 1);
        cr_assert(run(&f, 300, 360, 100) > 5000);
        cr_assert(flood_own(&f) < 3, "%g", flood_own(&f));
        run(&f, 360, 366, 1); /* the slots empty */
        cr_assert_eq(run(&f, 366, 400, 1), 0);
        cr_assert(run(&f, 400, 405, 100) > 0, "and the next one is seen");
}

Test(flood, hostile_times_do_no_harm) {
        uint64_t s = 5;
        Flood f = { 0 };
        for (int i = 0; i < 10000; i++)
                flood_step(&f, (int64_t)(draw(&s) >> 4) - (TIME_MOST >> 1), 20, 20, 0);
        flood_step(&f, TIME_MOST, 20, 20, 0);
        flood_step(&f, -TIME_MOST, 20, 20, 0);
        flood_step(&f, -TIME_MOST, 20, 20, -1);
        cr_assert(flood_own(&f) >= 0);
}
