/* Metric cells and their Prometheus text. */
#include "core/metric.h"

#include <stdlib.h>
#include <sys/mman.h>

const double histogram_bounds[HISTOGRAM_BUCKETS - 1] = {
        1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 1
};

Metrics *metrics_new(void) {
        void *p = mmap(NULL, sizeof(Metrics), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        return p == MAP_FAILED ? NULL : p;
}

Metrics *metrics_free(Metrics *m) {
        if (m)
                munmap(m, sizeof *m);
        return NULL;
}

Metric *metric_get(Metrics *m, MetricKind kind, const char *name, const char *labels, const char *help) {
        if (!m)
                return NULL;
        uint32_t n = atomic_load(&m->n);
        for (uint32_t i = 0; i < n; i++)
                if (!strcmp(m->cell[i].name, name) && !strcmp(m->cell[i].labels, labels ? labels : ""))
                        return &m->cell[i];
        if (n == METRIC_CELLS)
                return NULL;
        Metric *c = &m->cell[n];
        snprintf(c->name, sizeof c->name, "%s", name);
        snprintf(c->labels, sizeof c->labels, "%s", labels ? labels : "");
        snprintf(c->help, sizeof c->help, "%s", help ? help : "");
        c->kind = kind;
        atomic_store(&m->n, n + 1);
        return c;
}

Histogram histogram_get(Metrics *m, const char *name, const char *labels, const char *help) {
        char full[METRIC_NAME_MAX], with[METRIC_LABELS_MAX];
        const char *comma = labels && labels[0] ? "," : "";
        Metric *first = NULL;
        for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
                snprintf(full, sizeof full, "%s_bucket", name);
                if (i + 1 < HISTOGRAM_BUCKETS)
                        snprintf(with, sizeof with, "%s%sle=\"%g\"", labels ? labels : "", comma, histogram_bounds[i]);
                else
                        snprintf(with, sizeof with, "%s%sle=\"+Inf\"", labels ? labels : "", comma);
                Metric *c = metric_get(m, METRIC_HISTOGRAM, full, with, help);
                if (!c)
                        return (Histogram){ 0 };
                first = first ? first : c;
        }
        snprintf(full, sizeof full, "%s_sum", name);
        Metric *sum = metric_get(m, METRIC_HISTOGRAM, full, labels, help);
        snprintf(full, sizeof full, "%s_count", name);
        Metric *count = metric_get(m, METRIC_HISTOGRAM, full, labels, help);
        return sum && count ? (Histogram){ first, HISTOGRAM_BUCKETS } : (Histogram){ 0 };
}

void histogram_add(Histogram h, double seconds) {
        if (!h.n)
                return;
        for (uint32_t i = 0; i < h.n; i++)
                if (i + 1 == h.n || seconds <= histogram_bounds[i])
                        metric_add(&h.first[i], 1);
        metric_add(&h.first[h.n], seconds);
        metric_add(&h.first[h.n + 1], 1);
}

double metrics_sum(const Metrics *m, const char *name) {
        double sum = 0;
        for (uint32_t i = 0; m && i < atomic_load(&m->n); i++)
                if (!strcmp(m->cell[i].name, name))
                        sum += metric_value(&m->cell[i]);
        return sum;
}

void histogram_read(const Metrics *m, const char *name, double ret[HISTOGRAM_BUCKETS]) {
        char full[METRIC_NAME_MAX];
        uint32_t bucket = 0;
        snprintf(full, sizeof full, "%s_bucket", name);
        memset(ret, 0, HISTOGRAM_BUCKETS * sizeof *ret);
        for (uint32_t i = 0; m && i < atomic_load(&m->n); i++)
                if (!strcmp(m->cell[i].name, full))
                        ret[bucket++ % HISTOGRAM_BUCKETS] += metric_value(&m->cell[i]);
}

/* A histogram's three series share the name before _bucket, _sum and _count. */
static size_t family(const Metric *c) {
        size_t n = strlen(c->name);
        if (c->kind != METRIC_HISTOGRAM)
                return n;
        const char *const ends[] = { "_bucket", "_sum", "_count" };
        for (size_t i = 0; i < 3; i++) {
                size_t e = strlen(ends[i]);
                if (n > e && !strcmp(c->name + n - e, ends[i]))
                        return n - e;
        }
        return n;
}

static bool same_family(const Metric *a, const Metric *b) {
        size_t n = family(a);
        return n == family(b) && !memcmp(a->name, b->name, n);
}

typedef struct Place {
        const Metric *cell;
        size_t made; /* order in which cells were made, page by page */
} Place;

static int by_place(const void *a, const void *b) {
        const Place *x = a, *y = b;
        size_t n = family(x->cell), k = family(y->cell);
        int r = memcmp(x->cell->name, y->cell->name, n < k ? n : k);
        if (r == 0)
                r = (n > k) - (n < k);
        return r ? r : (x->made > y->made) - (x->made < y->made);
}

void metrics_print(Buffer *out, const Metrics *const *pages, size_t n_pages) {
        static const char *const types[] = { "counter", "gauge", "histogram" };
        size_t total = 0, n = 0;
        for (size_t p = 0; p < n_pages; p++)
                total += atomic_load(&pages[p]->n);
        Place *all = calloc(total + 1, sizeof *all);
        if (!all) {
                out->failed = -ENOMEM;
                return;
        }
        for (size_t p = 0; p < n_pages; p++)
                for (uint32_t i = 0; i < atomic_load(&pages[p]->n) && n < total; i++, n++)
                        all[n] = (Place){ &pages[p]->cell[i], n };
        qsort(all, n, sizeof *all, by_place);
        for (size_t i = 0; i < n; i++) {
                const Metric *c = all[i].cell;
                if (i == 0 || !same_family(all[i - 1].cell, c))
                        buffer_printf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)family(c), c->name, c->help, (int)family(c),
                                      c->name, types[c->kind]);
                if (c->labels[0])
                        buffer_printf(out, "%s{%s} %.17g\n", c->name, c->labels, metric_value(c));
                else
                        buffer_printf(out, "%s %.17g\n", c->name, metric_value(c));
        }
        free(all);
}
