/* Spans of the records of a turn: begun when a record comes that is traced, kept until the turn has committed, and only then
 * told. Ids follow from where a record lies, so that a second delivery has the same. */
#include "core/hash.h"
#include "task/inner.h"

#define SPANS_TURN SPANS_RING /* in one turn: more would find no room either; they are counted and not told */
#define PARENT_LEN 55u /* 00-TRACE-SPAN-FLAGS */

int spans_init(Worker *w) {
        Spans *s = &w->spans;
        char labels[METRIC_LABELS_MAX];
        if (!w->conf.spans)
                return 0;
        s->at = calloc(SPANS_TURN, sizeof *s->at);
        if (!s->at)
                return -ENOMEM;
        snprintf(labels, sizeof labels, "pipeline=\"%s\",ordinal=\"%u\"", w->pipe->name, w->conf.ordinal);
        s->told = metric_get(w->conf.metrics, METRIC_COUNTER, "tocsin_spans_total", labels, "Spans of traced records");
        s->dropped = metric_get(w->conf.metrics, METRIC_COUNTER, "tocsin_spans_dropped_total", labels,
                                "Spans for which there was no room");
        s->on = true;
        return 0;
}

void spans_deinit(Worker *w) {
        free(w->spans.at);
        w->spans = (Spans){ 0 };
}

/* ---- the W3C's header ---------------------------------------------------------------------------------- */

static bool unhex(const uint8_t *in, size_t n, uint8_t *ret) {
        for (size_t i = 0; i < 2 * n; i++) {
                uint8_t c = in[i], v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
                if (v == 16)
                        return false;
                ret[i / 2] = (uint8_t)(i % 2 ? ret[i / 2] << 4 | v : v);
        }
        return true;
}

static bool any(const uint8_t *p, size_t n) {
        uint8_t all = 0;
        for (size_t i = 0; i < n; i++)
                all |= p[i];
        return all;
}

bool trace_read(Bytes in, TraceParent *ret) {
        uint8_t version, flags;
        const uint8_t *p = in.ptr;
        if (in.len < PARENT_LEN || p[2] != '-' || p[35] != '-' || p[52] != '-' || !unhex(p, 1, &version) || version == 0xff ||
            (in.len > PARENT_LEN && (version == 0 || p[PARENT_LEN] != '-')) || !unhex(p + 3, 16, ret->trace) ||
            !unhex(p + 36, 8, ret->span) || !unhex(p + 53, 1, &flags))
                return false;
        ret->sampled = flags & 1;
        return any(ret->trace, 16) && any(ret->span, 8);
}

/* By the trace alone, so that everybody who is told the same share keeps the same traces: the last 56 bits, which are random. */
static bool kept(double share, const uint8_t trace[16]) {
        uint64_t v = 0;
        for (size_t i = 9; i < 16; i++)
                v = v << 8 | trace[i];
        return (double)v >= (1 - share) * 0x1p56;
}

static bool traced(const Worker *w, Bytes header, TraceParent *ret) {
        return trace_read(header, ret) && ret->sampled && kept(w->conf.config->trace_sample, ret->trace);
}

/* n: 0 the record itself, else 1 + the number of what it emits. */
static void id_of(const Task *t, const BusRecord *r, uint32_t n, uint8_t ret[8]) {
        uint8_t in[28];
        uint64_t key[2];
        memcpy(key, t->w->id_key, sizeof key);
        memcpy(in, t->id_base[r->topic], 16);
        memcpy(in + 16, &r->offset, 8);
        memcpy(in + 24, &n, 4);
        uint64_t id = hash_sip(bytes_of(in, sizeof in), key[0], key[1], 2, 4);
        id = id ? id : 1;
        memcpy(ret, &id, 8);
}

/* ---- the spans of one record --------------------------------------------------------------------------- */

static int64_t wall(const Worker *w) {
        return w->conf.clock->wall_us(w->conf.clock);
}

static int64_t not_before(int64_t start_us, int64_t us) {
        return us < start_us ? start_us : us; /* the clock was set back meanwhile */
}

