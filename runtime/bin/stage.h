/* One pipeline of a replay: a worker on an in-memory log of its own, what goes in by topic, what comes out by port.
 *
 * Each has its own log so that the replay is the wire between them: it decides when a record arrives, and what has been
 * read is forgotten, so that files of any size pass through. */
#pragma once

#include "bin/load.h"
#include "bus/mem.h"
#include "core/limits.h"
#include "task/worker.h"

#define STAGE_PLUGIN_SECONDS 30      /* to load and create a plugin: thousands of times what an honest one takes */

typedef struct ReplayClock {         /* wall: greatest arrival so far; mono: moves only to let back-offs pass */
        Clock clock;
        int64_t wall_us, mono_us;
} ReplayClock;
ReplayClock replay_clock(void);

typedef struct StagePort {
        const tocsin_port *decl;     /* NULL: the dead letters */
        const char *name, *topic;
        const Schema *schema;        /* AVRO */
        Schema *own;
        Decoder *decoder;            /* of an output */
        bool input;
} StagePort;

typedef struct Stage {
        Loaded loaded;
        BusMemLog *log;
        ReplayClock *clock;
        Worker *worker;
        Metrics *metrics;
        InFlight *in_flight;
        int32_t partitions;
        StagePort port[LIMIT_PORTS + 1];
        size_t n_ports;
        uint64_t settled;            /* times it was, for tidying up now and then */
} Stage;

typedef struct StageOutput {         /* borrowed for the call */
        const Stage *stage;
        const StagePort *port;
        Bytes key, bytes;            /* ptr NULL: null */
        tocsin_value value;
} StageOutput;

/* What fails here is said in *why. 0 | EX_CONFIG | EX_SOFTWARE | EX_OSERR */
int stage_init(Stage *s, const Loaded *l, const Schemas *schemas, ReplayClock *clock, int32_t partitions, Why *why);
void stage_deinit(Stage *s);
const char *stage_name(const Stage *s);
const StagePort *stage_port(const Stage *s, Bytes name);
/* The port that reads a topic; NULL: none does. */
const StagePort *stage_reads(const Stage *s, const char *topic);
int stage_put(Stage *s, const char *topic, Bytes key, Bytes value, int64_t arrival_us, Why *why);
/* After the rows of its tables are put. */
int stage_start(Stage *s, const Schemas *schemas, Why *why);
/* Turns until nothing is left to do. */
int stage_settle(Stage *s, Why *why);
int stage_finish(Stage *s, int64_t until_us, Why *why);
/* Each output since the last time, port by port; then they are forgotten. `a` holds the values, one at a time. */
int stage_take(Stage *s, Arena *a, int (*each)(void *arg, const StageOutput *o), void *arg, Why *why);
