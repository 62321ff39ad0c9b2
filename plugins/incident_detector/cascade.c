/* L14, glue: the owner of an event that others name as their cause. */
#include "fanout.h"
#include "observe.h"

#define MEMBERS 8u /* of one circle kept as proof, the earliest */
#define CIRCLE_SETTLE (5 * SECOND) /* after its last event, until news of it has gone round */

typedef struct Kin { /* an event by itself: it can be told of, or proven with, as it came */
        Ref ref;
        Name loop, domain, producer, parent;
        uint32_t planned, n_up; /* n_up: of a member: ancestors it had when it was passed on */
} Kin;

enum { DUE_FAN, DUE_CIRCLE, DUES };

typedef struct Node {
        int64_t last, timer; /* event time it was last named; what the timer is set for, 0: none */
        int64_t high; /* event time of the latest of itself and its ancestors; 0: none known */
        int64_t due[DUES]; /* when it is judged; 0: nothing to judge, NEVER: that is out */
        uint32_t n_children, n_members;
        uint32_t open, cause_plans; /* open: its circle does not come back to itself, but to another plan of its loop */
        Name cause; /* of its causes, the one that follows from the most plans */
        Ancestor self; /* id 0: not known, only its children are */
        Ancestors up;
        Fan fan; /* in the table: as far as kept[] is used, then as many of the following as there are */
        Kin child[CHILDREN];
        Kin member[MEMBERS]; /* of its circle with itself, in the order of event time, then id; of an open one: the plans */
} Node;
#define NODE_HEAD (offsetof(Node, fan) + offsetof(Fan, kept))

static size_t node_size(const Node *n) {
        return NODE_HEAD + n->fan.n_kept * sizeof n->fan.kept[0] + (n->n_children + n->n_members) * sizeof(Kin);
}

static bool node_read(Node *n, Bytes found) {
        if (!found.ptr || found.len < NODE_HEAD)
                return false;
        memcpy(n, found.ptr, NODE_HEAD);
        if (n->fan.n_kept > FAN_KEPT || n->n_children > CHILDREN || n->n_members > MEMBERS || node_size(n) != found.len) {
                memset(n, 0, NODE_HEAD);
                return false;
        }
        const uint8_t *at = found.ptr + NODE_HEAD;
        size_t kept = n->fan.n_kept * sizeof n->fan.kept[0];
        memcpy(n->fan.kept, at, kept);
        memcpy(n->child, at + kept, n->n_children * sizeof(Kin));
        memcpy(n->member, at + kept + n->n_children * sizeof(Kin), n->n_members * sizeof(Kin));
        return true;
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
        return node_read(n, found) ? 0 : shelf_put(d, 'f', tocsin_bytes_of("", 0), CAUSES, k);
}

/* The last that is done with it: what is stored moves together. */
static int store_node(Detector *d, const Key *k, Node *n) {
        int64_t want = base_later(n->last, d->set.fan_life);
        for (uint32_t i = 0; i < DUES; i++)
                want = n->due[i] ? base_min(want, n->due[i]) : want;
        if (n->timer == 0 || want < n->timer) {
                n->timer = want;
                int r = entry_timer(d, k, want);
                if (r != 0)
                        return r;
        }
        size_t len = node_size(n);
        uint8_t *at = (uint8_t *)n + NODE_HEAD + n->fan.n_kept * sizeof n->fan.kept[0];
        memmove(at, n->child, n->n_children * sizeof(Kin));
        memmove(at + n->n_children * sizeof(Kin), n->member, n->n_members * sizeof(Kin));
        return d->host->put(d->host, key_bytes(k), tocsin_bytes_of(n, len));
}

static Kin kin_of(const Observation *o) {
        return (Kin){ .ref = o->ref,
                      .loop = name_of(o->loop),
                      .domain = name_of(o->domain),
                      .producer = name_of(o->producer),
                      .parent = name_of(o->parent),
                      .planned = o->planned };
}

static Bytes ref_id(const Ref *r) {
        return tocsin_bytes_of(r->id, r->id_len);
}

