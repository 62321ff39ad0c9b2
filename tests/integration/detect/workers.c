/* Several workers on one log in memory, each its share of the partitions, none in step with another.
 *
 *      workers N SEED CONFIG --from events=FILE --table registry=FILE --until US --partitions P
 *
 * Prints what comes out as `tocsin replay` does. SEED decides how far a worker falls behind: by up to 3 s of arrivals, and
 * in which order they get on. */
#include <sysexits.h>

#include "bin/stage.h"
#include "core/cleanup.h"
#include "value/value.h"

#include "json/json.h"
#include <tocsin/value.h>

#define WORKERS_MAX 8u
#define LAG_US 3000000 /* far below the watermark's lateness of 10 s */
#define PATIENCE 1000000u

typedef struct Crew {
        Config *config;
        Schemas *schemas;
        Loaded loaded[LIMIT_PORTS];
        Stage stage;
        ReplayClock clock;
        Worker *worker[WORKERS_MAX];
        Metrics *metrics[WORKERS_MAX];
        InFlight in_flight[WORKERS_MAX];
        uint32_t n;
        uint64_t chance, written;
        Arena *line, *out;
} Crew;

static void die(const char *what, const char *why) {
        fprintf(stderr, "workers: %s: %s\n", what, why);
        exit(1);
}

static uint32_t below(Crew *c, uint32_t n) {
        c->chance = c->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(c->chance >> 33) % n;
}

/* ---- in ----------------------------------------------------------------------------------------------- */

/* One line {"key","time_us","value"} into the log; its arrival. */
static int64_t put(Crew *c, const StagePort *port, Bytes line) {
        Why why = { 0 };
        Buffer frame = BUFFER_NULL;
        tocsin_value v, natural;
        arena_reset(c->line);
        if (json_parse(c->line, line, &v, NULL, &why) != 0 ||
            natural_read(port->schema, tocsin_find(&v, "value"), c->line, &natural, &why) != 0)
                die("a line", why.text);
        int64_t arrival = tocsin_get_i64(&v, "time_us", 0);
        frame_put(&frame, FRAMING_SINGLE, port->schema, -1);
        if (codec_encode(port->schema, &natural, &frame, &why) != 0 ||
            stage_put(&c->stage, port->topic, tocsin_get_bytes(&v, "key"), buffer_bytes(&frame), arrival, &why) != 0)
                die("a record", why.text);
        buffer_deinit(&frame);
        return arrival;
}

/* ---- turns -------------------------------------------------------------------------------------------- */

/* Until worker i has nothing to do. True: it did something. */
static bool settle_one(Crew *c, uint32_t i) {
        bool any = false;
        for (unsigned n = 0; n < PATIENCE; n++) {
                int r = worker_turn(c->worker[i], 0);
                if (r < 0 || r == WORKER_E_WAIT)
                        die("turn", c->in_flight[i].trouble);
                if (r != 0)
                        break;
                any = true;
        }
        if (worker_commit(c->worker[i]) < 0)
                die("commit", c->in_flight[i].trouble);
        return any;
}

/* What one tells another goes on until nobody has anything to do. */
static void settle(Crew *c) {
        for (uint32_t still = 0, i = below(c, c->n); still < 3 * c->n; i = (i + 1) % c->n) {
                still = settle_one(c, i) ? 0 : still + 1;
                c->clock.mono_us += 1000;
        }
}

static int print(void *arg, const StageOutput *o) {
        Crew *c = arg;
        Buffer b = BUFFER_NULL;
        buffer_put_z(&b, "{\"port\":");
        value_print_string(&b, bytes_z(o->port->name));
        buffer_put_z(&b, ",\"value\":");
        value_print(&b, &o->value);
        buffer_put_z(&b, "}\n");
        if (b.failed || fwrite(b.ptr, 1, b.len, stdout) != b.len)
                die("stdout", "cannot be written");
        buffer_deinit(&b);
        c->written++;
        return 0;
}

static void take(Crew *c) {
        Why why = { 0 };
        if (stage_take(&c->stage, c->out, print, c, &why) != 0)
                die("output", why.text);
}

