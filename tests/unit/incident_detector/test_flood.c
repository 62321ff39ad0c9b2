/* Floods: far beyond the producer's own way, not merely many. */
#include "flood.h"
#include "seed.h"
#include <criterion/criterion.h>

static int run(Flood *f, double from, double until, double rate) {
        int alarms = 0;
        for (double t = from; t < until; t += 1 / rate)
                alarms += flood_step(f, (int64_t)(t * 1e6), 20, 20);
        return alarms;
}

Test(flood, a_producer_that_suddenly_speaks_far_more_floods) {
        Flood f = { 0 };
        cr_assert_eq(run(&f, 0, 100, 0.5), 0);
        cr_assert(run(&f, 100, 105, 100) > 0);
        cr_assert(flood_now(&f) > 20 && flood_own(&f) < 2);
}

Test(flood, one_that_always_speaks_much_does_not) {
        Flood f = { 0 };
        cr_assert_eq(run(&f, 0, 120, 200), 0);
        cr_assert_eq(run(&f, 120, 180, 2000), 0, "ten times its own rate");
}

Test(flood, few_events_are_no_flood_however_rare_they_were) {
        Flood f = { 0 };
        run(&f, 0, 1000, 0.01);
        cr_assert_eq(run(&f, 1000, 1010, 15), 0);
}

Test(flood, nothing_is_known_of_a_producer_in_its_first_half_minute) {
        Flood f = { 0 };
        cr_assert_eq(run(&f, 0, 30, 500), 0);
}

Test(flood, a_late_batch_is_its_own_past) {
        Flood f = { 0 };
        run(&f, 0, 1000, 1);
        for (int i = 0; i < 600; i++)
                cr_assert(!flood_step(&f, i * 500000, 20, 20));
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
                flood_step(&f, (int64_t)(draw(&s) >> 4) - (TIME_MOST >> 1), 20, 20);
        flood_step(&f, TIME_MOST, 20, 20);
        flood_step(&f, -TIME_MOST, 20, 20);
        cr_assert(flood_own(&f) >= 0);
}
