/* L11 and L9 (priority), glue: the owner of an attribute of a target, and of a loop's priority. */
#include "observe.h"

static Key write_key(Bytes key) {
        return key_of('w', key, tocsin_bytes_of(NULL, 0), tocsin_bytes_of(NULL, 0));
}

static int conflict_found(Detector *d, const Writes *w, uint32_t later, uint32_t earlier, Bytes target, Bytes attribute) {
        const Write *a = &w->settled[later], *b = &w->settled[earlier];
        Ref refs[2] = { b->ref, a->ref };
        char what[2 * LABEL_TEXT];
        int r;
        const Spec *spec = detector_spec(d, name_bytes(&a->loop), &r);
        if (r != 0)
                return r;
        Finding f = { .what = WHAT_CONFLICT,
                      .loop = name_bytes(&a->loop),
                      .domain = spec ? spec->domain : tocsin_bytes_of(NULL, 0),
                      .producer = name_bytes(&a->producer),
                      .related = { name_bytes(&b->loop) },
                      .n_related = 1,
                      .refs = refs,
                      .n_refs = 2 };
        int n = snprintf(what, sizeof what, "%.*s/%.*s", SHOW(target), SHOW(attribute));
        f.target = tocsin_bytes_of(what, (size_t)n);
        finding_say(&f, "Loop %.*s %s %.*s of %.*s to %.*s within %.3g s after loop %.*s set it to %.*s", SHOW(f.loop),
                    a->planned ? "plans to set" : "sets", SHOW(attribute), SHOW(target), SHOW(label_bytes(&a->value)),
                    (double)(a->ref.time - b->ref.time) / SECOND, SHOW(f.related[0]), SHOW(label_bytes(&b->value)));
        r = case_add(d, &f);
        return r < 0 ? r : 0;
}

/* Judges what the watermark has passed, in the order of event time. */
static int settle(Detector *d, Writes *w, int64_t watermark, bool force, Bytes target, Bytes attribute) {
        for (int at; (at = writes_settle(w, watermark, force)) >= 0; force = false)
                for (uint32_t i = 0; i < (uint32_t)at; i++)
                        if (writes_conflict(w, (uint32_t)at, i, d->set.conflict_span)) {
                                int r = conflict_found(d, w, (uint32_t)at, i, target, attribute);
                                if (r != 0)
                                        return r;
                        }
        return 0;
}

/* In the table lie the texts, the counts and as many writes as there are: most attributes have one or two. */
typedef struct Meeting {
        Label target, attribute;
        Writes w;
} Meeting;
#define MEETING_HEAD offsetof(Meeting, w.settled)

static int load_writes(Detector *d, const Key *k, Meeting **ret) {
        Meeting *m = d->host->scratch(d->host, sizeof *m);
        if (!m)
                return TOCSIN_E_NOMEM;
        *ret = m;
        Bytes found;
        int r = d->host->get(d->host, key_bytes(k), &found);
        if (r != 0 || !found.ptr || found.len < MEETING_HEAD)
                return r;
        memcpy(m, found.ptr, MEETING_HEAD);
        Writes *w = &m->w;
        if (w->n_settled > CONFLICT_SETTLED || w->n_pending > CONFLICT_PENDING ||
            found.len != MEETING_HEAD + (w->n_settled + w->n_pending) * sizeof w->settled[0]) {
                w->n_settled = w->n_pending = 0;
                return 0;
        }
        memcpy(w->settled, found.ptr + MEETING_HEAD, w->n_settled * sizeof w->settled[0]);
        memcpy(w->pending, found.ptr + MEETING_HEAD + w->n_settled * sizeof w->settled[0], w->n_pending * sizeof w->pending[0]);
        return 1;
}

static int store_writes(Detector *d, const Key *k, Meeting *m) {
        Writes *w = &m->w;
        memmove(&w->settled[w->n_settled], w->pending, w->n_pending * sizeof w->pending[0]);
        return d->host->put(d->host, key_bytes(k),
                            tocsin_bytes_of(m, MEETING_HEAD + (w->n_settled + w->n_pending) * sizeof w->settled[0]));
}

int conflict_observed(Detector *d, const Observation *o) {
        Key k = write_key(o->key);
        Meeting *m;
        int r = load_writes(d, &k, &m);
        if (r < 0)
                return r;
        r = r ? 0 : shelf_put(d, 'w', tocsin_bytes_of("", 0), MEETINGS, &k);
        m->target = label_of(o->target);
        m->attribute = label_of(o->attribute);
        int64_t next = writes_next(&m->w);
        Write one = write_of(&o->ref, o->loop, o->producer, o->value, o->planned);
        if (r == 0 && writes_add(&m->w, &one))
                r = settle(d, &m->w, 0, true, o->target, o->attribute);
        if (r == 0 && writes_next(&m->w) < next)
                r = entry_timer(d, &k, writes_next(&m->w));
        return r ? r : store_writes(d, &k, m);
}

