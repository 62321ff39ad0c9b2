/* Workers on a real broker, killed at each named point of a turn and then at random: every count of every key comes out once.
 *
 *      lives BOOTSTRAP      prints TAP; topics are named after the process and left to the broker */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "world.h"

#define PARTITIONS 4
#define KEYS 7
#define EACH 210 /* records before each death */
#define QUIET_US INT64_C(1500000)
#define STORM 42000 /* records for two workers that are killed at random */
#define KILLS 12

#define EVENT "{\"type\":\"record\",\"name\":\"lives.Event\",\"fields\":[{\"name\":\"key\",\"type\":\"string\"}]}"
#define COUNT                                                                                               \
        "{\"type\":\"record\",\"name\":\"lives.Count\",\"fields\":[{\"name\":\"key\",\"type\":\"string\"}," \
        "{\"name\":\"count\",\"type\":\"long\"}]}"

static int create(void **ret, const tocsin_host *h, const tocsin_value *config) {
        (void)config;
        const tocsin_host **inst = malloc(sizeof *inst);
        if (!inst)
                return -ENOMEM;
        *inst = h;
        *ret = inst;
        return 0;
}

/* Every event goes on through the internal port; what comes back is counted by key. */
static int process(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host **)inst;
        tocsin_bytes old;
        int64_t n = 0;
        if (e->port == 0)
                return h->emit(h, 2, e->key, &e->body);
        int r = h->get(h, e->key, &old);
        if (r != 0)
                return r;
        if (old.len == sizeof n)
                memcpy(&n, old.ptr, sizeof n);
        n++;
        const tocsin_field f[] = { tocsin_field_of("key", tocsin_str_of(e->key)), tocsin_field_of("count", tocsin_i64(n)) };
        const tocsin_value v = tocsin_record(f, 2);
        r = h->put(h, e->key, tocsin_bytes_of(&n, sizeof n));
        return r ? r : h->emit(h, 1, e->key, &v);
}

static const tocsin_port in = {
        .size = sizeof in, .direction = TOCSIN_IN, .name = "events", .schema = EVENT, .help = "in", .key = "key"
};
static const tocsin_port out = { .size = sizeof out, .direction = TOCSIN_OUT, .name = "counts", .schema = COUNT, .help = "out" };
static const tocsin_port seen = {
        .size = sizeof seen, .role = TOCSIN_INTERNAL, .name = "seen", .schema = EVENT, .help = "by key"
};
static const tocsin_port *const ports[] = { &in, &out, &seen };
static const tocsin_plugin counter = { .size = sizeof counter,
                                       .abi = TOCSIN_ABI,
                                       .needs = TOCSIN_ABI,
                                       .state_version = 1,
                                       .name = "lives",
                                       .version = "1.0.0",
                                       .license = "Apache-2.0",
                                       .summary = "counts by key",
                                       .n_ports = 3,
                                       .ports = ports,
                                       .create = create,
                                       .destroy = free,
                                       .process = process };

static void feed(World *w, int from, int n) {
        Why why = { 0 };
        Schema *s = NULL;
        uint32_t to;
        Bus *b = world_writer(w, &to);
        if (schema_parse(&s, bytes_z(EVENT), NULL, &why) != 0)
                world_die("feed", why.text);
        for (int i = from; i < from + n; i++) {
                char key[16];
                Buffer frame = BUFFER_NULL;
                snprintf(key, sizeof key, "key-%d", i % KEYS);
                const tocsin_field f = tocsin_field_of("key", tocsin_str(key));
                const tocsin_value v = tocsin_record(&f, 1);
                frame_put(&frame, FRAMING_SINGLE, s, -1);
                if (codec_encode(s, &v, &frame, &why) != 0)
                        world_die("feed", why.text);
                world_send(b, to, key, &frame);
                buffer_deinit(&frame);
        }
        world_written(b);
        schema_free(s);
}

/* One life: until nothing has come for a while. */
static void live(World *w, uint32_t ordinal) {
        Why why = { 0 };
        Worker *me = NULL;
        w->worker.ordinal = ordinal;
        if (worker_new(&me, &w->worker, &why, NULL) != 0)
                world_die("worker", why.text);
        int64_t quiet = clock_read_us(CLOCK_MONOTONIC), end = quiet + 60000000;
        for (int64_t now = quiet; now < end; now = clock_read_us(CLOCK_MONOTONIC)) {
                int r = worker_turn(me, 20000);
                if (r < 0)
                        world_die("turn", strerror(-r));
                if (r == WORKER_E_WAIT)
                        usleep(10000);
                if (r != WORKER_E_IDLE || me->phase != PHASE_RUNNING)
                        quiet = now;
                if (now - quiet > QUIET_US)
                        break;
        }
        if (worker_commit(me) != 0)
                world_die("commit", "not at once");
        worker_free(me);
        exit(0);
}

