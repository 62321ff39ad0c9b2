/* Registry entries, decoded. */
#include "spec.h"

#include <math.h>
#include <stdlib.h>

/* One block holds all: never more than this bound on what the row can need. */
typedef struct Pool {
        uint8_t *at;
} Pool;

static size_t bound_of(const tocsin_value *v) {
        size_t n = 32;
        if (v->kind == TOCSIN_STR || v->kind == TOCSIN_ENUM || v->kind == TOCSIN_BYTES)
                return n + v->len;
        if (v->kind == TOCSIN_LIST)
                for (uint32_t i = 0; i < v->len; i++)
                        n += 80 + bound_of(&v->u.items[i]);
        if (v->kind == TOCSIN_MAP || v->kind == TOCSIN_RECORD)
                for (uint32_t i = 0; i < v->len; i++)
                        n += bound_of(&v->u.fields[i].value);
        return n;
}

static void *take(Pool *p, size_t n) {
        void *r = p->at;
        p->at += (n + 15) & ~(size_t)15;
        return r;
}

static Bytes text(Pool *p, const tocsin_value *v) {
        Bytes b = tocsin_as_bytes(v);
        if (b.len == 0)
                return tocsin_bytes_of(NULL, 0);
        return tocsin_bytes_of(memcpy(take(p, b.len), b.ptr, b.len), b.len);
}

static uint32_t items(const tocsin_value *v, const tocsin_value **ret) {
        *ret = tocsin_is(v, TOCSIN_LIST) ? v->u.items : NULL;
        return *ret ? v->len : 0;
}

static const Bytes *texts(Pool *p, const tocsin_value *v, uint32_t *n) {
        const tocsin_value *item;
        *n = items(v, &item);
        Bytes *r = take(p, *n * sizeof *r);
        for (uint32_t i = 0; i < *n; i++)
                r[i] = text(p, &item[i]);
        return r;
}

/* A length of time: not negative, and short enough to be added to any event time that is taken. */
static int64_t span(int64_t us, int64_t otherwise) {
        return us < 0 ? otherwise : base_min(us, TIME_MOST);
}

static void read_producers(Pool *p, const tocsin_value *row, Spec *s) {
        const tocsin_value *item;
        s->n_producers = items(tocsin_find(row, "producers"), &item);
        SpecProducer *r = take(p, s->n_producers * sizeof *r);
        s->producers = r;
        for (uint32_t i = 0; i < s->n_producers; i++, r++) {
                const tocsin_value *stage = tocsin_find(&item[i], "stage");
                r->name = text(p, tocsin_find(&item[i], "name"));
                r->stage = tocsin_is(stage, TOCSIN_ENUM) ? stage->index : -1;
                r->numbered = tocsin_as_bool(tocsin_find(&item[i], "numbered"), true);
                r->incarnation = tocsin_get_i64(&item[i], "incarnation", INT64_MIN);
                r->heartbeat = span(tocsin_get_i64(&item[i], "heartbeat_us", 0), 0);
                r->rate = tocsin_as_f64(tocsin_find(&item[i], "rate"), 0);
        }
}

static void read_scope(Pool *p, const tocsin_value *row, Scope *s) {
        s->targets = texts(p, tocsin_find(row, "targets"), &s->n_targets);
        s->writable = texts(p, tocsin_find(row, "writable"), &s->n_writable);
        const tocsin_value *item;
        s->n_bans = items(tocsin_find(row, "disallowed"), &item);
        ScopeBan *ban = take(p, s->n_bans * sizeof *ban);
        s->bans = ban;
        for (uint32_t i = 0; i < s->n_bans; i++, ban++) {
                ban->target = text(p, tocsin_find(&item[i], "target"));
                ban->attributes = texts(p, tocsin_find(&item[i], "attributes"), &ban->n);
        }
}

static void read_metrics(Pool *p, const tocsin_value *row, Spec *s) {
        const tocsin_value *item;
        s->n_metrics = items(tocsin_find(row, "metrics"), &item);
        SpecMetric *r = take(p, s->n_metrics * sizeof *r);
        s->metrics = r;
        for (uint32_t i = 0; i < s->n_metrics; i++, r++) {
                r->name = text(p, tocsin_find(&item[i], "name"));
                r->unit = text(p, tocsin_find(&item[i], "unit"));
                r->min = tocsin_as_f64(tocsin_find(&item[i], "min"), -INFINITY);
                r->max = tocsin_as_f64(tocsin_find(&item[i], "max"), INFINITY);
                r->steady = tocsin_as_bool(tocsin_find(&item[i], "steady"), false);
        }
}

