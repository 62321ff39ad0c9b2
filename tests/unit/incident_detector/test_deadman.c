/* Silence: the answer depends on what was heard, not on when the timer fired. */
#include "deadman.h"
#include "seed.h"
#include <criterion/criterion.h>

#define LIMIT 100

static Heard hear(const int64_t *t, size_t n) {
        Heard h = { 0 };
        for (size_t i = 0; i < n; i++)
                heard_add(&h, t[i], LIMIT);
        return h;
}

Test(deadman, silence_is_raised_when_the_watermark_passes_and_ends_with_the_next_event) {
        Heard h = hear((int64_t[]){ 0, 50, 120 }, 3);
        Quiets none = { 0 };
        int64_t at, next;
        cr_assert_eq(heard_due(&h, 219, LIMIT, &none, &at, &next), HEARD_FINE);
        cr_assert_eq(next, 220);
        cr_assert_eq(heard_due(&h, 220, LIMIT, &none, &at, &next), HEARD_SILENT);
        cr_assert_eq(at, 120);
        cr_assert_eq(heard_due(&h, 900, LIMIT, &none, &at, &next), HEARD_FINE);
        cr_assert_eq(next, NEVER);
        cr_assert_eq(heard_add(&h, 1000, LIMIT), HEARD_BACK);
        cr_assert_eq(heard_due(&h, 1000, LIMIT, &none, &at, &next), HEARD_FINE);
        cr_assert_eq(next, 1100);
}

Test(deadman, what_comes_late_from_before_a_silence_that_was_raised_neither_ends_nor_repeats_it) {
        Heard h = hear((int64_t[]){ 1000 }, 1);
        Quiets none = { 0 };
        int64_t at, next;
        cr_assert_eq(heard_due(&h, 1200, LIMIT, &none, &at, &next), HEARD_SILENT);
        for (int64_t late = 950; late > 0; late -= 130) {
                cr_assert_eq(heard_add(&h, late, LIMIT), HEARD_FINE);
                cr_assert_eq(heard_due(&h, 1200, LIMIT, &none, &at, &next), HEARD_FINE, "after one at %lld", (long long)late);
                cr_assert_eq(next, NEVER);
        }
        cr_assert_eq(heard_add(&h, 1300, LIMIT), HEARD_BACK);
}

Test(deadman, a_batch_that_was_held_up_is_one_silence_and_not_one_for_each_of_its_events) {
        Heard h = hear((int64_t[]){ 0 }, 1);
        Quiets none = { 0 };
        int64_t at, next;
        cr_assert_eq(heard_due(&h, 1000, LIMIT, &none, &at, &next), HEARD_SILENT);
        for (int64_t t = 50; t < 900; t += 50) {
                cr_assert_eq(heard_late(&h, t, LIMIT), HEARD_FINE);
                cr_assert_eq(heard_due(&h, 1000, LIMIT, &none, &at, &next), HEARD_FINE);
                cr_assert_eq(next, NEVER);
        }
        cr_assert_eq(heard_late(&h, 950, LIMIT), HEARD_FINE);
        cr_assert_eq(heard_due(&h, 1000, LIMIT, &none, &at, &next), HEARD_FINE);
        cr_assert_eq(next, 1050);
        Heard gone = h;
        cr_assert_eq(heard_due(&gone, 1050, LIMIT, &none, &at, &next), HEARD_FINE, "silent it was and silent it is");
        cr_assert_eq(next, NEVER);
        cr_assert_eq(heard_late(&h, 990, LIMIT), HEARD_BACK, "always a little late is not silent");
        cr_assert_eq(heard_due(&h, 1089, LIMIT, &none, &at, &next), HEARD_FINE);
        cr_assert_eq(next, 1090);
}

