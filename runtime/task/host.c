/* tocsin_host: what a plugin may ask for while one of its callbacks runs. */
#include "core/log.h"
#include "seal/digest.h"
#include "task/inner.h"
#include "json/json.h"

#include <math.h>

static Task *task_of(const tocsin_host *h) {
        return h->ctx;
}

void call_begin(Task *t, CallKind kind) {
        Call *c = &t->w->call;
        c->kind = kind;
        c->task = t;
        c->cause = NULL;
        c->record = NULL;
        c->timer = BYTES_NULL;
        c->emits = 0;
        c->effects = c->failed = c->traced = c->broken = false;
        c->why.text[0] = c->pointer[0] = 0;
}

int call_end(Task *t, int verdict) {
        Worker *w = t->w;
        w->call.kind = CALL_NONE;
        w->call.task = NULL;
        if (arena_used(w->scratch))
                arena_reset(w->scratch);
        table_trim(t->table);
        if (verdict > TOCSIN_RETRY) {
                char what[64];
                snprintf(what, sizeof what, "it answers %d, which is no verdict", verdict);
                return call_broken(t, what);
        }
        return verdict;
}

int call_broken(Task *t, const char *what) {
        Call *c = &t->w->call;
        why_say(&c->why, 0, "%s", what);
        c->failed = c->broken = true;
        return -EPROTO;
}

bool call_stray(Task *t) {
        Worker *w = t->w;
        Call *c = &w->call;
        if (c->task && !c->failed) { /* the word for the verdict that may follow */
                why_say(&c->why, 0, "it calls the host of its instance for partition %d in a callback of that for partition %d",
                        (int)t->partition, (int)c->task->partition);
                c->failed = true;
        }
        if (!w->stray_said)
                LOG(LOG_ERROR, "plugin.stray",
                    c->task ? "a plugin calls the host of another instance than the one whose callback runs; it is refused"
                            : "a plugin calls its host while none of its callbacks runs; it is refused",
                    LOG_S("pipeline", w->pipe->name), LOG_S("plugin", w->plugin->name), LOG_I("partition", t->partition));
        w->stray_said = true;
        return false;
}

