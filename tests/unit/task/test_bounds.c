/* Memory stays under memory.max: when the broker stands still, when the reader is ten million records behind, and when one key
 * holds all records. Counted are the bytes that the worker asked for and did not give back; what the log in memory holds is
 * the broker's and counts apart. No clock: a turn ends by its bytes, or when the test moves the time. */
#include "rig.h"

#include <malloc.h>

#define BEHIND INT64_C(10000000)
#define WINDOW 4096 /* records of the backlog that exist at a time */
#define BUDGET (16u << 20) /* memory.max: a small one shows the same bounds */

/* ---- bytes ---- */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

static unsigned broker; /* > 0: we are behind the bus's door */
static bool counting;
static int64_t held, highest;

static void count(const void *p, int sign) {
        if (!p || broker || !counting)
                return;
        held += sign * (int64_t)malloc_usable_size((void *)(uintptr_t)p);
        highest = held > highest ? held : highest;
}
void *malloc(size_t n) {
        void *p = __libc_malloc(n);
        count(p, 1);
        return p;
}
void *calloc(size_t n, size_t m) {
        void *p = __libc_calloc(n, m);
        count(p, 1);
        return p;
}
void *realloc(void *old, size_t n) {
        count(old, -1);
        void *p = __libc_realloc(old, n);
        count(p ? p : old, 1);
        return p;
}
void free(void *p) {
        count(p, -1);
        __libc_free(p);
}

/* ---- the bus's door ---- */

static struct Flow {
        Rig *rig;
        int64_t made, committed; /* of the lazy backlog */
        bool lazy, stalled; /* stalled: records come, but no turn commits */
        int64_t sent, most_sent; /* bytes of the open turn */
        const char *key; /* of every record; NULL: one of a thousand */
        int64_t behind, each; /* records of the lazy backlog; of a key, those that emit */
} flow;

int __real_bus_poll(Bus *b, int64_t wait_us, const BusRecord **ret, size_t *n);
int __real_bus_send(Bus *b, const BusSend *s, Why *why);
int __real_bus_begin(Bus *b, Why *why);
int __real_bus_commit(Bus *b, const BusPosition *next, size_t n, int64_t deadline_us, Why *why);
int __real_bus_abort(Bus *b, Why *why);
int __real_bus_rewind(Bus *b, const BusPosition *at, size_t n, Why *why);
int __real_bus_assigned(Bus *b, const BusPosition **ret, size_t *n, Why *why);
int64_t __real_bus_lag(Bus *b, uint32_t topic, int32_t partition);
bool __real_bus_at_end(Bus *b, uint32_t topic, int32_t partition);
int __real_bus_open(Bus **ret, const BusConf *conf, Why *why);
Bus *__real_bus_close(Bus *b);
uint32_t __real_bus_output(Bus *b, const char *topic);
int __real_bus_admin_make(BusAdmin *a, const BusTopic *t, Why *why);

#define BEHIND_THE_DOOR(type, call) \
        do {                        \
                broker++;           \
                type r_ = (call);   \
                broker--;           \
                return r_;          \
        } while (0)

static void put_one(Rig *r, int64_t i, size_t bytes) {
        static uint8_t body[16 << 10];
        char key[16];
        snprintf(key, sizeof key, "key-%03d", (int)(i % 1000));
        broker++;
        cr_assert_eq(bus_mem_put(r->log, "events", 0, bytes_z(flow.key ? flow.key : key), bytes_of(body, bytes), r->clock.now_us),
                     0);
        broker--;
}

/* The next of the backlog come into being, and what is done is gone. */
static void top_up(void) {
        Rig *r = flow.rig;
        broker++;
        bus_mem_drop(r->log, "events", 0, flow.committed);
        bus_mem_drop(r->log, r->pipe.changelog, 0, INT64_MAX);
        broker--;
        for (; flow.made < flow.behind && flow.made < flow.committed + WINDOW; flow.made++)
                put_one(r, flow.made, 100);
}

