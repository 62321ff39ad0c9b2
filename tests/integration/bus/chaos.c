/* The bus under random aborts, rewinds, holds and deaths: what comes out is what went in, each once. */
#include "rig.h"

#include <unistd.h>

TestSuite(chaos, .init = rig_up, .fini = rig_down);

#define RECORDS 20000
#define LIVES 8
#define LIFE_TURNS 25

static const Life worker = { .member = "worker-0", .id = "id-0", .in = "in" };

static int64_t now_us(void) {
        return clock_read_us(CLOCK_MONOTONIC);
}

static unsigned seed_of(void) {
        const char *env = getenv("TOCSIN_SEED");
        unsigned seed = env ? (unsigned)strtoul(env, NULL, 10) : (unsigned)now_us();
        fprintf(stderr, "TOCSIN_SEED=%u\n", seed);
        return seed;
}

/* Each record's value is its number in its partition: a skip or a repeat within a life shows at once. */
static void fill(void) {
        topic("in", 4, false);
        topic("out", 4, false);
        Bus *b = born(&(Life){ .id = "writer" });
        uint32_t in = bus_output(b, name("in"));
        begin(b);
        for (int i = 0; i < RECORDS; i++) {
                char value[32];
                Why why = { 0 };
                snprintf(value, sizeof value, "%d", i / 4);
                const BusSend s = { .output = in, .partition = i % 4, .key = bytes_z("k"), .value = bytes_z(value) };
                MUST(bus_send(b, &s, &why) == 0, "%s", why.text);
                if (i % 5000 == 4999) { /* marks among the records */
                        commit(b, NULL);
                        begin(b);
                }
        }
        commit(b, NULL);
        bus_close(b);
}

typedef struct Mind {
        BusPosition done[4], now[4]; /* committed; in the open turn */
        size_t n;
        long number[4], number_done[4]; /* the value that comes next; -1: not known yet */
} Mind;

static void start(Bus *b, Mind *m) {
        const BusPosition *at;
        Why why = { 0 };
        MUST(bus_assigned(b, &at, &m->n, &why) == 0, "%s", why.text);
        MUST(m->n == 4, " ");
        memcpy(m->done, at, sizeof m->done);
        memcpy(m->now, at, sizeof m->now);
        for (int p = 0; p < 4; p++)
                m->number[p] = m->number_done[p] = -1;
        MUST(bus_rewind(b, m->done, m->n, &why) == 0, "%s", why.text);
}

static void copy(Bus *b, Mind *m, uint32_t out, const BusRecord *r, size_t n) {
        for (size_t i = 0; i < n; i++) {
                Why why = { 0 };
                int32_t p = r[i].partition;
                char digits[32];
                snprintf(digits, sizeof digits, "%.*s", BYTES_ARG(r[i].value));
                long number = strtol(digits, NULL, 10);
                MUST(m->number[p] < 0 || number == m->number[p], "partition %d: %ld came, not %ld", p, number, m->number[p]);
                m->number[p] = number + 1;
                m->now[p].offset = r[i].offset + 1;
                const BusSend s = { .output = out, .partition = p, .key = r[i].key, .value = r[i].value };
                MUST(bus_send(b, &s, &why) == 0, "%s", why.text);
        }
}

static void undo(Bus *b, Mind *m) {
        Why why = { 0 };
        MUST(bus_abort(b, &why) == 0, "%s", why.text);
        memcpy(m->now, m->done, sizeof m->now);
        memcpy(m->number, m->number_done, sizeof m->number);
        MUST(bus_rewind(b, m->done, m->n, &why) == 0, "%s", why.text);
}

/* So many turns, some of them undone. False: nothing is left to read. */
static bool live(Bus *b, int turns, unsigned *seed) {
        Mind m = { 0 };
        uint32_t out = bus_output(b, name("out"));
        bool open = false;
        int idle = 0;
        while (turns > 0 && idle < 6) {
                const BusRecord *r;
                size_t n = 0;
                Why why = { 0 };
                int a = bus_poll(b, 100000, &r, &n);
                MUST(a != BUS_E_FATAL, " ");
                if (a == BUS_E_ASSIGNED)
                        start(b, &m);
                if (a != 0) {
                        idle += a == BUS_E_IDLE && m.n;
                } else {
                        idle = 0;
                        if (!open)
                                begin(b);
                        open = true;
                        copy(b, &m, out, r, n);
                }
                if (!open || rand_r(seed) % 3)
                        continue;
                turns--;
                open = false;
                if (rand_r(seed) % 3 == 0) {
                        undo(b, &m);
                        continue;
                }
                MUST(bus_commit(b, m.now, m.n, 0, &why) == 0, "%s", why.text);
                memcpy(m.done, m.now, sizeof m.done);
                memcpy(m.number_done, m.number, sizeof m.number_done);
        }
        if (open && idle >= 6) {
                Why why = { 0 };
                MUST(bus_commit(b, m.now, m.n, 0, &why) == 0, "%s", why.text);
        }
        return idle < 6;
}

static unsigned life_seed;

static void a_life(Bus *b) {
        live(b, 1 + (int)(life_seed % LIFE_TURNS), &life_seed);
        const BusRecord *r;
        size_t n;
        Why why = { 0 };
        if (bus_begin(b, &why) == 0 && bus_poll(b, 20000, &r, &n) == 0) /* and dies in the middle of a turn */
                send(b, "out", "k", "half");
}

Test(chaos, aborts_and_deaths_at_any_point_lose_and_double_nothing) {
        unsigned seed = seed_of();
        fill();
        for (int i = 0; i < LIVES; i++) {
                life_seed = (unsigned)rand_r(&seed);
                dies(&worker, a_life);
        }
        Bus *b = born(&worker);
        for (int64_t until = now_us() + 4 * SOON_US; live(b, 1000, &seed) && now_us() < until;)
                ;
        bus_close(b);
        MUST(count("out") == RECORDS, "%zu came out", count("out"));
        MUST(count_value("out", "half") == 0, " ");
        for (int i = 0; i < RECORDS / 4; i += 499) {
                char value[32];
                snprintf(value, sizeof value, "%d", i);
                MUST(count_value("out", value) == 4, "%s", value);
        }
}