/* Tells the owner of event `to` what event `k` and its ancestors are to it. */
static int tell_kin(Detector *d, const Kin *k, Bytes to, int64_t level, Bytes through, const tocsin_value *list) {
        char key[LABEL_TEXT];
        Observation o = { .what = OBSERVED_ANCESTORS,
                          .key = tocsin_bytes_of(key, base_fit(key, LABEL_TEXT, to)),
                          .target = through,
                          .loop = name_bytes(&k->loop),
                          .domain = name_bytes(&k->domain),
                          .producer = name_bytes(&k->producer),
                          .parent = name_bytes(&k->parent),
                          .planned = k->planned,
                          .level = level,
                          .ref = k->ref,
                          .ancestors = list };
        return to.len ? observation_tell(d, &o) : 0; /* without an id nobody can name it as a cause */
}

static void flatten(tocsin_value *flat, const Ancestor *a) {
        flat[0] = tocsin_i64((int64_t)a->id);
        flat[1] = tocsin_i64((int64_t)a->loop);
        flat[2] = tocsin_i64((int64_t)a->parent);
}

static Key node_key(Bytes id) {
        return key_of('f', id, tocsin_bytes_of(NULL, 0), tocsin_bytes_of(NULL, 0));
}

/* Tells the owner of event `child` what it follows from: this cause, then the cause's own ancestors. */
static int tell_child(Detector *d, const Node *n, Bytes cause, const Kin *child) {
        tocsin_value flat[3 * (ANCESTORS + 1)];
        Ancestor self = n->self;
        self.id = base_hash(cause);
        flatten(flat, &self);
        for (uint32_t i = 0; i < n->up.n; i++)
                flatten(&flat[3 * (i + 1)], &n->up.a[i]);
        tocsin_value list = tocsin_list(flat, 3 * (n->up.n + 1));
        return tell_kin(d, child, ref_id(&child->ref), n->high, cause, &list);
}

/* Tells the owners of this cause's children of an event on a circle. `list`: the ancestors of that event. */
static int tell_member(Detector *d, const Node *n, const Kin *member, const tocsin_value *list) {
        int r = 0;
        for (uint32_t i = 0; r == 0 && i < n->n_children; i++)
                r = tell_kin(d, member, ref_id(&n->child[i].ref), ON_CIRCLE, tocsin_bytes_of(NULL, 0), list);
        return r;
}

static int tell_self(Detector *d, const Node *n, const Kin *self) {
        tocsin_value flat[3 * ANCESTORS];
        for (uint32_t i = 0; i < n->up.n; i++)
                flatten(&flat[3 * i], &n->up.a[i]);
        tocsin_value list = tocsin_list(flat, 3 * n->up.n);
        return tell_member(d, n, self, &list);
}

/* Asks the owner of `cause` for the plans among `up`, on behalf of `asker`. One cause of each event is asked, and who has
 * been is struck off, so a question goes no further than there are ancestors. */
static int ask(Detector *d, const Kin *asker, Bytes cause, Bytes through, const Ancestors *up) {
        tocsin_value flat[3 * ANCESTORS];
        uint32_t n = 0;
        for (uint32_t i = 0; i < up->n; i++)
                if (up->a[i].id != base_hash(cause))
                        flatten(&flat[3 * n++], &up->a[i]);
        tocsin_value list = tocsin_list(flat, 3 * n);
        return tell_kin(d, asker, cause, ON_ASK, through, &list);
}

static Bytes kin_id(const Kin *k) {
        return ref_id(&k->ref);
}

static int kin_order(const Kin *a, const Kin *b) {
        if (a->ref.time != b->ref.time)
                return a->ref.time < b->ref.time ? -1 : 1;
        return base_order(kin_id(a), kin_id(b));
}

/* Is that news: the member, or that more of the circle is known? */
static bool member_add(Node *n, const Kin *one) {
        uint32_t at = 0;
        int c = 1;
        while (at < n->n_members && (c = kin_order(one, &n->member[at])) > 0)
                at++;
        if (at < n->n_members && c == 0) {
                bool more = one->n_up > n->member[at].n_up;
                n->member[at].n_up = more ? one->n_up : n->member[at].n_up;
                return more;
        }
        if (at == MEMBERS)
                return false;
        uint32_t move = (n->n_members < MEMBERS ? n->n_members : MEMBERS - 1) - at;
        memmove(&n->member[at + 1], &n->member[at], move * sizeof n->member[0]);
        n->member[at] = *one;
        n->n_members += n->n_members < MEMBERS;
        return true;
}

