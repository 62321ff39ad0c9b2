/* Two bodies under one roof. */
#include "rig.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

Rig rig;
static char names[64][96];
static unsigned n_names;

static int64_t now_us(void) {
        return clock_read_us(CLOCK_MONOTONIC);
}

void rig_fail(const char *file, int line, const char *condition, const char *format, ...) {
        char text[WHY_MAX];
        va_list ap;
        va_start(ap, format);
        vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        fprintf(stderr, "%s:%d: %s: %s\n", file, line, condition, text);
        if (rig.child)
                _exit(1);
        cr_assert_fail("%s:%d: %s: %s", file, line, condition, text);
        abort(); /* not reached */
}

void property(const char *key, const char *value) {
        for (uint32_t i = 0; i < rig.n_properties; i++)
                if (strcmp(rig.properties[i].name, key) == 0) {
                        rig.properties[i].value = value;
                        return;
                }
        rig.properties[rig.n_properties++] = (BusProperty){ key, value };
}

void rig_up(void) {
        const char *bootstrap = getenv("KAFKA_BOOTSTRAP");
        rig = (Rig){ .clock = clock_virtual(1700000000000000) };
        snprintf(rig.prefix, sizeof rig.prefix, "t%d-%llx-", (int)getpid(), (unsigned long long)now_us() & 0xffffff);
        if (!bootstrap) {
                rig.log = bus_mem_new();
                MUST(rig.log, " ");
                return;
        }
        property("bootstrap.servers", bootstrap);
        property("session.timeout.ms", "6000");
        property("heartbeat.interval.ms", "500");
}

void rig_down(void) {
        rig.log = bus_mem_free(rig.log);
}

const char *name(const char *base) {
        char text[96];
        snprintf(text, sizeof text, "%s%s", rig.prefix, base);
        for (unsigned i = 0; i < n_names; i++)
                if (strcmp(names[i], text) == 0)
                        return names[i];
        MUST(n_names < 64, " ");
        memcpy(names[n_names], text, sizeof text);
        return names[n_names++];
}

BusConf conf_of(const Life *l) {
        static const char *topics[2];
        topics[0] = l && l->in ? name(l->in) : NULL;
        return (BusConf){ .mem = rig.log,
                          .clock = &rig.clock.clock,
                          .group = l && l->in ? name("group") : NULL,
                          .member = l && l->member ? name(l->member) : NULL,
                          .transactional_id = l && l->id ? name(l->id) : NULL,
                          .topics = topics,
                          .n_topics = l && l->in ? 1 : 0,
                          .start = l ? l->start : BUS_EARLIEST,
                          .start_us = l ? l->start_us : 0,
                          .memory = 16u << 20,
                          .properties = rig.properties,
                          .n_properties = rig.n_properties };
}

void topic(const char *base, int32_t partitions, bool compact) {
        Why why = { 0 };
        BusConf c = conf_of(NULL);
        const BusTopic t = { .name = name(base), .partitions = partitions, .compact = compact };
        int a = bus_topic_make(&c, &t, &why);
        for (int64_t until = now_us() + SOON_US;
             a != 0 && now_us() < until;) /* a broker that is too busy to answer is asked again */
                a = bus_topic_make(&c, &t, &why);
        MUST(a == 0, "%s", why.text);
}

void put(const char *base, int32_t partition, const char *key, const char *value) {
        if (rig.log) {
                MUST(bus_mem_put(rig.log, name(base), partition, bytes_z(key), bytes_z(value), 0) == 0, " ");
                return;
        }
        static Bus *outside; /* at least once, flushed at each call; lives as long as the test's process */
        Why why = { 0 };
        BusConf c = conf_of(NULL);
        if (!outside)
                MUST(bus_open(&outside, &c, &why) == 0, "%s", why.text);
        const BusSend s = {
                .output = bus_output(outside, name(base)), .partition = partition, .key = bytes_z(key), .value = bytes_z(value)
        };
        MUST(bus_send(outside, &s, &why) == 0, "%s", why.text);
        MUST(bus_commit(outside, NULL, 0, 0, &why) == 0, "%s", why.text);
}

