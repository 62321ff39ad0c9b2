/* Inside the room only: what a worker is made of. Who writes what is told by the file named behind each group. */
#pragma once

#include "core/arena.h"
#include "core/buffer.h"
#include "core/cleanup.h"
#include "core/limits.h"
#include "state/timers.h"
#include "state/watermark.h"
#include "task/standby.h"
#include "task/worker.h"

#include <tocsin/value.h>

#define TOPIC_MAX 250u               /* Kafka's 249 and a NUL */
#define BATCH_MAX 256u               /* events in one process_batch() */
#define DOOMED_MAX 64u               /* records known to be dead letters, waiting for their redelivery */
#define BACKOFF_US INT64_C(50000)    /* first wait after a failure; doubled each time */
#define REVOKE_US INT64_C(10000000)  /* what a commit may take while partitions are being taken away */

typedef struct Task Task;

enum {                               /* what steps of a turn answer besides 0 and < 0 */
        STEP_BACK = 1,               /* the turn must be rolled back; Worker.back says why */
        STEP_SPENT = 2               /* the Bus is spent; Worker.back.why says why */
};

typedef struct Port {                /* bind.c; outputs: open.c */
        const tocsin_port *decl;
        const ConfigPort *conf;      /* NULL: unbound, or INTERNAL without settings */
        uint32_t index, mark;        /* mark: place in the watermark */
        char topic[TOPIC_MAX], rekey[TOPIC_MAX];   /* empty: none */
        const Schema *schema;        /* AVRO */
        Schema *own;                 /* schema given as text in the declaration */
        Decoder *decoder;
        int64_t key, time;           /* handles of AVRO fields; 0: not declared */
        uint32_t output, rekey_output;
        bool bound, input, warned;
} Port;

typedef enum SourceKind { SOURCE_STREAM, SOURCE_INTERNAL, SOURCE_REKEY, SOURCE_RETRY } SourceKind;
typedef struct Source {              /* a subscribed topic; same index as in BusConf.topics (open.c) */
        Port *port;                  /* RETRY: NULL, each record names its own */
        const char *topic;
        SourceKind kind;
        bool again;                  /* Again.source: its record comes once more */
} Source;

typedef struct Again {               /* again.c: the record of .retry at hand */
        Source source;               /* as its port's; RETRY: it has none, `reason` and `why` */
        char port[256], topic[TOPIC_MAX];   /* as told; topic, partition, offset, time: where it lay at first */
        int32_t partition;
        int64_t offset, time_us;
        BusHeader attempt, letter;   /* borrowed from the record */
        const char *reason;
        Why why;
} Again;

typedef struct Accounts {            /* records of a turn; accounts.c */
        uint64_t in, processed, skipped, dead, late, rekeyed, future, again;
} Accounts;

typedef enum CallKind { CALL_NONE, CALL_CREATE, CALL_REBUILD, CALL_PROCESS, CALL_TIMER, CALL_CHANGED, CALL_DESTROY } CallKind;

typedef struct Call {                /* the callback that runs; host.c */
        CallKind kind;
        const Task *task;            /* whose; NULL: none runs */
        const tocsin_event *cause;   /* PROCESS: (first) event */
        const BusRecord *record;     /* of one event; NULL: batch of several, timer */
        Bytes timer;
        int64_t time_us;             /* event time handed on to internal ports */
        uint8_t origin[16];          /* id of what caused it */
        uint32_t emits;
        BusHeader trace;             /* the record's traceparent, looked for at the first emit; name NULL: none */
        bool traced;
        bool effects, failed;        /* something was put or emitted; `why` is said */
        bool broken;                 /* what it answered is nothing that plugin.h knows */
        char pointer[256];
        Why why;
} Call;

typedef struct TaskDisk {            /* disk.c */
        bool found, doubt;           /* a store lay there; what lies there is damaged */
        int64_t wall, begun;         /* of the host's record in it */
        uint64_t record;
        int64_t meta;                /* offset of the last of its records that was read; -1: none */
} TaskDisk;

