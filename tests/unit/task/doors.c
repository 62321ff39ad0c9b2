/* Who stands in the bus's door. */
#include "doors.h"

#include <string.h>

#define PLACES 8 /* Buses and readers that live at once */
#define TOPICS 8
#define PARTITIONS 4

Doors doors;

typedef enum Stand { FREE, WELL, ABORTED, UNDONE, SPENT } Stand;
static struct Place {
        const void *who;
        Stand stand;
} places[PLACES];

const char *door_name(DoorCall call) {
        static const char *const name[] = { "open",        "poll",       "assigned",  "rewind",    "release", "hold",
                                            "begin",       "send",       "commit",    "abort",     "health",  "reader open",
                                            "reader poll", "admin open", "admin get", "admin make" };
        return name[call];
}

void doors_reset(BusMemLog *log, const char *group) {
        doors = (Doors){ .log = log, .group = group };
        memset(places, 0, sizeof places);
}

static int64_t given[TOPICS][PARTITIONS]; /* what the one Bus has handed out to, since the last rewind */

static int64_t *given_of(uint32_t topic, int32_t partition) {
        if (topic >= TOPICS || partition < 0 || partition >= PARTITIONS)
                __builtin_trap();
        return &given[topic][partition];
}

static Stand *stand_of(const void *who) {
        for (struct Place *p = places; p < places + PLACES; p++)
                if (p->who == who)
                        return &p->stand;
        for (struct Place *p = places; p < places + PLACES; p++)
                if (!p->who) {
                        *p = (struct Place){ who, WELL };
                        return &p->stand;
                }
        __builtin_trap();
}

static void leaves(const void *who) {
        for (struct Place *p = places; who && p < places + PLACES; p++)
                if (p->who == who) {
                        doors.replaced += p->stand == SPENT;
                        *p = (struct Place){ 0 };
                }
}

static void rule(bool kept, const char *name) {
        if (!kept && !doors.broken++)
                doors.rule = name;
}

/* The answer that is due at this call instead of its own: 0, none. */
static int due(DoorCall call, bool *after) {
        DoorFault *f = &doors.fault[doors.struck ? 1 : 0];
        *after = false;
        if (f->call != call || !f->nth || --f->nth)
                return 0;
        doors.struck++;
        *after = f->after;
        return f->answer;
}

/* An answer goes out, and what it obliges to is remembered. */
static int said(Stand *s, int r, Why *why) {
        if (r == BUS_E_FATAL)
                *s = SPENT;
        else if (r == BUS_E_ABORTED)
                *s = ABORTED;
        return r > 0 ? why_say(why, r, "the door says %s", bus_answer(r)) : r;
}

#define TRAP(call_, stand_, real, why_)                               \
        do {                                                          \
                bool after_;                                          \
                int fault_ = due(call_, &after_);                     \
                int real_ = fault_ && !after_ ? 0 : (real);           \
                if (real_ != 0 || !fault_)                            \
                        return real_ ? said(stand_, real_, why_) : 0; \
                return said(stand_, fault_, why_);                    \
        } while (0)

int __real_bus_open(Bus **ret, const BusConf *conf, Why *why);
Bus *__real_bus_close(Bus *b);
void __real_bus_mem_kill(Bus *b);
int __real_bus_poll(Bus *b, int64_t wait_us, const BusRecord **ret, size_t *n);
int __real_bus_assigned(Bus *b, const BusPosition **ret, size_t *n, Why *why);
int __real_bus_rewind(Bus *b, const BusPosition *at, size_t n, Why *why);
int __real_bus_release(Bus *b);
int __real_bus_hold(Bus *b, int32_t partition, bool held);
int __real_bus_begin(Bus *b, Why *why);
int __real_bus_send(Bus *b, const BusSend *s, Why *why);
int __real_bus_commit(Bus *b, const BusPosition *next, size_t n, int64_t deadline_us, Why *why);
int __real_bus_abort(Bus *b, Why *why);
int __real_bus_health(Bus *b, Why *why);
int __real_bus_reader_open(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, int32_t partition,
                           Why *why);
BusReader *__real_bus_reader_close(BusReader *r);
int __real_bus_reader_poll(BusReader *r, int64_t wait_us, const BusRecord **ret, size_t *n);
int __real_bus_admin_open(BusAdmin **ret, const BusConf *conf, Why *why);
int __real_bus_admin_get(BusAdmin *a, const char *name, BusTopic *ret, Why *why);
int __real_bus_admin_make(BusAdmin *a, const BusTopic *t, Why *why);

/* What is opened is not handed out when the answer is no, so it takes effect never. */
int __wrap_bus_open(Bus **ret, const BusConf *conf, Why *why) {
        bool after;
        int fault = due(DOOR_OPEN, &after);
        return fault ? why_say(why, fault, "the door says %s", bus_answer(fault)) : __real_bus_open(ret, conf, why);
}
Bus *__wrap_bus_close(Bus *b) {
        leaves(b);
        return __real_bus_close(b);
}
void __wrap_bus_mem_kill(Bus *b) {
        leaves(b);
        __real_bus_mem_kill(b);
}