void world(int32_t partitions, size_t records) {
        topic("in", partitions, false);
        topic("out", partitions, false);
        for (size_t i = 0; i < records; i++) {
                char key[32], value[32];
                snprintf(key, sizeof key, "key-%zu", i);
                snprintf(value, sizeof value, "%zu", i);
                put("in", -1, key, value);
        }
}

Bus *born(const Life *l) {
        Why why = { 0 };
        Bus *b = NULL;
        BusConf c = conf_of(l);
        MUST(bus_open(&b, &c, &why) == 0, "%s", why.text);
        return b;
}

void closes(Bus *b) {
        int64_t from = now_us();
        bus_close(b);
        MUST(now_us() - from < 10000000, "closing took %lld ms", (long long)(now_us() - from) / 1000);
}

void dies(const Life *l, void (*life)(Bus *b)) {
        if (rig.log) {
                Bus *b = born(l);
                life(b);
                bus_mem_kill(b);
                return;
        }
        pid_t pid = fork();
        MUST(pid >= 0, " ");
        if (pid == 0) {
                rig.child = true;
                life(born(l));
                raise(SIGKILL);
        }
        int status = 0;
        MUST(waitpid(pid, &status, 0) == pid, " ");
        MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the life ended before its end");
}

static void take_up(Bus *b, size_t *ret) {
        const BusPosition *at;
        Why why = { 0 };
        int r = BUS_E_DOWN;
        for (int64_t until = now_us() + SOON_US; r == BUS_E_DOWN && now_us() < until;)
                r = bus_assigned(b, &at, ret, &why);
        MUST(r == 0, "%s", why.text);
        MUST(bus_rewind(b, at, *ret, &why) == 0, "%s", why.text);
}

int step(Bus *b, int64_t wait_us, const BusRecord **r, size_t *n) {
        size_t share;
        int a = bus_poll(b, wait_us, r, n);
        if (a == BUS_E_ASSIGNED)
                take_up(b, &share);
        if (a == BUS_E_REVOKED || a == BUS_E_LOST) {
                Why why = { 0 };
                int undone = bus_abort(b, &why);
                if (undone == BUS_E_FATAL) /* the broker gave the turn up while it was away: the Bus is spent */
                        return undone;
                MUST(undone == 0, "%s", why.text);
                MUST(bus_release(b) == 0, " ");
        }
        return a;
}

size_t settle(Bus *b) {
        for (int64_t until = now_us() + SOON_US; now_us() < until;) {
                const BusRecord *r;
                size_t n = 0;
                int a = bus_poll(b, 100000, &r, &n);
                MUST(a != BUS_E_FATAL, " ");
                MUST(a != 0, "records before the beginning");
                if (a == BUS_E_ASSIGNED) {
                        take_up(b, &n);
                        return n;
                }
                if (a == BUS_E_REVOKED || a == BUS_E_LOST)
                        MUST(bus_release(b) == 0, " ");
        }
        MUST(false, "no assignment in time");
        return 0;
}

static void see(Seen *s, const BusRecord *r, size_t n) {
        for (size_t i = 0; i < n; i++) {
                MUST(r[i].offset >= s->next[r[i].partition], "partition %d went back", r[i].partition);
                s->next[r[i].partition] = r[i].offset + 1;
                s->n++;
        }
        snprintf(s->last, sizeof s->last, "%.*s", BYTES_ARG(r[n - 1].value));
        s->poll = n;
}

void read_to(Bus *b, Seen *s, size_t want) {
        for (int64_t until = now_us() + SOON_US; s->n < want;) {
                const BusRecord *r;
                size_t n = 0;
                int a = bus_poll(b, 100000, &r, &n);
                if (a == 0)
                        see(s, r, n);
                MUST(a == 0 || a == BUS_E_IDLE, "poll: %s", bus_answer(a));
                MUST(now_us() < until, "%zu of %zu records came", s->n, want);
        }
        MUST(s->n == want, "%zu records came, not %zu", s->n, want);
}

size_t positions(const Seen *s, BusPosition ret[16]) {
        size_t n = 0;
        for (int32_t p = 0; p < 16; p++)
                if (s->next[p] > 0)
                        ret[n++] = (BusPosition){ .partition = p, .offset = s->next[p] };
        return n;
}

void send(Bus *b, const char *base, const char *key, const char *value) {
        Why why = { 0 };
        const BusSend s = { .output = bus_output(b, name(base)), .partition = -1, .key = bytes_z(key), .value = bytes_z(value) };
        MUST(bus_send(b, &s, &why) == 0, "%s", why.text);
}

