/* The state of one pipeline as an operator has to do with it: looked at where it lies, written to a file and back, set anew.
 *
 * State is entries: what the plugin keeps, its timers, and one record of the host for each partition. They come from two
 * places, the pipeline's changelog and a file that was exported, and always in the same order: by partition, kind, key. */
#pragma once

#include "bin/load.h"
#include "bin/needs.h"
#include "bus/bus.h"
#include "state/table.h"

/* Behind the answers of the bus. */
enum {
        STATE_E_FOREIGN = 40,        /* the changelog holds what no worker writes */
        STATE_E_FILE = 41,           /* the file cannot be opened, read or written */
        STATE_E_BAD = 42,            /* the file is none of ours, cut or changed */
        STATE_E_NEWER = 43,          /* written by a newer Tocsin or a newer version of the plugin */
        STATE_E_OTHER = 44,          /* of another plugin, pipeline or number of partitions */
        STATE_E_LIVE = 45,           /* workers are in the group */
        STATE_E_HELD = 46            /* there is state already, and nobody said to replace it */
};

typedef struct StateEntry {          /* lent for one call */
        int32_t partition;
        TableSpace space;
        Bytes key, value;
} StateEntry;
typedef int (*StateEach)(void *arg, const StateEntry *e); /* != 0 ends it and is handed back */
const char *state_kind(TableSpace s); /* "host", "entry", "timer" */

/* How far it has come, on stderr: nothing for two seconds, then a line every two. */
typedef struct StateTell {
        const char *verb;            /* NULL: says nothing */
        int64_t begun_us, said_us;
} StateTell;
void state_tell(StateTell *t, const char *what, int32_t partition, int64_t done, int64_t total);

/* ---- the host's record -------------------------------------------------------------------------------- */

#define STATE_META_KEY "task"
typedef struct StatePort { Bytes name; int64_t seen_us, active_us; } StatePort;  /* INT64_MIN: nothing yet */
typedef struct StateTableAt { Bytes topic; int32_t partition; int64_t next; } StateTableAt;
typedef struct StateMeta {
        uint32_t version;            /* of what the plugin keeps */
        int64_t wall_us, mark_us;    /* INT64_MIN: none yet */
        StatePort *ports;
        size_t n_ports;
        StateTableAt *tables;        /* offsets of the TABLE ports that were in force */
        size_t n_tables;
} StateMeta;
/* Lives in `a`, borrows from `in`. 0 | STATE_E_NEWER | STATE_E_FOREIGN, *why | -ENOMEM */
int state_meta_read(StateMeta *ret, Bytes in, Arena *a, Why *why);

/* ---- where it lies ------------------------------------------------------------------------------------- */

typedef struct StateAt {             /* all borrowed */
        const BusConf *conf;         /* no group, no transactions */
        const Config *config;
        const ConfigPipeline *pipe;
        const Loaded *loaded;        /* NULL: its plugin cannot be loaded; then inputs are not known */
        bool blind;                  /* what a newer host wrote is handed out, too: it is only to be dropped */
        StateTell *tell;
} StateAt;

typedef struct StateFacts {          /* what a broker says of a pipeline */
        int32_t partitions;          /* of the changelog */
        bool compact;
        BusGroup group;
        Needs needs;                 /* owns the names */
        const Need **sources;        /* what its workers read and commit, in that order; those that exist */
        uint32_t n_sources;
        BusOffsets *offsets;         /* n_sources * partitions, by source, then partition */
        size_t n_offsets;
        int64_t at_us;               /* what their `at` is of */
} StateFacts;
/* 0 | BUS_E_…, *why | STATE_E_OTHER: partitions differ | -ENOMEM. at_us: as in bus_group_offsets */
int state_facts(StateFacts *ret, const StateAt *at, int64_t at_us, Why *why);
void state_facts_deinit(StateFacts *f);

/* The entries of one partition as a worker would restore them, sorted. 0 | BUS_E_… | STATE_E_FOREIGN | -ENOMEM, *why */
int state_log_each(const StateAt *at, const StateFacts *f, int32_t partition, StateEach each, void *arg, Why *why);
/* The greatest state_version in any partition; 0: there is no state. Reads the whole topic once and keeps little. */
int state_log_version(const StateAt *at, const StateFacts *f, uint32_t *ret, Why *why);

/* ---- files --------------------------------------------------------------------------------------------- */

typedef struct StateOffset { const char *topic; int32_t partition; int64_t next; } StateOffset;
typedef struct StateHead {           /* the first line */
        const char *app, *pipeline, *plugin, *plugin_version; /* plugin_version "": not known */
        uint32_t state_version;      /* the greatest of any partition; 0: no state */
        int32_t partitions;
        bool live;                   /* workers ran: each partition is as of a commit, not all as of the same */
        StateOffset *offsets;        /* what the group had committed */
        size_t n_offsets;
} StateHead;

#define STATE_FILE_VERSION 1