struct Task {                        /* assign.c */
        struct Worker *w;
        int32_t partition;
        tocsin_host host;
        void *inst;
        Table *table;
        Timers *timers;
        int64_t warm;                /* the table has its changelog below this offset; -1: nothing */
        Watermark mark, mark_committed;
        int64_t wall, wall_committed;
        int64_t begun;               /* wall time of the first turn of this state; INT64_MIN: none yet */
        TaskDisk disk;
        uint32_t found;              /* state_version of what is committed; 0: nothing */
        bool touched;                /* something of this turn is to be journalled */
        bool stopped;                /* its state cannot be used; why is in the worker's trouble */
        bool lost;                   /* instance must be made anew */
        uint8_t (*id_base)[16];      /* by source: what record ids are made from */
        Accounts now;
        struct TaskCells {
                Metric *in, *processed, *skipped, *dead, *late, *rekeyed, *future, *again, *state, *mark_lag, *lag;
        } cell;
};

typedef struct Position {
        uint32_t source;
        int32_t partition;
        int64_t committed, next;
} Position;

typedef struct Suspect { uint32_t source; int32_t partition; int64_t offset; } Suspect;

typedef struct Doomed {              /* retry.c: dead letters to be on redelivery */
        Suspect at;
        const char *reason;
        uint32_t attempts;
        char text[WHY_MAX];
} Doomed;

typedef struct Back {                /* why a turn is rolled back */
        bool by_record, by_timer, by_commit, lost, again_at_once;
        bool broken;                 /* Call.broken: no wait will heal it */
        Suspect suspect;
        int64_t timer_at;
        size_t timer_len;
        uint8_t timer[LIMIT_TIMER_NAME_BYTES];
        Why why;
} Back;

typedef struct Retry {               /* retry.c */
        uint32_t limit;              /* records in one turn; 0: no limit */
        uint32_t attempts;           /* of the suspect alone */
        bool known, timer, over;     /* a suspect, a suspect timer; it went through, but is not committed yet */
        Suspect suspect;
        size_t timer_len;
        uint8_t timer_name[LIMIT_TIMER_NAME_BYTES];
        int64_t wait_us, due_us;     /* back-off; when to go on (monotonic), 0: now */
        uint32_t failures;           /* one after the other */
        Doomed doomed[DOOMED_MAX];
        uint32_t n_doomed, at_doomed;
} Retry;

#define UNDO_HEADERS 3u              /* of an emit */
typedef struct Undo {                /* undo.c */
        uint32_t careful;            /* records yet to be delivered with care; 0: none */
        bool on, lost, full;         /* this call is watched; it cannot be taken back alone; its emits cannot be held back */
        Arena *arena;                /* of what follows, one call long */
        struct UndoNote *notes;      /* the last first */
        struct UndoSend *first, *last;
        double *delta;
        Watermark mark;
        Accounts now;
} Undo;

typedef struct Spans {               /* spans.c */
        bool on, elsewhere;          /* elsewhere: this record is only sent to where it belongs, and traced there */
        Span *at;                    /* of the open turn */
        uint32_t n, mark, batch;     /* mark: what this record adds begins there */
        uint64_t lost;
        int64_t start_us;
        const char *error;           /* why this record is a dead letter; NULL: it is none */
        Metric *told, *dropped;
} Spans;

typedef struct Rows Rows;            /* rows.c: one TABLE port */
typedef struct Tables {              /* tables.c */
        Rows *rows[LIMIT_PORTS];     /* by port; NULL: not a bound TABLE port */
        Port *of[LIMIT_PORTS];       /* by reader's topic */
        const char *topics[LIMIT_PORTS];
        uint32_t n;
        BusReader *reader;
        bool whole;
        struct TableOffset { uint32_t topic; int32_t partition; int64_t next; } *at;
        size_t n_at, size_at;
        size_t bytes, max;
        Arena *arena;
} Tables;

typedef enum WorkerPhase {
        PHASE_DOWN,                  /* no Bus */
        PHASE_TABLES,                /* TABLE ports are being read whole */
        PHASE_WAITING,               /* no partitions */
        PHASE_ASSIGNING,             /* partitions are ours, their positions not known yet */
        PHASE_RESTORING, PHASE_RUNNING
} WorkerPhase;

