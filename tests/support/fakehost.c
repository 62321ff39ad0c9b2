/* The host side in memory. */
#include "fakehost.h"
#include "config/config.h"
#include "core/limits.h"
#include "seal/digest.h"
#include "value/value.h"
#include "json/json.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define MOST 65536u /* entries, timers, outputs: a test that needs more is a bug */

static FakeHost *of(const tocsin_host *host) {
        return host->ctx;
}

static void host_log(const tocsin_host *host, int level, const char *msg, const tocsin_field *kv, uint32_t n) {
        (void)host, (void)level, (void)msg, (void)kv, (void)n;
}

static void host_fail(const tocsin_host *host, const char *why) {
        snprintf(of(host)->reason, sizeof of(host)->reason, "%s", why);
}

static void host_fail_at(const tocsin_host *host, const char *pointer, const char *why) {
        snprintf(of(host)->reason, sizeof of(host)->reason, "%s: %s", pointer, why);
}

static void host_metric(const tocsin_host *host, uint32_t index, double v) {
        cr_assert(index < of(host)->plugin->n_metrics && v >= 0);
}

static void *host_scratch(const tocsin_host *host, size_t n) {
        of(host)->scratch_calls++;
        return arena_zalloc(of(host)->scratch, n);
}

static void host_digest(const tocsin_host *host, tocsin_bytes data, uint8_t ret[32]) {
        (void)host;
        digest_sha256(data, ret);
}

static int64_t host_field(const tocsin_host *host, uint32_t port, const char *path) {
        cr_assert(of(host)->creating);
        int64_t at = schema_handle(of(host)->schema[port], path);
        return at > 0 ? at : TOCSIN_E_NOENT;
}

static int host_emit(const tocsin_host *host, uint32_t port, tocsin_bytes key, const tocsin_value *body) {
        FakeHost *h = of(host);
        const tocsin_port *p = h->plugin->ports[port];
        Buffer wire = BUFFER_NULL;
        Why why = { "" };
        cr_assert(p->direction == TOCSIN_OUT || p->role == TOCSIN_INTERNAL);
        cr_assert_eq(codec_encode(h->schema[port], body, &wire, &why), 0, "%s: %s", p->name, why.text);
        bool internal = p->role == TOCSIN_INTERNAL;
        FakeOut *o = internal ? &h->queue[h->n_queue++] : &h->out[h->n_out++];
        cr_assert(h->n_queue < MOST && h->n_out < MOST);
        o->port = port;
        o->key = arena_dup(h->life, key);
        Bytes kept = arena_dup(h->life, buffer_bytes(&wire));
        cr_assert_eq(plan_decode(h->plan[port], kept, h->life, &o->value), 0);
        if (p->key)
                cr_assert(tocsin_equal(key, tocsin_get_bytes(&o->value, p->key)), "%s: key and field %s differ", p->name, p->key);
        buffer_deinit(&wire);
        return 0;
}

/* ---- table and timers -------------------------------------------------------------------------------- */

