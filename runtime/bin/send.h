/* JSON lines to a topic, by hand: a straight way in four parts.
 *
 *      send_topic.c   a topic's name -> how its records look and are keyed
 *      send_lines.c   files -> lines -> encoded records, each line judged
 *      send_spool.c   records wait here until the last line is known to be right
 *      send_out.c     the spool -> the bus, all or nothing where the broker can
 *
 * Whoever signs what is sent does it to encoded records on their way into the spool: nothing behind it looks inside. */
#pragma once

#include "bin/connect.h"
#include "bin/lines_told.h"

#include <signal.h>

/* ---- send_topic.c ------------------------------------------------------------------------------------ */

#define SEND_PORTS 32u               /* ports that share one topic, of all pipelines; more are not looked at */
#define SEND_WORDS 128u              /* names offered to "did you mean" */

typedef struct SendTopic {
        const char *name;
        uint32_t format;             /* TOCSIN_AVRO, TOCSIN_JSON, TOCSIN_RAW */
        const Schema *schema;        /* AVRO */
        Schema *own;
        const char *key;             /* path of the field that is the record's key; NULL: none */
        Framing framing;
        int64_t schema_id;
        bool crc32;                  /* where a key lies; else murmur2 */
        const char *ports[SEND_PORTS]; /* that are bound to it, for lines that name theirs */
        size_t n_ports;
} SendTopic;

typedef struct SendWish {            /* what the command line says; NULL: nothing */
        const char *topic, *schema, *key;
} SendWish;
/* 0 | EX_USAGE: no such topic, schema or field, *why | EX_CONFIG: its ports disagree, *why | EX_OSERR */
int send_topic_init(SendTopic *ret, const Config *c, const Schemas *schemas, const SendWish *wish, Why *why);
void send_topic_deinit(SendTopic *t);
/* "tocsin.ClosedLoopEvent", "JSON", "bytes": for people. */
const char *send_topic_what(const SendTopic *t);

/* ---- send_spool.c ------------------------------------------------------------------------------------ */

#define SPOOL_MEMORY (32u << 20)     /* of more, the rest waits in a file without a name in TMPDIR */

typedef struct SpoolRecord {         /* read: borrowed until the next read */
        Bytes key, value;            /* ptr NULL: null */
        int64_t time_us;             /* 0: now */
        uint64_t line;               /* where it came from, for what the broker has against it */
        uint32_t file;
} SpoolRecord;

typedef struct Spool {
        Buffer memory, record;       /* record: the one that was read last */
        FILE *rest;
        uint64_t at, end;            /* bytes: where `rest` stands; behind the last */
        uint64_t n, bytes;           /* records; bytes of their keys and values */
} Spool;
void spool_deinit(Spool *s);
/* 0 | -ENOMEM | other -errno: TMPDIR cannot take it */
int spool_put(Spool *s, const SpoolRecord *r);
/* *at: 0 at first, then where the next one begins. 0: *ret | SPOOL_E_END | -errno */
enum { SPOOL_E_END = 1 };
int spool_get(Spool *s, uint64_t *at, SpoolRecord *ret);

/* ---- send_lines.c ------------------------------------------------------------------------------------ */

typedef struct SendLines {
        const SendTopic *topic;
        Spool *spool;
        Arena *arena;
        Schema *bytes, *moment;      /* of RAW topics; of times in RFC 3339 */
        Buffer key, value;
        Told told;                   /* of the file at hand */
        uint64_t lines, wrong;       /* that were not blank */
        int64_t progress_us;         /* monotonic, of the last word; 0: none yet */
} SendLines;
int send_lines_init(SendLines *s, const SendTopic *topic, Spool *spool);             /* 0 | -ENOMEM */
void send_lines_deinit(SendLines *s);
/* All lines of a file, "-" being stdin. What is wrong with them is said, and counted. 0 | EX_NOINPUT, EX_OSERR, EX_IOERR, said */
int send_lines_file(SendLines *s, const char *file, uint32_t number);

/* ---- send_out.c -------------------------------------------------------------------------------------- */

#define SEND_TRANSACTION_BYTES (64u << 20) /* in one transaction: at 2 MB/s it still ends within Kafka's minute */

typedef struct SendOut {
        const BusConf *conf;
        const SendTopic *topic;
        const char *transactional_id; /* NULL: each record by itself */
        int32_t partitions;          /* of the topic */
        const char *const *files;    /* by SpoolRecord.file */
        const volatile sig_atomic_t *stop; /* not 0: leave */
        uint64_t sent;               /* there for certain */
        uint32_t transactions;       /* committed */
        bool unknown;                /* it failed, and more may be there than `sent` */
} SendOut;

enum { SEND_E_STOPPED = 100 };       /* no answer of the bus has this number */
/* 0 | SEND_E_STOPPED | BUS_E_… and -errno, *why */
int send_out(SendOut *o, Spool *spool, Why *why);

/* true every two seconds; the first time two seconds after *told_us was 0. */
bool send_due(int64_t *told_us);
