/* What a burst of poison costs: every third record of 100,000 cannot be processed, beside the same number without poison, in one
 * run and in turn.
 *
 *      bench_poison [BOOTSTRAP] [--rounds N] [--records N] [--kind KIND]...    without BOOTSTRAP on the bus in memory
 *
 * clean: no poison | decode: bytes that are no event | poison: the plugin says so | after: it says so having put and emitted,
 * so that the turn must go back. One line of JSON a run, and one a kind with the factor of the medians. Exits 1 if a good record
 * was lost or doubled, or a dead letter. */
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "world.h"

#define PARTITIONS 4
#define ROUNDS_MAX 31
#define SILENCE_US INT64_C(60000000) /* without a record that comes through: something hangs */
#define TEXT                                                                                                 \
        "{\"type\":\"record\",\"name\":\"poison.Event\",\"fields\":[{\"name\":\"key\",\"type\":\"string\"}," \
        "{\"name\":\"n\",\"type\":\"long\"},{\"name\":\"what\",\"type\":\"int\"}]}"

enum { CLEAN, DECODE, POISON, AFTER, KINDS };
static const char *const kinds[] = { "clean", "decode", "poison", "after" };

/* ---- a plugin that counts by key and emits each count --------------------------------------------------- */

typedef struct Inst {
        const tocsin_host *host;
        int64_t n, what;
} Inst;

static int create(void **ret, const tocsin_host *h, const tocsin_value *config) {
        (void)config;
        Inst *i = malloc(sizeof *i);
        if (!i)
                return -ENOMEM;
        *i = (Inst){ h, h->field(h, 0, "n"), h->field(h, 0, "what") };
        *ret = i;
        return 0;
}

static int process(void *inst, const tocsin_event *e) {
        Inst *i = inst;
        tocsin_bytes old;
        int64_t count = 0, what = tocsin_as_i64(tocsin_at(&e->body, i->what), 0);
        if (what == POISON) {
                i->host->fail(i->host, "poison");
                return TOCSIN_POISON;
        }
        int r = i->host->get(i->host, e->key, &old);
        if (r != 0)
                return r;
        if (old.len == sizeof count)
                memcpy(&count, old.ptr, sizeof count);
        count++;
        r = i->host->put(i->host, e->key, tocsin_bytes_of(&count, sizeof count));
        const tocsin_field f[] = { tocsin_field_of("key", tocsin_str_of(e->key)), tocsin_field_of("n", tocsin_i64(count)),
                                   tocsin_field_of("what", tocsin_i64(0)) };
        const tocsin_value v = tocsin_record(f, 3);
        if (r == 0)
                r = i->host->emit(i->host, 1, e->key, &v);
        if (r == 0 && what == AFTER) {
                i->host->fail(i->host, "poison, seen late");
                return TOCSIN_POISON;
        }
        return r;
}

static const tocsin_port in = {
        .size = sizeof in, .direction = TOCSIN_IN, .name = "in", .schema = TEXT, .help = "in", .key = "key"
};
static const tocsin_port out = { .size = sizeof out, .direction = TOCSIN_OUT, .name = "out", .schema = TEXT, .help = "out" };
static const tocsin_port *const ports[] = { &in, &out };
static const tocsin_plugin self = { .size = sizeof self,
                                    .abi = TOCSIN_ABI,
                                    .needs = TOCSIN_ABI,
                                    .state_version = 1,
                                    .name = "poison",
                                    .version = "1.0.0",
                                    .license = "Apache-2.0",
                                    .summary = "counts, or is poisoned",
                                    .n_ports = 2,
                                    .ports = ports,
                                    .create = create,
                                    .destroy = free,
                                    .process = process };

/* ---- one run -------------------------------------------------------------------------------------------- */

typedef struct Run {
        World world;
        int kind;
        long records;
} Run;

static void put_long(Buffer *b, int64_t n) {
        uint64_t z = ((uint64_t)n << 1) ^ (uint64_t)(n >> 63);
        for (; z >= 0x80; z >>= 7)
                buffer_u8(b, (uint8_t)(z | 0x80));
        buffer_u8(b, (uint8_t)z);
}

static void fill(Run *r, const Schema *schema) {
        Buffer v = BUFFER_NULL;
        char key[16];
        uint32_t to;
        world_topics(&r->world, 5);
        Bus *b = world_writer(&r->world, &to);
        for (long i = 0; i < r->records; i++) {
                bool bad = r->kind != CLEAN && i % 3 == 2;
                snprintf(key, sizeof key, "loop-%ld", i % 100);
                buffer_clear(&v);
                frame_put(&v, FRAMING_SINGLE, schema, -1);
                put_long(&v, (int64_t)strlen(key));
                buffer_put_z(&v, key);
                put_long(&v, i);
                if (!bad || r->kind != DECODE) /* torn: the last field is missing */
                        put_long(&v, bad ? r->kind : CLEAN);
                world_send(b, to, key, &v);
        }
        world_written(b);
        buffer_deinit(&v);
}

static long count(Run *r, const char *topic) {
        BusReader *reader = NULL;
        const BusRecord *at;
        size_t n;
        Why why = { 0 };
        long all = 0;
        int a = bus_reader_open(&reader, &r->world.bus, &topic, 1, -1, &why);
        while (a == 0 || a == BUS_E_IDLE) {
                a = bus_reader_poll(reader, 500000, &at, &n);
                all += a == 0 ? (long)n : 0;
        }
        bus_reader_close(reader);
        if (a != BUS_E_END)
                world_die("read", why.text[0] ? why.text : bus_answer(a));
        return all;
}

