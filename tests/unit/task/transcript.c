/* Transcripts and lives on them. */
#include "transcript.h"

#include "adapterhost.h"
#include "value/value.h"
#include "json/json.h"

#include <tocsin/value.h>

#define START INT64_C(1700000000000000)
#define STEP_US 20000
#define TURN \
        8u /* records of one turn; while it lasts the wall clock stands, so that what is played again
                                    * is played at the same time */
#define CALM_US INT64_C(7200000000) /* after the last record: past the longest timer */

void transcript_init(Transcript *t, const char *plugin, const char *settings) {
        Why why = { 0 };
        tocsin_value v;
        memset(t, 0, sizeof *t);
        t->arena = arena_new(64u << 20);
        t->schemas = schemas_new();
        t->partitions = 3;
        t->turn = 8;
        cr_assert_eq(schemas_load(t->schemas, RIG_SCHEMAS, &why), 0, "%s", why.text);
        cr_assert_eq(loader_open(&t->plugin, RIG_PLUGINS, plugin, &why), 0, "%s", why.text);
        for (uint32_t i = 0; i < t->plugin->self.n_ports; i++)
                t->internal |= t->plugin->port[i]->role == TOCSIN_INTERNAL;
        cr_assert_eq(json_parse(t->arena, bytes_z(settings), &v, NULL, &why), 0, "%s", why.text);
        cr_assert_eq(settings_check(bytes_z(t->plugin->self.config_schema), &v, t->arena, &t->settings, NULL, NULL), 0);
}

void transcript_deinit(Transcript *t) {
        arena_free(t->arena);
        schemas_free(t->schemas);
}

static const tocsin_port *port_of(const Transcript *t, const char *name) {
        for (uint32_t i = 0; i < t->plugin->self.n_ports; i++)
                if (strcmp(t->plugin->port[i]->name, name) == 0)
                        return t->plugin->port[i];
        cr_assert_fail("%s has no port %s", t->plugin->self.name, name);
        return NULL;
}

static Bytes kept(Transcript *t, Bytes b) {
        char *p = arena_zalloc(t->arena, b.len + 1);
        cr_assert(p);
        memcpy(p, b.ptr, b.len);
        return bytes_of(p, b.len);
}

static Bytes encoded(Transcript *t, const tocsin_port *port, const tocsin_value *v) {
        Why why = { 0 };
        Buffer b = BUFFER_NULL;
        tocsin_value natural;
        if (port->format == TOCSIN_JSON) {
                value_print(&b, v);
        } else {
                const Schema *s = schemas_by_name(t->schemas, port->schema);
                cr_assert(s, "%s", port->schema);
                cr_assert_eq(natural_read(s, v, t->arena, &natural, &why), 0, "%s", why.text);
                frame_put(&b, FRAMING_SINGLE, s, -1);
                cr_assert_eq(codec_encode(s, &natural, &b, &why), 0, "%s", why.text);
        }
        Bytes ret = kept(t, buffer_bytes(&b));
        buffer_deinit(&b);
        return ret;
}

static void add(Transcript *t, const char *port, Bytes key, Bytes value, int64_t time_us) {
        bool row = port_of(t, port)->role == TOCSIN_TABLE;
        cr_assert(row ? t->n_rows < sizeof t->rows / sizeof *t->rows : t->n < TRANSCRIPT_RECORDS);
        *(row ? &t->rows[t->n_rows++] : &t->step[t->n++]) = (Step){ port, key, value, time_us };
}

static int64_t next_time(const Transcript *t) {
        return t->n ? t->step[t->n - 1].time_us + STEP_US : START;
}

void transcript_lines(Transcript *t, const char *file, size_t most) {
        char path[512], *line = NULL;
        size_t size = 0, end = t->n + most;
        snprintf(path, sizeof path, TOCSIN_SOURCE "/tests/%s", file);
        FILE *f = fopen(path, "r");
        cr_assert(f, "%s", path);
        while (t->n < end && getline(&line, &size, f) > 0) {
                tocsin_value v;
                Why why = { 0 };
                cr_assert_eq(json_parse(t->arena, bytes_z(line), &v, NULL, &why), 0, "%s", why.text);
                Bytes name = tocsin_get_bytes(&v, "port");
                const char *port = (const char *)kept(t, name).ptr;
                bool known = false;
                for (uint32_t i = 0; i < t->plugin->self.n_ports; i++)
                        known |= strcmp(t->plugin->port[i]->name, port) == 0;
                if (known) /* not every plugin has the registry */
                        add(t, port, kept(t, tocsin_get_bytes(&v, "key")), encoded(t, port_of(t, port), tocsin_find(&v, "value")),
                            tocsin_get_i64(&v, "time_us", 0));
        }
        free(line);
        fclose(f);
}