/* It comes back to itself: what was proven of an open circle is no part of this one. */
static void close_up(Node *n) {
        if (n->open)
                n->n_members = n->open = 0;
}

static void judge_later(Node *n, int64_t time) {
        if (n->due[DUE_CIRCLE] != NEVER)
                n->due[DUE_CIRCLE] = base_max(n->due[DUE_CIRCLE], base_later(time, CIRCLE_SETTLE));
}

int cause_observed(Detector *d, const Observation *o) {
        Key k = node_key(o->key);
        Node *n;
        int r = load_node(d, &k, &n);
        if (r != 0)
                return r;
        n->last = base_max(n->last, o->ref.time);
        if (o->action && fan_add(&n->fan, &o->ref, o->loop, o->planned) && n->due[DUE_FAN] == 0 &&
            fan_actions(&n->fan) >= d->set.fanout)
                n->due[DUE_FAN] = o->ref.time; /* judged when the watermark has passed: by then the earliest are all there */
        Kin child = kin_of(o);
        if (n->n_children < CHILDREN)
                n->child[n->n_children++] = child;
        r = tell_child(d, n, o->key, &child);
        return r ? r : store_node(d, &k, n);
}

static uint32_t read_ancestors(const tocsin_value *a, Ancestor *more, uint32_t most) {
        uint32_t m = 0;
        for (uint32_t i = 0; tocsin_is(a, TOCSIN_LIST) && i + 2 < a->len && m < most; i += 3)
                more[m++] =
                        (Ancestor){ (uint64_t)tocsin_as_i64(&a->u.items[i], 0), (uint64_t)tocsin_as_i64(&a->u.items[i + 1], 0),
                                    (uint64_t)tocsin_as_i64(&a->u.items[i + 2], 0) };
        return m;
}

/* An event downstream wants proof. What is known here: of the one by which it asks, and of a plan that has no cause. */
static int asked(Detector *d, const Key *k, Node *n, const Observation *o) {
        Ancestors up = { 0 };
        Kin asker = kin_of(o);
        Bytes nothing = tocsin_bytes_of(NULL, 0), cause = name_bytes(&n->cause);
        up.n = read_ancestors(o->ancestors, up.a, ANCESTORS);
        int r = 0;
        for (uint32_t i = 0; r == 0 && i < n->n_children; i++)
                if (n->child[i].planned && tocsin_equal(kin_id(&n->child[i]), o->target))
                        r = tell_kin(d, &n->child[i], kin_id(&asker), ON_PROOF, nothing, NULL);
        if (r == 0 && n->up.n == 0 && n->n_members == 1 && tocsin_equal(kin_id(&n->member[0]), o->key))
                r = tell_kin(d, &n->member[0], kin_id(&asker), ON_PROOF, nothing, NULL);
        if (r == 0 && cause.len && ancestors_has(&up, base_hash(cause)))
                r = ask(d, &asker, cause, o->key, &up);
        return r ? r : store_node(d, k, n);
}

/* The closing plan keeps its place; of the others the earliest stay. */
static int proof_observed(Detector *d, const Key *k, Node *n, const Observation *o) {
        Kin proof = kin_of(o);
        if (n->open && o->planned && ancestors_has(&n->up, base_hash(kin_id(&proof)))) {
                uint32_t last = MEMBERS - 1;
                last -= n->n_members == MEMBERS && tocsin_equal(kin_id(&n->member[last]), o->key);
                if (n->n_members == MEMBERS && kin_order(&proof, &n->member[last]) < 0) {
                        n->n_members--;
                        memmove(&n->member[last], &n->member[last + 1], (MEMBERS - 1 - last) * sizeof n->member[0]);
                }
                if (n->n_members < MEMBERS)
                        member_add(n, &proof);
        }
        return store_node(d, k, n);
}

