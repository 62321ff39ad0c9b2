/* A small world for tests of the task: an in-memory log, a clock that is moved by hand, three plugins linked in, and workers
 * that live and die. */
#pragma once

#include "bus/mem.h"
#include "core/log.h"
#include "task/inner.h"

#include <criterion/criterion.h>

#define RIG_WORKERS 3

typedef struct Rig {
        BusMemLog *log;
        VirtualClock clock;
        int64_t wall_us;                   /* transcripts: its own wall time */
        Schemas *schemas;
        Config config;
        ConfigPipeline pipe;
        ConfigPort ports[8];
        Plugin plugin;
        Metrics *metrics;
        InFlight flight;
        SpanRing *spans;                   /* NULL: nothing is traced */
        Worker *worker[RIG_WORKERS];
        uint32_t n_workers;
        tocsin_value settings;
        char stores[40];                   /* folder of the tables on disk; empty: they are in memory */
        bool journal_wall;
        const WorkerSkip *skip;
        size_t n_skip;
} Rig;

extern const tocsin_plugin rig_counter;    /* counts by key, emits each count; obeys what an event says ("poison" …) */
extern const tocsin_plugin rig_window;     /* counts by key in windows of event time closed by timers */
extern const tocsin_plugin rig_meeting;    /* sends each event on by its `what`, and sums by that in its owner */
extern const tocsin_plugin rig_batch;      /* the counter with process_batch() */

extern struct RigCalls { unsigned create, rebuild, process, timer, changed; uint32_t found; int64_t fail_left; } rig_calls;

/* With RIG_STORE=disk in the environment tables lie on disk, in a folder of the rig's own. */
void rig_init(Rig *r, const tocsin_plugin *plugin, int32_t partitions, uint32_t workers);
void rig_deinit(Rig *r);
void rig_on_disk(Rig *r);                  /* before the first worker */
void rig_remove(const char *folder);
Worker *rig_start(Rig *r, uint32_t i);
void rig_kill(Rig *r, uint32_t i);         /* as kill -9 */
/* n: a number that names the event; what: what the counter is to do with it. partition < 0: where its key belongs. */
void rig_put(Rig *r, const char *key, int64_t time_us, int64_t n, const char *what, int32_t partition);
void rig_put_raw(Rig *r, const char *key, Bytes value, int32_t partition);
void rig_row(Rig *r, const char *key, int64_t n);         /* of the counter's table; n < 0: deleted */
/* Every living worker turns until all say idle; waits of retries are jumped over. */
void rig_settle(Rig *r);
void rig_commit(Rig *r);
/* The clock goes on until everything is idle, every timer fired and every turn committed. */
void rig_drain(Rig *r);
/* Committed records of `topic`, one line each, sorted; of all partitions. To be freed. */
char *rig_outputs(Rig *r, const char *topic);
size_t rig_count(Rig *r, const char *topic);
char *rig_dump(Rig *r, bool partitions);   /* all tables, sorted lines, with or without the partition's number */
void rig_balance(Rig *r, double in);       /* asserts that the counters balance; in < 0: any number */
double rig_metric(Rig *r, const char *name);
