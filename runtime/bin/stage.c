/* A pipeline on a log of its own. */
#include "bin/stage.h"

#include "bin/needs.h"
#include "core/cleanup.h"
#include "core/limits.h"
#include "json/json.h"

#include <sysexits.h>

#define PATIENCE 100000u /* turns in a row that only wait: retries are bounded, so this is a bug somewhere */
#define PASS_US 3600000000 /* one hour: any back-off is over then */
#define TIDY_EVERY 4096u /* settlings; compaction costs a walk of the changelog */

static int64_t wall(const Clock *c) {
        return ((const ReplayClock *)(const void *)c)->wall_us;
}

static int64_t mono(const Clock *c) {
        return ((const ReplayClock *)(const void *)c)->mono_us;
}

ReplayClock replay_clock(void) {
        return (ReplayClock){ .clock = { .wall_us = wall, .mono_us = mono }, .mono_us = 1 };
}

const char *stage_name(const Stage *s) {
        return s->loaded.pipe->name;
}

const StagePort *stage_port(const Stage *s, Bytes name) {
        for (size_t i = 0; i < s->n_ports; i++)
                if (s->port[i].decl && bytes_eq_z(name, s->port[i].name))
                        return &s->port[i];
        return NULL;
}

const StagePort *stage_reads(const Stage *s, const char *topic) {
        for (size_t i = 0; i < s->n_ports; i++)
                if (s->port[i].input && strcmp(s->port[i].topic, topic) == 0)
                        return &s->port[i];
        return NULL;
}

/* ---- birth -------------------------------------------------------------------------------------------- */

static int add_port(Stage *s, const tocsin_port *decl, const char *topic, const Schemas *schemas, Why *why) {
        StagePort *p = &s->port[s->n_ports++];
        *p = (StagePort){ .decl = decl, .name = decl->name, .topic = topic, .input = decl->direction == TOCSIN_IN };
        if (decl->format != TOCSIN_AVRO)
                return 0;
        int r = load_port_schema(&p->schema, &p->own, decl, schemas, why);
        if (r == 0 && !p->input)
                r = decoder_new(&p->decoder, schemas, p->schema, NULL, 0, why);
        return r == 0 ? 0 : r < 0 ? EX_OSERR : why_in(why, EX_CONFIG, "port %s of %s", decl->name, stage_name(s));
}

static int add_dead_letters(Stage *s, const Schemas *schemas, Why *why) {
        StagePort *p = &s->port[s->n_ports++];
        *p = (StagePort){ .name = "dlq", .topic = s->loaded.pipe->dlq, .schema = schemas_by_name(schemas, "tocsin.DeadLetter") };
        if (!p->schema)
                return why_say(why, EX_CONFIG,
                               "no schema is called tocsin.DeadLetter; the built-in schemas are not where they belong");
        int r = decoder_new(&p->decoder, schemas, p->schema, NULL, 0, why);
        return r == 0 ? 0 : r < 0 ? EX_OSERR : EX_CONFIG;
}

/* What is read has the partitions of the replay; what is written has one, so that its order stays. */
static int make_topics(Stage *s, Why *why) {
        _cleanup_(needs_deinit) Needs needs = { 0 };
        int r = needs_of(&needs, &s->loaded, 1, why);
        if (r != 0)
                return r == -ENOMEM ? EX_OSERR : EX_CONFIG;
        for (size_t i = 0; i < needs.n; i++) {
                const Need *n = &needs.at[i];
                r = bus_mem_topic(s->log, n->name, n->of_task ? s->partitions : 1, n->compact);
                if (r != 0)
                        return why_say(why, EX_SOFTWARE, "%s: topic %s cannot be made in memory", stage_name(s), n->name);
        }
        return 0;
}

int stage_init(Stage *s, const Loaded *l, const Schemas *schemas, ReplayClock *clock, int32_t partitions, Why *why) {
        *s = (Stage){ .loaded = *l, .clock = clock, .partitions = partitions, .log = bus_mem_new(), .metrics = metrics_new() };
        s->in_flight = calloc(1, sizeof *s->in_flight);
        if (!s->log || !s->metrics || !s->in_flight)
                return why_say(why, EX_OSERR, "out of memory");
        const tocsin_plugin *self = &l->plugin->self;
        for (uint32_t i = 0; i < self->n_ports; i++) {
                const ConfigPort *conf = load_port_conf(l, self->ports[i]->name);
                if (self->ports[i]->role == TOCSIN_INTERNAL || !conf || !conf->topic)
                        continue;
                int r = add_port(s, self->ports[i], conf->topic, schemas, why);
                if (r != 0)
                        return r;
        }
        int r = add_dead_letters(s, schemas, why);
        return r ? r : make_topics(s, why);
}

void stage_deinit(Stage *s) {
        worker_free(s->worker);
        for (size_t i = 0; i < s->n_ports; i++) {
                decoder_free(s->port[i].decoder);
                schema_free(s->port[i].own);
        }
        bus_mem_free(s->log);
        metrics_free(s->metrics);
        free(s->in_flight);
        *s = (Stage){ 0 };
}

