/* Inside the Kafka body. For kafka*.c only. */
#pragma once

#include "bus/body.h"

#include <librdkafka/rdkafka.h>

/* What a client is for: each has its own settings and its own share of the memory. */
typedef enum KafkaRole { KAFKA_CONSUMER, KAFKA_PRODUCER, KAFKA_READER, KAFKA_RESTORE, KAFKA_ADMIN } KafkaRole;

/* What is wrong outside, as last heard. Written by callbacks, which run in bus_poll and the like: one thread. */
typedef struct KafkaTrouble {
        int answer;                  /* 0, or BUS_E_DOWN, BUS_E_NO_TOPIC, BUS_E_DENIED */
        Why why;
        int64_t asked_us;            /* monotonic: when it was last asked whether it is over */
} KafkaTrouble;

/* For sentences: who we are and where to. Borrowed by callbacks for the client's life. */
typedef struct KafkaNames {
        char *bootstrap, *principal, *group, *transactional_id;
        bool refused;                /* a broker refused to log us in: no use to wait for an answer */
        bool hasty;                  /* BusConf.hasty */
        int64_t away_us;             /* monotonic: when it was first heard that no broker can be reached; 0: it was not */
} KafkaNames;
int kafka_names_fill(KafkaNames *n, const BusConf *conf);            /* 0 | -ENOMEM */
void kafka_names_deinit(KafkaNames *n);
/* What a callback of errors says about waiting, and whether it is of any use for a question asked at since_us (monotonic). */
void kafka_heard(KafkaNames *n, int err);
bool kafka_hopeless(const KafkaNames *n, int64_t since_us);

/* kafka_conf.c: a client made of the user's properties and ours. 0 | BUS_E_CONF | -ENOMEM. opaque goes to callbacks. */
typedef struct KafkaCallbacks {
        void (*rebalance)(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *l, void *opaque);
        void (*delivered)(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque);
        void (*error)(rd_kafka_t *rk, int err, const char *reason, void *opaque);
} KafkaCallbacks;
/* 0 | BUS_E_CONF, *why without a value that is not to be shown */
int kafka_property_set(rd_kafka_conf_t *c, const BusProperty *p, Why *why);
int kafka_client(rd_kafka_t **ret, const BusConf *conf, KafkaRole role, const KafkaCallbacks *on, void *opaque, Why *why);
/* Does this librdkafka wake a broker thread in time when its full queue runs empty? */
bool kafka_wakes(void);
size_t kafka_queue_bytes(const BusConf *conf);                       /* bound of a consumer's queue, as configured */
size_t kafka_queue_records(const BusConf *conf);

/* kafka_error.c: codes -> answers and sentences. */
/* What was tried, for the ACL to name. */
typedef enum KafkaVerb { KAFKA_READ, KAFKA_WRITE, KAFKA_DESCRIBE, KAFKA_CREATE, KAFKA_GROUP, KAFKA_TXN } KafkaVerb;
/* BUS_E_DENIED, BUS_E_NO_TOPIC or BUS_E_DOWN, whichever the code means (DOWN when it may pass), with the sentence. */
int kafka_say(Why *why, const KafkaNames *who, rd_kafka_resp_err_t err, KafkaVerb verb, const char *what, const char *detail);
bool kafka_is_denied(rd_kafka_resp_err_t err);
bool kafka_is_missing(rd_kafka_resp_err_t err);
/* The one place where an error of a transactional call becomes a verdict, by librdkafka's own flags. Destroys e. */
typedef enum KafkaVerdict { KAFKA_OK, KAFKA_AGAIN, KAFKA_ABORT, KAFKA_FATAL } KafkaVerdict;
/* Why a client is at its end. */
void kafka_ended(Why *why, const KafkaNames *who, rd_kafka_resp_err_t code, const char *text);
KafkaVerdict kafka_verdict(rd_kafka_error_t *e, Why *why, rd_kafka_resp_err_t *code);

/* kafka_admin.c */
/* Number of partitions, 0 when it does not exist. hears: errors are listened to meanwhile; never with a consumer that polls its
 * group, for rd_kafka_poll() aborts the process when it meets a record. 0 | BUS_E_DOWN | BUS_E_DENIED */
int kafka_partitions(rd_kafka_t *rk, bool hears, const KafkaNames *who, const char *topic, KafkaVerb verb, int timeout_ms,
                     int32_t *ret, Why *why);
/* Offsets of all partitions of the list at BEGINNING, END or a time (offset field: the time in ms, or -2, -1). */
int kafka_offsets(rd_kafka_t *rk, const KafkaNames *who, rd_kafka_topic_partition_list_t *l, int timeout_ms, Why *why);

