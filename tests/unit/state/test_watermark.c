/* Watermarks: hostile times first. */
#include "state/watermark.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const WatermarkConf conf = { .lateness_us = 10, .idle_us = 30, .future_us = 5 };

Test(watermark, an_event_from_the_future_moves_nothing) {
        Watermark w;
        watermark_init(&w, 1);
        watermark_tick(&w, &conf, 1000);
        watermark_see(&w, &conf, 0, 1000, 1000, false);
        cr_assert_eq(w.now, 990);
        cr_assert(watermark_future(&conf, 1006, 1000) && !watermark_future(&conf, 1005, 1000));
        watermark_see(&w, &conf, 0, INT64_MAX, 1000, true);
        cr_assert_eq(w.now, 990);
        cr_assert(watermark_future(&conf, INT64_MAX, INT64_MAX - 1) == false);
}

Test(watermark, the_ends_of_the_number_line_do_not_overflow) {
        const WatermarkConf wide = { INT64_MAX, INT64_MAX, INT64_MAX };
        Watermark w;
        watermark_init(&w, 2);
        watermark_tick(&w, &wide, INT64_MIN + 1);
        watermark_see(&w, &wide, 0, INT64_MIN, INT64_MAX, false);
        watermark_see(&w, &wide, 1, INT64_MAX, INT64_MAX, false);
        watermark_tick(&w, &wide, INT64_MAX);
        cr_assert(watermark_due(&w, &wide, INT64_MAX) >= w.wall);
}

Test(watermark, is_the_least_of_ports_that_are_not_idle_and_never_goes_back) {
        Watermark w;
        watermark_init(&w, 2);
        watermark_tick(&w, &conf, 1000);
        watermark_see(&w, &conf, 0, 1000, 1000, false);
        cr_assert_eq(w.now, WATERMARK_NONE, "the other port has said nothing yet");
        watermark_see(&w, &conf, 1, 500, 1000, false);
        cr_assert_eq(w.now, 490);
        watermark_see(&w, &conf, 1, 400, 1001, false);
        cr_assert_eq(w.now, 490);
        cr_assert(watermark_late(&w, 489) && !watermark_late(&w, 490));
        watermark_see(&w, &conf, 0, 1020, 1025, false);
        cr_assert_eq(watermark_due(&w, &conf, 1010), 1031);
        watermark_tick(&w, &conf, 1031);
        cr_assert_eq(w.now, 1010, "the second port fell asleep");
        watermark_see(&w, &conf, 1, 600, 1032, false);
        cr_assert_eq(w.now, 1010, "an old event after sleep is late, time does not turn back");
}

Test(watermark, when_all_are_idle_time_goes_on_with_the_wall_by_ticks) {
        Watermark w;
        watermark_init(&w, 1);
        watermark_tick(&w, &conf, 1000);
        cr_assert_eq(w.now, WATERMARK_NONE);
        watermark_tick(&w, &conf, 1029);
        cr_assert_eq(w.now, WATERMARK_NONE);
        watermark_tick(&w, &conf, 1030);
        cr_assert_eq(w.now, 990);
        cr_assert_eq(watermark_due(&w, &conf, 1500), 1540);
        watermark_tick(&w, &conf, 1539);
        cr_assert(w.now < 1500);
        watermark_tick(&w, &conf, 1540);
        cr_assert_eq(w.now, 1500);
}

Test(watermark, what_was_recorded_long_ago_is_not_late_after_a_silence) {
        Watermark w;
        watermark_init(&w, 2);
        watermark_tick(&w, &conf, 1000000);
        watermark_see(&w, &conf, 0, 2000, 1000000, false);
        watermark_see(&w, &conf, 1, 2010, 1000010, false);
        cr_assert_eq(w.now, 1990);
        cr_assert_eq(watermark_due(&w, &conf, 2005), 1000045);
        for (int64_t wall = 1000041; wall <= 1000060; wall++) {
                watermark_tick(&w, &conf, wall);
                cr_assert_eq(w.now, 2000 + wall - 1000040, "%ld at %ld", (long)w.now, (long)wall);
        }
        watermark_see(&w, &conf, 0, 2021, 1000061, false);
        cr_assert(!watermark_late(&w, 2021));
}

Test(watermark, a_port_that_is_woken_holds_time_and_begins_its_silence_anew) {
        Watermark w;
        watermark_init(&w, 2);
        watermark_tick(&w, &conf, 1000);
        watermark_see(&w, &conf, 0, 1000, 1000, false);
        watermark_see(&w, &conf, 1, 1000, 1000, false);
        int64_t now = w.now, late = 1000 + conf.idle_us;
        cr_assert_not(watermark_idle(&w, &conf, 0, late - 1));
        cr_assert(watermark_idle(&w, &conf, 0, late) && watermark_idle(&w, &conf, 1, late));
        watermark_wake(&w, 0, late);
        cr_assert_not(watermark_idle(&w, &conf, 0, late));
        watermark_tick(&w, &conf, late);
        cr_assert_eq(w.now, now, "the one that is awake has said nothing yet");
        watermark_tick(&w, &conf, late + conf.idle_us - 1);
        cr_assert_eq(w.now, now);
        watermark_tick(&w, &conf, late + 2 * conf.idle_us);
        cr_assert(w.now > now);
}

static uint64_t rng;
static int64_t draw(int64_t n) {
        rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (int64_t)(rng >> 33) % n;
}

Test(watermark, a_tick_is_due_exactly_when_it_brings_time_there_and_never_before) {
        const char *z = getenv("TOCSIN_SEED");
        rng = z ? strtoull(z, NULL, 0) : (uint64_t)time(NULL);
        fprintf(stderr, "# TOCSIN_SEED=%lu\n", (unsigned long)rng);
        for (int round = 0; round < 20000; round++) {
                Watermark w, early, there;
                int64_t wall = 1000, old = draw(2) * 700; /* of today, or recorded */
                watermark_init(&w, 1 + (uint32_t)draw(3));
                for (int i = (int)draw(8); i >= 0; i--) {
                        watermark_tick(&w, &conf, wall);
                        if (draw(3))
                                watermark_see(&w, &conf, (uint32_t)draw(w.n), wall - 20 - old + draw(30), wall, false);
                        wall += draw(25);
                }
                int64_t at = wall - 30 - old + draw(120), due = watermark_due(&w, &conf, at);
                if (w.now >= at)
                        continue;
                early = there = w;
                watermark_tick(&there, &conf, due);
                cr_assert(there.now >= at, "a tick at %ld leaves it at %ld, not %ld", (long)due, (long)there.now, (long)at);
                watermark_tick(&early, &conf, due - 1);
                cr_assert(early.now < at || due <= w.wall, "it was there before");
        }
}
