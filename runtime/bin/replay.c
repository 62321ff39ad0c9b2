/* The loop of a replay: the record with the least arrival, through every pipeline it reaches, until nothing moves. */
#include "bin/replay.h"

#include "core/cleanup.h"
#include "core/limits.h"
#include "value/value.h"

#include <sysexits.h>
#include <tocsin/value.h>

#define ARENA_BYTES LIMIT_DECODE_BYTES
#define CHAIN_MAX 1000000u /* records that follow from one line: more is a circle of pipelines */
#define ROUNDS_MAX 1000u /* of last timers, likewise */

static int say(int exit, const Why *why) {
        fprintf(stderr, "tocsin replay: %s\n", why->text);
        return exit;
}

int replay_time(const Replay *r, const tocsin_value *v, int64_t *ret, Why *why) {
        tocsin_value t;
        int bad = natural_read(r->moment, v, r->line_arena, &t, why);
        if (bad == 0)
                *ret = t.u.i64;
        return bad;
}

/* ---- from one pipeline to the next -------------------------------------------------------------------- */

static Bytes copied(uint8_t **at, Bytes b) {
        if (!b.ptr)
                return BYTES_NULL;
        if (b.len)
                memcpy(*at, b.ptr, b.len);
        Bytes to = bytes_of(*at, b.len);
        *at += b.len;
        return to;
}

static int chain(Replay *r, const StageOutput *o, int64_t event_us) {
        size_t name = strlen(o->port->topic) + 1;
        Chained *c = malloc(sizeof *c + name + o->key.len + o->bytes.len);
        if (!c)
                return EX_OSERR;
        uint8_t *at = (uint8_t *)(c + 1);
        *c = (Chained){ .topic = memcpy(at, o->port->topic, name), .event_us = event_us };
        at += name;
        c->key = copied(&at, o->key);
        c->value = copied(&at, o->bytes);
        *r->tail = c;
        r->tail = &c->next;
        return 0;
}

/* {"pipeline","port","topic","key","value"} */
static int print(Replay *r, const StageOutput *o) {
        Buffer b = BUFFER_NULL;
        buffer_put_z(&b, "{\"pipeline\":");
        value_print_string(&b, bytes_z(stage_name(o->stage)));
        buffer_put_z(&b, ",\"port\":");
        value_print_string(&b, bytes_z(o->port->name));
        buffer_put_z(&b, ",\"topic\":");
        value_print_string(&b, bytes_z(o->port->topic));
        buffer_put_z(&b, ",\"key\":");
        if (o->key.ptr)
                value_print_string(&b, o->key);
        else
                buffer_put_z(&b, "null");
        buffer_put_z(&b, ",\"value\":");
        value_print(&b, &o->value);
        buffer_put_z(&b, "}\n");
        int bad = b.failed ? EX_OSERR : watch_write(r->watch, buffer_bytes(&b));
        buffer_deinit(&b);
        r->written++;
        r->dead += o->port->decl == NULL;
        return bad;
}

/* A time ahead of the wall by more than the host allows moves no clock, and so ends no replay: one forged event must not
 * fire everybody's timers. */
static void saw(Replay *r, int64_t event_us) {
        int64_t ahead_us = 0;
        for (size_t i = 0; i < r->config->n_pipelines; i++)
                if (r->config->pipelines[i].future_us > ahead_us)
                        ahead_us = r->config->pipelines[i].future_us;
        if (event_us > r->last_event_us && event_us - ahead_us <= r->clock.wall_us)
                r->last_event_us = event_us;
}

static int on_output(void *arg, const StageOutput *o) {
        Replay *r = arg;
        int bad = print(r, o);
        for (size_t i = 0; bad == 0 && i < r->n_stages; i++) {
                const StagePort *to = stage_reads(&r->stages[i], o->port->topic);
                if (!to || &r->stages[i] == o->stage)
                        continue;
                const tocsin_value *t = to->decl->time ? value_path(&o->value, to->decl->time) : NULL;
                return chain(r, o, t && t->kind == TOCSIN_I64 ? t->u.i64 : INT64_MIN);
        }
        return bad;
}