int __wrap_bus_poll(Bus *b, int64_t wait_us, const BusRecord **ret, size_t *n) {
        if (flow.lazy)
                top_up();
        BEHIND_THE_DOOR(int, __real_bus_poll(b, wait_us, ret, n));
}
int __wrap_bus_begin(Bus *b, Why *why) {
        flow.sent = 0;
        BEHIND_THE_DOOR(int, __real_bus_begin(b, why));
}
int __wrap_bus_send(Bus *b, const BusSend *s, Why *why) {
        flow.sent += (int64_t)(s->key.len + s->value.len);
        flow.most_sent = flow.sent > flow.most_sent ? flow.sent : flow.most_sent;
        BEHIND_THE_DOOR(int, __real_bus_send(b, s, why));
}
int __wrap_bus_commit(Bus *b, const BusPosition *next, size_t n, int64_t deadline_us, Why *why) {
        if (flow.stalled)
                return why_say(why, BUS_E_ABORTED, "no answer");
        broker++;
        int r = __real_bus_commit(b, next, n, deadline_us, why);
        broker--;
        for (size_t i = 0; r == 0 && i < n; i++)
                if (next[i].topic == 0)
                        flow.committed = next[i].offset;
        return r;
}
int __wrap_bus_abort(Bus *b, Why *why) {
        BEHIND_THE_DOOR(int, __real_bus_abort(b, why));
}
int __wrap_bus_rewind(Bus *b, const BusPosition *at, size_t n, Why *why) {
        BEHIND_THE_DOOR(int, __real_bus_rewind(b, at, n, why));
}
int __wrap_bus_assigned(Bus *b, const BusPosition **ret, size_t *n, Why *why) {
        BEHIND_THE_DOOR(int, __real_bus_assigned(b, ret, n, why));
}
int64_t __wrap_bus_lag(Bus *b, uint32_t topic, int32_t partition) {
        int64_t more = flow.lazy && topic == 0 ? flow.behind - flow.made : 0;
        BEHIND_THE_DOOR(int64_t, __real_bus_lag(b, topic, partition) + more);
}
bool __wrap_bus_at_end(Bus *b, uint32_t topic, int32_t partition) {
        if (flow.lazy && topic == 0 && flow.made < flow.behind)
                return false;
        BEHIND_THE_DOOR(bool, __real_bus_at_end(b, topic, partition));
}
int __wrap_bus_open(Bus **ret, const BusConf *conf, Why *why) {
        BEHIND_THE_DOOR(int, __real_bus_open(ret, conf, why));
}
Bus *__wrap_bus_close(Bus *b) {
        BEHIND_THE_DOOR(Bus *, __real_bus_close(b));
}
uint32_t __wrap_bus_output(Bus *b, const char *topic) {
        BEHIND_THE_DOOR(uint32_t, __real_bus_output(b, topic));
}
int __wrap_bus_admin_make(BusAdmin *a, const BusTopic *t, Why *why) {
        BEHIND_THE_DOOR(int, __real_bus_admin_make(a, t, why));
}

/* ---- plugins: a count by key; and a key that grows, and says all it knows each time ---- */

static int create(void **ret, const tocsin_host *h, const tocsin_value *settings) {
        (void)settings;
        const tocsin_host **i = malloc(sizeof *i);
        if (!i)
                return -ENOMEM;
        *i = h;
        *ret = i;
        return 0;
}
static int counts(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host **)inst;
        tocsin_bytes old;
        int64_t n = 0;
        int r = h->get(h, e->key, &old);
        if (r != 0)
                return r;
        if (old.len == sizeof n)
                memcpy(&n, old.ptr, sizeof n);
        n++;
        r = h->put(h, e->key, tocsin_bytes_of(&n, sizeof n));
        if (r != 0 || n % flow.each)
                return r;
        tocsin_value v = { .kind = TOCSIN_BYTES, .len = sizeof n, .u.bytes = (const uint8_t *)&n };
        return h->emit(h, 1, e->key, &v);
}
#define GROWN ((size_t)64 << 10)
static int grows(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host **)inst;
        static uint8_t all[GROWN];
        tocsin_bytes old;
        int r = h->get(h, e->key, &old);
        if (r != 0)
                return r;
        if (old.len)
                memcpy(all, old.ptr, old.len);
        size_t n = old.len + 64 < GROWN ? old.len + 64 : GROWN;
        memcpy(all + n - 8, &e->offset, sizeof e->offset);
        r = h->put(h, e->key, tocsin_bytes_of(all, n));
        if (r != 0 || e->offset % 8)
                return r;
        tocsin_value v = { .kind = TOCSIN_BYTES, .len = (uint32_t)n, .u.bytes = all };
        return h->emit(h, 1, e->key, &v);
}
static const tocsin_port in = { .size = sizeof in, .format = TOCSIN_RAW, .name = "events", .help = "what comes" };
static const tocsin_port out = {
        .size = sizeof out, .direction = TOCSIN_OUT, .format = TOCSIN_RAW, .name = "out", .help = "what goes"
};
static const tocsin_port *const ports[] = { &in, &out };
#define PLUGIN(z, f)                                                                                                    \
        {                                                                                                               \
                .size = sizeof(tocsin_plugin), .abi = TOCSIN_ABI, .needs = TOCSIN_ABI, .state_version = 1, .name = z,   \
                .version = "1.0.0", .license = "Apache-2.0", .summary = "for tests", .create = create, .destroy = free, \
                .n_ports = 2, .ports = ports, .process = f                                                              \
        }