static size_t place(const FakeHost *h, Bytes key, bool *there) {
        size_t lo = 0, hi = h->n_table;
        *there = false;
        while (lo < hi) {
                size_t mid = (lo + hi) / 2;
                int c = bytes_cmp(h->table[mid].key, key);
                if (c == 0) {
                        *there = true;
                        return mid;
                }
                if (c < 0)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return lo;
}

static int host_get(const tocsin_host *host, tocsin_bytes key, tocsin_bytes *ret) {
        bool there;
        size_t at = place(of(host), key, &there);
        cr_assert(key.len >= 1 && key.len <= LIMIT_KEY_BYTES && !of(host)->creating);
        *ret = there ? of(host)->table[at].value : (Bytes){ 0 };
        return 0;
}

static int host_put(const tocsin_host *host, tocsin_bytes key, tocsin_bytes value) {
        FakeHost *h = of(host);
        bool there;
        size_t at = place(h, key, &there);
        cr_assert(key.len >= 1 && key.len <= LIMIT_KEY_BYTES && value.len <= LIMIT_VALUE_BYTES && h->n_table < MOST);
        uint8_t *copy = malloc(value.len + 1);
        memcpy(copy, value.ptr, value.len);
        if (there) {
                free((void *)(uintptr_t)h->table[at].value.ptr);
        } else {
                memmove(&h->table[at + 1], &h->table[at], (h->n_table++ - at) * sizeof h->table[0]);
                h->table[at].key = arena_dup(h->life, key);
        }
        h->table[at].value = bytes_of(copy, value.len);
        return 0;
}

static int host_del(const tocsin_host *host, tocsin_bytes key) {
        FakeHost *h = of(host);
        bool there;
        size_t at = place(h, key, &there);
        if (!there)
                return 0;
        free((void *)(uintptr_t)h->table[at].value.ptr);
        memmove(&h->table[at], &h->table[at + 1], (--h->n_table - at) * sizeof h->table[0]);
        return 0;
}

static int host_scan(const tocsin_host *host, tocsin_bytes prefix, int (*each)(void *, tocsin_bytes, tocsin_bytes), void *arg) {
        FakeHost *h = of(host);
        for (size_t i = 0; i < h->n_table; i++)
                if (h->table[i].key.len >= prefix.len && memcmp(h->table[i].key.ptr, prefix.ptr, prefix.len) == 0) {
                        int r = each(arg, h->table[i].key, h->table[i].value);
                        if (r != 0)
                                return r;
                }
        return 0;
}

static int host_timer(const tocsin_host *host, tocsin_bytes name, int64_t at_us, uint32_t clock) {
        FakeHost *h = of(host);
        cr_assert(name.len >= 1 && name.len <= LIMIT_TIMER_NAME_BYTES);
        size_t i = 0;
        while (i < h->n_timers && !bytes_eq(h->timers[i].name, name))
                i++;
        if (at_us == TOCSIN_TIMER_OFF) {
                if (i < h->n_timers)
                        h->timers[i] = h->timers[--h->n_timers];
                return 0;
        }
        if (i == h->n_timers) {
                cr_assert(h->n_timers < MOST);
                h->timers[h->n_timers++].name = arena_dup(h->life, name);
        }
        h->timers[i].at = at_us;
        h->timers[i].clock = clock;
        return 0;
}

static const tocsin_value *host_lookup(const tocsin_host *host, uint32_t port, tocsin_bytes key) {
        FakeHost *h = of(host);
        cr_assert_eq(h->plugin->ports[port]->role, TOCSIN_TABLE);
        for (size_t i = 0; i < h->n_rows; i++)
                if (bytes_eq(h->rows[i].key, key))
                        return (const tocsin_value *)(const void *)h->rows[i].value.ptr;
        return NULL;
}

static int host_rows(const tocsin_host *host, uint32_t port, int (*each)(void *, tocsin_bytes, const tocsin_value *), void *arg) {
        FakeHost *h = of(host);
        (void)port;
        for (size_t i = 0; i < h->n_rows; i++) {
                int r = each(arg, h->rows[i].key, (const tocsin_value *)(const void *)h->rows[i].value.ptr);
                if (r != 0)
                        return r;
        }
        return 0;
}

static const void *host_extension(const tocsin_host *host, const char *id) {
        return strcmp(id, "tocsin.time/1") == 0 ? of(host)->time : NULL;
}

/* ---- life -------------------------------------------------------------------------------------------- */

static void make_instance(FakeHost *h, uint32_t found) {
        arena_reset(h->scratch);
        h->creating = true;
        cr_assert_eq(h->plugin->create(&h->instance, &h->host, &h->config), 0, "%s", h->reason);
        h->creating = false;
        if (h->plugin->rebuild)
                cr_assert_eq(h->plugin->rebuild(h->instance, found), 0);
}

void fake_cut(FakeHost *h) {
        h->plugin->destroy(h->instance);
        h->instance = NULL;
        make_instance(h, h->plugin->state_version);
}

static uint32_t table_port(const FakeHost *h) {
        uint32_t i = 0;
        while (h->plugin->ports[i]->role != TOCSIN_TABLE)
                cr_assert(++i < h->plugin->n_ports);
        return i;
}

static void set_row(FakeHost *h, const tocsin_value *json) {
        uint32_t port = table_port(h);
        tocsin_value *row = arena_zalloc(h->life, sizeof *row);
        Why why = { "" };
        cr_assert_eq(natural_read(h->schema[port], json, h->life, row, &why), 0, "%s", why.text);
        Bytes key = tocsin_get_bytes(row, "id");
        size_t i = 0;
        while (i < h->n_rows && !bytes_eq(h->rows[i].key, key))
                i++;
        h->n_rows += i == h->n_rows;
        h->rows[i] = (FakeEntry){ key, bytes_of(row, sizeof *row) };
        if (h->instance && h->plugin->changed)
                h->plugin->changed(h->instance, port, key);
}

static tocsin_value parse(FakeHost *h, const char *json) {
        tocsin_value v;
        Why why = { "" };
        cr_assert_eq(json_parse(h->life, bytes_z(json), &v, NULL, &why), 0, "%s in %s", why.text, json);
        return v;
}

void fake_row(FakeHost *h, const char *json) {
        tocsin_value v = parse(h, json);
        set_row(h, &v);
}

FakeHost *fake_new(const char *settings, const char *rows) {
        FakeHost *h = calloc(1, sizeof *h);
        Why why = { "" };
        cr_assert(h != NULL);
        h->host = (tocsin_host){ .size = sizeof h->host,
                                 .abi = TOCSIN_ABI,
                                 .ctx = h,
                                 .log = host_log,
                                 .fail = host_fail,
                                 .fail_at = host_fail_at,
                                 .metric = host_metric,
                                 .scratch = host_scratch,
                                 .digest = host_digest,
                                 .field = host_field,
                                 .emit = host_emit,
                                 .get = host_get,
                                 .put = host_put,
                                 .del = host_del,
                                 .scan = host_scan,
                                 .timer = host_timer,
                                 .lookup = host_lookup,
                                 .rows = host_rows,
                                 .extension = host_extension };
        h->life = arena_new(1u << 30);
        h->scratch = arena_new(LIMIT_SCRATCH_BYTES);
        h->table = calloc(MOST, sizeof *h->table);
        h->timers = calloc(MOST, sizeof *h->timers);
        h->rows = calloc(MOST, sizeof *h->rows);
        h->out = calloc(MOST, sizeof *h->out);
        h->queue = calloc(MOST, sizeof *h->queue);
        h->high = h->wall = INT64_MIN;
        h->plugin = tocsin_plugin_entry(TOCSIN_ABI);
        cr_assert(h->plugin && h->plugin->n_ports <= FAKE_PORTS && h->table && h->timers && h->rows && h->out && h->queue);
        h->schemas = schemas_new();
        cr_assert_eq(schemas_load(h->schemas, TOCSIN_SOURCE "/schemas", &why), 0, "%s", why.text);
        for (uint32_t i = 0; i < h->plugin->n_ports; i++) {
                const tocsin_port *p = h->plugin->ports[i];
                h->schema[i] = schemas_by_name(h->schemas, p->schema);
                cr_assert(h->schema[i] != NULL, "%s", p->schema);
                cr_assert_eq(plan_new(&h->plan[i], h->schema[i], h->schema[i], NULL, 0, &why), 0, "%s", why.text);
        }
        tocsin_value given = parse(h, settings), list = parse(h, rows);
        cr_assert_eq(settings_check(bytes_z(h->plugin->config_schema), &given, h->life, &h->config, NULL, NULL), 0);
        for (uint32_t i = 0; i < list.len; i++)
                set_row(h, &list.u.items[i]);
        make_instance(h, 0);
        return h;
}

FakeHost *fake_free(FakeHost *h) {
        if (!h)
                return NULL;
        h->plugin->destroy(h->instance);
        for (uint32_t i = 0; i < FAKE_PORTS; i++)
                plan_free(h->plan[i]);
        schemas_free(h->schemas);
        for (size_t i = 0; i < h->n_table; i++)
                free((void *)(uintptr_t)h->table[i].value.ptr);
        arena_free(h->life);
        arena_free(h->scratch);
        free(h->table);
        free(h->timers);
        free(h->rows);
        free(h->out);
        free(h->queue);
        free(h);
        return NULL;
}

/* ---- time -------------------------------------------------------------------------------------------- */

/* Everything that is due, in the order of time, then name. What a timer emits to itself is handed in at once. */
static void deliver_internal(FakeHost *h);

static void fire(FakeHost *h, int64_t watermark) {
        for (;;) {
                size_t best = h->n_timers;
                for (size_t i = 0; i < h->n_timers; i++) {
                        const FakeTimer *t = &h->timers[i];
                        if (t->clock != TOCSIN_CLOCK_EVENT || t->at > watermark)
                                continue;
                        if (best == h->n_timers || t->at < h->timers[best].at ||
                            (t->at == h->timers[best].at && bytes_cmp(t->name, h->timers[best].name) < 0))
                                best = i;
                }
                if (best == h->n_timers)
                        return;
                FakeTimer due = h->timers[best];
                h->timers[best] = h->timers[--h->n_timers];
                arena_reset(h->scratch);
                cr_assert_eq(h->plugin->on_timer(h->instance, due.name, due.at, due.clock), 0);
                deliver_internal(h);
        }
}

static int deliver(FakeHost *h, uint32_t port, const tocsin_value *body, Bytes raw, int64_t time, int64_t arrival, uint32_t flags,
                   Bytes key) {
        tocsin_event e = { .size = sizeof e,
                           .port = port,
                           .flags = flags,
                           .time_us = time,
                           .arrival_us = arrival,
                           .now_us = h->wall,
                           .key = key,
                           .raw = raw,
                           .topic = "closed-loop.events",
                           .offset = h->offset++,
                           .body = *body };
        memcpy(e.id, &e.offset, sizeof e.offset);
        arena_reset(h->scratch);
        return h->plugin->process(h->instance, &e);
}

static void deliver_internal(FakeHost *h) {
        for (size_t i = 0; i < h->n_queue; i++) {
                FakeOut o = h->queue[i];
                int64_t time = tocsin_get_i64(&o.value, h->plugin->ports[o.port]->time, 0);
                cr_assert_eq(deliver(h, o.port, &o.value, o.key, time, time, 0, o.key), 0, "%s", h->reason);
        }
        h->n_queue = 0;
}

static int64_t lateness(const FakeHost *h) {
        return h->time ? h->time->lateness_us : FAKE_LATENESS;
}

int fake_event(FakeHost *h, int64_t arrival, const char *json) {
        tocsin_value text = parse(h, json), typed, body;
        Buffer wire = BUFFER_NULL;
        Why why = { "" };
        cr_assert_eq(natural_read(h->schema[0], &text, h->life, &typed, &why), 0, "%s in %s", why.text, json);
        cr_assert_eq(codec_encode(h->schema[0], &typed, &wire, &why), 0, "%s", why.text);
        Bytes raw = arena_dup(h->life, buffer_bytes(&wire));
        buffer_deinit(&wire);
        cr_assert_eq(plan_decode(h->plan[0], raw, h->life, &body), 0);
        int64_t time = tocsin_get_i64(&body, h->plugin->ports[0]->time, 0);
        if (arrival == INT64_MIN)
                arrival = time;
        h->wall = arrival > h->wall ? arrival : h->wall;
        uint32_t flags = 0;
        if (time > h->wall + FAKE_FUTURE)
                flags = TOCSIN_EVENT_FUTURE;
        else if (h->high != INT64_MIN && time < h->high - lateness(h))
                flags = TOCSIN_EVENT_LATE;
        int r = deliver(h, 0, &body, raw, time, arrival, flags, tocsin_get_bytes(&body, h->plugin->ports[0]->key));
        deliver_internal(h);
        if (!(flags & TOCSIN_EVENT_FUTURE) && time > h->high) {
                h->high = time;
                fire(h, h->high - lateness(h));
        }
        return r;
}

void fake_until(FakeHost *h, int64_t time) {
        if (time > h->high)
                h->high = time;
        fire(h, time);
}

void fake_dump(const FakeHost *h, Buffer *out) {
        for (size_t i = 0; i < h->n_out; i++) {
                value_print(out, &h->out[i].value);
                buffer_put_z(out, "\n");
        }
        for (size_t i = 0; i < h->n_table; i++) {
                uint8_t digest[32];
                digest_sha256(h->table[i].value, digest);
                buffer_put(out, h->table[i].key.ptr, h->table[i].key.len);
                for (int k = 0; k < 8; k++)
                        buffer_printf(out, "%02x", digest[k]);
                buffer_put_z(out, "\n");
        }
}
