/* L14, glue: the owner of an event that others name as their cause. */
#include "fanout.h"
#include "observe.h"

typedef struct Node {
        int64_t last, timer; /* event time it was last named; what the timer is set for, 0: none */
        uint32_t told, n_children; /* told: its fan-out is out */
        Ancestor self; /* id 0: not known, only its children are */
        Ancestors up;
        struct {
                Label id;
                Name loop;
        } child[CHILDREN];
        Fan fan; /* stored as far as kept[] is used */
} Node;
#define NODE_HEAD (offsetof(Node, fan) + offsetof(Fan, kept))

static size_t node_size(const Node *n) {
        return NODE_HEAD + n->fan.n_kept * sizeof n->fan.kept[0];
}

static int load_node(Detector *d, const Key *k, Node **ret) {
        Node *n = d->host->scratch(d->host, sizeof *n);
        if (!n)
                return TOCSIN_E_NOMEM;
        *ret = n;
        Bytes found;
        int r = d->host->get(d->host, key_bytes(k), &found);
        if (r != 0)
                return r;
        if (!found.ptr || found.len < NODE_HEAD || found.len > sizeof *n)
                return shelf_put(d, 'f', tocsin_bytes_of("", 0), CAUSES, k);
        memcpy(n, found.ptr, found.len);
        return 0;
}

static int store_node(Detector *d, const Key *k, Node *n, int64_t want) {
        if (n->timer == 0 || want < n->timer) {
                n->timer = want;
                int r = entry_timer(d, k, want);
                if (r != 0)
                        return r;
        }
        return d->host->put(d->host, key_bytes(k), tocsin_bytes_of(n, node_size(n)));
}

static Key node_key(Bytes id) {
        return key_of('f', id, tocsin_bytes_of(NULL, 0), tocsin_bytes_of(NULL, 0));
}

/* Tells the owner of event `child` what it follows from: this cause, then the cause's own ancestors. */
static int tell_child(Detector *d, const Node *n, Bytes cause, const Observation *child) {
        if (child->ref.id_len == 0)
                return 0; /* nobody can name it as a cause */
        tocsin_value flat[3 * (ANCESTORS + 1)];
        uint32_t k = 0;
        Ancestor self = n->self;
        self.id = base_hash(cause);
        for (uint32_t i = 0; i <= n->up.n && i < ANCESTORS; i++) {
                const Ancestor *a = i == 0 ? &self : &n->up.a[i - 1];
                flat[k++] = tocsin_i64((int64_t)a->id);
                flat[k++] = tocsin_i64((int64_t)a->loop);
                flat[k++] = tocsin_i64((int64_t)a->parent);
        }
        char key[LABEL_TEXT];
        tocsin_value list = tocsin_list(flat, k);
        Observation o = *child;
        o.what = OBSERVED_ANCESTORS;
        o.key = tocsin_bytes_of(key, base_fit(key, LABEL_TEXT, tocsin_bytes_of(child->ref.id, child->ref.id_len)));
        o.ancestors = &list;
        return observation_tell(d, &o);
}

int cause_observed(Detector *d, const Observation *o) {
        Key k = node_key(o->key);
        Node *n;
        int r = load_node(d, &k, &n);
        if (r != 0)
                return r;
        n->last = base_max(n->last, o->ref.time);
        int64_t want = base_later(n->last, d->set.fan_life);
        if (o->action && fan_add(&n->fan, &o->ref, o->loop, o->planned) && !n->told && fan_actions(&n->fan) >= d->set.fanout)
                want = o->ref.time; /* judged when the watermark has passed: by then the earliest are all there */
        if (n->n_children < CHILDREN) {
                n->child[n->n_children].id = label_of(tocsin_bytes_of(o->ref.id, o->ref.id_len));
                n->child[n->n_children++].loop = name_of(o->loop);
        }
        r = tell_child(d, n, o->key, o);
        return r ? r : store_node(d, &k, n, want);
}

static int circle_found(Detector *d, const Observation *o) {
        Finding f = {
                .what = WHAT_CIRCLE, .loop = o->loop, .domain = o->domain, .producer = o->producer, .refs = &o->ref, .n_refs = 1
        };
        finding_say(&f, "Event %.*s of loop %.*s follows, round a circle of causes, from %s", SHOW(o->key), SHOW(o->loop),
                    o->planned ? "a plan of its own loop that another loop answered, or from itself" : "itself");
        int r = case_add(d, &f);
        return r < 0 ? r : 0;
}

