/* Every call of the host: is it allowed here, are its arguments, and then what it does. */
#include "bin/conform_table.h"

#include "bin/conform_host.h"
#include "bin/conform_stream.h"
#include "value/utf8.h"
#include "value/value.h"
#include "json/json.h"
#include <math.h>

/* The first misuse is kept; the call answers as the real host would. */
__attribute__((format(printf, 3, 4))) static int misuse(Fake *h, int answer, const char *format, ...) {
        if (h->end->misuse[0])
                return answer;
        va_list ap;
        va_start(ap, format);
        vsnprintf(h->end->misuse, sizeof h->end->misuse, format, ap);
        va_end(ap);
        return answer;
}

static const char *phase_word(Phase p) {
        switch (p) {
        case PHASE_NONE:
                return "outside every callback";
        case PHASE_CREATE:
                return "in create()";
        case PHASE_REBUILD:
                return "in rebuild()";
        case PHASE_PROCESS:
                return "in process()";
        case PHASE_TIMER:
                return "in on_timer()";
        case PHASE_CHANGED:
                return "in changed()";
        case PHASE_DESTROY:
                return "in destroy()";
        }
        return "";
}

#define ANY (PHASE_CREATE | PHASE_REBUILD | PHASE_PROCESS | PHASE_TIMER | PHASE_CHANGED | PHASE_DESTROY)
#define WRITES (PHASE_PROCESS | PHASE_TIMER | PHASE_REBUILD)

static int allowed(Fake *h, int phases, const char *call) {
        if ((int)h->phase & phases)
                return 0;
        return misuse(h, TOCSIN_E_PERM, "%s() is called %s", call, phase_word(h->phase));
}

/* A call that may fail in an honest host: counted, and the planned one does. */
static int fallible(Fake *h, int phases, const char *call) {
        GUARD(allowed(h, phases, call));
        h->end->host_calls++;
        return h->fail_in && --h->fail_in == 0 ? TOCSIN_E_NOMEM : 0;
}

static Fake *fake_of(const tocsin_host *api) {
        return api->ctx;
}

static void call_log(const tocsin_host *api, int level, const char *msg, const tocsin_field *kv, uint32_t n) {
        Fake *h = fake_of(api);
        if (allowed(h, ANY, "log") == 0 && (level < TOCSIN_DEBUG || level > TOCSIN_ERROR || !msg || (n && !kv)))
                misuse(h, 0, "log() with level %d", level);
}

static void call_fail(const tocsin_host *api, const char *why) {
        Fake *h = fake_of(api);
        if (allowed(h, ANY & ~PHASE_CHANGED, "fail") != 0)
                return;
        if (!why || !*why)
                misuse(h, 0, "fail() without a text");
        else if (!utf8_valid((const uint8_t *)why, strlen(why)))
                misuse(h, 0, "fail() with a text that is not UTF-8");
        h->failed = true;
        snprintf(h->why, sizeof h->why, "%s", why ? why : "");
}

static void call_fail_at(const tocsin_host *api, const char *pointer, const char *why) {
        Fake *h = fake_of(api);
        if (allowed(h, PHASE_CREATE, "fail_at") != 0)
                return;
        if (!pointer || (*pointer && *pointer != '/') || !why || !*why)
                misuse(h, 0, "fail_at() wants a JSON pointer (\"/limit\") and a text");
        h->failed = true;
        snprintf(h->why, sizeof h->why, "%s: %s", pointer ? pointer : "", why ? why : "");
}

static void call_metric(const tocsin_host *api, uint32_t index, double v) {
        Fake *h = fake_of(api);
        if (allowed(h, ANY, "metric") != 0)
                return;
        if (index >= h->kit->plugin.self.n_metrics)
                misuse(h, 0, "metric() %u of %u", index, h->kit->plugin.self.n_metrics);
        else if (!isfinite(v))
                misuse(h, 0, "metric(): '%s' is to become %g, which is no number to show", h->kit->plugin.metric[index]->name, v);
        else if (h->kit->plugin.metric[index]->kind == TOCSIN_COUNTER && v < 0)
                misuse(h, 0, "metric(): the counter '%s' is to grow by %g", h->kit->plugin.metric[index]->name, v);
}

static void *call_scratch(const tocsin_host *api, size_t n) {
        Fake *h = fake_of(api);
        if (fallible(h, ANY, "scratch") != 0)
                return NULL;
        if (n > LIMIT_SCRATCH_BYTES) {
                misuse(h, 0, "scratch() of %zu bytes; the bound is %u", n, LIMIT_SCRATCH_BYTES);
                return NULL;
        }
        void *p = h->scratch ? pages_tight(h->scratch, n) : NULL;
        if (!p)
                p = h->scratch ? pages_alloc(h->scratch, n) : fake_lend(h, n);
        return p ? memset(p, 0, n) : NULL;
}

