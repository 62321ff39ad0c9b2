/* L5: one metric of one producer. */
#include "kpi.h"

#include <math.h>

#define FAST 0.1 /* of the level: half of it in 7 samples */
#define SPREAD 0.02 /* of the spreads: half in 35 samples */
#define SLOW 0.005 /* of the slow mean and its spread: half in 140 samples */
#define FORGET 0.9995 /* of the largest: half in 1400 samples, five days of five-minute values */
#define TINY 1e-9 /* relative: a series that never moved has no spread to divide by */

static double rate(uint32_t n, double least) {
        double r = 1.0 / (n + 1); /* plain means first, forgetting means later */
        return r > least ? r : least;
}

/* What an outlier may teach: no more than `most` spreads, once there is a spread. */
static double bounded(const Kpi *k, double x, double spread, double most) {
        return k->n > KPI_WARMUP ? fmin(x, most * spread + TINY * fabs(k->level)) : x;
}

/* The largest lately, in order. */
static void rank(double *top, double x) {
        for (int i = 0; i < KPI_TOP; i++)
                top[i] *= FORGET;
        for (int i = 0; i < KPI_TOP; i++)
                if (x > top[i]) {
                        double less = top[i];
                        top[i] = x;
                        x = less;
                }
}

static void learn(Kpi *k, double x, const KpiRules *rules) {
        double away = fabs(x - k->level), step = fabs(x - k->value), spread = k->spread, usual = k->step;
        double r = rate(k->n, SPREAD);
        rank(k->largest, away);
        rank(k->largest_step, step);
        bool rests = k->run >= rules->frozen; /* which teaches nothing about how it moves */
        if (!rests) {
                k->spread += r * (bounded(k, away, spread, 6) - spread);
                k->step += r * (bounded(k, step, usual, 6) - usual);
        }
        k->level += rate(k->n, FAST) * copysign(bounded(k, away, spread, 30), x - k->level);
        double wide = fabs(x - k->slow);
        k->slow += rate(k->n, SLOW) * copysign(bounded(k, wide, k->wide, 30), x - k->slow);
        if (!rests)
                k->wide += rate(k->n, SLOW) * (bounded(k, wide, k->wide, 6) - k->wide);
}

/* It must have moved nearly always before: a counter that often rests is no frozen sensor. */
static bool lively(const Kpi *k) {
        return k->changes >= KPI_WARMUP / 2 && k->changes * 2 > k->n - k->run;
}

static uint32_t frozen_from(const Kpi *k, const KpiRules *rules) {
        uint32_t limit = 5 * (k->run_longest + 1);
        return limit < rules->frozen ? rules->frozen : limit;
}

static KpiAnswer frozen(Kpi *k, double x, const KpiRules *rules, bool steady) {
        if (x != k->value) {
                uint32_t run = k->run, most = 2 * k->run_longest + 2;
                if (!steady && lively(k) && run >= frozen_from(k, rules) && run > most)
                        run = most; /* it was told, and must not hide the next */
                k->run_longest = run > k->run_longest ? run : k->run_longest;
                k->run = 0;
                k->changes++;
                return KPI_FINE;
        }
        k->run++;
        return !steady && lively(k) && k->run == frozen_from(k, rules) ? KPI_FROZEN : KPI_FINE;
}

/* Sums of what lies beyond the allowance, in spreads; one step adds at most 3, so no single value decides. */
static KpiAnswer shifted(Kpi *k, double x, const KpiRules *rules) {
        double spread = 1.25 * k->wide + TINY * fabs(k->slow) + 1e-300;
        double z = (x - k->slow) / spread;
        k->above = fmax(0, k->above + fmin(z - rules->drift, 3));
        k->below = fmax(0, k->below + fmin(-z - rules->drift, 3));
        if (k->above <= rules->limit && k->below <= rules->limit)
                return KPI_FINE;
        k->above = k->below = 0;
        k->slow = k->level; /* the new level is told once, and is the norm from here on */
        return KPI_SHIFT;
}

/* The second largest deviation counts, and the third largest step (there and back are two): one absurd value must not
 * blind it to the next, and what comes now and then by nature is soon known. */
static bool jumps(const Kpi *k, double x, const KpiRules *rules) {
        double away = fabs(x - k->level), step = fabs(x - k->value);
        double floor = TINY * fabs(k->level) + 1e-300;
        return away > rules->jump * (1.25 * k->spread + floor) && step > rules->jump * (1.25 * k->step + floor) &&
               away > rules->past * k->largest[1] && step > 1.5 * k->largest_step[2];
}

KpiAnswer kpi_step(Kpi *k, double x, const KpiRules *rules, bool steady) {
        if (!isfinite(x))
                return k->n >= KPI_WARMUP ? KPI_JUMP : KPI_FINE;
        KpiAnswer answer = KPI_FINE;
        if (k->n == 0) {
                k->value = k->level = k->slow = x;
        } else {
                answer = frozen(k, x, rules, steady);
                /* A value that never moved yet has no usual spread: its first move is no jump. */
                bool ready = k->n >= KPI_WARMUP && k->changes >= KPI_WARMUP / 4;
                if (ready && jumps(k, x, rules))
                        answer = KPI_JUMP;
                if (ready && shifted(k, x, rules) == KPI_SHIFT && answer == KPI_FINE)
                        answer = KPI_SHIFT;
                learn(k, x, rules);
        }
        k->value = x;
        if (k->n < UINT32_MAX)
                k->n++;
        return answer;
}
