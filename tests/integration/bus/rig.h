/* What a scenario stands on: bus_mem, or the Kafka that KAFKA_BOOTSTRAP names. The scenarios do not know which.
 *
 * KAFKA_SECURE=1: users of scripts/kafka over SASL; KAFKA_SCRIPT: scripts/kafka, to stop and start nodes with. */
#pragma once

#include "bus/bus.h"
#include "bus/mem.h"
#include "core/cleanup.h"
#include <criterion/criterion.h>
#include <criterion/logging.h>

/* Leaves a test whose law this body of the bus does not have. (Criterion's own way out leaks, which is an error here.) */
#define NOT_HERE(why)                                           \
        do {                                                    \
                cr_log_info("not on this bus: %s", why);        \
                return;                                         \
        } while (0)

#define SOON_US 60000000 /* what a scenario waits for anything before it fails */

typedef struct Rig {
        BusMemLog *log;              /* NULL: Kafka */
        VirtualClock clock;
        BusProperty properties[12];
        uint32_t n_properties;
        char prefix[32];
        bool child;                  /* a life of its own process: Criterion does not know it */
} Rig;
extern Rig rig;

/* As cr_assert, but fit for a life that dies() runs, too. */
#define MUST(condition, ...)                                                              \
        do {                                                                              \
                if (!(condition))                                                         \
                        rig_fail(__FILE__, __LINE__, #condition, __VA_ARGS__);            \
        } while (0)
void rig_fail(const char *file, int line, const char *condition, const char *format, ...) __attribute__((format(printf, 4, 5)));

void rig_up(void);
void rig_down(void);
/* This run's own name for a topic, group or id. Lives until the end of the test. */
const char *name(const char *base);
void topic(const char *base, int32_t partitions, bool compact);
/* "in" and "out", and in "in" as many records: keys key-0 …, values 0 … */
void world(int32_t partitions, size_t records);
void put(const char *base, int32_t partition, const char *key, const char *value);
/* Puts into partition 0 until that is hidden, as an open turn's record lies before it. How many puts are not hidden. */
size_t put_behind_open(const char *base);
void property(const char *key, const char *value); /* for the Buses opened from now on */

/* A worker's Bus: reads `in` in group "group", member and transactional id as given (NULL: none). */
typedef struct Life { const char *member, *id, *in; BusStart start; int64_t start_us; } Life;
BusConf conf_of(const Life *l);
Bus *born(const Life *l);
/* bus_close, within the ten seconds that it promises. */
void closes(Bus *b);
/* Runs `life` in a process that dies by kill -9 when it returns (on bus_mem: bus_mem_kill). */
void dies(const Life *l, void (*life)(Bus *b));

/* Polls until partitions are ours (giving up what is taken meanwhile), and begins. How many they are. */
size_t settle(Bus *b);
/* One poll; an assignment begins, a revocation is given up. The answer. */
int step(Bus *b, int64_t wait_us, const BusRecord **r, size_t *n);
/* What one Bus has read: where each partition is, and how much. */
typedef struct Seen { int64_t next[16]; size_t n, poll; char last[64]; } Seen;
/* Reads until `want` records were seen in all. Checks that offsets only grow. */
void read_to(Bus *b, Seen *s, size_t want);
size_t positions(const Seen *s, BusPosition ret[16]);
void send(Bus *b, const char *base, const char *key, const char *value);
void begin(Bus *b);
/* Commits what was seen; must succeed. */
void commit(Bus *b, const Seen *s);
/* One turn: copies to "out" what a poll gave, and commits. As bus_commit. */
int copy_turn(Bus *b, Seen *s, const BusRecord *r, size_t n, Why *why);
/* Reads on and copies every record to "out" in turns of what one poll gives, until `in` has been read to its end. */
void copy_all(Bus *b, Seen *s, size_t want);

/* Committed records of a topic: how many, and how often one value is there. */
size_t count(const char *base);
size_t count_value(const char *base, const char *value);
/* Waits until `what` answers `r` (bus_health). */
void healthy(Bus *b, int r, Why *why);
/* Polls, with nothing to come, until bus_at_end() of the first partition answers so. */
void wait_for_end(Bus *b, bool reached);
/* Runs scripts/kafka; only where has_own_broker(). */
void broker(const char *verb);
/* Is there one that may be stopped? */
bool has_own_broker(void);