/* ---- from beginning to end ---------------------------------------------------------------------------- */

static void begin(Crew *c, const char *config, int32_t partitions) {
        Why why = { 0 };
        size_t n = 0;
        char pointer[256];
        c->line = arena_new(LIMIT_DECODE_BYTES);
        c->out = arena_new(LIMIT_DECODE_BYTES);
        if (load_config(&c->config, config) != 0 || load_schemas(&c->schemas, c->config) != 0 || c->config->n_pipelines != 1)
                die(config, "one pipeline that loads is needed");
        c->config->embedded = false;
        c->config->pipelines[0].exactly_once = true;
        c->config->pipelines[0].start = START_EARLIEST;
        c->config->pipelines[0].workers = c->n;
        if (load_pipelines(c->loaded, &n, c->config, NULL) != 0 ||
            stage_init(&c->stage, &c->loaded[0], c->schemas, &c->clock, partitions, &why) != 0)
                die(config, why.text);
        for (uint32_t i = 0; i < c->n; i++) {
                c->metrics[i] = metrics_new();
                const WorkerConf conf = { .config = c->config,
                                          .pipeline = c->loaded[0].pipe,
                                          .ordinal = i,
                                          .plugin = c->loaded[0].plugin,
                                          .settings = &c->loaded[0].settings,
                                          .schemas = c->schemas,
                                          .clock = &c->clock.clock,
                                          .mem = c->stage.log,
                                          .metrics = c->metrics[i],
                                          .in_flight = &c->in_flight[i],
                                          .journal_wall = true };
                if (!c->metrics[i] || worker_new(&c->worker[i], &conf, &why, pointer) != 0)
                        die("worker", why.text);
        }
}

static void feed_all(Crew *c, const char *port_name, const char *file, bool turns) {
        const StagePort *port = stage_port(&c->stage, bytes_z(port_name));
        FILE *f = fopen(file, "r");
        char *line = NULL;
        size_t room = 0;
        int64_t until = 0;
        if (!port || !f)
                die(file, "cannot be read");
        for (ssize_t len; (len = getline(&line, &room, f)) > 0;) {
                int64_t arrival = put(c, port, bytes_of(line, (size_t)len));
                if (!turns)
                        continue;
                if (arrival > c->clock.wall_us)
                        c->clock.wall_us = arrival;
                if (arrival < until)
                        continue;
                until = arrival + 1 + below(c, LAG_US / 2);
                if (below(c, 2))
                        settle(c);
                else /* the others fall behind */
                        settle_one(c, below(c, c->n));
                take(c);
        }
        free(line);
        fclose(f);
}

static void finish(Crew *c, int64_t until) {
        uint64_t before;
        settle(c);
        c->clock.wall_us = until;
        do {
                take(c);
                before = c->written;
                for (uint32_t i = 0; i < c->n; i++) {
                        if (worker_finish(c->worker[i], until) < 0)
                                die("finish", c->in_flight[i].trouble);
                        settle(c);
                }
                take(c);
        } while (c->written != before);
}

int main(int argc, char **argv) {
        static Crew crew;
        if (argc != 12 || (crew.n = (uint32_t)atoi(argv[1])) == 0 || crew.n > WORKERS_MAX)
                die("usage", "workers N SEED CONFIG --from events=FILE --table registry=FILE --until US --partitions P");
        crew.chance = strtoull(argv[2], NULL, 10);
        crew.clock = replay_clock();
        begin(&crew, argv[3], atoi(argv[11]));
        feed_all(&crew, "registry", strchr(argv[7], '=') + 1, false);
        settle(&crew);
        feed_all(&crew, "events", strchr(argv[5], '=') + 1, true);
        finish(&crew, strtoll(argv[9], NULL, 10));
        for (uint32_t i = 0; i < crew.n; i++) {
                worker_free(crew.worker[i]);
                metrics_free(crew.metrics[i]);
        }
        stage_deinit(&crew.stage);
        schemas_free(crew.schemas);
        config_free(crew.config);
        arena_free(crew.line);
        arena_free(crew.out);
        return fflush(stdout) == 0 ? 0 : EX_IOERR;
}
