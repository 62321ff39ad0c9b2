/* The door to topics. Two bodies: bus_mem, an in-memory log with true transactions (what "correct" means), and
 * bus_kafka (librdkafka >= 2.0.2). One scenario suite holds both to this page.
 *
 * A Bus is what one worker needs: one consumer in a group and one producer, transactional when exactly_once.
 * [one thread] unless said otherwise. The order of one turn:
 *
 *      bus_poll … bus_begin, bus_send*, bus_poll …, bus_commit | bus_abort + bus_rewind
 *
 * Partitions are given and taken by bus_poll's answers, never in between. Whatever the broker does, a failure ends as
 * one of three answers: repeated inside (retriable), BUS_E_ABORTED (this transaction is undone: roll back, rewind, try
 * again) or BUS_E_FATAL (this Bus is spent: close it, open another). */
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/error.h"

typedef struct Bus Bus;

typedef struct BusHeader { const char *name; Bytes value; } BusHeader;

typedef struct BusRecord {           /* borrowed until the next bus_poll of the same Bus */
        uint32_t topic;              /* index into BusConf.topics (a reader: into its own) */
        int32_t partition;
        int64_t offset;
        int64_t time_us;             /* the record's timestamp */
        Bytes key, value;            /* ptr NULL: null; a null value is a tombstone */
        const BusHeader *headers;    /* ask bus_header() */
        uint32_t n_headers;
        void *message;               /* Kafka's own; NULL: the headers are those above */
} BusRecord;

typedef struct BusPosition {
        uint32_t topic;              /* index into BusConf.topics */
        int32_t partition;
        int64_t offset;              /* next to be read */
} BusPosition;

typedef enum BusStart { BUS_EARLIEST, BUS_LATEST, BUS_AT_TIME } BusStart;

typedef struct BusProperty {
        const char *name, *value;
        const char *written;         /* what is shown for a value that is not to be: `${file:…}`; NULL: the value may be */
} BusProperty;

typedef struct BusMemLog BusMemLog;

typedef struct BusConf {             /* copied by bus_open */
        BusMemLog *mem;              /* not NULL: bus_mem on this log; else Kafka */
        const Clock *clock;          /* bus_mem: record timestamps */
        const char *group;           /* NULL: no consumer */
        const char *member;          /* static group member (group.instance.id); NULL: dynamic */
        const char *transactional_id; /* NULL: at least once (commit: flush, then commit offsets) */
        const char *const *topics;   /* what the consumer subscribes to */
        uint32_t n_topics;
        uint32_t n_own;              /* the last of them, which only we write: without a committed offset from their beginning */
        BusStart start;              /* where a partition of the others without a committed offset begins */
        int64_t start_us;            /* BUS_AT_TIME */
        size_t memory;               /* bytes its queues may hold, both ways together */
        const BusProperty *properties; /* librdkafka properties; those bus_property_check refuses are an error */
        uint32_t n_properties;
        void (*midway)(void *arg);   /* bus_commit: offsets are in the transaction, its end is not asked for yet; or NULL */
        void *midway_arg;
        int64_t patience_us;         /* what one question about topics waits for brokers; 0: BUS_PATIENCE_US */
        bool hasty;                  /* a person waits: brokers that all refuse are given up after a few tries */
} BusConf;
#define BUS_PATIENCE_US 10000000     /* a broker that says nothing for so long is away */

enum {
        BUS_E_IDLE = 1,              /* poll: nothing in time */
        BUS_E_ASSIGNED = 2,          /* poll: partitions are ours; see bus_assigned(), then bus_rewind() to begin */
        BUS_E_REVOKED = 3,           /* poll: partitions will go; commit or abort, then bus_release() */
        BUS_E_LOST = 4,              /* poll: they are gone; a commit would fail; abort, then bus_release() */
        BUS_E_ABORTED = 5,           /* the open transaction cannot commit; bus_abort(), roll back, bus_rewind() */
        BUS_E_FATAL = 6,             /* the Bus is spent (fenced, unclassified, position unknown); *why says it */
        BUS_E_TOO_BIG = 7,           /* send: over the producer's message.max.bytes; nothing was queued */
        BUS_E_NO_TOPIC = 8,          /* topic does not exist, or not that partition */
        BUS_E_DENIED = 9,            /* the principal lacks the right; *why: which, and the ACL to add */
        BUS_E_DOWN = 10,             /* no broker answers in time; try again later */
        BUS_E_CONF = 11,             /* a property is unknown, refused or has a bad value; *why names it */
        BUS_E_END = 12               /* reader: caught up with what was committed when it was asked */
};
const char *bus_answer(int r);       /* a word for logs */

