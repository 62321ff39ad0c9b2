/* Recorded transcripts: a real plugin from its file, the records it is for, and lives of workers on them. */
#pragma once

#include "rig.h"

#define TRANSCRIPT_RECORDS 1024

typedef struct Step {
        const char *port;
        Bytes key, value;            /* as they lie in the topic */
        int64_t time_us;             /* arrival */
} Step;

typedef struct Transcript {
        const Plugin *plugin;
        tocsin_value settings;
        int32_t partitions;
        size_t turn;                 /* records of one; while it lasts the wall clock stands, so that what is played again is
                                      * played at the same time */
        bool internal;               /* it sends itself events */
        bool sets;                   /* outputs are read, and lists in them are sets: as text, sorted */
        Arena *arena;
        Schemas *schemas;
        Step rows[64], step[TRANSCRIPT_RECORDS];
        size_t n_rows, n;
} Transcript;

/* settings: JSON text. */
void transcript_init(Transcript *t, const char *plugin, const char *settings);
void transcript_deinit(Transcript *t);
/* Lines {"port", "key", "time_us", "value"}, at most `most` records; those for TABLE ports become rows. Files lie under
 * tests/. */
void transcript_lines(Transcript *t, const char *file, size_t most);
/* Registry entries; every message of a folder of fixtures, 20 ms apart; one record as it is. */
void transcript_loops(Transcript *t, const char *file);
void transcript_samples(Transcript *t, const char *folder);
void transcript_raw(Transcript *t, const char *port, const char *text);

/* What a life leaves behind: records of every output with their ids, dead letters, the tables after
 * the last record and when all timers have fired. */
typedef struct Left {
        char *outputs, *dead, *tables, *tables_end;
        size_t n_outputs, n_dead, n_tables;
} Left;
void left_deinit(Left *l);

/* The transcript played record by record to its end, every timer fired, and once more restored from the changelog.
 * happen(r, at, before, arg), if any, is called before and after each record. */
typedef void (*Happen)(Rig *r, size_t at, bool before, void *arg);
void transcript_play(Transcript *t, uint32_t workers, Happen happen, void *arg, Left *ret);
