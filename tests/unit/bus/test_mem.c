/* bus_mem beyond what both bodies share: faults at will, memory that ends, and no work for the allocator. */
#include "bus/mem.h"
#include "core/cleanup.h"
#include <criterion/criterion.h>

/* The n-th allocation of the room fails (linked with --wrap); 0: none does. Counts them all. */
static unsigned long fail_at, allocations;
void *__real_malloc(size_t n);
void *__real_calloc(size_t k, size_t n);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *z);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t k, size_t n);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *z);
static bool fails(void) {
        return ++allocations == fail_at;
}
void *__wrap_malloc(size_t n) {
        return fails() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t k, size_t n) {
        return fails() ? NULL : __real_calloc(k, n);
}
void *__wrap_realloc(void *p, size_t n) {
        return fails() ? NULL : __real_realloc(p, n);
}
char *__wrap_strdup(const char *z) {
        return fails() ? NULL : __real_strdup(z);
}

static const char *const topics[] = { "in" };

static BusConf conf_of(BusMemLog *log) {
        return (BusConf){ .mem = log, .group = "g", .member = "m", .transactional_id = "id", .topics = topics, .n_topics = 1 };
}

static BusMemLog *world(int records) {
        BusMemLog *log = bus_mem_new();
        cr_assert_eq(bus_mem_topic(log, "in", 2, false), 0);
        cr_assert_eq(bus_mem_topic(log, "out", 2, true), 0);
        for (int i = 0; i < records; i++)
                cr_assert_eq(bus_mem_put(log, "in", -1, bytes_of(&i, sizeof i), bytes_z("v"), 1), 0);
        return log;
}

/* Opens, takes all, copies it, commits. 0, or the first answer that says no. */
static int life(BusMemLog *log, Bus **ret) {
        BusConf conf = conf_of(log);
        const BusRecord *r;
        const BusPosition *at;
        size_t n = 0, k = 0;
        Bus *b = NULL;
        Why why;
        GUARD(bus_open(&b, &conf, &why));
        *ret = b;
        int a = bus_poll(b, 0, &r, &n);
        REQUIRE(a == BUS_E_ASSIGNED, a);
        GUARD(bus_assigned(b, &at, &k, &why));
        GUARD(bus_rewind(b, at, k, &why));
        uint32_t out = bus_output(b, "out");
        BusPosition next[2] = { { 0, 0, 0 }, { 0, 1, 0 } };
        GUARD(bus_poll(b, 0, &r, &n));
        GUARD(bus_begin(b, &why));
        for (size_t i = 0; i < n; i++) {
                const BusSend s = { .output = out, .partition = -1, .key = r[i].key, .value = r[i].value };
                GUARD(bus_send(b, &s, &why));
                next[r[i].partition].offset = r[i].offset + 1;
        }
        return bus_commit(b, next, 2, 0, &why);
}

static int counts(void *arg, const BusRecord *r) {
        (void)r;
        ++*(size_t *)arg;
        return 0;
}

static size_t out_of(BusMemLog *log) {
        size_t n = 0;
        bus_mem_each(log, "out", counts, &n);
        return n;
}

Test(mem, any_allocation_may_fail_and_the_next_life_makes_it_good) {
        for (unsigned long k = 1;; k++) {
                BusMemLog *log = world(100);
                Bus *b = NULL;
                allocations = 0;
                fail_at = k;
                int r = life(log, &b);
                bool reached = allocations >= k;
                fail_at = 0;
                cr_assert(r == 0 || r == -ENOMEM || r == BUS_E_FATAL, "allocation %lu: %s", k, bus_answer(r));
                cr_assert(r == 0 || out_of(log) == 0, "half a turn shows");
                bus_close(b);
                b = NULL;
                if (r != 0)
                        cr_assert_eq(life(log, &b), 0);
                cr_assert_eq(out_of(log), 100, "allocation %lu", k);
                bus_close(b);
                bus_mem_free(log);
                if (!reached)
                        break;
                cr_assert(k < 1000);
        }
}