int ancestors_observed(Detector *d, const Observation *o) {
        Key k = node_key(o->key);
        Node *n;
        int r = load_node(d, &k, &n);
        if (r != 0)
                return r;
        Ancestor more[ANCESTORS + 1];
        uint32_t m = 0;
        const tocsin_value *a = o->ancestors;
        for (uint32_t i = 0; tocsin_is(a, TOCSIN_LIST) && i + 2 < a->len && m < ANCESTORS; i += 3)
                more[m++] =
                        (Ancestor){ (uint64_t)tocsin_as_i64(&a->u.items[i], 0), (uint64_t)tocsin_as_i64(&a->u.items[i + 1], 0),
                                    (uint64_t)tocsin_as_i64(&a->u.items[i + 2], 0) };
        n->last = base_max(n->last, o->ref.time);
        n->self = (Ancestor){ base_hash(o->key), o->planned ? base_hash(o->loop) : 0, o->parent.len ? base_hash(o->parent) : 0 };
        bool was = ancestors_circle(&n->up, &n->self);
        bool fresh = ancestors_add(&n->up, more, m);
        if (!was && ancestors_circle(&n->up, &n->self))
                r = circle_found(d, o);
        for (uint32_t i = 0; r == 0 && fresh && i < n->n_children; i++) { /* they were told before this was known */
                Observation child = *o;
                Bytes id = label_bytes(&n->child[i].id);
                child.loop = name_bytes(&n->child[i].loop);
                child.ref.id_len = base_fit(child.ref.id, REF_ID, id);
                r = tell_child(d, n, o->key, &child);
        }
        return r ? r : store_node(d, &k, n, base_later(n->last, d->set.fan_life));
}

static int fan_found(Detector *d, const Node *n, Bytes cause) {
        Ref refs[FAN_KEPT];
        Finding f = { .what = WHAT_FANOUT, .loop = name_bytes(&n->fan.kept[0].loop), .target = cause, .refs = refs };
        for (uint32_t i = 0; i < n->fan.n_kept; i++) {
                Bytes loop = name_bytes(&n->fan.kept[i].loop);
                refs[f.n_refs++] = n->fan.kept[i].ref;
                uint32_t at = 0;
                int c = tocsin_equal(loop, f.loop) ? 0 : 1;
                while (c != 0 && at < f.n_related && (c = base_order(loop, f.related[at])) > 0)
                        at++;
                if (c == 0 || at == CASE_RELATED)
                        continue;
                uint32_t move = (f.n_related < CASE_RELATED ? f.n_related : CASE_RELATED - 1) - at;
                memmove(&f.related[at + 1], &f.related[at], move * sizeof f.related[0]);
                f.related[at] = loop;
                f.n_related += f.n_related < CASE_RELATED;
        }
        int r;
        const Spec *spec = detector_spec(d, f.loop, &r);
        if (r != 0)
                return r;
        f.domain = spec ? spec->domain : f.domain;
        f.occurrences = d->set.fanout;
        finding_say(&f, "One cause, %.*s, has led to %u actions and more, the first in loop %.*s at %s", SHOW(cause),
                    d->set.fanout, SHOW(f.loop), moment_of(refs[0].time).text);
        r = case_add(d, &f);
        return r < 0 ? r : 0;
}

int cause_timer(Detector *d, Bytes name, int64_t now) {
        Key k = key_again(name);
        Node *n = d->host->scratch(d->host, sizeof *n);
        Bytes found;
        int r = d->host->get(d->host, name, &found);
        if (!n)
                return TOCSIN_E_NOMEM;
        if (r != 0 || !found.ptr || found.len < NODE_HEAD || found.len > sizeof *n)
                return r;
        memcpy(n, found.ptr, found.len);
        Bytes cause;
        key_split(name, &cause, 1);
        if (!n->told && fan_actions(&n->fan) >= d->set.fanout) {
                n->told = 1;
                r = fan_found(d, n, cause);
                if (r != 0)
                        return r;
        }
        n->timer = 0;
        int64_t over = base_later(n->last, d->set.fan_life);
        return over <= now ? entry_drop(d, &k) : store_node(d, &k, n, over);
}