/* ---- one record --------------------------------------------------------------------------------------- */

static void arrive(Replay *r, int64_t arrival_us) {
        if (arrival_us > r->clock.wall_us)
                r->clock.wall_us = arrival_us;
}

/* A record lies in a topic: each pipeline that reads it takes it in turn. */
static int offer(Replay *r, const char *topic, Bytes key, Bytes value, int64_t arrival_us, Why *why) {
        for (size_t i = 0; i < r->n_stages; i++) {
                Stage *s = &r->stages[i];
                const StagePort *port = stage_reads(s, topic);
                if (!port)
                        continue;
                watch_at(r->watch, r->config, s->loaded.pipe, port->name);
                int bad = stage_put(s, topic, key, value, arrival_us, why);
                if (bad == 0)
                        bad = stage_settle(s, why);
                if (bad == 0)
                        bad = stage_take(s, r->out_arena, on_output, r, why);
                if (bad != 0)
                        return bad;
        }
        return 0;
}

/* Everything that is on its way, and what follows from it. */
static int follow(Replay *r, Why *why) {
        for (unsigned n = 0; r->head; n++) {
                if (n == CHAIN_MAX)
                        return why_say(why, EX_SOFTWARE,
                                       "more than %u records follow from one line: do pipelines feed each other in a circle?",
                                       CHAIN_MAX);
                Chained *c = r->head;
                r->head = c->next;
                if (!r->head)
                        r->tail = &r->head;
                bool untold = !r->told && c->event_us != INT64_MIN; /* nobody said when it came: when it happened */
                int64_t arrival_us = untold ? c->event_us : r->clock.wall_us;
                arrive(r, arrival_us);
                saw(r, c->event_us);
                int bad = offer(r, c->topic, c->key, c->value, arrival_us, why);
                free(c);
                if (bad != 0)
                        return bad;
        }
        return 0;
}

/* Into the pipelines that read its topic, and no further. */
static int put(Replay *r, Source *s, Why *why) {
        watch_line(r->watch, lines_name(s->lines), lines_number(s->lines));
        r->told = s->told;
        arrive(r, s->arrival_us);
        saw(r, s->event_us != INT64_MIN ? s->event_us : s->told ? s->arrival_us : INT64_MIN);
        Bytes key = s->has_key ? bytes_of(s->key.ptr ? s->key.ptr : (const uint8_t *)"", s->key.len) : BYTES_NULL;
        Bytes value = s->has_value ? buffer_bytes(&s->value) : BYTES_NULL;
        int bad = offer(r, s->to_port->topic, key, value, s->arrival_us, why);
        r->read++;
        s->ready = false;
        return bad;
}

/* The next record of a source, ready or, where its time is only known by what becomes of it, put and held. */
static int look_ahead(Replay *r, Source *s, Why *why) {
        while (!s->ready && !s->held && !s->ended) {
                int bad = source_fill(s, r);
                if (bad == 0 && s->ready && !s->told) {
                        bad = put(r, s, why);
                        s->held = r->head;
                        r->head = NULL;
                        r->tail = &r->head;
                }
                if (bad != 0)
                        return bad;
        }
        return 0;
}

static int64_t time_of(const Replay *r, const Source *s) {
        if (!s->held)
                return s->arrival_us;
        return s->held->event_us == INT64_MIN ? r->clock.wall_us : s->held->event_us;
}

static int feed(Replay *r, Source *s, Why *why) {
        int bad = 0;
        if (s->held) {
                watch_line(r->watch, lines_name(s->lines), lines_number(s->lines));
                r->told = false;
                r->head = s->held;
                s->held = r->head->next;
                r->head->next = NULL;
                r->tail = &r->head->next;
        } else {
                bad = put(r, s, why);
        }
        return bad ? bad : follow(r, why);
}

static int feed_all(Replay *r) {
        for (;;) {
                Source *next = NULL;
                Why why = { 0 };
                int bad = 0;
                for (size_t i = 0; bad == 0 && i < r->n_sources; i++) {
                        Source *s = &r->sources[i];
                        bad = look_ahead(r, s, &why);
                        if ((s->ready || s->held) && (!next || time_of(r, s) < time_of(r, next)))
                                next = s;
                }
                if (bad == 0 && !next)
                        return 0;
                if (bad == 0)
                        bad = feed(r, next, &why);
                if (bad != 0)
                        return bad == EX_IOERR || !why.text[0] ? bad : say(bad, &why);
        }
}

