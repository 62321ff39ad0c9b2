/* One worker with one plugin: on the in-memory bus, and on a real Kafka under a harness. */
#include "bin/bench.h"
#include "bin/bench_events.h"
#include "bin/load.h"
#include "bus/mem.h"
#include "task/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define BATCH_US INT64_C(1000000)
#define PARTITIONS 1 /* one core, one task: what a worker costs, not how it is spread */

typedef struct Setup {
        char path[64];
        Config *config;
        Schemas *schemas;
        Loaded loaded;
        Metrics *metrics;
        BusMemLog *log;
        Worker *worker;
        WorkerConf conf;
        Why why;
} Setup;

static int refuse(const Why *why, const char *what) {
        fprintf(stderr, "tocsin bench: %s%s%s\n", what, why && why->text[0] ? ": " : "", why ? why->text : "");
        return EX_SOFTWARE;
}

static void finish(Setup *s) {
        worker_free(s->worker);
        bus_mem_free(s->log);
        metrics_free(s->metrics);
        schemas_free(s->schemas);
        config_free(s->config);
        if (s->path[0])
                unlink(s->path);
}

/* The configuration is a file like any other, so that what is measured is what users run. */
static int set_up(Setup *s, const char *yaml) {
        size_t n;
        snprintf(s->path, sizeof s->path, "/tmp/tocsin-bench-XXXXXX");
        int fd = mkstemp(s->path);
        if (fd < 0 || write(fd, yaml, strlen(yaml)) != (ssize_t)strlen(yaml) || close(fd) != 0) {
                s->path[0] = 0;
                return refuse(NULL, "cannot write the configuration into /tmp");
        }
        int r = load_config(&s->config, s->path);
        if (r == 0)
                r = load_schemas(&s->schemas, s->config);
        if (r == 0)
                r = load_pipelines(&s->loaded, &n, s->config, NULL);
        if (r != 0)
                return r;
        s->metrics = metrics_new();
        s->conf = (WorkerConf){ .config = s->config,
                                .pipeline = s->loaded.pipe,
                                .plugin = s->loaded.plugin,
                                .settings = &s->loaded.settings,
                                .schemas = s->schemas,
                                .clock = &clock_system,
                                .metrics = s->metrics };
        return s->metrics ? 0 : EX_OSERR;
}

static int start(Setup *s) {
        char pointer[256];
        int r = worker_new(&s->worker, &s->conf, &s->why, pointer);
        return r == 0 ? 0 : refuse(&s->why, "the worker was refused");
}

static int fill_registry(Setup *s, unsigned loops, Buffer *out) {
        const Schema *schema = schemas_by_name(s->schemas, "tocsin.Loop");
        char key[16];
        int r = schema ? 0 : -ENOENT;
        for (unsigned loop = 0; r == 0 && loop < loops; loop++) {
                buffer_clear(out);
                bench_loop(loop, key);
                r = bench_loop_entry(loop, schema, out, &s->why);
                if (r == 0)
                        r = bus_mem_put(s->log, "closed-loop.registry", 0, bytes_z(key), buffer_bytes(out), 1);
        }
        return r;
}

static int fill_events(Setup *s, const BenchTask *b, Buffer *out) {
        const Schema *schema = schemas_by_name(s->schemas, b->own ? s->loaded.plugin->port[0]->schema : "tocsin.ClosedLoopEvent");
        BenchEvents e = { .loops = (unsigned)b->loops, .step_us = 100 };
        char key[16];
        unsigned loop;
        int r = schema ? 0 : -ENOENT;
        e.from_us = clock_system.wall_us(&clock_system) - b->events * 100 - 60000000;
        e.loop = calloc(e.loops, sizeof *e.loop);
        if (!e.loop)
                r = -ENOMEM;
        for (int64_t i = 0; r == 0 && i < b->events; i++) {
                buffer_clear(out);
                r = bench_event(&e, schema, out, &loop, &s->why);
                bench_loop(loop, key);
                if (r == 0)
                        r = bus_mem_put(s->log, "events", 0, bytes_z(key), buffer_bytes(out), e.from_us + i * 100);
        }
        free(e.loop);
        return r;
}

