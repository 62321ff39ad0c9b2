/* L5, glue: metrics of an event, one small record for each (loop, producer, subject). */
#include "measure.h"

#define SETTLED (60 * SECOND) /* after planned work, until a source is back at its level */

static int deviation(Detector *d, const Input *in, What what, Bytes metric, double x, const char *how) {
        Finding f;
        finding_init(&f, what, in);
        f.target = metric;
        finding_say(&f, "Metric %.*s of %.*s, told by %.*s in loop %.*s, %s at %.6g since %s", SHOW(metric), SHOW(in->subject),
                    SHOW(in->producer), SHOW(in->loop), how, x, moment_of(in->time).text);
        int r = case_add(d, &f);
        return r < 0 ? r : 0;
}

static Kpi *slot_for(Kpi *kpis, uint32_t *n, uint64_t name) {
        for (uint32_t i = 0; i < *n; i++)
                if (kpis[i].name == name)
                        return &kpis[i];
        if (*n == KPI_METRICS)
                return NULL;
        kpis[*n] = (Kpi){ .name = name };
        return &kpis[(*n)++];
}

/* Planned work at the producer, now or just before? Another level is no lie then. 1, 0, < 0. */
static int planned(Detector *d, const Input *in) {
        Quiets quiets = { 0 };
        int r = detector_quiets(d, in->spec, in->producer, &quiets);
        for (uint32_t i = 0; r == 0 && i < quiets.n; i++)
                if (quiets.q[i].from <= in->time && in->time <= base_later(quiets.q[i].to, SETTLED))
                        return 1;
        return r;
}

static int judge(Detector *d, const Input *in, const tocsin_field *metric, Kpi *kpis, uint32_t *n) {
        Bytes name = tocsin_bytes_of(metric->name, metric->name_len);
        const SpecMetric *spec = spec_metric(in->spec, name);
        double x = tocsin_as_f64(&metric->value, 0);
        if (in->spec->n_metrics && !spec)
                return 0; /* the registry says what is watched */
        if (spec && !(x >= spec->min && x <= spec->max)) /* NaN as well */
                return deviation(d, in, WHAT_RANGE, name, x, "is outside its range");
        if (!d->set.kpi_learn)
                return 0;
        uint64_t hash = base_hash(name) | 1;
        Kpi *k = slot_for(kpis, n, hash);
        KpiAnswer answer = k ? kpi_step(k, x, &d->set.kpi, spec && spec->steady) : KPI_FINE;
        int r = answer == KPI_FINE ? 0 : planned(d, in);
        if (r < 0)
                return r;
        if (r == 1) { /* learnt anew from here */
                *k = (Kpi){ .name = hash };
                answer = kpi_step(k, x, &d->set.kpi, false);
        }
        switch (answer) {
        case KPI_JUMP:
                return deviation(d, in, WHAT_JUMP, name, x, "jumps");
        case KPI_SHIFT:
                return deviation(d, in, WHAT_SHIFT, name, x, "has shifted");
        case KPI_FROZEN:
                return deviation(d, in, WHAT_FROZEN, name, x, "is frozen");
        default:
                return 0;
        }
}

int measure_event(Detector *d, const Input *in) {
        const tocsin_value *m = in->metrics;
        if (!tocsin_is(m, TOCSIN_MAP) || m->len == 0 || !d->set.kpi_range)
                return 0;
        Kpi kpis[KPI_METRICS];
        uint32_t n = 0;
        Key k = key_of('k', in->loop, in->producer,
                       tocsin_bytes_of(in->subject.ptr ? in->subject.ptr : (const uint8_t *)"", in->subject.len));
        Bytes found = { 0 };
        int r = d->set.kpi_learn ? d->host->get(d->host, key_bytes(&k), &found) : 0;
        if (r != 0)
                return r;
        if (found.ptr && found.len % sizeof kpis[0] == 0 && found.len <= sizeof kpis) {
                memcpy(kpis, found.ptr, found.len);
                n = (uint32_t)(found.len / sizeof kpis[0]);
        }
        bool fresh = !found.ptr;
        for (uint32_t i = 0; r == 0 && i < m->len; i++)
                r = judge(d, in, &m->u.fields[i], kpis, &n);
        if (r == 0 && n)
                r = d->host->put(d->host, key_bytes(&k), tocsin_bytes_of(kpis, n * sizeof kpis[0]));
        if (r == 0 && n && fresh) {
                char owner[2 * NAME_TEXT];
                uint32_t len = base_fit(owner, NAME_TEXT, in->loop);
                len += base_fit(owner + len, NAME_TEXT, in->producer);
                r = shelf_put(d, 'k', tocsin_bytes_of(owner, len), SUBJECTS, &k);
        }
        return r;
}
