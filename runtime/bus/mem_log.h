/* Inside bus_mem: topics, partitions, transactions, groups. For mem*.c only.
 *
 * A partition is an array of records in the order of their offsets, their bytes in segments that never move. A record
 * names the transaction that wrote it; it is visible once that one is committed and none that began earlier in the same
 * partition is still open (the last stable offset). The end of a transaction takes an offset of its own, as in Kafka, so
 * offsets have gaps and nobody may count on them. */
#pragma once

#include "bus/body.h"

typedef struct MemSegment MemSegment;
struct MemSegment {
        MemSegment *next;
        size_t size, used;
        int64_t last;                /* offset of the last record in it */
        uint64_t buried;             /* log->epoch when nothing pointed to it any more */
        _Alignas(16) uint8_t data[];
};

typedef struct MemRecord {
        int64_t offset, time_us;
        Bytes key, value;
        const BusHeader *headers;
        uint32_t n_headers;
        uint32_t txn;                /* index into log->states; 0: always committed */
} MemRecord;

typedef struct MemOpen { uint32_t txn; int64_t first; } MemOpen;

typedef struct MemTopic MemTopic;
typedef struct MemPartition {
        MemTopic *topic;
        MemRecord *records;
        size_t n, size;
        int64_t first, next;         /* first offset still there, next to be written */
        uint64_t shape;              /* counts removals: indices kept from before are worthless */
        MemSegment *oldest, *newest;
        MemOpen *open;               /* transactions open here, in the order they came */
        size_t n_open, size_open;
} MemPartition;

struct MemTopic {
        char *name;
        int32_t n;
        bool compact;
        MemPartition *parts;
};

typedef enum MemState { MEM_COMMITTED, MEM_OPEN, MEM_ABORTED } MemState;

/* A transactional id: whoever opened it last may write. */
typedef struct MemId MemId;
struct MemId {
        MemId *next;
        uint64_t epoch;
        uint32_t txn;                /* open; 0: none */
        MemPartition **touched;      /* by the open transaction */
        size_t n_touched, size_touched;
        char name[];
};

typedef struct MemBus MemBus;
typedef struct MemGroup MemGroup;
typedef enum MemStand {
        MEM_OUT,                     /* owns nothing, waits for the next division */
        MEM_GIVEN,                   /* has a share that poll did not tell yet */
        MEM_OWNS,
        MEM_LEAVING,                 /* was told to give up */
        MEM_LOST                     /* was not asked */
} MemStand;
typedef struct MemMember MemMember;
struct MemMember {
        MemMember *next;
        MemBus *bus;                 /* NULL: dead or gone */
        MemStand stand;
        MemPartition **share;
        size_t n_share;
        char *name;                  /* NULL: dynamic */
};
typedef struct MemOffsets { MemTopic *topic; int64_t *next; } MemOffsets; /* -1: nothing committed */
struct MemGroup {
        MemGroup *next;
        MemMember *members;          /* in the order they came */
        bool dividing;               /* a new division is due */
        MemOffsets *offsets;
        size_t n_offsets;
        char name[];
};

typedef struct MemFault MemFault;
struct MemFault {
        MemFault *next;
        BusMemCall call;
        unsigned n;
        int answer;
        bool after;
};

/* One who holds borrowed records: a Bus or a reader. */
typedef struct MemHolder MemHolder;
struct MemHolder {
        MemHolder *next, **self;
        uint64_t epoch;              /* of its last poll */
};

struct BusMemLog {
        const Clock *clock;          /* of the Bus opened last */
        MemTopic **topics;
        size_t n_topics;
        uint8_t *states;             /* MemState of each transaction */
        size_t n_states, size_states;
        MemId *ids;
        MemGroup *groups;
        MemFault *faults;
        MemHolder *holders;
        uint64_t epoch;
        MemSegment *buried;
        bool away;                   /* nobody answers */
        int trouble;                 /* what bus_health answers */
        Why trouble_why;
};

typedef struct MemCursor { int64_t next; size_t at; uint64_t shape; } MemCursor;
typedef struct MemOwned {
        MemPartition *part;
        uint32_t topic;              /* index into BusConf.topics */
        int32_t partition;
        MemCursor cursor;
        bool flows;                  /* named by the last rewind */
        bool held;
} MemOwned;

struct MemBus {
        Bus bus;
        MemHolder holder;
        BusMemLog *log;
        const Clock *clock;
        char **topics;
        uint32_t n_topics;
        uint32_t n_own;
        BusStart start;
        int64_t start_us;
        size_t max_message;
        void (*midway)(void *arg);
        void *midway_arg;
        MemGroup *group;
        MemMember *me;
        MemOwned *owned;
        size_t n_owned, turn;
        BusPosition *positions;
        BusRecord *batch;
        struct MemOutput { char *name; MemTopic *topic; uint32_t robin; } *outputs;
        uint32_t n_outputs;
        MemId *id;                   /* NULL: at least once */
        uint64_t id_epoch;
        bool doomed, spent;
        bool missing;                /* an output without a topic was written to */
        Why doom, spent_why;
};

/* mem_log.c */
MemTopic *mem_topic(const BusMemLog *log, const char *name);
int mem_append(BusMemLog *log, MemPartition *p, const BusSend *s, int64_t time_us, uint32_t txn); /* 0 | -ENOMEM */
int64_t mem_end(const MemPartition *p);                              /* last stable offset */
int64_t mem_at_time(const BusMemLog *log, const MemPartition *p, int64_t time_us);
/* Up to `max` visible records from the cursor on, which moves; `topic` is written into them. */
size_t mem_read(const BusMemLog *log, const MemPartition *p, MemCursor *c, uint32_t topic, BusRecord *ret, size_t max);
void mem_hold(BusMemLog *log, MemHolder *h);                         /* enters it */
void mem_unhold(MemHolder *h);
void mem_touch(BusMemLog *log, MemHolder *h);                        /* what it borrowed is given back */

/* mem_txn.c */
int mem_id_open(MemBus *b, const char *name);                        /* 0 | -ENOMEM */
int mem_id_begin(BusMemLog *log, MemId *id);                         /* 0 | -ENOMEM */
int mem_id_touch(MemId *id, MemPartition *p);                        /* 0 | -ENOMEM */
void mem_id_end(BusMemLog *log, MemId *id, MemState how);

/* mem_group.c */
int mem_join(MemBus *b, const char *group, const char *member);      /* 0 | -ENOMEM */
void mem_leave(MemBus *b, bool dies);
int mem_stand(MemBus *b); /* 0: may read | BUS_E_IDLE … BUS_E_LOST, FATAL | -ENOMEM */
int mem_offsets_ready(MemGroup *g, MemTopic *t);                     /* 0 | -ENOMEM */
int64_t mem_offset(const MemGroup *g, const MemPartition *p);
void mem_offset_set(MemGroup *g, const MemPartition *p, int64_t next);
void mem_group_topic(BusMemLog *log, const char *topic);             /* a topic came into being */
MemGroup *mem_group_free(MemGroup *g);

/* mem.c */
int mem_spend(MemBus *b, Why *why, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The fault due at this call: 0 or its answer; `after` says whether it takes effect. Counts the call. */
int mem_fault(BusMemLog *log, BusMemCall call, bool *after);

/* mem_turn.c: the half of the body that writes */
uint32_t mem_output(Bus *bus, const char *topic);
int mem_begin(Bus *bus, Why *why);
int mem_send(Bus *bus, const BusSend *s, Why *why);
int mem_commit(Bus *bus, const BusPosition *next, size_t n, int64_t deadline_us, Why *why);
int mem_abort(Bus *bus, Why *why);