void transcript_loops(Transcript *t, const char *file) {
        char path[512];
        tocsin_value v;
        Complaints c = { 0 };
        snprintf(path, sizeof path, TOCSIN_SOURCE "/tests/%s", file);
        cr_assert_eq(yaml_load(path, sample_read(t->arena, path), t->arena, &v, NULL, &c), 0);
        for (uint32_t i = 0; i < v.len; i++)
                add(t, "registry", kept(t, tocsin_get_bytes(&v.u.items[i], "id")),
                    encoded(t, port_of(t, "registry"), &v.u.items[i]), 0);
        complaints_deinit(&c);
}

void transcript_samples(Transcript *t, const char *folder) {
        char **samples = samples_of(folder);
        for (char **s = samples; *s; s++)
                add(t, "in", BYTES_NULL, sample_read(t->arena, *s), next_time(t));
        samples_free(samples);
}

void transcript_raw(Transcript *t, const char *port, const char *text) {
        add(t, port, BYTES_NULL, kept(t, bytes_z(text)), next_time(t));
}

/* ---- a life ----------------------------------------------------------------------------------------- */

static int64_t wall(const Clock *c) {
        return ((const Rig *)(const void *)((const char *)c - offsetof(Rig, clock)))->wall_us;
}

static void world(Rig *r, const Transcript *t, uint32_t workers) {
        rig_init(r, &t->plugin->self, t->partitions, workers);
        r->plugin = *t->plugin;
        r->settings = t->settings;
        r->clock.clock.wall_us = wall;
        r->wall_us = r->clock.now_us = t->step[0].time_us;
        r->pipe.commit_us = INT64_C(1000000000000); /* the test says when */
        r->pipe.lateness_us = 10000000; /* as configured when nothing is */
        r->pipe.idle_us = INT64_C(1000000000000); /* a new life begins silence anew, and so would differ */
        r->pipe.n_ports = 0;
        for (uint32_t i = 0; i < t->plugin->self.n_ports; i++) {
                const tocsin_port *p = t->plugin->port[i];
                if (p->role == TOCSIN_INTERNAL)
                        continue;
                r->ports[r->pipe.n_ports++] =
                        (ConfigPort){ .name = p->name, .topic = p->name, .partitioner = PARTITIONER_MURMUR2, .schema_id = -1 };
                if (strcmp(p->name, "events") != 0)
                        cr_assert_eq(bus_mem_topic(r->log, p->name, t->partitions, p->role == TOCSIN_TABLE), 0);
        }
        for (size_t i = 0; i < t->n_rows; i++)
                cr_assert_eq(bus_mem_put(r->log, t->rows[i].port, -1, t->rows[i].key, t->rows[i].value, r->clock.now_us), 0);
}

/* ---- what is left ------------------------------------------------------------------------------------ */