static void call_digest(const tocsin_host *api, tocsin_bytes data, uint8_t ret[32]) {
        if (allowed(fake_of(api), ANY, "digest") == 0)
                digest_sha256(data, ret);
}

static bool is_read(const tocsin_port *p, const char *path) {
        bool all = p->n_reads == 0;
        for (uint32_t i = 0; i < p->n_reads && !all; i++) {
                size_t n = strlen(p->reads[i]), m = strlen(path);
                all = strncmp(p->reads[i], path, n < m ? n : m) == 0 && (n == m || (n < m ? path[n] : p->reads[i][m]) == '.');
        }
        return all || (p->key && strcmp(p->key, path) == 0) || (p->time && strcmp(p->time, path) == 0);
}

static int64_t call_field(const tocsin_host *api, uint32_t port, const char *path) {
        Fake *h = fake_of(api);
        if (allowed(h, PHASE_CREATE, "field") != 0)
                return TOCSIN_E_PERM;
        if (port >= h->kit->plugin.self.n_ports || !path || !h->kit->schema[port] ||
            h->kit->plugin.port[port]->direction != TOCSIN_IN)
                return misuse(h, TOCSIN_E_NOENT, "field() of port %u, which is no IN port of format AVRO", port);
        if (!is_read(h->kit->plugin.port[port], path))
                return misuse(h, TOCSIN_E_NOENT, "field() \"%s\" is not among the reads of port '%s'", path,
                              h->kit->plugin.port[port]->name);
        int64_t handle = schema_handle(h->kit->schema[port], path);
        return handle < 0 ? TOCSIN_E_NOENT : handle;
}

static int check_emit(Fake *h, uint32_t port, Bytes key, const tocsin_value *body) {
        const Plugin *p = &h->kit->plugin;
        if (port >= p->self.n_ports || (p->port[port]->direction == TOCSIN_IN && p->port[port]->role != TOCSIN_INTERNAL))
                return misuse(h, TOCSIN_E_NOENT, "emit() to port %u, which is no OUT or INTERNAL port", port);
        if (h->walking)
                return misuse(h, TOCSIN_E_PERM, "emit() from within scan() or rows()");
        if (!body || (key.len && !key.ptr))
                return misuse(h, TOCSIN_E_INVAL, "emit() to '%s' without a value", p->port[port]->name);
        if (p->port[port]->role == TOCSIN_INTERNAL && key.len == 0)
                return misuse(h, TOCSIN_E_INVAL, "emit() to the INTERNAL port '%s' without a key", p->port[port]->name);
        if (++h->emits > TOCSIN_EMITS_MAX)
                return misuse(h, TOCSIN_E_LIMIT, "more than %u emits in one callback", TOCSIN_EMITS_MAX);
        return 0;
}

/* What is sent comes back: as a record of the same port, in a later turn. */
static int keep_inner(Fake *h, uint32_t port, Bytes key, const tocsin_value *body) {
        Arena *own = h->kit->arena;
        tocsin_value whole;
        Item it = { .port = port, .arrival_us = h->now_us, .internal = true, .key = arena_dup(h->kept, key) };
        int r = it.key.ptr ? value_copy(h->kept, body, &whole) : -ENOMEM;
        h->kit->arena = h->kept;
        if (r == 0)
                r = item_bind(h->kit, &it, &whole, NULL);
        h->kit->arena = own;
        if (r == 0 && h->inner_new.n == h->inner_new.room) {
                size_t room = h->inner_new.room ? 2 * h->inner_new.room : 16;
                Item *more = realloc(h->inner_new.at, room * sizeof *more);
                if (!more)
                        return TOCSIN_E_NOMEM;
                h->inner_new.at = more;
                h->inner_new.room = room;
        }
        if (r == 0)
                h->inner_new.at[h->inner_new.n++] = it;
        return r == 0 ? 0 : r > 0 ? TOCSIN_E_SCHEMA : TOCSIN_E_NOMEM;
}