/* An event upstream is on a circle. If this one is an ancestor of it, it is the same circle. */
static int member_observed(Detector *d, const Key *k, Node *n, const Observation *o) {
        Ancestor up[ANCESTORS];
        uint32_t m = read_ancestors(o->ancestors, up, ANCESTORS);
        uint64_t id = base_hash(o->key);
        bool mine = false;
        for (uint32_t i = 0; i < m; i++)
                mine |= up[i].id == id;
        Kin member = kin_of(o);
        member.n_up = m;
        if (mine)
                close_up(n);
        if (mine && member_add(n, &member)) {
                judge_later(n, member.ref.time);
                int r = tell_member(d, n, &member, o->ancestors);
                if (r != 0)
                        return r;
        }
        return store_node(d, k, n);
}

/* Of several causes, the one on the way to the most plans is asked for them. */
static void keep_cause(Node *n, Bytes cause, const Ancestor *up, uint32_t m) {
        uint32_t plans = 0;
        for (uint32_t i = 0; i < m; i++)
                plans += up[i].loop != 0;
        if (cause.len == 0 || (n->cause.len && plans <= n->cause_plans))
                return;
        n->cause = name_of(cause);
        n->cause_plans = plans;
}

static int circle_closed(Detector *d, Node *n, Kin *self, Bytes cause) {
        judge_later(n, n->high);
        self->n_up = n->up.n;
        if (ancestors_has(&n->up, n->self.id)) {
                close_up(n);
                return member_add(n, self) ? tell_self(d, n, self) : 0;
        }
        n->open = 1;
        member_add(n, self);
        return cause.len ? ask(d, self, cause, kin_id(self), &n->up) : 0;
}

static int circle_say(Detector *d, const Node *n, Bytes cause);

static int echo_observed(Detector *d, const Key *k, Node *n, const Observation *o) {
        Kin one = kin_of(o);
        n->open = 1;
        member_add(n, &one);
        if (o->target.len) {
                int r = circle_say(d, n, o->target);
                if (r != 0)
                        return r;
                n->n_members = 0;
        }
        return store_node(d, k, n);
}

int ancestors_observed(Detector *d, const Observation *o) {
        Key k = node_key(o->key);
        Node *n;
        int r = load_node(d, &k, &n);
        if (r != 0)
                return r;
        n->last = base_max(n->last, o->ref.time);
        if (o->level == ON_CIRCLE)
                return member_observed(d, &k, n, o);
        if (o->level == ON_ASK)
                return asked(d, &k, n, o);
        if (o->level == ON_PROOF)
                return proof_observed(d, &k, n, o);
        if (o->level == ON_ECHO)
                return echo_observed(d, &k, n, o);
        Ancestor more[ANCESTORS + 1];
        uint32_t m = read_ancestors(o->ancestors, more, ANCESTORS + 1);
        n->high = base_max(n->high, base_max(o->level, o->ref.time));
        bool unknown = n->self.id == 0;
        n->self = (Ancestor){ base_hash(o->key), o->planned ? base_hash(o->loop) : 0, o->parent.len ? base_hash(o->parent) : 0 };
        bool fresh = ancestors_add(&n->up, more, m) || (unknown && o->planned);
        Kin self = kin_of(o);
        if (m == 0 && n->up.n == 0 && n->n_members == 0)
                member_add(n, &self); /* nobody upstream could vouch for it */
        keep_cause(n, o->target, more, m);
        for (uint32_t i = 0; r == 0 && fresh && i < n->n_children; i++) /* they were told before this was known */
                r = tell_child(d, n, o->key, &n->child[i]);
        if (r == 0 && fresh && ancestors_circle(&n->up, &n->self))
                r = circle_closed(d, n, &self, o->target);
        return r ? r : store_node(d, &k, n);
}

/* Sorted, each once. */
static void related_add(Finding *f, Bytes loop) {
        uint32_t at = 0;
        int c = tocsin_equal(loop, f->loop) ? 0 : 1;
        while (c != 0 && at < f->n_related && (c = base_order(loop, f->related[at])) > 0)
                at++;
        if (c == 0 || at == CASE_RELATED)
                return;
        uint32_t move = (f->n_related < CASE_RELATED ? f->n_related : CASE_RELATED - 1) - at;
        memmove(&f->related[at + 1], &f->related[at], move * sizeof f->related[0]);
        f->related[at] = loop;
        f->n_related += f->n_related < CASE_RELATED;
}

