/* A host for one plugin in one process: table, timers, TABLE rows and INTERNAL ports in memory, time that only events
 * move. Events are natural JSON; what is emitted is checked against its schema and kept.
 *
 * One partition, one turn an event: what comes back through an INTERNAL port is handed in right after. fake_cut() drops
 * the instance and makes a new one from the table, as a crash would. */
#pragma once

#include "codec/codec.h"
#include "core/arena.h"
#include <tocsin/value.h>

#define FAKE_LATENESS INT64_C(10000000)
#define FAKE_FUTURE INT64_C(5000000)
#define FAKE_PORTS 8u

typedef struct FakeEntry { Bytes key, value; } FakeEntry;
typedef struct FakeTimer { Bytes name; int64_t at; uint32_t clock; } FakeTimer;
typedef struct FakeOut { uint32_t port; Bytes key; tocsin_value value; } FakeOut;

typedef struct FakeHost {
        tocsin_host host;
        const tocsin_plugin *plugin;
        void *instance;
        Arena *life, *scratch;           /* all that is kept; of one callback */
        Schemas *schemas;
        const Schema *schema[FAKE_PORTS];
        Plan *plan[FAKE_PORTS];          /* as the port reads */
        tocsin_value config;
        FakeEntry *table;
        FakeTimer *timers;
        FakeEntry *rows;                 /* of the TABLE port: key and, at value.ptr, a tocsin_value */
        FakeOut *out, *queue;            /* emitted; internal ones not yet read back */
        size_t n_table, n_timers, n_rows, n_out, n_queue;
        int64_t high, wall, offset;      /* greatest event time; greatest arrival; next offset */
        const tocsin_time *time;         /* told from the next life on; NULL: the host has no such extension */
        bool creating;
        uint32_t scratch_calls;
        char reason[512];
} FakeHost;

/* settings: JSON of an object. rows: JSON of an array of rows of the first TABLE port, keyed by their `id`. */
FakeHost *fake_new(const char *settings, const char *rows);
FakeHost *fake_free(FakeHost *h);
CLEANUP_DEFINE(FakeHost, fake_free)

/* Another row, or another text of one. */
void fake_row(FakeHost *h, const char *json);
/* One event on port 0, then what follows from it. arrival: INT64_MIN takes the event time. Returns the verdict. */
int fake_event(FakeHost *h, int64_t arrival, const char *json);
/* Time passes without events until the watermark is there. */
void fake_until(FakeHost *h, int64_t time);
/* The instance dies and another takes up its table. */
void fake_cut(FakeHost *h);
/* Outputs and table as text, for comparing two lives. */
void fake_dump(const FakeHost *h, Buffer *out);