static int call_emit(const tocsin_host *api, uint32_t port, tocsin_bytes key, const tocsin_value *body) {
        Fake *h = fake_of(api);
        GUARD(fallible(h, PHASE_PROCESS | PHASE_TIMER, "emit"));
        GUARD(check_emit(h, port, key, body));
        const tocsin_port *p = h->kit->plugin.port[port];
        Buffer bytes = BUFFER_NULL;
        Why why = { 0 };
        int r = 0;
        if (p->format == TOCSIN_AVRO)
                r = codec_encode(h->kit->schema[port], body, &bytes, &why);
        size_t len = bytes.len;
        if (r == 0 && p->format == TOCSIN_RAW && body->kind != TOCSIN_BYTES && body->kind != TOCSIN_STR)
                r = why_say(&why, CODEC_E_MISFIT, "a RAW port takes BYTES");
        uint8_t digest[DIGEST_LEN];
        digest_sha256(buffer_bytes(&bytes), digest);
        buffer_deinit(&bytes);
        if (r != 0)
                return misuse(h, TOCSIN_E_SCHEMA, "emit() to '%s': %s", p->name, why.text[0] ? why.text : codec_answer(r));
        if (len > LIMIT_RECORD_BYTES)
                return misuse(h, TOCSIN_E_LIMIT, "emit() to '%s': %zu bytes; the bound is %u", p->name, len, LIMIT_RECORD_BYTES);
        if (p->role == TOCSIN_INTERNAL)
                GUARD(keep_inner(h, port, key, body));
        buffer_printf(&h->said, "emit %s ", p->name);
        fake_print_bytes(&h->said, key);
        if (h->plan->outline) {
                buffer_u8(&h->said, '\n');
                return 0;
        }
        buffer_u8(&h->said, ' ');
        value_print(&h->said, body);
        buffer_printf(&h->said, " %02x%02x%02x%02x\n", digest[0], digest[1], digest[2], digest[3]);
        return 0;
}

static int check_key(Fake *h, const char *call, Bytes key) {
        if (!key.ptr || key.len == 0 || key.len > LIMIT_KEY_BYTES)
                return misuse(h, TOCSIN_E_LIMIT, "%s() with a key of %zu bytes; 1 to %u", call, key.len, LIMIT_KEY_BYTES);
        return 0;
}

static int answer_of(Fake *h, int r) {
        if (r == TABLE_E_FULL)
                return misuse(h, TOCSIN_E_LIMIT, "the table is full: what it holds has no bound");
        return r == 0 ? 0 : r > 0 ? TOCSIN_E_LIMIT : TOCSIN_E_NOMEM;
}

static int call_get(const tocsin_host *api, tocsin_bytes key, tocsin_bytes *ret) {
        Fake *h = fake_of(api);
        Bytes value;
        GUARD(fallible(h, ANY & ~(PHASE_CREATE | PHASE_CHANGED | PHASE_DESTROY), "get"));
        GUARD(check_key(h, "get", key));
        table_get(h->table, SPACE_USER, key, &value);
        if (h->got && value.ptr) {
                const void *copy = pages_copy(h->got, value.ptr, value.len);
                value = copy ? bytes_of(copy, value.len) : fake_lend_bytes(h, value, false);
                fake_seal(h);
                if (!value.ptr)
                        return TOCSIN_E_NOMEM;
        }
        *ret = value;
        return 0;
}

static int begin_write(Fake *h, const char *call, Bytes key) {
        GUARD(fallible(h, WRITES, call));
        if (h->walking)
                return misuse(h, TOCSIN_E_PERM, "%s() from within scan() or rows()", call);
        return check_key(h, call, key);
}

static int call_put(const tocsin_host *api, tocsin_bytes key, tocsin_bytes value) {
        Fake *h = fake_of(api);
        GUARD(begin_write(h, "put", key));
        if (value.len > LIMIT_VALUE_BYTES || !value.ptr)
                return misuse(h, TOCSIN_E_LIMIT, "put() with a value of %zu bytes; the bound is %u", value.len,
                              LIMIT_VALUE_BYTES);
        int r = answer_of(h, table_put(h->table, SPACE_USER, key, value));
        if (h->got)
                pages_close(h->got);
        return r;
}

static int call_del(const tocsin_host *api, tocsin_bytes key) {
        Fake *h = fake_of(api);
        GUARD(begin_write(h, "del", key));
        int r = answer_of(h, table_del(h->table, SPACE_USER, key));
        if (h->got)
                pages_close(h->got);
        return r;
}

typedef struct Walk {
        Fake *host;
        int (*each)(void *arg, tocsin_bytes key, tocsin_bytes value);
        void *arg;
} Walk;

static int walk_each(void *arg, Bytes key, Bytes value) {
        Walk *w = arg;
        Bytes lent_key = fake_lend_bytes(w->host, key, false), lent = fake_lend_bytes(w->host, value, false);
        fake_seal(w->host);
        return w->each(w->arg, lent_key, lent);
}

static int call_scan(const tocsin_host *api, tocsin_bytes prefix, int (*each)(void *arg, tocsin_bytes key, tocsin_bytes value),
                     void *arg) {
        Fake *h = fake_of(api);
        Walk w = { h, each, arg };
        GUARD(fallible(h, ANY & ~(PHASE_CREATE | PHASE_CHANGED | PHASE_DESTROY), "scan"));
        h->walking = true;
        int r = table_scan(h->table, SPACE_USER, prefix, walk_each, &w);
        h->walking = false;
        return r;
}