static const Kin *member_of(const Node *n, Bytes id) {
        for (uint32_t i = 0; i < n->n_members; i++)
                if (tocsin_equal(kin_id(&n->member[i]), id))
                        return &n->member[i];
        return NULL;
}

/* Who speaks of a circle: of a closed one its first event, where all of it comes by. An open one is told by each plan that
 * comes back, and always under the first of its loops by name, so that two who answer each other on and on are one. */
static const Kin *speaker_of(const Node *n) {
        const Kin *one = &n->member[0];
        for (uint32_t i = 1; n->open && i < n->n_members; i++)
                if (base_order(name_bytes(&n->member[i].loop), name_bytes(&one->loop)) < 0)
                        one = &n->member[i];
        return one;
}

static int circle_say(Detector *d, const Node *n, Bytes cause) {
        const Kin *first = speaker_of(n), *closing = n->open ? member_of(n, cause) : first;
        if (!closing)
                return 0;
        Ref refs[MEMBERS];
        Finding f = { .what = WHAT_CIRCLE,
                      .loop = name_bytes(&first->loop),
                      .domain = name_bytes(&first->domain),
                      .producer = name_bytes(&first->producer),
                      .refs = refs,
                      .n_refs = n->n_members };
        for (uint32_t i = 0; i < n->n_members; i++) {
                refs[i] = n->member[i].ref;
                related_add(&f, name_bytes(&n->member[i].loop));
        }
        if (!n->open)
                f.target = cause;
        finding_say(&f, "%s %.*s of loop %.*s follows, round a circle of causes, from %s", n->open ? "Plan" : "Event",
                    SHOW(cause), SHOW(name_bytes(&closing->loop)),
                    n->open ? "a plan of its own loop that another loop answered" : "itself");
        int r = case_add(d, &f);
        return r < 0 ? r : 0;
}

/* Plans that come back are told in one place for each first loop, or every task would begin an incident of its own. */
static int echo_tell(Detector *d, const Node *n, Bytes cause) {
        char key[5 + NAME_TEXT] = "echo";
        Bytes to = tocsin_bytes_of(key, 5 + base_fit(key + 5, NAME_TEXT, name_bytes(&speaker_of(n)->loop)));
        int r = 0;
        for (uint32_t i = 0; r == 0 && i < n->n_members; i++)
                r = tell_kin(d, &n->member[i], to, ON_ECHO, i + 1 == n->n_members ? cause : tocsin_bytes_of(NULL, 0), NULL);
        return r;
}

/* Each of a circle comes here; the first of them speaks, or the plan that comes back. */
static int circle_found(Detector *d, const Node *n, Bytes cause) {
        char key[LABEL_TEXT];
        const Kin *closing = n->n_members == 0 ? NULL : n->open ? member_of(n, cause) : speaker_of(n);
        if (!closing || !tocsin_equal(cause, tocsin_bytes_of(key, base_fit(key, LABEL_TEXT, kin_id(closing)))))
                return 0;
        return n->open ? echo_tell(d, n, cause) : circle_say(d, n, cause);
}

static int fan_found(Detector *d, const Node *n, Bytes cause) {
        Ref refs[FAN_KEPT];
        Finding f = { .what = WHAT_FANOUT, .loop = name_bytes(&n->fan.kept[0].loop), .target = cause, .refs = refs };
        for (uint32_t i = 0; i < n->fan.n_kept; i++) {
                Bytes loop = name_bytes(&n->fan.kept[i].loop);
                refs[f.n_refs++] = n->fan.kept[i].ref;
                related_add(&f, loop);
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
        if (r != 0 || !node_read(n, found))
                return r;
        Bytes cause;
        key_split(name, &cause, 1);
        for (uint32_t i = 0; i < DUES; i++) {
                if (n->due[i] == 0 || n->due[i] > now)
                        continue;
                n->due[i] = NEVER;
                r = i == DUE_FAN ? fan_found(d, n, cause) : circle_found(d, n, cause);
                if (r != 0)
                        return r;
        }
        n->timer = 0;
        int64_t over = base_later(n->last, d->set.fan_life);
        return over <= now ? entry_drop(d, &k) : store_node(d, &k, n);
}