typedef enum Failpoint {
        FP_BEGIN, FP_AFTER_RECORD, FP_BEFORE_CHANGELOG, FP_AFTER_CHANGELOG, FP_BEFORE_OFFSETS, FP_BEFORE_COMMIT, FP_AFTER_COMMIT,
        FP_BEFORE_APPLY, FP_AFTER_APPLY, FP_BEFORE_REWIND, FP_IN_RESTORE, FP_COUNT
} Failpoint;

struct Worker {
        WorkerConf conf;
        const ConfigPipeline *pipe;
        const tocsin_plugin *plugin;
        Port port[LIMIT_PORTS];
        const Schema *dead_schema;
        WatermarkConf time;
        tocsin_time time_told;       /* the same, as plugins see it */
        size_t table_bytes;          /* of one task */

        WorkerPhase phase;           /* open.c */
        Bus *bus;
        BusAdmin *admin;             /* while the topics are looked at */
        BusConf bus_conf;
        BusProperty *properties;
        char member[TOPIC_MAX], txn_id[TOPIC_MAX];
        int32_t n_partitions;
        Source source[2 * LIMIT_PORTS + 1];
        const char *topics[2 * LIMIT_PORTS + 1];
        uint32_t n_sources, n_marks, out_changelog, out_dlq;
        int64_t reopen_us, reopen_wait_us, health_us, said_us, gauges_us;
        bool crc32, changelog_compact;

        Tables tables;

        Task **task;                 /* by partition (assign.c) */
        Task **owned;
        size_t n_owned, restoring;   /* restoring: index into owned */
        BusReader *restore;
        StoreCache *stores;          /* disk.c; NULL: none was opened */
        int64_t ends_us;
        Position *pos;
        size_t n_pos;
        int32_t *pos_of;             /* [source * n_partitions + partition] -> index into pos, -1: not ours */
        BusPosition *at;             /* scratch for bus_rewind and bus_commit */

        bool open, fired;            /* a transaction is open; due timers of this turn have fired */
        bool cut;                    /* commit at once: what was given up must not be given up again and again */
        int64_t begun_us, mono_us;   /* monotonic: begin of the turn; last look at the clock */
        int64_t wall_us, wall_committed; /* the turn's stamp; as of the last commit (replay) */
        int64_t wall_seen, wall_mono; /* turn_wall(): its last answer, and when that was */
        size_t turn_bytes, dirty_bytes;
        uint32_t turn_records, turn_timers, clock_skip;
        Suspect last;                /* the turn's last record */
        const BusRecord *batch;
        size_t batch_n, batch_at;
        int pending;                 /* BUS_E_ABORTED or BUS_E_FATAL met inside a callback */
        Call call;
        bool stray_said, number_said; /* host.c: said once */
        Back back;
        Retry retry;
        Again again;
        Undo undo;
        Spans spans;

        Arena *arena, *scratch;      /* decoded events; the plugin's scratch */
        Buffer enc, meta, dead;
        uint8_t id_key[32];          /* of ids of records that are emitted: the hash of the pipeline's name */
        tocsin_event *events;        /* BATCH_MAX of a run */
        const tocsin_event **run;
        double *delta;               /* plugin metrics of the open turn */
        Metric **plugin_cell;
        struct WorkerCells {
                Metric *turns, *aborts, *retries, *trouble, *restore_done, *restore_total, *table_rows, *table_bad, *failed;
                Histogram commit, process;
        } cell;
        bool in_trouble;
        Why trouble;
        char fp_name[32];
        int fp_point, fp_left;       /* -1: no failpoint armed */
};

/* bind.c */
int bind_ports(Worker *w, Why *why);
void bind_free(Worker *w);

/* open.c */
int open_conf(Worker *w);
int open_bus(Worker *w);                         /* 0: PHASE_TABLES | WORKER_E_WAIT: trouble is said, back-off set | < 0 */
void open_lost(Worker *w, const Why *why);       /* the Bus is spent: close it, forget the tasks, back off */
int open_wait(Worker *w, const Why *why);        /* says it and sets the back-off: WORKER_E_WAIT */
void trouble_say(Worker *w, const char *event, const Why *why);
void trouble_over(Worker *w);
void trouble_begin(Worker *w);