static int fill(Setup *s, const BenchTask *b) {
        Buffer out = BUFFER_NULL;
        int r = b->own ? 0 : fill_registry(s, (unsigned)b->loops, &out);
        if (r == 0)
                r = fill_events(s, b, &out);
        buffer_deinit(&out);
        return r == 0 ? 0 : refuse(&s->why, "cannot make the events");
}

static int make_topics(Setup *s) {
        const ConfigPipeline *pipe = s->loaded.pipe;
        const char *const topics[] = { "events", "closed-loop.registry", "out", pipe->dlq, pipe->changelog, pipe->retry };
        int r = 0;
        for (size_t i = 0; r == 0 && i < sizeof topics / sizeof *topics; i++)
                r = bus_mem_topic(s->log, topics[i], PARTITIONS, i == 4);
        for (uint32_t i = 0; r == 0 && i < s->loaded.plugin->self.n_ports; i++) {
                const tocsin_port *p = s->loaded.plugin->port[i];
                char name[256];
                snprintf(name, sizeof name, "__tocsin.bench.p.port.%s", p->name);
                if (p->role == TOCSIN_INTERNAL)
                        r = bus_mem_topic(s->log, name, PARTITIONS, false);
                snprintf(name, sizeof name, "__tocsin.bench.p.port.__rekey.%s", p->name);
                if (r == 0 && p->role == TOCSIN_STREAM && p->direction == TOCSIN_IN)
                        r = bus_mem_topic(s->log, name, PARTITIONS, false);
        }
        return r == 0 ? 0 : refuse(NULL, "cannot make the topics");
}

/* Until nothing is left, what it told itself included; *took: CPU time, without the commit at the end if `one_turn`. */
static int run_dry(Setup *s, bool one_turn, int64_t *took) {
        int64_t begun = bench_cpu_ns();
        for (int idle = 0; idle < 2;) {
                int t = worker_turn(s->worker, 0);
                if (t < 0 || t == WORKER_E_WAIT)
                        return refuse(NULL, "the worker stopped");
                idle = t == WORKER_E_IDLE ? idle + 1 : 0;
                if (idle == 1)
                        *took = bench_cpu_ns() - begun;
                if (t == WORKER_E_IDLE && worker_commit(s->worker) < 0)
                        return refuse(NULL, "the last commit failed");
        }
        if (!one_turn)
                *took = bench_cpu_ns() - begun;
        return 0;
}

/* The next life of that worker: until its tables are whole and its plugin has read them. */
static int restore_round(Setup *s, double *per_second) {
        static InFlight flight; /* shared memory elsewhere */
        flight = (InFlight){ 0 };
        s->worker = worker_free(s->worker);
        s->conf.in_flight = &flight;
        int64_t begun = bench_cpu_ns();
        int r = start(s);
        while (r == 0 && !atomic_load(&flight.ready)) {
                int t = worker_turn(s->worker, 0);
                if (t < 0 || t == WORKER_E_WAIT)
                        r = refuse(NULL, "the worker did not come back");
        }
        *per_second = (double)atomic_load(&flight.restore_done) / ((double)(bench_cpu_ns() - begun) / 1e9);
        return r;
}

static int task_round(const BenchTask *b, double *per_second, double *records, double *restored) {
        Setup s = { 0 };
        char yaml[2048];
        snprintf(yaml, sizeof yaml,
                 "app: bench\nkafka: {bootstrap.servers: 127.0.0.1:1}\nhttp: off\nmemory: {max: %s}\n%s%s%spipelines:\n  p:\n"
                 "    plugin: %s\n    partitions: %d\n%s    ports: {events: events, %s}\n",
                 b->one_turn ? "16GiB" : "1GiB", b->schemas ? "schemas: [\"" : "", b->schemas ? b->schemas : "",
                 b->schemas ? "\"]\n" : "", b->plugin, PARTITIONS,
                 b->one_turn ? "    commit: {interval: 1m, memory: 8GiB}\n" : "",
                 b->own ? "alerts: out" : "registry: closed-loop.registry, incidents: out");
        int r = set_up(&s, yaml);
        s.log = r == 0 ? bus_mem_new() : NULL;
        s.conf.mem = s.log;
        if (r == 0)
                r = s.log ? make_topics(&s) : EX_OSERR;
        if (r == 0)
                r = fill(&s, b);
        if (r == 0)
                r = start(&s);
        int64_t took = 0;
        if (r == 0)
                r = run_dry(&s, b->one_turn, &took);
        if (r == 0 && b->one_turn) { /* the same keys again: their entries are there */
                r = fill(&s, b);
                if (r == 0)
                        r = run_dry(&s, true, &took);
        }
        if (r == 0 && metrics_sum(s.metrics, "tocsin_records_in_total") < (double)b->events)
                r = refuse(NULL, "not every event was read");
        *per_second = (double)b->events / ((double)took / 1e9);
        *records = metrics_sum(s.metrics, "tocsin_records_in_total");
        if (r == 0)
                r = restore_round(&s, restored);
        finish(&s);
        return r;
}