typedef struct Took {
        double wall_s, cpu_s;
} Took;

static void work(Run *r, Took *ret) {
        Why why = { 0 };
        Worker *w = NULL;
        Metrics *metrics = metrics_new();
        r->world.worker.metrics = metrics;
        if (!metrics || worker_new(&w, &r->world.worker, &why, NULL) != 0)
                world_die("worker", why.text);
        while (w->phase != PHASE_RUNNING)
                if (worker_turn(w, 10000) == WORKER_E_WAIT)
                        usleep(1000);
        int64_t from = clock_read_us(CLOCK_MONOTONIC), cpu = clock_read_us(CLOCK_PROCESS_CPUTIME_ID), last = from;
        double came = 0, before = 0;
        while ((came = metrics_sum(metrics, "tocsin_records_in_total")) < (double)r->records) {
                int64_t now = clock_read_us(CLOCK_MONOTONIC);
                if (came > before) {
                        before = came;
                        last = now;
                }
                if (now - last > SILENCE_US)
                        world_die("worker", "nothing comes through");
                int a = worker_turn(w, 10000);
                if (a == WORKER_E_IDLE) /* all is there: the interval of the last commit is not what is measured */
                        a = worker_commit(w);
                if (a < 0)
                        world_die("worker", strerror(-a));
                if (a == WORKER_E_WAIT)
                        usleep(1000);
        }
        ret->wall_s = (double)(clock_read_us(CLOCK_MONOTONIC) - from) / 1e6;
        ret->cpu_s = (double)(clock_read_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e6;
        worker_free(w);
        metrics_free(metrics);
}

static Took run(const char *bootstrap, int kind, int round, long records) {
        static Run r;
        Why why = { 0 };
        Took took;
        char app[64];
        snprintf(app, sizeof app, "poison-%d-%s-%d", (int)getpid(), kinds[kind], round);
        r.kind = kind;
        r.records = records;
        world_up(&r.world, app, bootstrap, PARTITIONS, &self);
        r.world.pipe.commit_bytes = 32u << 20;
        Schema *schema = NULL;
        if (schema_parse(&schema, bytes_z(TEXT), NULL, &why) != 0)
                world_die("schema", why.text);
        fill(&r, schema);
        work(&r, &took);
        if (bootstrap)
                sleep(1); /* a broker says that it is committed before every partition knows */
        long bad = kind == CLEAN ? 0 : records / 3, good = count(&r, r.world.out), dead = count(&r, r.world.dlq);
        printf("{\"bus\": \"%s\", \"kind\": \"%s\", \"records\": %ld, \"out\": %ld, \"dead\": %ld, \"seconds\": %.3f, "
               "\"cpu_seconds\": "
               "%.3f, \"records_by_second\": %.0f}\n",
               bootstrap ? "kafka" : "mem", kinds[kind], records, good, dead, took.wall_s, took.cpu_s,
               (double)records / took.wall_s);
        fflush(stdout);
        if (good != records - bad || dead != bad)
                world_die(kinds[kind], "records are lost or doubled");
        schema_free(schema);
        world_down(&r.world);
        return took;
}

static int by_size(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

static double median(double *at, int n) {
        qsort(at, (size_t)n, sizeof *at, by_size);
        return at[n / 2];
}

int main(int argc, char **argv) {
        const char *bootstrap = NULL;
        long rounds = 3, records = 100000;
        double wall[KINDS][ROUNDS_MAX], cpu[KINDS][ROUNDS_MAX];
        bool wanted[KINDS] = { false };
        for (int i = 1; i < argc; i++) {
                if (!strcmp(argv[i], "--kind") && i + 1 < argc) {
                        for (int k = CLEAN + 1; k < KINDS; k++)
                                wanted[k] |= !strcmp(argv[i + 1], kinds[k]);
                        i++;
                } else if (!strcmp(argv[i], "--rounds") && i + 1 < argc) {
                        rounds = atol(argv[++i]);
                } else if (!strcmp(argv[i], "--records") && i + 1 < argc) {
                        records = atol(argv[++i]);
                } else {
                        bootstrap = argv[i];
                }
        }
        if (rounds < 1 || rounds > ROUNDS_MAX || records < 3)
                world_die("usage", "bench_poison [BOOTSTRAP] [--rounds N] [--records N] [--kind decode|poison|after]...");
        log_setup(2, false, false, LOG_ERROR, "poison");
        bool all = !wanted[DECODE] && !wanted[POISON] && !wanted[AFTER];
        for (int i = 0; i < rounds; i++)
                for (int k = 0; k < KINDS; k++) {
                        if (k != CLEAN && !all && !wanted[k])
                                continue;
                        Took t = run(bootstrap, k, i, records);
                        wall[k][i] = t.wall_s;
                        cpu[k][i] = t.cpu_s;
                }
        double w = median(wall[CLEAN], (int)rounds), c = median(cpu[CLEAN], (int)rounds);
        for (int k = DECODE; k < KINDS; k++)
                if (all || wanted[k])
                        printf("{\"kind\": \"%s\", \"factor\": %.2f, \"cpu_factor\": %.2f}\n", kinds[k],
                               median(wall[k], (int)rounds) / w, median(cpu[k], (int)rounds) / c);
        return 0;
}
