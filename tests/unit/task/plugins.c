/* Plugins of the rig. */
#include "rig.h"

#include <tocsin/value.h>

#define EVENT                                                                                             \
        "{\"type\":\"record\",\"name\":\"rig.Event\",\"fields\":[{\"name\":\"key\",\"type\":\"string\"}," \
        "{\"name\":\"time\",\"type\":\"long\"},{\"name\":\"n\",\"type\":\"long\"},{\"name\":\"what\",\"type\":\"string\"}]}"
#define OUT                                                                                             \
        "{\"type\":\"record\",\"name\":\"rig.Out\",\"fields\":[{\"name\":\"key\",\"type\":\"string\"}," \
        "{\"name\":\"count\",\"type\":\"long\"},{\"name\":\"n\",\"type\":\"long\"}]}"

struct RigCalls rig_calls;

typedef struct Inst {
        const tocsin_host *host;
        int64_t key, time, n, what;
        int64_t seen; /* a cache of the sum of all counts, so that a rollback that forgets rebuild() shows */
} Inst;

static int create(void **ret, const tocsin_host *h, const tocsin_value *config) {
        rig_calls.create++;
        if (tocsin_get_i64(config, "refuse", 0)) {
                h->fail_at(h, "/refuse", "told to refuse");
                return -EINVAL;
        }
        Inst *i = calloc(1, sizeof *i);
        if (!i)
                return -ENOMEM;
        *i = (Inst){ h, h->field(h, 0, "key"), h->field(h, 0, "time"), h->field(h, 0, "n"), h->field(h, 0, "what"), 0 };
        cr_assert(i->key > 0 && i->n > 0 && h->field(h, 0, "nothing") == TOCSIN_E_NOENT);
        cr_assert(h->put(h, tocsin_bytes_of("k", 1), tocsin_bytes_of("v", 1)) == TOCSIN_E_PERM);
        *ret = i;
        return 0;
}

static int64_t number(tocsin_bytes b) {
        int64_t n = 0;
        if (b.len == sizeof n)
                memcpy(&n, b.ptr, sizeof n);
        return n;
}

static int sum(void *arg, tocsin_bytes key, tocsin_bytes value) {
        (void)key;
        *(int64_t *)arg += number(value);
        return 0;
}

static int rebuild(void *inst, uint32_t found) {
        Inst *i = inst;
        rig_calls.rebuild++;
        rig_calls.found = found;
        i->seen = 0;
        return i->host->scan(i->host, tocsin_bytes_of("", 0), sum, &i->seen);
}

static int add(Inst *i, tocsin_bytes key, int64_t by, int64_t *ret) {
        tocsin_bytes old;
        int r = i->host->get(i->host, key, &old);
        if (r != 0)
                return r;
        int64_t n = number(old) + by;
        i->seen += by;
        *ret = n;
        return i->host->put(i->host, key, tocsin_bytes_of(&n, sizeof n));
}

static int out(Inst *i, uint32_t port, tocsin_bytes key, int64_t count, int64_t n) {
        const tocsin_field f[] = { tocsin_field_of("key", tocsin_str_of(key)), tocsin_field_of("count", tocsin_i64(count)),
                                   tocsin_field_of("n", tocsin_i64(n)) };
        tocsin_value v = tocsin_record(f, 3);
        return i->host->emit(i->host, port, key, &v);
}

static int count(void *inst, const tocsin_event *e) {
        Inst *i = inst;
        const tocsin_host *h = i->host;
        tocsin_bytes what = tocsin_as_bytes(tocsin_at(&e->body, i->what));
        int64_t n = tocsin_as_i64(tocsin_at(&e->body, i->n), -1), c = 0, all = 0;
        rig_calls.process++;
        if (tocsin_equal_z(what, "skip"))
                return TOCSIN_SKIP;
        if (tocsin_equal_z(what, "poison")) {
                h->fail(h, "it says so itself");
                return TOCSIN_POISON;
        }
        int r = add(i, e->key, 1, &c);
        if (r != 0)
                return r;
        r = rebuild(i, 0); /* the cache must be what the table says */
        rig_calls.rebuild--;
        if (r != 0)
                return r;
        sum(&all, e->key, tocsin_bytes_of(&c, sizeof c));
        cr_assert(i->seen >= all);
        if (tocsin_equal_z(what, "flags"))
                c = e->flags;
        const tocsin_value *row = h->lookup(h, 2, e->key);
        if (row)
                c = 1000 + tocsin_get_i64(row, "n", 0);
        r = out(i, 1, e->key, c, n);
        if (r != 0)
                return r;
        if (tocsin_equal_z(what, "poison after"))
                return TOCSIN_POISON;
        if (tocsin_equal_z(what, "retry"))
                return TOCSIN_RETRY;
        if (tocsin_equal_z(what, "retry twice") && rig_calls.fail_left-- > 0)
                return TOCSIN_RETRY;
        if (tocsin_equal_z(what, "die")) {
                h->fail(h, "my inside is broken");
                return -EIO;
        }
        return 0;
}