int __wrap_bus_poll(Bus *b, int64_t wait_us, const BusRecord **ret, size_t *n) {
        Stand *s = stand_of(b);
        bool after;
        rule(*s == WELL, "polled without abort and rewind, or when spent");
        if (*s == SPENT)
                return BUS_E_FATAL;
        int fault = due(DOOR_POLL, &after);
        if (fault == BUS_E_LOST)
                bus_mem_evict(b);
        if (fault == BUS_E_REVOKED)
                bus_mem_rebalance(doors.log, doors.group);
        if (fault && !after && fault != BUS_E_LOST && fault != BUS_E_REVOKED)
                return said(s, fault, NULL);
        int r = __real_bus_poll(b, wait_us, ret, n);
        for (size_t i = 0; r == 0 && i < *n; i++)
                *given_of((*ret)[i].topic, (*ret)[i].partition) = (*ret)[i].offset + 1;
        return fault == BUS_E_FATAL ? said(s, fault, NULL) : said(s, r, NULL);
}
int __wrap_bus_assigned(Bus *b, const BusPosition **ret, size_t *n, Why *why) {
        Stand *s = stand_of(b);
        rule(*s == WELL, "asked for its share when spent");
        TRAP(DOOR_ASSIGNED, s, __real_bus_assigned(b, ret, n, why), why);
}
int __wrap_bus_rewind(Bus *b, const BusPosition *at, size_t n, Why *why) {
        Stand *s = stand_of(b);
        rule(*s == WELL || *s == UNDONE, "rewound without an abort, or when spent");
        *s = *s == UNDONE ? WELL : *s;
        for (size_t i = 0; i < n; i++)
                *given_of(at[i].topic, at[i].partition) = at[i].offset;
        TRAP(DOOR_REWIND, s, __real_bus_rewind(b, at, n, why), why);
}
int __wrap_bus_release(Bus *b) {
        Stand *s = stand_of(b);
        rule(*s == WELL || *s == UNDONE, "released without an abort, or when spent");
        *s = *s == UNDONE ? WELL : *s;
        TRAP(DOOR_RELEASE, s, __real_bus_release(b), NULL);
}
int __wrap_bus_hold(Bus *b, int32_t partition, bool held) {
        Stand *s = stand_of(b);
        TRAP(DOOR_HOLD, s, __real_bus_hold(b, partition, held), NULL);
}
int __wrap_bus_begin(Bus *b, Why *why) {
        Stand *s = stand_of(b);
        rule(*s == WELL, "begun without abort and rewind, or when spent");
        TRAP(DOOR_BEGIN, s, __real_bus_begin(b, why), why);
}
int __wrap_bus_send(Bus *b, const BusSend *send, Why *why) {
        Stand *s = stand_of(b);
        rule(*s == WELL, "sent into a turn that cannot commit");
        TRAP(DOOR_SEND, s, __real_bus_send(b, send, why), why);
}
int __wrap_bus_commit(Bus *b, const BusPosition *next, size_t n, int64_t deadline_us, Why *why) {
        Stand *s = stand_of(b);
        rule(*s == WELL, "committed what cannot commit");
        for (size_t i = 0; i < n; i++)
                rule(next[i].offset <= *given_of(next[i].topic, next[i].partition), "committed a record that it was not given");
        TRAP(DOOR_COMMIT, s, __real_bus_commit(b, next, n, deadline_us, why), why);
}
int __wrap_bus_abort(Bus *b, Why *why) {
        Stand *s = stand_of(b);
        rule(*s != SPENT, "aborted when spent");
        doors.undone++;
        *s = *s == ABORTED ? UNDONE : *s;
        TRAP(DOOR_ABORT, s, __real_bus_abort(b, why), why);
}
int __wrap_bus_health(Bus *b, Why *why) {
        Stand *s = stand_of(b);
        if (*s == SPENT)
                return why_say(why, BUS_E_FATAL, DOOR_SPENT);
        TRAP(DOOR_HEALTH, s, __real_bus_health(b, why), why);
}

int __wrap_bus_reader_open(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, int32_t partition,
                           Why *why) {
        bool after;
        int fault = due(DOOR_READER_OPEN, &after);
        return fault ? why_say(why, fault, "the door says %s", bus_answer(fault))
                     : __real_bus_reader_open(ret, conf, topics, n_topics, partition, why);
}
BusReader *__wrap_bus_reader_close(BusReader *r) {
        leaves(r);
        return __real_bus_reader_close(r);
}
int __wrap_bus_reader_poll(BusReader *r, int64_t wait_us, const BusRecord **ret, size_t *n) {
        Stand *s = stand_of(r);
        rule(*s == WELL, "a reader was polled when spent");
        TRAP(DOOR_READER_POLL, s, __real_bus_reader_poll(r, wait_us, ret, n), NULL);
}

int __wrap_bus_admin_open(BusAdmin **ret, const BusConf *conf, Why *why) {
        bool after;
        int fault = due(DOOR_ADMIN_OPEN, &after);
        return fault ? why_say(why, fault, "the door says %s", bus_answer(fault)) : __real_bus_admin_open(ret, conf, why);
}
int __wrap_bus_admin_get(BusAdmin *a, const char *name, BusTopic *ret, Why *why) {
        static Stand s;
        TRAP(DOOR_ADMIN_GET, &s, __real_bus_admin_get(a, name, ret, why), why);
}
int __wrap_bus_admin_make(BusAdmin *a, const BusTopic *t, Why *why) {
        static Stand s;
        TRAP(DOOR_ADMIN_MAKE, &s, __real_bus_admin_make(a, t, why), why);
}
