/* Shows a number that is none. */
#include <tocsin/plugin.h>
static const tocsin_metric share = {
        .size = sizeof share, .kind = TOCSIN_GAUGE, .name = "share", .unit = "1", .help = "Of them."
};
static const tocsin_metric *const metrics[] = { &share };
#define METRICS .n_metrics = 1, .metrics = metrics,
#define ON_COUNT(p, e, n) (p)->host->metric((p)->host, 0, 1.0 / (double)((n)-1))
#include "base.h"