int stage_start(Stage *s, const Schemas *schemas, Why *why) {
        char pointer[256];
        const WorkerConf conf = { .config = s->loaded.config,
                                  .pipeline = s->loaded.pipe,
                                  .plugin = s->loaded.plugin,
                                  .settings = &s->loaded.settings,
                                  .schemas = schemas,
                                  .clock = &s->clock->clock,
                                  .mem = s->log,
                                  .metrics = s->metrics,
                                  .in_flight = s->in_flight,
                                  .journal_wall = true };
        alarm(STAGE_PLUGIN_SECONDS);
        int r = worker_new(&s->worker, &conf, why, pointer);
        alarm(0);
        if (r == 0)
                return stage_settle(s, why);
        if (r < 0)
                return why_say(why, EX_OSERR, "out of memory");
        Mark m = pointer[0] ? yaml_mark(s->loaded.pipe->marks, pointer, false) : s->loaded.pipe->plugin_mark;
        return why_in(why, EX_CONFIG, "%s:%u:%u: pipeline %s", s->loaded.config->file, m.line, m.column, stage_name(s));
}

/* ---- turns -------------------------------------------------------------------------------------------- */

int stage_put(Stage *s, const char *topic, Bytes key, Bytes value, int64_t arrival_us, Why *why) {
        int r = bus_mem_put(s->log, topic, -1, key, value, arrival_us);
        return r == 0 ? 0 : why_say(why, r < 0 ? EX_OSERR : EX_SOFTWARE, "%s: a record for %s was refused", stage_name(s), topic);
}

static int failed(const Stage *s, int r, Why *why) {
        const char *said = s->in_flight->trouble;
        return why_say(why, EX_SOFTWARE, "pipeline %s cannot go on: %s", stage_name(s),
                       said[0] ? said : strerror(r < 0 ? -r : EIO));
}

/* What every reader has passed. */
static void tidy(Stage *s) {
        _cleanup_(needs_deinit) Needs needs = { 0 };
        if (needs_of(&needs, &s->loaded, 1, NULL) != 0)
                return;
        for (size_t i = 0; i < needs.n; i++) {
                const Need *n = &needs.at[i];
                if (n->compact)
                        bus_mem_compact(s->log, n->name);
                for (int32_t p = 0; n->of_task && !n->compact && p < s->partitions; p++)
                        bus_mem_drop(s->log, n->name, p, INT64_MAX);
        }
}

int stage_settle(Stage *s, Why *why) {
        bool worked = false, passed = false;
        for (unsigned waits = 0;;) {
                int r = worker_turn(s->worker, 0);
                if (r == 0) {
                        worked = true;
                        passed = false;
                        waits = 0;
                } else if (r == WORKER_E_IDLE && worked) {
                        worked = false;
                        r = worker_commit(s->worker);
                        if (r < 0)
                                return failed(s, r, why);
                } else if (r < 0 || ++waits > PATIENCE) {
                        return failed(s, r, why);
                } else if (r == WORKER_E_IDLE && passed) {
                        break;
                } else { /* a back-off may be under way: it is over now */
                        passed = true;
                        s->clock->mono_us += PASS_US;
                }
        }
        if (s->in_flight->trouble[0])
                return failed(s, 0, why);
        if (++s->settled % TIDY_EVERY == 0)
                tidy(s);
        return 0;
}

int stage_finish(Stage *s, int64_t until_us, Why *why) {
        int r = worker_finish(s->worker, until_us);
        return r < 0 ? failed(s, r, why) : stage_settle(s, why);
}

/* ---- what comes out ----------------------------------------------------------------------------------- */

typedef struct Take {
        Stage *s;
        const StagePort *port;
        Arena *a;
        int (*each)(void *arg, const StageOutput *o);
        void *arg;
        int64_t next;
        Why *why;
} Take;

static int decode(const Take *t, const BusRecord *r, tocsin_value *ret) {
        *ret = (tocsin_value){ .kind = TOCSIN_NULL };
        if (!r->value.ptr)
                return 0;
        if (t->port->decoder)
                return decoder_read(t->port->decoder, r->value, true, t->a, ret, t->why);
        if (t->port->decl && t->port->decl->format == TOCSIN_JSON)
                return json_parse(t->a, r->value, ret, NULL, t->why);
        *ret = (tocsin_value){ .kind = TOCSIN_BYTES, .len = (uint32_t)r->value.len, .u.bytes = r->value.ptr };
        return 0;
}

static int take_one(void *arg, const BusRecord *r) {
        Take *t = arg;
        StageOutput o = { .stage = t->s, .port = t->port, .key = r->key, .bytes = r->value };
        arena_reset(t->a);
        int bad = decode(t, r, &o.value);
        if (bad != 0)
                return why_in(t->why, EX_SOFTWARE, "pipeline %s wrote to %s what cannot be read", stage_name(t->s),
                              t->port->topic);
        t->next = r->offset + 1;
        return t->each(t->arg, &o);
}

int stage_take(Stage *s, Arena *a, int (*each)(void *arg, const StageOutput *o), void *arg, Why *why) {
        for (size_t i = 0; i < s->n_ports; i++) {
                if (s->port[i].input)
                        continue;
                Take t = { .s = s, .port = &s->port[i], .a = a, .each = each, .arg = arg, .why = why };
                int r = bus_mem_each(s->log, t.port->topic, take_one, &t);
                if (r != 0)
                        return r;
                if (t.next)
                        bus_mem_drop(s->log, t.port->topic, 0, t.next);
        }
        return 0;
}