Test(mem, a_steady_turn_allocates_little) {
        BusMemLog *log = world(0);
        Bus *b = NULL;
        cr_assert_eq(life(log, &b), BUS_E_IDLE);
        Why why;
        const BusPosition *at;
        size_t k, n = 0;
        cr_assert_eq(bus_assigned(b, &at, &k, &why), 0);
        cr_assert_eq(bus_rewind(b, at, k, &why), 0);
        uint32_t out = bus_output(b, "out");
        enum { RECORDS = 100000 };
        for (int i = 0; i < RECORDS; i++)
                cr_assert_eq(
                        bus_mem_put(log, "in", 0, bytes_z("key"), bytes_z("some forty bytes or so of a value, more or less"), 1),
                        0);
        allocations = 0;
        for (size_t done = 0; done < RECORDS; done += n) {
                const BusRecord *r;
                n = 0;
                cr_assert_eq(bus_poll(b, 0, &r, &n), 0);
                cr_assert_eq(bus_begin(b, &why), 0);
                for (size_t i = 0; i < n; i++) {
                        const BusSend s = { .output = out, .partition = 0, .key = r[i].key, .value = r[i].value };
                        cr_assert_eq(bus_send(b, &s, &why), 0);
                }
                const BusPosition next = { 0, 0, r[n - 1].offset + 1 };
                cr_assert_eq(bus_commit(b, &next, 1, 0, &why), 0);
        }
        cr_assert(allocations < 100, "%lu allocations for %d records", allocations, RECORDS);
        bus_close(b);
        bus_mem_free(log);
}

Test(mem, faults_come_when_they_are_told_and_do_what_they_say) {
        static const struct {
                BusMemCall call;
                int answer;
                bool after;
                size_t shown;
        } table[] = {
                { BUS_MEM_COMMIT, BUS_E_ABORTED, false, 0 }, { BUS_MEM_COMMIT, BUS_E_FATAL, false, 0 },
                { BUS_MEM_COMMIT, BUS_E_FATAL, true, 10 },   { BUS_MEM_SEND, BUS_E_ABORTED, false, 0 },
                { BUS_MEM_BEGIN, BUS_E_FATAL, false, 0 },    { BUS_MEM_REWIND, BUS_E_FATAL, false, 0 },
        };
        for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
                BusMemLog *log = world(10);
                Bus *b = NULL;
                bus_mem_fail(log, table[i].call, table[i].call == BUS_MEM_SEND ? 5 : 1, table[i].answer, table[i].after);
                cr_assert_eq(life(log, &b), table[i].answer, "fault %zu", i);
                Why why = { 0 };
                const BusRecord *r;
                size_t n;
                cr_assert_eq(bus_abort(b, &why), table[i].answer == BUS_E_FATAL ? BUS_E_FATAL : 0);
                cr_assert_eq(bus_poll(b, 0, &r, &n), table[i].answer == BUS_E_FATAL ? BUS_E_FATAL : BUS_E_IDLE);
                cr_assert_eq(bus_health(b, &why), table[i].answer == BUS_E_FATAL ? BUS_E_FATAL : 0);
                bus_close(b);
                cr_assert_eq(out_of(log), table[i].shown, "fault %zu", i);
                b = NULL;
                cr_assert_eq(life(log, &b), table[i].shown ? BUS_E_IDLE : 0);
                cr_assert_eq(out_of(log), 10);
                bus_close(b);
                bus_mem_free(log);
        }
}

Test(mem, trouble_is_shown_until_it_is_over) {
        BusMemLog *log = world(0);
        BusConf conf = conf_of(log);
        Bus *b = NULL;
        Why why;
        cr_assert_eq(bus_open(&b, &conf, &why), 0);
        bus_mem_trouble(log, BUS_E_DOWN, "the cable is out");
        cr_assert_eq(bus_health(b, &why), BUS_E_DOWN);
        cr_assert_str_eq(why.text, "the cable is out");
        bus_mem_trouble(log, 0, NULL);
        cr_assert_eq(bus_health(b, &why), 0);
        bus_close(b);
        bus_mem_free(log);
}

Test(mem, random_worlds_neither_lose_nor_double) {
        const char *env = getenv("TOCSIN_SEED");
        unsigned seed = env ? (unsigned)strtoul(env, NULL, 10) : (unsigned)time(NULL);
        fprintf(stderr, "TOCSIN_SEED=%u\n", seed);
        for (int run = 0; run < 200; run++) {
                BusMemLog *log = world(1 + rand_r(&seed) % 300);
                size_t want = 0;
                bus_mem_each(log, "in", counts, &want);
                for (int k = rand_r(&seed) % 8; k > 0; k--)
                        bus_mem_fail(log, (BusMemCall)(rand_r(&seed) % 6), 1 + (unsigned)rand_r(&seed) % 300,
                                     rand_r(&seed) % 2 ? BUS_E_ABORTED : BUS_E_FATAL, false);
                for (int lives = 0; lives < 50 && out_of(log) < want; lives++) {
                        Bus *b = NULL;
                        life(log, &b);
                        if (rand_r(&seed) % 2)
                                bus_close(b);
                        else
                                bus_mem_kill(b);
                        if (rand_r(&seed) % 4 == 0)
                                bus_mem_compact(log, "out");
                }
                cr_assert_eq(out_of(log), want);
                bus_mem_free(log);
        }
}
