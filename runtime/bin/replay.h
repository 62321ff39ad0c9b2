/* Files through pipelines: no broker, no network, the same bytes every time.
 *
 *      replay_source.c   files -> lines -> records, merged by arrival
 *      replay_table.c    files of rows -> tables
 *      replay.c          records -> pipelines -> lines of output, chained by topics
 *      replay_watch.c    lines of output -> stdout; the process that waits, for plugins may crash */
#pragma once

#include "bin/lines.h"
#include "bin/lines_told.h"
#include "bin/stage.h"

typedef struct Source {              /* a file of --from */
        Lines *lines;
        Told told_lines;             /* what was said of lines that cannot be read */
        Stage *stage;                /* for lines that name no port; NULL: each must */
        const StagePort *port;
        bool ended, ready;           /* ready: the next record is in the fields below */
        int64_t last_us;             /* arrival of the record before */
        Stage *to;
        const StagePort *to_port;
        int64_t arrival_us, event_us;
        bool told;                   /* the line tells its arrival, or its value its event time */
        bool has_key, has_value;
        Buffer key, value;
        struct Chained *held;        /* not told: what its last record became; this tells its time */
} Source;

typedef struct Chained {             /* a record on its way from one pipeline to the next */
        struct Chained *next;
        char *topic;
        Bytes key, value;            /* ptr NULL: null; memory behind the struct */
        int64_t event_us;            /* INT64_MIN: has none */
} Chained;

/* ---- replay_watch.c ---------------------------------------------------------------------------------- */

typedef enum WatchPhase { WATCH_HOST, WATCH_CREATE, WATCH_LINE, WATCH_TIMERS, WATCH_DESTROY, WATCH_DONE } WatchPhase;
typedef struct Watch Watch;          /* in memory that is shared with the process that waits */
/* Forks. -1: in the child, which goes on, *ret | in the parent, when the child has ended: the exit code of the program, all
 * said; of a plugin that crashed, the line that it was working on. */
int watch_start(Watch **ret);
void watch_phase(Watch *w, WatchPhase phase);
/* Which plugin's code runs from now on. port NULL: none of its ports. */
void watch_at(Watch *w, const Config *c, const ConfigPipeline *p, const char *port);
void watch_line(Watch *w, const char *file, uint64_t line);
/* Lines of output; what is not yet written when a plugin crashes, the parent writes. 0 | EX_IOERR, said */
int watch_write(Watch *w, Bytes b);
int watch_flush(Watch *w);

typedef struct Replay {
        Watch *watch;
        Config *config;
        Schemas *schemas;
        Schema *moment;              /* for times in RFC 3339 */
        Stage *stages;               /* never moved once made */
        size_t n_stages;
        ReplayClock clock;
        Source *sources;
        size_t n_sources;
        Arena *line_arena, *out_arena;
        Chained *head, **tail;
        bool told;                   /* of the record that is being worked on */
        int64_t last_event_us;       /* greatest event time; INT64_MIN: none yet */
        int64_t until_us;            /* of --until, if it was given */
        bool stdin_taken;            /* by a --from or --table: it can be read once */
        uint64_t read, bad, written, dead;
} Replay;

/* ---- replay.c ---------------------------------------------------------------------------------------- */

typedef struct ReplayConf {
        const char *config, *only;
        int32_t partitions;
        const char *until;           /* NULL: the last event time */
        const char *const *from, *const *table;
        size_t n_from, n_table;
} ReplayConf;
/* The exit code of the program; all is said on stderr, outputs are on stdout. */
int replay_run(const ReplayConf *conf);
/* Microseconds or RFC 3339. 0 | CODEC_E_…, *why */
int replay_time(const Replay *r, const tocsin_value *v, int64_t *ret, Why *why);

/* ---- replay_source.c --------------------------------------------------------------------------------- */

/* "PORT=FILE" or "PIPELINE.PORT=FILE"; what stands before '=' is a port only if there is one of that name. *file: behind it.
 * Without a port: *stage the first, *port its first STREAM input, or NULL. 0 | EX_USAGE, said */
int replay_place(Replay *r, const char *told, const char *option, Stage **stage, const StagePort **port, const char **file);
/* By "PORT" or "PIPELINE.PORT" an input; NULL: *why */
const StagePort *replay_port(const Replay *r, Bytes name, Stage **stage, Why *why);
int source_open(Source *s, Replay *r, const char *told);             /* 0 | EX_USAGE | EX_NOINPUT | EX_OSERR, said */
void source_close(Source *s);
/* The next record of the file into its fields; lines that cannot be read are said and counted in r->bad. 0, perhaps
 * s->ended | EX_IOERR | EX_OSERR, said */
int source_fill(Source *s, Replay *r);
/* The file behind an option: one of the name "" or a second "-" is refused. 0 | EX_USAGE, said */
int replay_file(Replay *r, const char *file, const char *option);
/* A value of a port -> bytes of its topic, key and event time (INT64_MIN: none). raw: its text, for JSON ports; ptr NULL:
 * none. 0 | CODEC_E_…, *why | -ENOMEM */
int replay_encode(const StagePort *port, const tocsin_value *v, Bytes raw, Arena *a, Buffer *ret, Bytes *key, int64_t *event_us,
                  Why *why);

/* ---- replay_table.c ---------------------------------------------------------------------------------- */

int replay_table(Replay *r, const char *told);                       /* 0 | EX_USAGE | EX_NOINPUT | EX_DATAERR | EX_OSERR, said */