static const tocsin_plugin counter = PLUGIN("counter", counts), grower = PLUGIN("grower", grows);

/* ---- */

static void start(Rig *r, const tocsin_plugin *plugin, const char *key) {
        flow = (struct Flow){ .rig = r, .key = key, .each = 1000 };
        held = highest = 0;
        rig_init(r, plugin, 1, 1);
        r->config.memory_max = BUDGET;
        r->pipe.commit_bytes = BUDGET / 8;
        counting = true;
        rig_start(r, 0);
        rig_settle(r);
}

static void end(Rig *r) {
        cr_assert_leq(highest, (int64_t)BUDGET, "%ld bytes at the highest", (long)highest);
        cr_assert_leq(flow.most_sent, (int64_t)r->pipe.commit_bytes * 5 / 4, "%ld bytes in one turn", (long)flow.most_sent);
        rig_balance(r, -1);
        rig_deinit(r);
        counting = false;
}

/* Turns until so many records are committed. step: what a poll takes of the virtual time. */
static void work_to(Rig *r, int64_t until, int64_t step_us) {
        for (int64_t turns = 0; flow.committed < until; turns++) {
                cr_assert_lt(turns, until + 100000, "it gets nowhere: %ld", (long)flow.committed);
                cr_assert(worker_turn(r->worker[0], 0) >= 0);
                r->clock.now_us += step_us;
                if (flow.made == flow.behind && r->worker[0]->batch_at == r->worker[0]->batch_n)
                        cr_assert(worker_commit(r->worker[0]) >= 0);
        }
}

static void far_behind(const char *key, int64_t behind) {
        Rig r;
        start(&r, &counter, key);
        flow.lazy = true;
        flow.behind = behind;
        work_to(&r, behind / 10, 10000);
        int64_t then = highest;
        cr_assert_geq(__wrap_bus_lag(r.worker[0]->bus, 0, 0), behind * 9 / 10 - 2 * WINDOW);
        work_to(&r, behind, 10000);
        cr_assert_leq(highest, then + (64 << 10), "%ld bytes for a tenth, %ld for all", (long)then, (long)highest);
        cr_assert_eq(rig_metric(&r, "tocsin_records_processed_total"), (double)behind);
        cr_assert_eq(rig_count(&r, "out"), (size_t)(behind / 1000));
        cr_log_info("%ld bytes at the highest", (long)highest);
        end(&r);
}

Test(bounds, ten_million_records_behind_take_no_more_memory_than_one_million) {
        far_behind(NULL, BEHIND);
}
Test(bounds, nor_do_they_when_one_key_holds_them_all) {
        far_behind("the key", BEHIND / 5);
}

/* The time stands, so only bytes can end a turn. */
Test(bounds, one_key_that_grows_with_each_record_ends_its_turns_by_bytes) {
        Rig r;
        start(&r, &grower, "the key");
        for (int64_t i = 0; i < 8000; i++)
                put_one(&r, i, 100);
        work_to(&r, 7000, 0);
        rig_drain(&r);
        cr_assert_eq(rig_metric(&r, "tocsin_records_processed_total"), 8000.0);
        cr_assert_gt(rig_metric(&r, "tocsin_turns_total"), 10.0);
        cr_log_info("%ld bytes at the highest, %ld in one turn", (long)highest, (long)flow.most_sent);
        end(&r);
}

static void stall(bool silent) {
        Rig r;
        start(&r, &counter, NULL);
        flow.each = 20;
        for (int64_t i = 0; i < 20000; i++)
                put_one(&r, i, 1000);
        flow.stalled = !silent;
        int64_t early = 0;
        for (int i = 0; i < 6000; i++) {
                if (i == 20 && silent)
                        bus_mem_away(r.log, true);
                if (i == 500)
                        early = highest;
                cr_assert(worker_turn(r.worker[0], 0) >= 0);
                r.clock.now_us += 20000;
        }
        cr_assert_leq(highest, early + 4096, "%ld bytes after 500 turns, %ld after 6000", (long)early, (long)highest);
        cr_assert_str_not_empty(r.flight.trouble[0] ? r.flight.trouble : r.worker[0]->back.why.text);
        bus_mem_away(r.log, false);
        flow.stalled = false;
        r.clock.now_us += 10000000;
        rig_drain(&r);
        cr_assert_eq(rig_metric(&r, "tocsin_records_processed_total"), 20000.0);
        cr_assert_eq(rig_count(&r, "out"), 1000u);
        cr_log_info("%ld bytes at the highest", (long)highest);
        end(&r);
}
Test(bounds, a_broker_that_stands_still_takes_no_more_the_longer_it_does) {
        stall(true);
}
Test(bounds, nor_does_one_that_still_gives_records_but_commits_nothing) {
        stall(false);
}