int conflict_timer(Detector *d, Bytes name, int64_t now) {
        Key k = key_again(name);
        Meeting *m;
        int r = load_writes(d, &k, &m);
        if (r <= 0)
                return r;
        r = settle(d, &m->w, now, false, label_bytes(&m->target), label_bytes(&m->attribute));
        if (r != 0)
                return r;
        int64_t over = base_later(writes_last(&m->w), d->set.conflict_span + SECOND);
        if (m->w.n_pending == 0 && over <= now)
                return entry_drop(d, &k);
        r = entry_timer(d, &k, m->w.n_pending ? writes_next(&m->w) : over);
        return r ? r : store_writes(d, &k, m);
}

/* ---- priority ---------------------------------------------------------------------------------------- */

#define ORDERS 8u /* orders, and claims, of one loop remembered */

typedef struct Claim {
        Ref ref;
        Name loop, producer;
        int64_t level;
} Claim;
typedef struct Priority {
        uint32_t n_orders, n_claims;
        int64_t order_time[ORDERS], order_level[ORDERS];
        Claim claim[ORDERS];
} Priority;

static Key priority_key(Bytes loop) {
        return key_of('q', loop, tocsin_bytes_of(NULL, 0), tocsin_bytes_of(NULL, 0));
}

int priority_observed(Detector *d, const Observation *o) {
        Key k = priority_key(o->target);
        Priority *p = d->host->scratch(d->host, sizeof *p);
        if (!p)
                return TOCSIN_E_NOMEM;
        int r = entry_load(d, &k, p, sizeof *p);
        if (r < 0)
                return r;
        r = r ? 0 : shelf_put(d, 'q', tocsin_bytes_of("", 0), MEETINGS, &k);
        if (o->what == OBSERVED_ORDER) {
                uint32_t at = p->n_orders++ % ORDERS;
                p->order_time[at] = o->ref.time;
                p->order_level[at] = o->level;
        } else if (p->n_claims < ORDERS) {
                p->claim[p->n_claims++] = (Claim){ o->ref, name_of(o->loop), name_of(o->producer), o->level };
                if (r == 0) {
                        int64_t due = NEVER;
                        for (uint32_t i = 0; i < p->n_claims; i++)
                                due = base_min(due, base_later(p->claim[i].ref.time, d->set.plan_grace));
                        r = entry_timer(d, &k, due);
                }
        }
        return r ? r : entry_store(d, &k, p, sizeof *p);
}

static bool ordered(const Priority *p, const Claim *c, int64_t grace) {
        for (uint32_t i = 0; i < p->n_orders && i < ORDERS; i++)
                if (p->order_time[i] <= base_later(c->ref.time, grace) && p->order_level[i] >= c->level)
                        return true;
        return false;
}

static int claim_unordered(Detector *d, const Claim *c, Bytes of) {
        int r;
        const Spec *spec = detector_spec(d, name_bytes(&c->loop), &r);
        Finding f = { .what = WHAT_PRIORITY,
                      .loop = name_bytes(&c->loop),
                      .domain = spec ? spec->domain : tocsin_bytes_of(NULL, 0),
                      .producer = name_bytes(&c->producer),
                      .target = of,
                      .refs = &c->ref,
                      .n_refs = 1 };
        finding_say(&f, "Loop %.*s uses priority %lld for %.*s, which no governance order gave it", SHOW(f.loop),
                    (long long)c->level, SHOW(of));
        if (r == 0)
                r = case_add(d, &f);
        return r < 0 ? r : 0;
}

int priority_timer(Detector *d, Bytes name, int64_t now) {
        Bytes of;
        key_split(name, &of, 1);
        Key k = priority_key(of);
        Priority *p = d->host->scratch(d->host, sizeof *p);
        if (!p)
                return TOCSIN_E_NOMEM;
        int r = entry_load(d, &k, p, sizeof *p);
        if (r <= 0)
                return r;
        int64_t due = NEVER;
        uint32_t left = 0;
        r = 0;
        for (uint32_t i = 0; r == 0 && i < p->n_claims && i < ORDERS; i++) {
                int64_t at = base_later(p->claim[i].ref.time, d->set.plan_grace);
                if (at > now) {
                        due = base_min(due, at);
                        p->claim[left++] = p->claim[i];
                } else if (!ordered(p, &p->claim[i], d->set.plan_grace)) {
                        r = claim_unordered(d, &p->claim[i], of);
                }
        }
        memset(&p->claim[left], 0, (ORDERS - left) * sizeof p->claim[0]);
        p->n_claims = left;
        if (r == 0)
                r = entry_timer(d, &k, due);
        return r ? r : entry_store(d, &k, p, sizeof *p);
}
