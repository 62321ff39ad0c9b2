/* Counters, gauges and histograms of one worker in one shared page range: the worker writes, the supervisor reads.
 *
 * A cell is made once, by name and labels, and touched by pointer: no lock, no lookup afterwards. One writer, any
 * readers; a reader may see cells of different moments. Names follow Prometheus: prefix tocsin_, base units. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include "core/buffer.h"
#include "core/error.h"

#define METRIC_NAME_MAX 96u
#define METRIC_LABELS_MAX 256u
#define METRIC_HELP_MAX 160u
#define METRIC_CELLS 2048u           /* of one worker: 1.2 MiB of address space, touched pages only are resident */

typedef enum MetricKind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } MetricKind;

typedef struct Metric {              /* HISTOGRAM: one cell a bucket, then _sum and _count */
        char name[METRIC_NAME_MAX], labels[METRIC_LABELS_MAX], help[METRIC_HELP_MAX];
        uint32_t kind, reserved;
        _Atomic double value;
} Metric;

typedef struct Metrics {
        _Atomic uint32_t n;          /* cells in use */
        uint32_t reserved[15];
        Metric cell[METRIC_CELLS];
} Metrics;

typedef struct Histogram { Metric *first; uint32_t n; } Histogram;
#define HISTOGRAM_BUCKETS 13u        /* 100 us, 250 us, 500 us, 1 ms … 1 s, +Inf */
extern const double histogram_bounds[HISTOGRAM_BUCKETS - 1]; /* seconds */

/* Shared, zeroed memory (survives fork). NULL: out of memory. */
Metrics *metrics_new(void);
Metrics *metrics_free(Metrics *m);
/* labels: `pipeline="detector",partition="3"` or empty. Same name and labels again: the same cell. NULL: full. */
Metric *metric_get(Metrics *m, MetricKind kind, const char *name, const char *labels, const char *help);
/* n == 0: full. */
Histogram histogram_get(Metrics *m, const char *name, const char *labels, const char *help);
void histogram_add(Histogram h, double seconds);

/* NULL: nothing happens, so an unregistered cell needs no check. */
static inline void metric_add(Metric *c, double v) {
        if (c)
                atomic_store_explicit(&c->value, atomic_load_explicit(&c->value, memory_order_relaxed) + v, memory_order_relaxed);
}
static inline void metric_set(Metric *c, double v) {
        if (c)
                atomic_store_explicit(&c->value, v, memory_order_relaxed);
}
static inline double metric_value(const Metric *c) {
        return c ? atomic_load_explicit(&c->value, memory_order_relaxed) : 0;
}
/* The sum over all cells of that name; for tests and `top`. */
double metrics_sum(const Metrics *m, const char *name);
/* Counts at or below each bound, summed over all labels; the last is all of them. */
void histogram_read(const Metrics *m, const char *name, double ret[HISTOGRAM_BUCKETS]);
/* Prometheus text format 0.0.4 of several pages together: one HELP and TYPE a name, cells of one name together. */
void metrics_print(Buffer *out, const Metrics *const *pages, size_t n);