static int by_text(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *joined(char **line, size_t n) {
        Buffer b = BUFFER_NULL;
        if (n)
                qsort(line, n, sizeof *line, by_text);
        for (size_t i = 0; i < n; i++) {
                buffer_printf(&b, "%s\n", line[i]);
                free(line[i]);
        }
        buffer_u8(&b, 0);
        free(line);
        return (char *)b.ptr;
}

static char *printed(const tocsin_value *v) {
        Buffer b = BUFFER_NULL;
        value_print(&b, v);
        buffer_u8(&b, 0);
        return (char *)b.ptr;
}

typedef struct Sets {
        Plan *plan;
        Arena *arena;
        char **line;
        size_t n;
} Sets;

/* One record as text, each of its lists sorted. */
static int as_sets(void *arg, const BusRecord *r) {
        Sets *s = arg;
        tocsin_value v;
        Buffer b = BUFFER_NULL;
        arena_reset(s->arena);
        cr_assert_eq(plan_decode(s->plan, bytes_of(r->value.ptr + 10, r->value.len - 10), s->arena, &v), 0);
        for (uint32_t f = 0; f < v.len; f++) {
                const tocsin_value *field = &v.u.fields[f].value;
                uint32_t n = field->kind == TOCSIN_LIST ? field->len : 1;
                char **item = calloc(n + 1, sizeof *item);
                for (uint32_t i = 0; i < n; i++)
                        item[i] = printed(field->kind == TOCSIN_LIST ? &field->u.items[i] : field);
                char *text = joined(item, n);
                buffer_put_z(&b, text);
                free(text);
        }
        buffer_u8(&b, 0);
        s->line = realloc(s->line, (s->n + 1) * sizeof *s->line);
        s->line[s->n++] = (char *)b.ptr;
        return 0;
}

static char *sets(Transcript *t, Rig *r, const tocsin_port *p) {
        Why why = { 0 };
        const Schema *schema = schemas_by_name(t->schemas, p->schema);
        Sets s = { .arena = arena_new(4u << 20) };
        cr_assert(schema && plan_new(&s.plan, schema, schema, NULL, 0, &why) == 0, "%s", why.text);
        bus_mem_each(r->log, p->name, as_sets, &s);
        plan_free(s.plan);
        arena_free(s.arena);
        return joined(s.line, s.n);
}

static char *outputs(Transcript *t, Rig *r) {
        Buffer b = BUFFER_NULL;
        for (uint32_t i = 0; i < t->plugin->self.n_ports; i++) {
                const tocsin_port *p = t->plugin->port[i];
                if (p->role != TOCSIN_STREAM || p->direction != TOCSIN_OUT)
                        continue;
                char *one = t->sets ? sets(t, r, p) : rig_outputs(r, p->name);
                buffer_put_z(&b, one);
                free(one);
        }
        buffer_u8(&b, 0);
        return (char *)b.ptr;
}

static size_t lines_in(const char *z) {
        size_t n = 0;
        for (; *z; z++)
                n += *z == '\n';
        return n;
}

static void all_alive(Rig *r) {
        for (uint32_t i = 0; i < r->n_workers; i++)
                if (!r->worker[i])
                        rig_start(r, i);
}

/* Everything is committed, and what that brings about, too. */
static void rest(Rig *r) {
        for (bool open = true; open;) {
                open = false;
                rig_commit(r);
                for (uint32_t i = 0; i < r->n_workers; i++)
                        open |= r->worker[i] && r->worker[i]->open;
        }
}

void transcript_play(Transcript *t, uint32_t workers, Happen happen, void *arg, Left *ret) {
        Rig r;
        setenv("RIG_IDS", "1", 1);
        world(&r, t, workers);
        all_alive(&r);
        rig_settle(&r);
        for (size_t i = 0; i < t->n; i++) {
                const Step *s = &t->step[i];
                size_t last = i - i % t->turn + t->turn - 1;
                r.wall_us = t->step[last < t->n ? last : t->n - 1].time_us;
                int32_t partition = s->key.ptr ? -1 : (int32_t)(i % (size_t)t->partitions);
                if (happen)
                        happen(&r, i, true, arg);
                cr_assert_eq(bus_mem_put(r.log, s->port, partition, s->key, s->value, s->time_us), 0);
                rig_settle(&r);
                if (happen)
                        happen(&r, i, false, arg);
                if (i == last)
                        rest(&r);
        }
        all_alive(&r);
        rig_settle(&r);
        rest(&r);
        *ret = (Left){ .tables = rig_dump(&r, true) };
        for (int round = 0; round < 3; round++) { /* what the last timers tell may set some more */
                for (uint32_t i = 0; i < workers; i++)
                        for (int a = WORKER_E_WAIT; a == WORKER_E_WAIT;) { /* a fault that waited may strike here */
                                a = worker_finish(r.worker[i], r.wall_us + CALM_US);
                                cr_assert(a == 0 || a == WORKER_E_WAIT, "%d", a);
                                rig_settle(&r);
                        }
                rest(&r);
        }
        rig_balance(&r, -1);
        ret->outputs = outputs(t, &r);
        ret->dead = rig_outputs(&r, r.pipe.dlq);
        ret->tables_end = rig_dump(&r, true);
        for (uint32_t i = 0; i < workers; i++)
                rig_kill(&r, i);
        bus_mem_compact(r.log, r.pipe.changelog);
        all_alive(&r);
        rig_settle(&r);
        char *restored = rig_dump(&r, true);
        cr_assert_str_eq(restored, ret->tables_end, "%s: the changelog does not give back the tables", t->plugin->self.name);
        free(restored);
        rig_deinit(&r);
        ret->n_outputs = lines_in(ret->outputs);
        ret->n_dead = lines_in(ret->dead);
        ret->n_tables = lines_in(ret->tables);
}

void left_deinit(Left *l) {
        free(l->outputs);
        free(l->dead);
        free(l->tables_end);
        free(l->tables);
}