/* 0 | BUS_E_CONF | BUS_E_DOWN (Kafka, exactly once: producer not initialised within 60 s) | BUS_E_DENIED (the
 * transactional id, or the log in) | BUS_E_FATAL | -ENOMEM */
int bus_open(Bus **ret, const BusConf *conf, Why *why);
/* Leaves the group (static members do not), waits at most 10 s for queues. An open transaction is aborted. */
Bus *bus_close(Bus *b);

/* The next records in the order of each partition, as many as are there, after waiting at most wait_us for the first
 * (< 0: 0). 0: *ret, *n >= 1 | BUS_E_IDLE | BUS_E_ASSIGNED | BUS_E_REVOKED | BUS_E_LOST | BUS_E_FATAL.
 * Never records of partitions that are not assigned, nor below the last bus_rewind. Serves the producer's queue, too. */
int bus_poll(Bus *b, int64_t wait_us, const BusRecord **ret, size_t *n);
/* A record's header number i, in their order; false: there are no more. It lives as long as the record. Headers are looked
 * for when they are asked for: most records never are. */
bool bus_header(const BusRecord *r, uint32_t i, BusHeader *ret);
/* After BUS_E_ASSIGNED: every owned partition and where it begins (committed offset, else by `start`). Borrowed until
 * the next poll. Delivery is held until bus_rewind(). 0 | BUS_E_DOWN | BUS_E_DENIED | BUS_E_FATAL */
int bus_assigned(Bus *b, const BusPosition **ret, size_t *n, Why *why);
/* Begin, or begin anew, at these offsets, for exactly these partitions: prefetched records are dropped. */
int bus_rewind(Bus *b, const BusPosition *at, size_t n, Why *why);                 /* 0 | BUS_E_FATAL */
/* After BUS_E_REVOKED, BUS_E_LOST: nothing is owned until the next BUS_E_ASSIGNED. */
int bus_release(Bus *b);                                                           /* 0 | BUS_E_FATAL */
/* Hold or go on with delivery of a partition number of all topics; what was prefetched is kept where it can be. */
int bus_hold(Bus *b, int32_t partition, bool held);
/* Records behind the end of a partition, as last seen; -1: not known. */
int64_t bus_lag(Bus *b, uint32_t topic, int32_t partition);

/* Has this partition been handed out to its end, as its broker says? It is asked (300 ms at most) when its last word is older
 * than a second. Only then is nothing more in it; false: there is more, or nobody says, and BUS_E_IDLE proves nothing. */
bool bus_at_end(Bus *b, uint32_t topic, int32_t partition);

/* An output topic, by name -> handle for bus_send; UINT32_MAX: out of memory. No network. */
uint32_t bus_output(Bus *b, const char *topic);

/* How far partitions of an output reach: nothing that is sent later lies below. topic of io is not looked at. Asks the broker
 * (300 ms at most). 0 | BUS_E_DOWN: not known */
int bus_ends(Bus *b, uint32_t output, BusPosition *io, size_t n);

int bus_begin(Bus *b, Why *why);                                                   /* 0 | BUS_E_FATAL */
typedef struct BusSend {
        uint32_t output;             /* handle */
        int32_t partition;           /* < 0: murmur2 of the key as Java does, round robin without a key */
        Bytes key, value;            /* ptr NULL: null. Copied. */
        int64_t time_us;             /* 0: now */
        const BusHeader *headers;
        uint32_t n_headers;
} BusSend;
/* Queues; waits when the queue is full. 0 | BUS_E_TOO_BIG | BUS_E_ABORTED | BUS_E_FATAL. Without exactly_once a send
 * needs no begin; what cannot be delivered shows at the commit. */
int bus_send(Bus *b, const BusSend *s, Why *why);
/* All sends of this turn and these offsets, together. deadline_us: monotonic; 0: none. Blocks.
 * 0: durable and visible | BUS_E_ABORTED | BUS_E_FATAL. */
int bus_commit(Bus *b, const BusPosition *next, size_t n, int64_t deadline_us, Why *why);
/* Undo. Safe without an open transaction. 0 | BUS_E_FATAL */
int bus_abort(Bus *b, Why *why);
/* What is wrong right now: 0, or BUS_E_DOWN, BUS_E_NO_TOPIC, BUS_E_DENIED with the text for /readyz. BUS_E_FATAL with the
 * reason when the Bus is spent (bus_poll and bus_release have no Why). */
int bus_health(Bus *b, Why *why);

/* ---- readers: whole topics, no group --------------------------------------------------------------- */

typedef struct BusReader BusReader;
/* Reads `topics` (partition < 0: all partitions, else that one) from their beginning, committed records only. One partition
 * ends only when every turn has ended that was open in it when reading began: a table that is rebuilt from it holds all that
 * the offsets in force stand for, since the broker puts them in force before or after the records, as it comes.
 * 0 | BUS_E_NO_TOPIC | BUS_E_DENIED | BUS_E_DOWN | BUS_E_CONF. Uses conf's mem or properties. */
