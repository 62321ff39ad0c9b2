/* L5: does telemetry jump, shift or freeze?
 *
 * Robust and slow to cry: a jump must stand out against the usual spread of the value around its own level AND of its
 * steps, and exceed by far the largest that were seen lately; a shift is a one-sided CUSUM on standardised values; a
 * freeze is a run of equal values far longer than any before. A range that the registry declares is checked at once. */
#pragma once

#include "base.h"

#define KPI_WARMUP 60u           /* samples before anything but the range is judged */
#define KPI_TOP 3
#define KPI_METRICS 16u          /* of one producer and subject; more are not watched */

typedef struct KpiRules {
        double jump;             /* spreads away from the level, e.g. 10 */
        double past;             /* times the largest deviation seen lately, e.g. 2.5 */
        double drift, limit;     /* CUSUM: allowance and decision limit in spreads, e.g. 3 and 15 */
        uint32_t frozen, spare;  /* least run of equal values, e.g. 12 */
} KpiRules;

typedef struct Kpi {
        uint64_t name;           /* hash of the metric's name; 0: free */
        double value, level, slow;
        double spread, step;                        /* of |x - level| and |x - previous| */
        double largest[KPI_TOP], largest_step[KPI_TOP]; /* of each, lately */
        double wide, above, below;                  /* spread around `slow`; the two CUSUMs */
        uint32_t n, run, run_longest, changes;
} Kpi;

typedef enum KpiAnswer { KPI_FINE, KPI_JUMP, KPI_SHIFT, KPI_FROZEN } KpiAnswer;

KpiAnswer kpi_step(Kpi *k, double x, const KpiRules *rules, bool steady);
