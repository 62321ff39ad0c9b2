/* A worker: one pipeline, one ordinal, its share of partitions. One thread.
 *
 * The unit of state is the task: (pipeline, partition). Each has its own plugin instance, table, changelog partition,
 * timers and watermark; the worker has one Bus and one transaction for all of them. One turn is one transaction:
 * outputs, dead letters, changelog, internal emits and input offsets commit together or not at all. */
#pragma once

#include "bus/bus.h"
#include "codec/codec.h"
#include "config/config.h"
#include "core/metric.h"
#include "plugin/loader.h"
#include "task/span.h"

typedef struct Worker Worker;
typedef struct Standby Standby;      /* standby.h */

/* What the supervisor reads when a worker dies: what was in the plugin's hands. Shared memory, one writer. */
typedef struct InFlight {
        _Atomic uint32_t busy;           /* 1: inside the plugin */
        _Atomic int32_t partition;
        _Atomic int64_t offset;
        char topic[256];
        _Atomic uint64_t turns;          /* committed turns: progress */
        _Atomic int64_t since_us;        /* monotonic time of the entry into the plugin */
        _Atomic uint32_t ready;          /* 1: restored and running */
        _Atomic uint64_t restore_done, restore_total;
        _Atomic uint32_t seq;            /* even: `trouble` is whole */
        char trouble[WHY_MAX];           /* what /readyz shows; empty: fine */
        _Atomic uint32_t beats;          /* signs of life: it goes on with every turn, every call of the plugin, every Doing */
        _Atomic uint32_t doing;          /* a Doing */
        _Atomic int64_t doing_us;        /* monotonic: since when */
} InFlight;

/* What may keep a sound worker for longer than a sign of life may be away: it waits for the broker, or its plugin reads
 * all of its state. */
typedef enum Doing {
        DOING_NOTHING, DOING_OPEN, DOING_ASSIGN, DOING_RESTORE, DOING_REBUILD, DOING_COMMIT, DOING_ABORT, DOING_CLOSE
} Doing;

static inline void in_flight_beat(InFlight *f) { /* by its one writer */
        atomic_store_explicit(&f->beats, atomic_load_explicit(&f->beats, memory_order_relaxed) + 1, memory_order_relaxed);
}

typedef struct WorkerSkip { const char *topic; int32_t partition; int64_t offset; } WorkerSkip;

typedef struct WorkerConf {              /* all borrowed for the worker's life */
        const Config *config;
        const ConfigPipeline *pipeline;
        uint32_t ordinal;
        const Plugin *plugin;
        const tocsin_value *settings;    /* checked against the plugin's schema */
        const Schemas *schemas;
        const Clock *clock;
        BusMemLog *mem;                  /* NULL: Kafka */
        Metrics *metrics;
        InFlight *in_flight;             /* may be NULL */
        SpanRing *spans;                 /* NULL: nothing is traced */
        const WorkerSkip *skip;          /* records that crashed the plugin: dead-lettered as plugin_crash */
        size_t n_skip;
        Standby *standby;                /* NULL: none. What it followed is the first assignment's */
        bool journal_wall;               /* replay: wall time is the greatest arrival, not the clock */
} WorkerConf;

enum {
        WORKER_E_IDLE = 1,               /* nothing to do within wait_us */
        WORKER_E_WAIT = 2                /* trouble outside (said in the log, metric and in_flight); call again */
};

/* Ports, schemas and settings are bound; the plugin is created once to see that it agrees. 0 | WORKER_E_CONF, *why and
 * *pointer (JSON pointer of a refused setting, "" if none; lives with why) | -ENOMEM */
enum { WORKER_E_CONF = 3 };
int worker_new(Worker **ret, const WorkerConf *conf, Why *why, char pointer[256]);
/* Aborts what is open. */
Worker *worker_free(Worker *w);
/* Poll once and process what came; commit when due. Waits at most wait_us (monotonic) for a record.
 * 0: worked | WORKER_E_IDLE | WORKER_E_WAIT | < 0: this process cannot go on (exit 70; the supervisor restarts it) */
int worker_turn(Worker *w, int64_t wait_us);
/* Commit what is open now. 0 | as worker_turn */
int worker_commit(Worker *w);
/* Fire every timer due at or before `until_us` on both clocks, in order of time then name, and commit: replay's end. */
int worker_finish(Worker *w, int64_t until_us);
/* Entries of the tables of all owned tasks, as text lines in order: for tests, `state`, and comparing two lives. */
int worker_dump(Worker *w, Buffer *out);