int bus_reader_open(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, int32_t partition,
                    Why *why);
/* The same, all partitions, from elsewhere: BUS_LATEST is what comes from now on. */
int bus_reader_open_at(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, BusStart start,
                       int64_t start_us, Why *why);
/* The same, one partition, from this offset on. BUS_E_END: nothing ever lay there, or it is gone. */
int bus_reader_open_from(BusReader **ret, const BusConf *conf, const char *topic, int32_t partition, int64_t offset, Why *why);
BusReader *bus_reader_close(BusReader *r);
/* As bus_poll. BUS_E_END once each time the end (as of the first call, or of the last BUS_E_END) is reached. Goes on after.
 * BUS_E_FATAL: what was to come next was deleted meanwhile; close it, open another. */
int bus_reader_poll(BusReader *r, int64_t wait_us, const BusRecord **ret, size_t *n);
/* Records read and to be read until the end: for progress. */
void bus_reader_progress(const BusReader *r, int64_t *done, int64_t *total);
/* First offset still there of (topic, partition): > 0 on a topic that never deletes means its beginning is gone. */
int64_t bus_reader_first(const BusReader *r, uint32_t topic, int32_t partition);

/* ---- topics ---------------------------------------------------------------------------------------- */

typedef struct BusTopic {
        const char *name;
        int32_t partitions;          /* 0: does not exist */
        int32_t replication;         /* create: 0 is the broker's default */
        bool compact;                /* cleanup.policy */
        int64_t retention_ms;        /* -1: for ever; 0: the broker's default */
} BusTopic;
/* 0: *ret (name is yours) | BUS_E_DOWN | BUS_E_DENIED. How it is cleaned may not be ours to ask: then 0 with compact false,
 * retention_ms 0 and a *why that says so. */
int bus_topic_get(const BusConf *conf, const char *name, BusTopic *ret, Why *why);
/* 0: made, or there already with as many partitions | BUS_E_NO_TOPIC: there with another number | BUS_E_DENIED | BUS_E_DOWN */
int bus_topic_make(const BusConf *conf, const BusTopic *t, Why *why);

/* Several such questions through one client: opening one costs as much as a few answers. conf is borrowed. */
typedef struct BusAdmin BusAdmin;
int bus_admin_open(BusAdmin **ret, const BusConf *conf, Why *why);   /* 0 | BUS_E_CONF | -ENOMEM */
BusAdmin *bus_admin_close(BusAdmin *a);
int bus_admin_get(BusAdmin *a, const char *name, BusTopic *ret, Why *why);         /* as bus_topic_get */
int bus_admin_make(BusAdmin *a, const BusTopic *t, Why *why);                      /* as bus_topic_make */

/* ---- a group, looked at from outside: conf->group, which is not joined -------------------------------- */

typedef struct BusGroup {
        int64_t members;             /* whose session is not over; -1: this broker cannot say */
        char who[128];               /* the first of them, for people: "NAME at HOST"; empty: nobody */
} BusGroup;
/* 0: *ret; a group that never was has no members | BUS_E_DENIED | BUS_E_DOWN | BUS_E_CONF | -ENOMEM */
int bus_group_get(const BusConf *conf, BusGroup *ret, Why *why);

typedef struct BusOffsets {
        const char *topic;           /* these two are asked for; it exists */
        int32_t partition;
        int64_t committed;           /* next to be read by the group; -1: nothing is committed, or conf->group is NULL */
        int64_t first, end;          /* first still there; behind the last that is visible */
        int64_t at;                  /* first record that is not older than at_us, else the end; at_us < 0: the end */
} BusOffsets;
/* To commit for a group is a turn: bus_open with the group, bus_commit. 0: all of io[] | BUS_E_NO_TOPIC | BUS_E_DENIED |
 * BUS_E_DOWN | BUS_E_CONF | -ENOMEM */
int bus_group_offsets(const BusConf *conf, BusOffsets *io, size_t n, int64_t at_us, Why *why);

/* No network. 0 | BUS_E_CONF: unknown, bad value, or one that loads code or is ours (*why says which setting to use). */
int bus_property_check(const BusProperty *p, Why *why);
/* Is it a secret (password, key)? Such values are never printed. */
bool bus_property_secret(const char *name);

/* Java's partition of a key: murmur2, positive, modulo n. Also for checks of the partition a record lies in. */
int32_t bus_partition_murmur2(Bytes key, int32_t n);
int32_t bus_partition_crc32(Bytes key, int32_t n);