static pid_t born(World *w, uint32_t ordinal, const char *point) {
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
                if (point)
                        setenv("TOCSIN_FAILPOINT", point, 1);
                live(w, ordinal);
        }
        return pid;
}

static int life(World *w, const char *point) {
        int status = 0;
        waitpid(born(w, 0, point), &status, 0);
        return status;
}

/* Two workers; every now and then one of them dies and is born again. */
static int storm(World *w, int fed) {
        pid_t pid[2];
        int bad = 0, status;
        const char *env = getenv("TOCSIN_SEED");
        unsigned seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)getpid();
        fprintf(stderr, "# TOCSIN_SEED=%u\n", seed);
        for (uint32_t i = 0; i < 2; i++)
                pid[i] = born(w, i, NULL);
        for (int k = 0; k < KILLS; k++) {
                feed(w, fed + k * (STORM / KILLS), STORM / KILLS);
                usleep(200000 + (useconds_t)(rand_r(&seed) % 700000));
                uint32_t i = (uint32_t)rand_r(&seed) % 2;
                kill(pid[i], SIGKILL);
                waitpid(pid[i], &status, 0);
                pid[i] = born(w, i, NULL);
        }
        for (uint32_t i = 0; i < 2; i++) {
                waitpid(pid[i], &status, 0);
                bad += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        }
        return bad;
}

typedef struct Seen {
        int times[KEYS][1 << 16];
        int total;
} Seen;

/* Every committed count. */
static void look(const World *w, Seen *ret) {
        Why why = { 0 };
        BusReader *r = NULL;
        const char *topic = w->out;
        const BusRecord *rec;
        size_t n;
        if (bus_reader_open(&r, &w->bus, &topic, 1, -1, &why) != 0)
                world_die("reader", why.text);
        for (int a; (a = bus_reader_poll(r, 100000, &rec, &n)) != BUS_E_END;)
                for (size_t i = 0; a == 0 && i < n; i++) {
                        /* frame 10, key (1 + 5), count as a zigzag varint */
                        const uint8_t *p = rec[i].value.ptr + 16;
                        unsigned count = 0;
                        for (unsigned shift = 0;; shift += 7) {
                                count |= (unsigned)(*p & 0x7f) << shift;
                                if (!(*p++ & 0x80))
                                        break;
                        }
                        ret->times[rec[i].key.ptr[4] - '0'][count / 2]++;
                        ret->total++;
                }
        bus_reader_close(r);
}

/* Of each key each number once. */
static int exact(const World *w, int fed) {
        static Seen all;
        memset(&all, 0, sizeof all);
        look(w, &all);
        int wrong = all.total != fed;
        for (int k = 0; k < KEYS; k++)
                for (int c = 1; c <= fed / KEYS; c++)
                        wrong += all.times[k][c] != 1;
        printf("# %d of %d, %d wrong\n", all.total, fed, wrong);
        return wrong;
}

static int say(int n, bool ok, const char *what) {
        printf("%sok %d - %s\n", ok ? "" : "not ", n, what);
        return !ok;
}

int main(int argc, char **argv) {
        static const char *const points[] = { "begin",          "after_record:50", "before_changelog", "after_changelog",
                                              "before_offsets", "before_commit",   "after_commit",     "before_apply",
                                              "after_apply",    "in_restore",      "after_record:3" };
        static World w;
        char app[64];
        int n = (int)(sizeof points / sizeof *points), fed = 0, bad = 0;
        if (argc < 2) {
                fprintf(stderr, "usage: lives BOOTSTRAP\n");
                return 64;
        }
        log_setup(2, false, false, getenv("LIVES_LOG") ? LOG_INFO : LOG_ERROR, "lives");
        snprintf(app, sizeof app, "lives-%d", (int)getpid());
        world_up(&w, app, argv[1], PARTITIONS, &counter);
        w.config.memory_max = 64u << 20;
        world_topics(&w, 1);
        printf("1..%d\n", n + 2);
        for (int i = 0; i < n; i++) {
                feed(&w, fed, EACH);
                fed += EACH;
                int status = life(&w, points[i]);
                bad += say(i + 1, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, points[i]);
        }
        bad += say(n + 1, life(&w, NULL) == 0 && exact(&w, fed) == 0,
                   "after a death at each point every count of every key is there once");
        int status = storm(&w, fed);
        fed += STORM;
        bad += say(n + 2, status == 0 && exact(&w, fed) == 0, "and after a dozen deaths of two workers at random");
        return bad != 0;
}