/* ---- the end ------------------------------------------------------------------------------------------ */

/* The last timers of one pipeline may feed another that has had its own: round by round until all is still. */
static int finish(Replay *r, int64_t until_us) {
        Why why = { 0 };
        arrive(r, until_us);
        r->told = true;
        watch_phase(r->watch, WATCH_TIMERS);
        for (unsigned round = 0; round < ROUNDS_MAX; round++) {
                uint64_t before = r->written;
                for (size_t i = 0; i < r->n_stages; i++) {
                        watch_at(r->watch, r->config, r->stages[i].loaded.pipe, NULL);
                        int bad = stage_finish(&r->stages[i], until_us, &why);
                        if (bad == 0)
                                bad = stage_take(&r->stages[i], r->out_arena, on_output, r, &why);
                        if (bad == 0)
                                bad = follow(r, &why);
                        if (bad != 0)
                                return bad == EX_IOERR ? bad : say(bad, &why);
                }
                if (r->written == before)
                        return 0;
        }
        why_say(&why, 0, "timers of pipelines feed each other in a circle");
        return say(EX_SOFTWARE, &why);
}

static int read_until(Replay *r, const char *told) {
        char *end = NULL;
        errno = 0;
        long long us = strtoll(told, &end, 10);
        tocsin_value v = !errno && end != told && !*end ? tocsin_i64(us) : tocsin_str(told);
        if (replay_time(r, &v, &r->until_us, NULL) == 0)
                return 0;
        fprintf(stderr, "tocsin replay: --until=%s: neither microseconds since 1970 UTC nor RFC 3339, as 2026-01-31T12:00:00Z\n",
                told);
        return EX_USAGE;
}

/* ---- birth and death ---------------------------------------------------------------------------------- */

/* A replay is exact, begins at the beginning and knows no broker, whatever `run` would do. */
static void settle_config(Config *c) {
        c->embedded = false;
        for (size_t i = 0; i < c->n_pipelines; i++) {
                c->pipelines[i].exactly_once = true;
                c->pipelines[i].start = START_EARLIEST;
                c->pipelines[i].workers = 1;
        }
}

/* One by one, so that it is known whose code runs; all complaints, not only those of the first. */
static int load_all(Replay *r, const char *only, Loaded *ret, size_t *n) {
        const Config *c = r->config;
        int bad = 0;
        for (size_t i = 0; i < c->n_pipelines; i++) {
                const ConfigPipeline *p = &c->pipelines[i];
                if (only && strcmp(only, p->name) != 0)
                        continue;
                size_t got = 0;
                watch_at(r->watch, c, p, NULL);
                alarm(STAGE_PLUGIN_SECONDS);
                int answer = load_pipelines(&ret[*n], &got, c, p->name);
                alarm(0);
                *n += got;
                bad = answer ? answer : bad;
        }
        return bad || *n ? bad : load_pipelines(ret, n, c, only); /* which says that there is none */
}

static int make_stages(Replay *r, const ReplayConf *conf) {
        _cleanup_(freep) Loaded *loaded = calloc(r->config->n_pipelines + 1, sizeof *loaded);
        size_t n = 0;
        if (!loaded)
                return EX_OSERR;
        watch_phase(r->watch, WATCH_CREATE);
        int bad = load_all(r, conf->only, loaded, &n);
        if (bad != 0)
                return bad;
        r->stages = calloc(n, sizeof *r->stages);
        if (!r->stages)
                return EX_OSERR;
        for (size_t i = 0; i < n; i++) {
                Why why = { 0 };
                bad = stage_init(&r->stages[r->n_stages++], &loaded[i], r->schemas, &r->clock, conf->partitions, &why);
                if (bad != 0)
                        return say(bad, &why);
        }
        watch_phase(r->watch, WATCH_HOST);
        return 0;
}

