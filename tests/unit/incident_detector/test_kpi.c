/* Telemetry: deceit is seen, everyday life is not. */
#include "kpi.h"
#include "seed.h"
#include <criterion/criterion.h>
#include <math.h>

static const KpiRules rules = { .jump = 6, .past = 2.5, .drift = 3, .limit = 15, .frozen = 8 };

static double everyday(uint64_t *s, int i, int kind) {
        switch (kind) {
        case 0:
                return 50 + 4 * bell(s); /* noise */
        case 1:
                return 50 + 30 * sin(i * 2 * M_PI / 288) + 3 * bell(s); /* a day of five-minute values */
        case 2:
                return floor(exp(2 + 0.8 * bell(s))); /* counts with a heavy tail */
        case 3:
                return 100 + floor(2 * bell(s)); /* few different values */
        case 4:
                return i % 40 < 4 ? 90 + bell(s) : 20 + bell(s); /* a job that runs now and then */
        default:
                return below(s, 10) ? 0 : 1; /* mostly nothing */
        }
}

Test(kpi, everyday_series_raise_less_than_one_alarm_a_day) {
        uint64_t seed = seed_of(), s = seed;
        int alarms = 0, days = 0;
        for (int kind = 0; kind < 6; kind++)
                for (int round = 0; round < 20; round++) {
                        Kpi k = { .name = 1 };
                        for (int i = 0; i < 288 * 14; i++)
                                alarms += kpi_step(&k, everyday(&s, i, kind), &rules, false) != KPI_FINE;
                        days += 14;
                }
        cr_assert(alarms * 10 < days, "seed %llu: %d alarms in %d days", (unsigned long long)seed, alarms, days);
}

Test(kpi, a_false_value_far_from_all_is_seen_at_once) {
        uint64_t seed = seed_of(), s = seed;
        int seen = 0, rounds = 500;
        for (int round = 0; round < rounds; round++) {
                Kpi k = { .name = 1 };
                int kind = round % 2;
                for (int i = 0; i < 400; i++)
                        kpi_step(&k, everyday(&s, i, kind), &rules, false);
                double away = (kind ? 45 : 60) * (below(&s, 2) ? 1 : -1);
                seen += kpi_step(&k, k.value + away, &rules, false) == KPI_JUMP;
        }
        cr_assert(seen >= rounds * 95 / 100, "seed %llu: %d of %d", (unsigned long long)seed, seen, rounds);
}

Test(kpi, a_level_that_shifts_is_seen_within_a_dozen_samples) {
        uint64_t seed = seed_of(), s = seed;
        int seen = 0, rounds = 300;
        for (int round = 0; round < rounds; round++) {
                Kpi k = { .name = 1 };
                bool found = false;
                for (int i = 0; i < 400; i++)
                        kpi_step(&k, everyday(&s, i, 0), &rules, false);
                for (int i = 0; i < 12; i++)
                        found |= kpi_step(&k, 7 * 4 + everyday(&s, i, 0), &rules, false) != KPI_FINE;
                seen += found;
        }
        cr_assert(seen >= rounds * 95 / 100, "seed %llu: %d of %d", (unsigned long long)seed, seen, rounds);
}

Test(kpi, a_lively_value_that_freezes_is_seen_once_unless_it_may_rest) {
        uint64_t s = 7;
        Kpi k = { .name = 1 }, steady = { .name = 1 };
        int seen = 0;
        for (int i = 0; i < 300; i++) {
                double x = everyday(&s, i, 0);
                kpi_step(&k, x, &rules, false);
                kpi_step(&steady, x, &rules, true);
        }
        for (int i = 0; i < 200; i++) {
                seen += kpi_step(&k, 42, &rules, false) == KPI_FROZEN;
                cr_assert_neq(kpi_step(&steady, 42, &rules, true), KPI_FROZEN);
        }
        cr_assert_eq(seen, 1);
}

Test(kpi, a_freeze_that_was_told_does_not_hide_the_next) {
        uint64_t s = 11;
        Kpi k = { .name = 1 };
        int seen = 0;
        for (int i = 0; i < 600; i++)
                seen += kpi_step(&k, i % 200 < 120 ? everyday(&s, i, 0) : 42, &rules, false) == KPI_FROZEN;
        cr_assert_eq(seen, 3);
}

Test(kpi, a_value_that_may_rest_and_goes_on_as_before_has_neither_jumped_nor_shifted) {
        uint64_t seed = seed_of(), s = seed;
        int alarms = 0;
        for (int round = 0; round < 200; round++) {
                Kpi k = { .name = 1 };
                double x = 0;
                for (int i = 0; i < 800; i++) {
                        if (i < 300 || i >= 600)
                                x = everyday(&s, i, 3);
                        alarms += kpi_step(&k, x, &rules, true) != KPI_FINE;
                }
        }
        cr_assert_leq(alarms, 1, "seed %llu: %d", (unsigned long long)seed, alarms);
}

Test(kpi, nothing_is_judged_before_there_is_a_past) {
        uint64_t s = 3;
        Kpi k = { .name = 1 };
        for (uint32_t i = 0; i < KPI_WARMUP; i++)
                cr_assert_eq(kpi_step(&k, i == 30 ? 1e9 : everyday(&s, (int)i, 0), &rules, false), KPI_FINE);
}

Test(kpi, hostile_numbers_leave_it_sane_and_do_not_blind_it) {
        uint64_t s = 9;
        Kpi k = { .name = 1 };
        for (int i = 0; i < 200; i++)
                kpi_step(&k, everyday(&s, i, 0), &rules, false);
        static const double bad[] = { NAN, INFINITY, -INFINITY, 1e308, 5e-324 };
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
                kpi_step(&k, bad[i], &rules, false);
        for (int i = 0; i < 400; i++)
                kpi_step(&k, everyday(&s, i, 0), &rules, false);
        cr_assert(isfinite(k.level) && isfinite(k.slow) && fabs(k.level - 50) < 20, "level %g", k.level);
        cr_assert_eq(kpi_step(&k, 500, &rules, false), KPI_JUMP);
}