static void host_log(const tocsin_host *h, int level, const char *msg, const tocsin_field *kv, uint32_t n) {
        static const LogLevel levels[] = { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
        LogLevel l = level >= 0 && level <= TOCSIN_ERROR ? levels[level] : LOG_INFO;
        LogField f[16] = { LOG_S("plugin", task_of(h)->w->plugin->name), LOG_I("partition", task_of(h)->partition) };
        char name[16][64];
        const Config *config = task_of(h)->w->conf.config;
        size_t m = 2;
        if (!msg || !call_mine(task_of(h)) || !log_wants(l))
                return;
        for (uint32_t i = 0; kv && i < n && m < sizeof f / sizeof *f; i++) {
                const tocsin_value *v = &kv[i].value;
                snprintf(name[m], sizeof name[m], "%.*s", (int)kv[i].name_len, kv[i].name);
                if (v->kind == TOCSIN_I64 || v->kind == TOCSIN_BOOL)
                        f[m] = LOG_I(name[m], v->u.i64);
                else if (v->kind == TOCSIN_F64)
                        f[m] = LOG_D(name[m], v->u.f64);
                else if (config_tells_bytes(config, tocsin_as_bytes(v)))
                        f[m] = LOG_S(name[m], "(not shown: it repeats what comes from ${…})");
                else
                        f[m] = LOG_B(name[m], tocsin_as_bytes(v));
                m++;
        }
        log_write(l, "plugin.log", config_safe(config, msg), f, m);
}

static void host_fail(const tocsin_host *h, const char *why) {
        Call *c = &task_of(h)->w->call;
        if (!why || !call_mine(task_of(h)))
                return;
        why_say(&c->why, 0, "%s", config_safe(task_of(h)->w->conf.config, why));
        c->failed = true;
}

static void host_fail_at(const tocsin_host *h, const char *pointer, const char *why) {
        Call *c = &task_of(h)->w->call;
        host_fail(h, why);
        if (c->kind == CALL_CREATE && c->task == task_of(h) && pointer)
                snprintf(c->pointer, sizeof c->pointer, "%s", pointer);
}

/* Kept back until the turn commits: what was rolled back did not happen. */
static void host_metric(const tocsin_host *h, uint32_t index, double v) {
        Worker *w = task_of(h)->w;
        if (!call_mine(task_of(h)) || index >= w->plugin->n_metrics)
                return;
        const tocsin_metric *m = w->plugin->metrics[index];
        if (!isfinite(v) || (m->kind != TOCSIN_GAUGE && (v < 0 || !isfinite(w->delta[index] + v)))) {
                if (!w->number_said)
                        LOG(LOG_ERROR, "plugin.number", "a plugin gives a metric a number that it cannot have; it is ignored",
                            LOG_S("pipeline", w->pipe->name), LOG_S("plugin", w->plugin->name), LOG_S("metric", m->name),
                            LOG_D("number", v));
                w->number_said = true;
        } else if (m->kind == TOCSIN_GAUGE) {
                metric_set(w->plugin_cell[index], v);
        } else {
                w->delta[index] += v;
        }
}

static void *host_scratch(const tocsin_host *h, size_t n) {
        Worker *w = task_of(h)->w;
        return call_mine(task_of(h)) ? arena_zalloc(w->scratch, n) : NULL;
}

static void host_digest(const tocsin_host *h, tocsin_bytes data, uint8_t ret[32]) {
        (void)h;
        digest_sha256(data, ret);
}

/* Is `path` what the port reads, or inside of it? */
static bool is_read(const tocsin_port *d, const char *path) {
        if (!d->reads || (d->key && !strcmp(path, d->key)) || (d->time && !strcmp(path, d->time)))
                return true;
        for (uint32_t i = 0; i < d->n_reads; i++) {
                size_t n = strlen(d->reads[i]);
                if (!strncmp(path, d->reads[i], n) && (path[n] == 0 || path[n] == '.'))
                        return true;
        }
        return false;
}

static int64_t host_field(const tocsin_host *h, uint32_t port, const char *path) {
        Worker *w = task_of(h)->w;
        if (!call_mine(task_of(h)) || w->call.kind != CALL_CREATE)
                return TOCSIN_E_PERM;
        if (port >= w->plugin->n_ports || !path)
                return TOCSIN_E_NOENT;
        const Port *p = &w->port[port];
        if (!p->input || p->decl->format != TOCSIN_AVRO || !is_read(p->decl, path))
                return TOCSIN_E_NOENT;
        int64_t r = schema_handle(p->schema, path);
        return r > 0 ? r : TOCSIN_E_NOENT;
}

static int answer(int r) {
        return r == 0 ? 0 : r == -ENOMEM ? TOCSIN_E_NOMEM : r < 0 ? r : TOCSIN_E_LIMIT;
}

static bool may_read(Task *t) {
        const Call *c = &t->w->call;
        if (!call_mine(t))
                return false;
        return c->kind == CALL_PROCESS || c->kind == CALL_TIMER || c->kind == CALL_REBUILD;
}

static int host_get(const tocsin_host *h, tocsin_bytes key, tocsin_bytes *ret) {
        Task *t = task_of(h);
        if (!may_read(t))
                return TOCSIN_E_PERM;
        if (key.len < 1 || key.len > LIMIT_KEY_BYTES)
                return TOCSIN_E_INVAL;
        table_get(t->table, SPACE_USER, key, ret);
        return 0;
}

/* The turn is opened by the first thing that changes anything; the dirty bytes of all tables bound it. */
static int change(Task *t, TableSpace space, tocsin_bytes key, const tocsin_bytes *value) {
        Worker *w = t->w;
        if (!may_read(t))
                return TOCSIN_E_PERM;
        if (key.len < 1 || key.len > LIMIT_KEY_BYTES)
                return TOCSIN_E_INVAL;
        if (!w->open && turn_begin(w) != 0)
                return TOCSIN_E_NOMEM;
        if (w->undo.on)
                undo_note(t, space, key);
        size_t before = table_dirty_bytes(t->table);
        int r = value ? table_put(t->table, space, key, *value) : table_del(t->table, space, key);
        if (r == 0) {
                turn_touch(t);
                w->call.effects = true;
                w->dirty_bytes += table_dirty_bytes(t->table) - before;
        } else if (r == TABLE_E_FULL) {
                LOG(LOG_WARN, "task.table_full", "table full: a put was refused; raise memory.max",
                    LOG_S("pipeline", w->pipe->name), LOG_I("partition", t->partition), LOG_I("bytes", table_bytes(t->table)));
        }
        return answer(r);
}

static int host_put(const tocsin_host *h, tocsin_bytes key, tocsin_bytes value) {
        return change(task_of(h), SPACE_USER, key, &value);
}

static int host_del(const tocsin_host *h, tocsin_bytes key) {
        return change(task_of(h), SPACE_USER, key, NULL);
}

static int host_scan(const tocsin_host *h, tocsin_bytes prefix, int (*each)(void *, tocsin_bytes, tocsin_bytes), void *arg) {
        Task *t = task_of(h);
        if (!may_read(t))
                return TOCSIN_E_PERM;
        return each ? table_scan(t->table, SPACE_USER, prefix, each, arg) : TOCSIN_E_INVAL;
}

static int host_timer(const tocsin_host *h, tocsin_bytes name, int64_t at_us, uint32_t clock) {
        Task *t = task_of(h);
        Worker *w = t->w;
        if (!may_read(t))
                return TOCSIN_E_PERM;
        if (clock > TOCSIN_CLOCK_WALL || name.len < 1 || name.len > LIMIT_TIMER_NAME_BYTES)
                return TOCSIN_E_INVAL;
        if (!w->open && turn_begin(w) != 0)
                return TOCSIN_E_NOMEM;
        if (w->undo.on)
                undo_note(t, SPACE_TIMER, name);
        size_t before = table_dirty_bytes(t->table);
        int r = timers_set(t->timers, name, at_us, clock);
        if (r == 0) {
                turn_touch(t);
                w->call.effects = true;
                w->dirty_bytes += table_dirty_bytes(t->table) - before;
        }
        return answer(r);
}

static const tocsin_value *host_lookup(const tocsin_host *h, uint32_t port, tocsin_bytes key) {
        Worker *w = task_of(h)->w;
        if (!call_mine(task_of(h)) || port >= w->plugin->n_ports || !w->tables.rows[port] || w->call.kind == CALL_CREATE)
                return NULL;
        return rows_get(w->tables.rows[port], key);
}

static int host_rows(const tocsin_host *h, uint32_t port, int (*each)(void *, tocsin_bytes, const tocsin_value *), void *arg) {
        Worker *w = task_of(h)->w;
        if (!call_mine(task_of(h)) || w->call.kind == CALL_CREATE)
                return TOCSIN_E_PERM;
        if (!each)
                return TOCSIN_E_INVAL;
        if (port >= w->plugin->n_ports || w->plugin->ports[port]->role != TOCSIN_TABLE)
                return TOCSIN_E_NOENT;
        return w->tables.rows[port] ? rows_each(w->tables.rows[port], each, arg) : 0;
}

static int json_ext_parse(const tocsin_host *h, tocsin_bytes text, tocsin_value *ret) {
        Worker *w = task_of(h)->w;
        if (!call_mine(task_of(h)))
                return TOCSIN_E_PERM;
        Why why = { 0 };
        int r = json_parse(w->scratch, text, ret, NULL, &why);
        return r == 0 ? 0 : r == JSON_E_SYNTAX ? TOCSIN_E_INVAL : r == JSON_E_LIMIT ? TOCSIN_E_LIMIT : TOCSIN_E_NOMEM;
}

static const void *host_extension(const tocsin_host *h, const char *id) {
        static const tocsin_json json = { .size = sizeof json, .parse = json_ext_parse };
        if (id && !strcmp(id, "tocsin.time/1"))
                return &task_of(h)->w->time_told;
        return id && !strcmp(id, "tocsin.json/1") ? &json : NULL;
}

void host_init(Task *t) {
        t->host = (tocsin_host){
                .size = sizeof t->host,
                .abi = TOCSIN_ABI,
                .ctx = t,
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
                .extension = host_extension,
        };
}