void begin(Bus *b) {
        Why why = { 0 };
        MUST(bus_begin(b, &why) == 0, "%s", why.text);
}

void commit(Bus *b, const Seen *s) {
        Why why = { 0 };
        BusPosition at[16];
        size_t n = s ? positions(s, at) : 0;
        MUST(bus_commit(b, at, n, 0, &why) == 0, "%s", why.text);
}

int copy_turn(Bus *b, Seen *s, const BusRecord *r, size_t n, Why *why) {
        uint32_t out = bus_output(b, name("out"));
        int a = bus_begin(b, why);
        for (size_t i = 0; a == 0 && i < n; i++)
                a = bus_send(b, &(BusSend){ .output = out, .partition = -1, .key = r[i].key, .value = r[i].value }, why);
        see(s, r, n);
        BusPosition at[16];
        size_t k = positions(s, at);
        return a == 0 ? bus_commit(b, at, k, 0, why) : a;
}

void copy_all(Bus *b, Seen *s, size_t want) {
        for (int64_t until = now_us() + SOON_US; s->n < want;) {
                const BusRecord *r;
                size_t n = 0;
                Why why = { 0 };
                int a = bus_poll(b, 100000, &r, &n);
                MUST(a == 0 || a == BUS_E_IDLE, "poll: %s", bus_answer(a));
                MUST(now_us() < until, "%zu of %zu records came", s->n, want);
                if (a == 0)
                        MUST(copy_turn(b, s, r, n, &why) == 0, "%s", why.text);
        }
}

static BusReader *reader(const char *base) {
        Why why = { 0 };
        BusReader *r = NULL;
        BusConf c = conf_of(NULL);
        const char *topics[] = { name(base) };
        int a = bus_reader_open(&r, &c, topics, 1, -1, &why);
        for (int64_t until = now_us() + SOON_US; a != 0 && now_us() < until;)
                a = bus_reader_open(&r, &c, topics, 1, -1, &why);
        MUST(a == 0, "%s", why.text);
        return r;
}

static size_t count_if(const char *base, const char *value) {
        BusReader *rd = reader(base);
        size_t k = 0;
        for (int64_t until = now_us() + SOON_US;;) {
                const BusRecord *r;
                size_t n = 0;
                int a = bus_reader_poll(rd, 100000, &r, &n);
                for (size_t i = 0; a == 0 && i < n; i++)
                        k += !value || bytes_eq_z(r[i].value, value);
                MUST(now_us() < until, "no end of %s", base);
                if (a == BUS_E_END)
                        break;
        }
        bus_reader_close(rd);
        return k;
}

size_t count(const char *base) {
        return count_if(base, NULL);
}

size_t count_value(const char *base, const char *value) {
        return count_if(base, value);
}

size_t put_behind_open(const char *base) {
        const size_t before = count(base);
        size_t n = 0;
        do {
                put(base, 0, "k", "behind");
                MUST(++n < 1000, "nothing is open in %s", base);
        } while (count(base) == before + n);
        return n - 1;
}

void healthy(Bus *b, int r, Why *why) {
        int last = -1;
        for (int64_t until = now_us() + SOON_US; now_us() < until;) {
                const BusRecord *rec;
                size_t n;
                step(b, 50000, &rec, &n);
                last = bus_health(b, why);
                if (last == r)
                        return;
        }
        MUST(false, "health is %s (%s), not %s", bus_answer(last), last ? why->text : "", bus_answer(r));
}

void wait_for_end(Bus *b, bool reached) {
        for (int64_t until = now_us() + SOON_US; bus_at_end(b, 0, 0) != reached;) {
                const BusRecord *r;
                size_t n;
                MUST(bus_poll(b, 100000, &r, &n) == BUS_E_IDLE, " ");
                MUST(now_us() < until, "the end is %sreached", reached ? "not " : "");
        }
}

bool has_own_broker(void) {
        return !rig.log && getenv("KAFKA_SCRIPT");
}

void broker(const char *verb) {
        char command[512];
        snprintf(command, sizeof command, "%s %s > /dev/null", getenv("KAFKA_SCRIPT"), verb);
        MUST(system(command) == 0, "%s", command);
}