static int count_batch(void *inst, const tocsin_event *const *e, uint32_t n, uint32_t *done) {
        for (*done = 0; *done < n; ++*done) {
                int r = count(inst, e[*done]);
                if (r != 0)
                        return r;
        }
        return 0;
}

static void changed(void *inst, uint32_t port, tocsin_bytes key) {
        (void)inst;
        (void)key;
        cr_assert_eq(port, 2u);
        rig_calls.changed++;
}

#define WINDOW 1000000
static int window(void *inst, const tocsin_event *e) {
        Inst *i = inst;
        char name[128];
        int64_t c;
        size_t n = (size_t)snprintf(name, sizeof name, "%.*s@%ld", (int)e->key.len, (const char *)e->key.ptr,
                                    (long)(e->time_us / WINDOW));
        int r = add(i, tocsin_bytes_of(name, n), 1, &c);
        return r ? r : i->host->timer(i->host, tocsin_bytes_of(name, n), (e->time_us / WINDOW + 1) * WINDOW, TOCSIN_CLOCK_EVENT);
}

static int window_end(void *inst, tocsin_bytes name, int64_t now_us, uint32_t clock) {
        Inst *i = inst;
        tocsin_bytes v;
        rig_calls.timer++;
        cr_assert_eq(clock, (uint32_t)TOCSIN_CLOCK_EVENT);
        int r = i->host->get(i->host, name, &v);
        int64_t c = number(v);
        if (r == 0)
                r = out(i, 1, name, c, now_us / WINDOW);
        return r ? r : i->host->del(i->host, name);
}

static int meet(void *inst, const tocsin_event *e) {
        Inst *i = inst;
        int64_t c;
        if (e->port == 0) {
                int64_t n = tocsin_as_i64(tocsin_at(&e->body, i->n), -1);
                return out(i, 2, tocsin_as_bytes(tocsin_at(&e->body, i->what)), e->time_us, n);
        }
        cr_assert_eq(e->time_us, tocsin_get_i64(&e->body, "count", -1), "an internal event has the time of its cause");
        int64_t n = tocsin_get_i64(&e->body, "n", -1);
        int r = add(i, e->key, n, &c);
        return r ? r : out(i, 1, e->key, 0, n);
}

static const char *const reads[] = { "key", "n", "what" };
static const tocsin_port in = { .size = sizeof in,
                                .direction = TOCSIN_IN,
                                .name = "events",
                                .help = "what happens",
                                .schema = EVENT,
                                .key = "key",
                                .time = "time",
                                .reads = reads,
                                .n_reads = 3 };
static const tocsin_port outp = {
        .size = sizeof outp, .direction = TOCSIN_OUT, .name = "out", .help = "what is counted", .schema = OUT
};
static const tocsin_port table = { .size = sizeof table,
                                   .role = TOCSIN_TABLE,
                                   .name = "rows",
                                   .help = "settings by key",
                                   .schema = OUT,
                                   .key = "key",
                                   .flags = TOCSIN_PORT_OPTIONAL };
static const tocsin_port internal = {
        .size = sizeof internal, .role = TOCSIN_INTERNAL, .name = "seen", .help = "what meets by key", .schema = OUT
};
static const tocsin_port *const counter_ports[] = { &in, &outp, &table };
static const tocsin_port *const meeting_ports[] = { &in, &outp, &internal };

#define COMMON(what)                                                                                             \
        .size = sizeof(tocsin_plugin), .abi = TOCSIN_ABI, .needs = TOCSIN_ABI, .state_version = 2, .name = what, \
        .version = "1.2.3", .license = "Apache-2.0", .summary = "for tests", .create = create, .destroy = free,  \
        .rebuild = rebuild

const tocsin_plugin rig_counter = { COMMON("counter"), .n_ports = 3, .ports = counter_ports, .process = count,
                                    .changed = changed };
const tocsin_plugin rig_batch = {
        COMMON("batch"), .n_ports = 3, .ports = counter_ports, .process = count, .process_batch = count_batch, .changed = changed
};
const tocsin_plugin rig_window = { COMMON("window"), .n_ports = 2, .ports = counter_ports, .process = window,
                                   .on_timer = window_end };
const tocsin_plugin rig_meeting = { COMMON("meeting"), .n_ports = 3, .ports = meeting_ports, .process = meet };