/* tables.c, rows.c */
int tables_init(Worker *w);
void tables_deinit(Worker *w);
int tables_open(Worker *w, Why *why);
void tables_close(Worker *w);
int tables_step(Worker *w, int64_t wait_us, Why *why); /* 0 | BUS_E_IDLE: nothing new | BUS_E_END: whole | other BUS_E_… */
int rows_new(Rows **ret);
Rows *rows_free(Rows *r);
int rows_put(Rows *r, Bytes key, const tocsin_value *v, size_t *bytes);   /* v NULL: gone */
const tocsin_value *rows_get(Rows *r, Bytes key);
int rows_each(Rows *r, int (*each)(void *, Bytes, const tocsin_value *), void *arg);
size_t rows_count(const Rows *r);

/* assign.c, restore.c */
int assign_begin(Worker *w);
int assign_run(Worker *w);
int assign_rewind(Worker *w);                    /* all partitions from where they are committed: 0 | STEP_SPENT */
int restore_step(Worker *w, int64_t wait_us);
void assign_drop(Worker *w);
int task_new(Task **ret, Worker *w, int32_t partition);
Task *task_free(Task *t);
int task_birth(Task *t, Why *why);               /* creates the instance. 0 | < 0, *why said */
int task_rebuild(Task *t);                       /* 0 | STEP_BACK | < 0; may stop the task */
void task_stop(Task *t, const Why *why);
Position *position_of(Worker *w, uint32_t source, int32_t partition);

/* disk.c: nothing of it does anything while tables are in memory */
enum { DISK_E_ANEW = 30 };
/* from: where to read the changelog; -1: from its beginning. 0 | BUS_E_CONF | < 0 */
int disk_begin(Task *t, int64_t *ret_from, Why *why);
int disk_anew(Task *t, const char *because, Why *why);  /* an empty store: 0 | BUS_E_CONF | < 0 */
int disk_end(Task *t, Why *why);                 /* restored: 0 | DISK_E_ANEW | BUS_E_CONF | < 0 */
int disk_trouble(Task *t, Why *why);             /* why its store failed: BUS_E_CONF | < 0; 0: it did not */
int disk_sound(Worker *w);                       /* 0 | STEP_SPENT: what was read may be wrong; back.why */
void disk_committed(Worker *w);
void disk_left(Task *t);
size_t disk_memory(const Worker *w);             /* what a table may take of it */

/* host.c, emit.c */
void host_init(Task *t);
void call_begin(Task *t, CallKind kind);
int call_end(Task *t, int verdict);
int call_broken(Task *t, const char *what);      /* the answer in its place: that of a lost instance; `what` becomes why */
bool call_stray(Task *t);
void emit_init(Worker *w);
int host_emit(const tocsin_host *h, uint32_t port, tocsin_bytes key, const tocsin_value *body);
int turn_send(Worker *w, const BusSend *s);      /* 0 | BUS_E_TOO_BIG | STEP_BACK */
bool record_header(const BusRecord *r, const char *name, BusHeader *ret);
int32_t owner_of(const Worker *w, Bytes key);

/* turn.c, commit.c, meta.c */
int turn_begin(Worker *w);
int turn_ready(Worker *w);
int64_t turn_wall(Worker *w);                    /* what timers take for the wall clock */
bool turn_due(Worker *w);
int turn_commit(Worker *w, int64_t deadline_us);
int turn_rollback(Worker *w, bool rewind);
void turn_touch(Task *t);
int meta_write(Task *t);
uint64_t meta_hash(Task *t);
bool meta_found(Task *t);
void meta_read(Task *t);                         /* what is committed becomes found, wall and watermark */
void fail_step(Worker *w, const char *what);

/* deliver.c, run.c, event.c */
enum { EVENT_DEAD = 10, EVENT_SKIP = 11, EVENT_LATE = 12, EVENT_REKEY = 13 };
typedef struct Event {
        const char *reason;          /* DEAD: one word, and `why` */
        Bytes key;                   /* REKEY: where it belongs */
        Why why;
} Event;
int deliver(Worker *w);                          /* takes one record, or a run of them, from the batch */
int deliver_run(Worker *w, Task *t, Source *s);
int run_answer(Task *t, uint32_t n, uint32_t done, int verdict);   /* of process_batch(): the verdict, unless it is broken */
int deliver_end(Task *t, const BusRecord *r);    /* the record is dealt with: position, timers */
int deliver_aside(Task *t, Source *s, const BusRecord *r, int what, const Event *e);   /* what did not become an event */
int deliver_verdict(Task *t, Source *s, const BusRecord *r, int verdict);
int event_make(Task *t, Source *s, const BusRecord *r, tocsin_event *ret, Event *why);
void flight_enter(Worker *w, const Source *s, int32_t partition, int64_t offset);
void flight_leave(Worker *w);
/* Around what may take long: the supervisor says it instead of missing a sign of life. Not nested. */
void doing(Worker *w, Doing what);
void id_base_of(const char *topic, int32_t partition, uint8_t ret[16]);   /* assign.c: of a delivery's id */