static void read_maintenance(Pool *p, const tocsin_value *row, Spec *s) {
        const tocsin_value *item;
        s->n_maintenance = items(tocsin_find(row, "maintenance"), &item);
        SpecMaintenance *r = take(p, s->n_maintenance * sizeof *r);
        s->maintenance = r;
        for (uint32_t i = 0; i < s->n_maintenance; i++, r++) {
                r->from = base_max(-TIME_MOST, base_min(tocsin_get_i64(&item[i], "from", 0), TIME_MOST));
                r->until = base_max(-TIME_MOST, base_min(tocsin_get_i64(&item[i], "until", 0), TIME_MOST));
                r->producers = texts(p, tocsin_find(&item[i], "producers"), &r->n);
        }
}

Spec *spec_new(const tocsin_value *row) {
        Spec *s = calloc(1, sizeof *s + sizeof(Pace) + 256 + bound_of(row));
        if (!s)
                return NULL;
        Pool p = { (uint8_t *)s + ((sizeof *s + 15) & ~(size_t)15) };
        s->pace = take(&p, sizeof *s->pace);
        s->pace_loaded = take(&p, sizeof *s->pace_loaded);
        s->id = text(&p, tocsin_find(row, "id"));
        s->domain = text(&p, tocsin_find(row, "domain"));
        s->parent = text(&p, tocsin_find(row, "parent"));
        s->priority = tocsin_get_i64(row, "priority", 5);
        s->clear_timeout = span(tocsin_get_i64(row, "clear_timeout_us", -1), -1);
        s->action_timeout = span(tocsin_get_i64(row, "action_timeout_us", -1), -1);
        read_producers(&p, row, s);
        read_scope(&p, row, &s->scope);
        read_metrics(&p, row, s);
        read_maintenance(&p, row, s);
        return s;
}

const SpecProducer *spec_producer(const Spec *s, Bytes name) {
        for (uint32_t i = 0; i < s->n_producers; i++)
                if (tocsin_equal(s->producers[i].name, name))
                        return &s->producers[i];
        return NULL;
}

const SpecMetric *spec_metric(const Spec *s, Bytes name) {
        for (uint32_t i = 0; i < s->n_metrics; i++)
                if (tocsin_equal(s->metrics[i].name, name))
                        return &s->metrics[i];
        return NULL;
}

static bool concerns(const SpecMaintenance *m, Bytes producer) {
        for (uint32_t i = 0; i < m->n; i++)
                if (tocsin_equal(m->producers[i], producer))
                        return true;
        return m->n == 0;
}

void spec_quiets(const Spec *s, Bytes producer, Quiets *ret) {
        for (uint32_t i = 0; i < s->n_maintenance && ret->n < QUIETS; i++)
                if (concerns(&s->maintenance[i], producer))
                        ret->q[ret->n++] = (Stretch){ s->maintenance[i].from, s->maintenance[i].until };
}

/* ---- the cache --------------------------------------------------------------------------------------- */

const Spec *specs_find(const SpecCache *c, Bytes loop) {
        Spec *const *way = c->way[base_hash(loop) % SPEC_SETS];
        for (uint32_t i = 0; i < SPEC_WAYS; i++)
                if (way[i] && tocsin_equal(way[i]->id, loop))
                        return way[i];
        return NULL;
}

void specs_keep(SpecCache *c, Spec *s) {
        Spec **way = c->way[base_hash(s->id) % SPEC_SETS];
        uint32_t at = 0;
        while (at < SPEC_WAYS && way[at])
                at++;
        if (at == SPEC_WAYS)
                at = c->turn++ % SPEC_WAYS;
        free(way[at]);
        way[at] = s;
}

void specs_drop(SpecCache *c, Bytes loop) {
        Spec **way = c->way[base_hash(loop) % SPEC_SETS];
        for (uint32_t i = 0; i < SPEC_WAYS; i++)
                if (way[i] && tocsin_equal(way[i]->id, loop)) {
                        free(way[i]);
                        way[i] = NULL;
                }
}

void specs_clear(SpecCache *c) {
        for (uint32_t i = 0; i < SPEC_SETS; i++)
                for (uint32_t k = 0; k < SPEC_WAYS; k++) {
                        free(c->way[i][k]);
                        c->way[i][k] = NULL;
                }
}