typedef struct StateFile StateFile;
/* tell: borrowed; NULL: says nothing. 0: *ret, at its first entry | STATE_E_FILE | STATE_E_BAD | STATE_E_NEWER, *why |
 * -ENOMEM */
int state_file_open(StateFile **ret, const char *path, StateTell *tell, Why *why);
StateFile *state_file_close(StateFile *f);
const StateHead *state_file_head(const StateFile *f);
/* All entries, once. 0 only when the digest behind them is theirs: until then each() has been told nothing that is certain.
 * As state_file_open, or what each() answers. */
int state_file_each(StateFile *f, StateEach each, void *arg, Why *why);

typedef struct StateOut StateOut;
/* path "-": stdout. Else PATH.part, which becomes PATH in state_out_end(). `replace`: PATH may be there already. */
int state_out_open(StateOut **ret, const char *path, bool replace, const StateHead *head, Why *why);
int state_out_put(StateOut *o, const StateEntry *e, Why *why);             /* in order. 0 | STATE_E_FILE | -ENOMEM */
int state_out_end(StateOut *o, Why *why);                                  /* writes the digest. 0 | STATE_E_FILE */
StateOut *state_out_close(StateOut *o);                                    /* without an end: nothing is left */

/* ---- being alone with it ------------------------------------------------------------------------------- */

/* Workers are out of the group (STATE_E_LIVE), none of the transactional ids that they use can commit any more, and we are
 * the group's only member: a worker that starts now makes our commit fail, whole. A transaction is open. */
typedef struct StateHold StateHold;
/* Reads f->offsets anew: now nobody moves them. 0 | STATE_E_LIVE | BUS_E_… | -ENOMEM, *why */
int state_hold_open(StateHold **ret, const StateAt *at, StateFacts *f, Why *why);
StateHold *state_hold_close(StateHold *h);                                 /* undoes what is not committed */
/* value.ptr NULL: gone. 0 | BUS_E_… | STATE_E_LIVE | -ENOMEM, *why */
int state_hold_put(StateHold *h, const StateEntry *e, Why *why);
/* next: by f->offsets; -1: stays committed where it is; NULL: all stay. */
int state_hold_commit(StateHold *h, const int64_t *next, Why *why);

/* ---- the verbs ----------------------------------------------------------------------------------------- */

typedef struct StateRow {            /* one partition, for `ls` */
        uint64_t entries, bytes, timers;
        int64_t next_event_us, next_wall_us; /* the timers due first; INT64_MAX: none */
        bool known;                  /* the host's record is there: meta */
        StateMeta meta;
} StateRow;
typedef struct StateRows {
        StateRow *at;
        int32_t n;
        Arena *arena;
} StateRows;
int state_rows_init(StateRows *r, int32_t partitions);                     /* 0 | -ENOMEM */
void state_rows_deinit(StateRows *r);
int state_rows_add(void *arg, const StateEntry *e);                        /* a StateEach on StateRows */
/* Of one pipeline. offsets: by source, then partition; lags are left out where the end is not known (< 0). */
void state_rows_print(Buffer *out, const char *pipeline, const StateRows *r, const BusOffsets *offsets, size_t n, bool json);

typedef struct StateGet {
        const char *pipeline;
        Bytes key;
        bool prefix, json;
        Buffer out;
        Arena *arena;
        size_t found;
        int failed;
} StateGet;
int state_get_each(void *arg, const StateEntry *e);                        /* a StateEach on StateGet */

typedef struct StateExport {
        StateAt at;
        const char *path;
        bool replace;
        uint64_t n;                  /* entries written */
        int32_t partitions;
        bool live;
} StateExport;
int state_export(StateExport *x, Why *why);                                /* 0 | BUS_E_… | STATE_E_… | -ENOMEM, *why */

typedef struct StateChange {         /* of one partition */
        uint64_t had, has, added, changed, removed;
} StateChange;

typedef struct StateImport {
        StateAt at;
        const char *path;
        bool replace, offsets, renamed, dry;
        StateChange *changes;        /* by partition; to be freed */
        int32_t partitions;
        size_t n_offsets;            /* committed, or would be */
        BusGroup group;              /* dry: who is in it */
} StateImport;
/* 0 | BUS_E_… | STATE_E_… | -ENOMEM, *why; what is not 0 has changed nothing, but for BUS_E_FATAL: then nobody knows */
int state_import(StateImport *i, Why *why);

typedef enum StateTo { STATE_TO_STAY, STATE_TO_EARLIEST, STATE_TO_LATEST, STATE_TO_TIME } StateTo;
typedef struct StateReset {
        StateAt at;
        StateTo to;
        int64_t to_us;
        bool drop, dry;
        StateFacts facts;            /* state_facts_deinit() */
        int64_t *next;               /* by facts.offsets: where each goes; -1: it stays. To be freed */
        StateChange *changes;        /* by partition; to be freed */
} StateReset;
int state_reset(StateReset *r, Why *why);                                  /* as state_import */