/* deadletter.c */
int dead_letter(Task *t, const Source *s, const BusRecord *r, const char *reason, const char *text, uint32_t attempts);
int dead_timer(Task *t, Bytes name, int64_t at_us, const char *text, uint32_t attempts);

/* retry.c */
void retry_after(Worker *w, bool sick);          /* after a rollback: how to go on; sick: the bus is to blame */
void retry_passed(Worker *w, uint32_t source, const BusRecord *r);
void retry_committed(Worker *w);
bool retry_is(const Worker *w, const BusRecord *r);      /* the suspect */
bool retry_apart(const Worker *w);               /* the open turn is to be committed, for the suspect comes next or was last */
void retry_forget(Worker *w);
const Doomed *retry_doomed(Worker *w, uint32_t source, const BusRecord *r);
void retry_doom(Worker *w, Suspect at, const char *reason, const char *text, uint32_t attempts);

/* undo.c */
void undo_expect(Worker *w);                     /* from now on calls are watched */
void undo_begin(Task *t);                        /* before the event is made, which moves the watermark */
void undo_note(Task *t, TableSpace space, Bytes key);   /* is about to be changed */
void undo_send(Worker *w, const BusSend *s);     /* waits for the verdict */
/* What the call did is sent, or taken back if it is poison; then call.effects is false. 0 | STEP_BACK | < 0 */
int undo_end(Task *t, int verdict);

/* spans.c; but for the first two and trace_read() only while spans.on */
typedef struct TraceParent { uint8_t trace[16], span[8]; bool sampled; } TraceParent;
int spans_init(Worker *w);
void spans_deinit(Worker *w);
bool trace_read(Bytes header, TraceParent *ret); /* the W3C's traceparent; false: it is none */
void spans_begin(Worker *w);                     /* of a record, or of a run of them */
/* The header of a record that this call emits, with a span of its own; false: it is not traced, and as it was. */
bool spans_child(Task *t, BusHeader *io, char ret[56]);
void spans_sent(Task *t, const char *topic, int32_t partition);
void spans_dead(Worker *w, const char *reason);
void spans_end(Task *t, const BusRecord *r);
void spans_commit(Worker *w);
void spans_forget(Worker *w);

/* again.c */
Source *again_source(Worker *w, const BusRecord *r);   /* of a record of .retry: Worker.again, and its source */
bool origin_read(Bytes in, char topic[TOPIC_MAX], int32_t *partition, int64_t *offset);
/* Headers by which a record's letter, or the record at its owner, is known to have been replayed; how many. */
uint32_t again_marks(const Source *s, const BusRecord *r, const Again *a, BusHeader ret[2]);
bool again_hides(const Source *s, const char *header);

/* ticks.c */
int ticks_fire(Task *t);
int64_t ticks_due(Worker *w);                    /* wall time of the next timer of any task; INT64_MAX: none */
int ticks_call(Task *t, Bytes name, int64_t at_us, unsigned clock);

/* accounts.c */
int accounts_init(Worker *w);
void accounts_task(Task *t);
void accounts_apply(Worker *w);
void accounts_drop(Worker *w);
void accounts_gauges(Worker *w);

/* failpoint.c */
void failpoint_arm(Worker *w);
void failpoint_pass(Worker *w);
static inline void failpoint(Worker *w, Failpoint p) {
        if (w->fp_point == (int)p)
                failpoint_pass(w);
}

/* Is the host that is called that of the instance whose callback runs? A plugin with its instance in a static would write
 * the table of another partition. False: said once. */
static inline bool call_mine(Task *t) {
        return t->w->call.task == t || call_stray(t);
}