int bench_task(const BenchTask *b) {
        double *v = calloc(2 * (size_t)b->rounds, sizeof *v), records = 0;
        int r = v ? 0 : EX_OSERR;
        for (int64_t i = 0; r == 0 && i < b->rounds; i++)
                r = task_round(b, &v[i], &records, &v[b->rounds + i]);
        if (r == 0) {
                bench_print(b->json, b->plugin, "events/s of CPU", v, (int)b->rounds);
                bench_print(b->json, "records, internal ones included", "", &records, 1);
                bench_print(b->json, "restore from the changelog", "records/s of CPU", v + b->rounds, (int)b->rounds);
        }
        free(v);
        return r;
}

/* ---- on Kafka ---- */

static volatile sig_atomic_t stopped;

static void stop(int sig) {
        (void)sig;
        stopped = 1;
}

static const char *order(const char *name) {
        const char *v = getenv(name);
        if (!v)
                fprintf(stderr, "tocsin bench kafka: %s is not set; see tocsin bench kafka --help\n", name);
        return v ? v : "";
}

static void mark(const char *what, Setup *s) {
        printf("%s in=%.0f out=%.0f\n", what, metrics_sum(s->metrics, "tocsin_records_in_total"),
               metrics_sum(s->metrics, "tocsin_plugin_alerts"));
        fflush(stdout);
}

int bench_kafka(const char *plugin) {
        Setup s = { 0 };
        char yaml[4096];
        if (!plugin)
                return refuse(NULL, "--plugin FILE is missing");
        double wanted = atof(order("BENCH_RECORDS"));
        snprintf(yaml, sizeof yaml,
                 "app: %s\nkafka: {bootstrap.servers: \"%s\", compression.codec: lz4, linger.ms: 5}\nhttp: off\ntopics: {create: "
                 "true}\nschemas: "
                 "[\"%s\"]\n"
                 "pipelines:\n  p:\n    plugin: %s\n    guarantee: %s\n    partitions: 8\n    commit: {interval: %sms}\n"
                 "    ports: {events: \"%s\", alerts: \"%s\"}\n",
                 order("BENCH_ID"), order("BENCH_BOOTSTRAP"), order("BENCH_SCHEMAS"), plugin,
                 strcmp(order("BENCH_MODE"), "eos") ? "at_least_once" : "exactly_once", order("BENCH_COMMIT_MS"),
                 order("BENCH_IN"), order("BENCH_OUT"));
        int r = set_up(&s, yaml);
        if (r == 0) {
                s.config->pipelines[0].changelog = order("BENCH_CHANGELOG");
                r = start(&s);
        }
        signal(SIGTERM, stop);
        bool first = false, half = false;
        while (r == 0 && !stopped) {
                int t = worker_turn(s.worker, BATCH_US);
                if (t < 0)
                        r = refuse(NULL, "the worker stopped");
                double in = metrics_sum(s.metrics, "tocsin_records_in_total");
                if (t == 0 && !first) {
                        first = true;
                        mark("first", &s);
                }
                if (wanted > 0 && !half && in >= wanted / 2) {
                        half = true;
                        mark("half", &s);
                }
                if (wanted > 0 && in >= wanted)
                        break;
        }
        if (r == 0 && worker_commit(s.worker) != 0)
                r = EX_SOFTWARE;
        mark("last", &s);
        finish(&s);
        return r;
}