/* kafka_records.c: librdkafka's messages -> BusRecords, which point into them. */
typedef struct KafkaBatch {
        rd_kafka_message_t **messages;
        BusRecord *records;
        size_t n_messages, n_records;
} KafkaBatch;
int kafka_batch_init(KafkaBatch *k);                                 /* 0 | -ENOMEM */
void kafka_batch_clear(KafkaBatch *k);
void kafka_batch_deinit(KafkaBatch *k);
void kafka_batch_add(KafkaBatch *k, rd_kafka_message_t *m, uint32_t topic);
#define KAFKA_BATCH 1024u    /* messages taken at once */

typedef struct KafkaOwned {
        uint32_t topic;
        int32_t partition;
        int64_t next;                /* next to be handed out */
        int64_t end;                 /* where librdkafka said the partition ends, after the last mark */
        int64_t last;                /* where its broker said it ends when asked at KafkaBus.ends_us; -1: it did not say */
        bool flows, held;
} KafkaOwned;

typedef struct KafkaBus {
        Bus bus;
        KafkaNames names;
        rd_kafka_t *consumer, *producer;   /* either may be NULL */
        rd_kafka_queue_t *queue;
        KafkaBatch batch;
        char **topics;
        uint32_t n_topics;
        rd_kafka_topic_t **handles;  /* of the topics, as messages carry them; borrowed */
        uint32_t n_own;
        BusStart start;
        int64_t start_us;
        int event;                   /* 0, or what the next poll tells: BUS_E_ASSIGNED, BUS_E_REVOKED, BUS_E_LOST */
        bool closing;
        KafkaOwned *owned;           /* sorted by topic, partition */
        size_t n_owned;
        int64_t ends_us;             /* monotonic; 0: not asked for these */
        BusPosition *positions;
        struct KafkaOutput { char *name; rd_kafka_topic_t *handle; } *outputs;
        uint32_t n_outputs;
        bool exactly_once, open, doomed, spent;
        void (*midway)(void *arg);
        void *midway_arg;
        Why doom, spent_why;
        KafkaTrouble in, out;
        size_t high, queue_bytes, queue_records; /* the queue's highest level since the last wake; its bounds */
        double record_bytes;         /* mean of what was taken lately */
        bool waker;
} KafkaBus;

/* Ends this Bus: the first reason stays. Always BUS_E_FATAL. */
int kafka_spend(KafkaBus *b, Why *why, const char *format, ...) __attribute__((format(printf, 3, 4)));
int kafka_spent(const KafkaBus *b, Why *why);
KafkaOwned *kafka_owned(KafkaBus *b, uint32_t topic, int32_t partition);
void kafka_trouble(KafkaTrouble *t, int answer, const Why *why);
/* Asks whether trouble is over, at most once a second. What is left of it. */
int kafka_ask(KafkaBus *b, const Why **why);

/* kafka_consume.c */
void kafka_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *l, void *opaque);
int kafka_poll(Bus *bus, int64_t wait_us, const BusRecord **ret, size_t *n);
/* kafka_share.c: what is owned and where it is read */
int kafka_assigned(Bus *bus, const BusPosition **ret, size_t *n, Why *why);
int kafka_rewind(Bus *bus, const BusPosition *at, size_t n, Why *why);
int kafka_release(Bus *bus);
int kafka_hold(Bus *bus, int32_t partition, bool held);
int64_t kafka_lag(Bus *bus, uint32_t topic, int32_t partition);
bool kafka_at_end(Bus *bus, uint32_t topic, int32_t partition);

/* kafka_txn.c: the only place of librdkafka's transaction calls. bus_begin, bus_commit and bus_abort of exactly once. */
int kafka_init_soon(KafkaBus *b, int ms, Why *why);   /* once: BUS_E_IDLE: not yet | as kafka_init() */
int kafka_init(KafkaBus *b, Why *why);       /* 0 | BUS_E_DOWN | BUS_E_DENIED | BUS_E_NO_TOPIC | BUS_E_FATAL */
int kafka_txn_begin(KafkaBus *b, Why *why);
int kafka_txn_commit(KafkaBus *b, const BusPosition *next, size_t n, int64_t deadline_us, Why *why);
int kafka_txn_abort(KafkaBus *b, Why *why);
void kafka_txn_leave(KafkaBus *b);           /* before the producer is destroyed */

/* kafka_turn.c */
#define KAFKA_UNDO_US 30000000 /* a commit, abort or place in the queue that is waited for longer never comes */
int kafka_patience_ms(int64_t deadline_us);  /* -1 without one */
rd_kafka_topic_partition_list_t *kafka_list(const KafkaBus *b, const BusPosition *next, size_t n);
void kafka_delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque);
uint32_t kafka_output(Bus *bus, const char *topic);
int kafka_begin(Bus *bus, Why *why);
int kafka_send(Bus *bus, const BusSend *s, Why *why);
int kafka_commit(Bus *bus, const BusPosition *next, size_t n, int64_t deadline_us, Why *why);
int kafka_abort(Bus *bus, Why *why);