Test(deadman, planned_silence_is_none_and_timers_start_anew_when_it_ends) {
        Heard h = hear((int64_t[]){ 0 }, 1);
        Quiets q = { 2, { { 50, 400 }, { 380, 600 } } };
        int64_t at, next;
        cr_assert_eq(quiet_deadline(&q, 0, LIMIT), 700);
        cr_assert_eq(heard_due(&h, 699, LIMIT, &q, &at, &next), HEARD_FINE);
        cr_assert_eq(heard_due(&h, 700, LIMIT, &q, &at, &next), HEARD_SILENT);
        Quiets later = { 1, { { 100, 400 } } };
        cr_assert_eq(quiet_deadline(&later, 0, LIMIT), 100,
                     "a window that begins when the silence is over the limit excuses nothing");
        Quiets open = { 1, { { 50, NEVER } } };
        cr_assert_eq(quiet_deadline(&open, 0, LIMIT), NEVER);
}

/* Alarms of one life: pauses longer than the limit in the sorted times. */
static size_t expected(const int64_t *sorted, size_t n, int64_t end) {
        size_t alarms = 0;
        for (size_t i = 0; i < n; i++)
                alarms += (i + 1 < n ? sorted[i + 1] : end) - sorted[i] > (i + 1 < n ? LIMIT : LIMIT - 1);
        return alarms;
}

static int by_time(const void *a, const void *b) {
        int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
        return x < y ? -1 : x > y;
}

Test(deadman, the_alarms_are_those_of_the_set_of_times_however_they_arrive_within_the_lateness) {
        uint64_t seed = seed_of(), s = seed;
        Quiets none = { 0 };
        for (int round = 0; round < 2000; round++) {
                int64_t t[60], order[60], high = 0;
                size_t n = 20 + below(&s, 40), alarms = 0, back = 0;
                for (size_t i = 0; i < n; i++) {
                        t[i] = i ? t[i - 1] + 1 + (int64_t)(below(&s, 8) == 0 ? below(&s, 400) : below(&s, 60)) : 0;
                        order[i] = t[i];
                }
                for (size_t i = 1; i < n; i++) /* neighbours change places, never by more than the lateness of 50 */
                        if (below(&s, 3) == 0 && order[i] - order[i - 1] < 50) {
                                int64_t x = order[i];
                                order[i] = order[i - 1];
                                order[i - 1] = x;
                        }
                Heard h = { 0 };
                int64_t at, next, ahead = (int64_t)below(&s, 50); /* other producers may push the watermark on */
                HeardAnswer a;
                for (size_t i = 0; i < n; i++) {
                        back += heard_add(&h, order[i], LIMIT) == HEARD_BACK;
                        high = order[i] > high ? order[i] : high;
                        int64_t least = order[i];
                        for (size_t k = i + 1; k < n; k++)
                                least = order[k] < least ? order[k] : least;
                        int64_t watermark = high - 50 + ahead < least ? high - 50 + ahead : least - 1;
                        while ((a = heard_due(&h, watermark, LIMIT, &none, &at, &next)) != HEARD_FINE) {
                                alarms += a == HEARD_SILENT;
                                back += a == HEARD_BACK;
                        }
                }
                int64_t end = high + 10 * LIMIT;
                while ((a = heard_due(&h, end, LIMIT, &none, &at, &next)) != HEARD_FINE) {
                        alarms += a == HEARD_SILENT;
                        back += a == HEARD_BACK;
                }
                qsort(t, n, sizeof t[0], by_time);
                cr_assert_eq(alarms, expected(t, n, end), "seed %llu round %d: %zu alarms, not %zu", (unsigned long long)seed,
                             round, alarms, expected(t, n, end));
                cr_assert_eq(back, alarms - 1, "all but the last end");
        }
}

Test(deadman, more_pauses_than_are_kept_only_hide_alarms) {
        Heard h = { 0 };
        Quiets none = { 0 };
        int64_t at, next;
        for (int64_t i = 0; i < 50; i++)
                heard_add(&h, i * 1000, LIMIT);
        cr_assert(h.n <= HEARD);
        size_t alarms = 0;
        for (HeardAnswer a; (a = heard_due(&h, 48000, LIMIT, &none, &at, &next)) != HEARD_FINE;)
                alarms += a == HEARD_SILENT;
        cr_assert(alarms >= 1 && alarms < 50);
}