static int call_timer(const tocsin_host *api, tocsin_bytes name, int64_t at_us, uint32_t clock) {
        Fake *h = fake_of(api);
        GUARD(fallible(h, WRITES, "timer"));
        if (!name.ptr || name.len == 0 || name.len > LIMIT_TIMER_NAME_BYTES)
                return misuse(h, TOCSIN_E_LIMIT, "timer() with a name of %zu bytes; 1 to %u", name.len, LIMIT_TIMER_NAME_BYTES);
        if (clock > TOCSIN_CLOCK_WALL)
                return misuse(h, TOCSIN_E_INVAL, "timer() on clock %u", clock);
        if (!h->kit->plugin.self.on_timer)
                return misuse(h, TOCSIN_E_INVAL, "timer(), but the plugin has no on_timer()");
        return answer_of(h, timers_set(h->timers, name, at_us, clock));
}

static bool is_table(Fake *h, uint32_t port, const char *call) {
        if (port < h->kit->plugin.self.n_ports && h->kit->plugin.port[port]->role == TOCSIN_TABLE)
                return true;
        misuse(h, 0, "%s() of port %u, which is no TABLE port", call, port);
        return false;
}

static const tocsin_value *call_lookup(const tocsin_host *api, uint32_t port, tocsin_bytes key) {
        Fake *h = fake_of(api);
        if (allowed(h, ANY & ~(PHASE_CREATE | PHASE_DESTROY), "lookup") != 0 || !is_table(h, port, "lookup"))
                return NULL;
        const Item *row = fake_row(h, port, key);
        tocsin_value *lent = row ? fake_lend(h, sizeof *lent) : NULL;
        if (lent)
                *lent = fake_lend_value(h, &row->body);
        fake_seal(h);
        return lent;
}

static int call_rows(const tocsin_host *api, uint32_t port, int (*each)(void *arg, tocsin_bytes key, const tocsin_value *row),
                     void *arg) {
        Fake *h = fake_of(api);
        int r = 0;
        GUARD(fallible(h, ANY & ~(PHASE_CREATE | PHASE_CHANGED | PHASE_DESTROY), "rows"));
        if (!is_table(h, port, "rows"))
                return TOCSIN_E_NOENT;
        h->walking = true;
        for (size_t i = 0; i < h->rows.n && r == 0; i++) { /* kept in the order of keys */
                if (h->rows.at[i].port != port)
                        continue;
                tocsin_value *lent = fake_lend(h, sizeof *lent);
                if (!lent)
                        return TOCSIN_E_NOMEM;
                *lent = fake_lend_value(h, &h->rows.at[i].body);
                Bytes key = fake_lend_bytes(h, h->rows.at[i].key, false);
                fake_seal(h);
                r = each(arg, key, lent);
        }
        h->walking = false;
        return r;
}

static int json_call(const tocsin_host *api, tocsin_bytes text, tocsin_value *ret) {
        Fake *h = fake_of(api);
        GUARD(fallible(h, ANY, "parse"));
        Arena *a = arena_new(LIMIT_SCRATCH_BYTES);
        tocsin_value v;
        if (!a)
                return TOCSIN_E_NOMEM;
        int r = json_parse(a, text, &v, NULL, NULL);
        if (r == 0)
                *ret = fake_lend_value(h, &v);
        fake_seal(h);
        arena_free(a);
        return r == 0 ? 0 : r == JSON_E_SYNTAX ? TOCSIN_E_INVAL : r == JSON_E_LIMIT ? TOCSIN_E_LIMIT : TOCSIN_E_NOMEM;
}
static const tocsin_json json_extension = { .size = sizeof json_extension, .parse = json_call };

/* The kit's watermark is the greatest event time, and no input of it ever falls asleep. */
static const tocsin_time time_extension = { .size = sizeof time_extension, .idle_us = INT64_MAX, .future_us = 5000000 };

static const void *call_extension(const tocsin_host *api, const char *id) {
        (void)api;
        if (id && strcmp(id, "tocsin.time/1") == 0)
                return &time_extension;
        return id && strcmp(id, "tocsin.json/1") == 0 ? &json_extension : NULL;
}

const tocsin_host conform_calls = {
        .size = sizeof conform_calls,
        .log = call_log,
        .fail = call_fail,
        .fail_at = call_fail_at,
        .metric = call_metric,
        .scratch = call_scratch,
        .digest = call_digest,
        .field = call_field,
        .emit = call_emit,
        .get = call_get,
        .put = call_put,
        .del = call_del,
        .scan = call_scan,
        .timer = call_timer,
        .lookup = call_lookup,
        .rows = call_rows,
        .extension = call_extension,
};