void spans_begin(Worker *w) {
        Spans *s = &w->spans;
        s->start_us = wall(w);
        s->mark = s->n;
        s->error = NULL;
        s->batch = 1;
        s->elsewhere = false;
}

static Span *add(Worker *w, const TraceParent *parent) {
        Spans *s = &w->spans;
        if (s->n == SPANS_TURN) {
                s->lost++;
                return NULL;
        }
        Span *ret = &s->at[s->n++];
        memset(ret, 0, offsetof(Span, topic));
        memcpy(ret->trace, parent->trace, sizeof ret->trace);
        return ret;
}

static void hex(const uint8_t *in, size_t n, char *ret) {
        static const char digit[] = "0123456789abcdef";
        for (size_t i = 0; i < n; i++) {
                ret[2 * i] = digit[in[i] >> 4];
                ret[2 * i + 1] = digit[in[i] & 15];
        }
}

bool spans_child(Task *t, BusHeader *io, char ret[56]) {
        Call *c = &t->w->call;
        TraceParent p;
        uint8_t id[8];
        if (!t->w->spans.on || !c->record || !traced(t->w, io->value, &p))
                return false;
        id_of(t, c->record, c->emits + 1, id);
        memcpy(ret, "00-", 3);
        hex(p.trace, 16, ret + 3);
        ret[35] = '-';
        hex(id, 8, ret + 36);
        memcpy(ret + 52, "-01", 4);
        io->value = bytes_of(ret, PARENT_LEN);
        return true;
}

void spans_sent(Task *t, const char *topic, int32_t partition) {
        Worker *w = t->w;
        TraceParent p;
        if (!traced(w, w->call.trace.value, &p))
                return;
        Span *s = add(w, &p);
        if (!s)
                return;
        id_of(t, w->call.record, w->call.emits + 1, s->id);
        id_of(t, w->call.record, 0, s->parent);
        s->kind = SPAN_SEND;
        s->start_us = wall(w);
        s->offset = -1;
        s->partition = partition;
        s->batch = 1;
        snprintf(s->topic, sizeof s->topic, "%s", topic);
}

void spans_dead(Worker *w, const char *reason) {
        w->spans.n = w->spans.mark; /* what it emitted is taken back */
        w->spans.error = reason;
}

void spans_end(Task *t, const BusRecord *r) {
        Worker *w = t->w;
        const char *error = w->spans.error;
        bool elsewhere = w->spans.elsewhere;
        BusHeader h;
        TraceParent p;
        w->spans.error = NULL; /* of a run, the next one begins here */
        w->spans.elsewhere = false;
        w->spans.mark = w->spans.n;
        if (elsewhere || !record_header(r, "traceparent", &h) || !traced(w, h.value, &p))
                return;
        Span *s = add(w, &p);
        if (!s)
                return;
        id_of(t, r, 0, s->id);
        memcpy(s->parent, p.span, sizeof s->parent);
        s->kind = SPAN_PROCESS;
        s->start_us = w->spans.start_us;
        s->end_us = not_before(s->start_us, wall(w));
        s->offset = r->offset;
        s->partition = r->partition;
        s->batch = w->spans.batch;
        snprintf(s->error, sizeof s->error, "%s", error ? error : "");
        snprintf(s->topic, sizeof s->topic, "%s", w->source[r->topic].topic);
        w->spans.mark = w->spans.n;
}

/* ---- the end of the turn ------------------------------------------------------------------------------- */

void spans_commit(Worker *w) {
        Spans *s = &w->spans;
        int64_t now = s->n ? wall(w) : 0;
        uint32_t told = 0;
        for (uint32_t i = 0; i < s->n; i++) {
                if (s->at[i].kind == SPAN_SEND)
                        s->at[i].end_us = not_before(s->at[i].start_us, now); /* nobody could read it before */
                told += span_put(w->conf.spans, &s->at[i]);
        }
        if (told)
                metric_add(s->told, told);
        if (told < s->n || s->lost)
                metric_add(s->dropped, (double)(s->n - told) + (double)s->lost);
        spans_forget(w);
}

void spans_forget(Worker *w) {
        w->spans.n = w->spans.mark = 0;
        w->spans.lost = 0;
}