static int start_stages(Replay *r) {
        watch_phase(r->watch, WATCH_CREATE);
        for (size_t i = 0; i < r->n_stages; i++) {
                Why why = { 0 };
                watch_at(r->watch, r->config, r->stages[i].loaded.pipe, NULL);
                int bad = stage_start(&r->stages[i], r->schemas, &why);
                if (bad != 0)
                        return say(bad, &why);
        }
        watch_phase(r->watch, WATCH_LINE);
        return 0;
}

static int make(Replay *r, const ReplayConf *conf) {
        r->line_arena = arena_new(ARENA_BYTES);
        r->out_arena = arena_new(ARENA_BYTES);
        if (!r->line_arena || !r->out_arena)
                return EX_OSERR;
        int bad = load_config(&r->config, conf->config);
        if (bad != 0)
                return bad;
        settle_config(r->config);
        log_setup(STDERR_FILENO, r->config->log_json, isatty(STDERR_FILENO),
                  r->config->log_level < LOG_WARN ? LOG_WARN : r->config->log_level, "replay");
        bad = load_schemas(&r->schemas, r->config);
        if (bad == 0 &&
            schema_parse(&r->moment, bytes_z("{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}"), NULL, NULL) != 0)
                bad = EX_OSERR;
        if (bad == 0 && conf->until)
                bad = read_until(r, conf->until);
        return bad ? bad : make_stages(r, conf);
}

static int go(Replay *r, const ReplayConf *conf) {
        int bad = make(r, conf);
        for (size_t i = 0; bad == 0 && i < conf->n_table; i++)
                bad = replay_table(r, conf->table[i]);
        r->sources = calloc(conf->n_from ? conf->n_from : 1, sizeof *r->sources);
        if (!r->sources)
                bad = bad ? bad : EX_OSERR;
        for (size_t i = 0; bad == 0 && i < conf->n_from; i++)
                bad = source_open(&r->sources[r->n_sources++], r, conf->from[i]);
        if (bad == 0)
                bad = start_stages(r);
        if (bad == 0)
                bad = feed_all(r);
        int64_t end_us = conf->until ? r->until_us : r->last_event_us;
        if (bad == 0 && end_us != INT64_MIN)
                bad = finish(r, end_us);
        int flushed = watch_flush(r->watch); /* what came before a failure is true all the same */
        bad = bad ? bad : flushed;
        for (size_t i = 0; i < r->n_sources && r->sources[i].lines; i++)
                told_end(&r->sources[i].told_lines, lines_name(r->sources[i].lines));
        if (r->dead)
                fprintf(stderr, "tocsin replay: %llu dead letter%s after %llu line%s; each says on stdout (port dlq) why\n",
                        (unsigned long long)r->dead, r->dead == 1 ? "" : "s", (unsigned long long)r->read,
                        r->read == 1 ? "" : "s");
        if (bad == 0 && r->bad) {
                fprintf(stderr, "tocsin replay: %llu of %llu lines could not be read and were left out\n",
                        (unsigned long long)r->bad, (unsigned long long)(r->bad + r->read));
                bad = EX_DATAERR;
        }
        return bad;
}

int replay_run(const ReplayConf *conf) {
        Replay r = { .clock = replay_clock(), .last_event_us = INT64_MIN };
        int bad = watch_start(&r.watch);
        if (bad >= 0)
                return bad;
        r.tail = &r.head;
        bad = go(&r, conf);
        while (r.head) {
                Chained *c = r.head;
                r.head = c->next;
                free(c);
        }
        for (size_t i = 0; i < r.n_sources; i++)
                source_close(&r.sources[i]);
        watch_phase(r.watch, WATCH_DESTROY);
        for (size_t i = 0; i < r.n_stages; i++) {
                watch_at(r.watch, r.config, r.stages[i].loaded.pipe, NULL);
                stage_deinit(&r.stages[i]);
        }
        watch_phase(r.watch, WATCH_DONE);
        free(r.sources);
        free(r.stages);
        schema_free(r.moment);
        schemas_free(r.schemas);
        config_free(r.config);
        arena_free(r.line_arena);
        arena_free(r.out_arena);
        return bad;
}
