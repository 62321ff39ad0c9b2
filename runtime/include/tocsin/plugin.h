/* The contract between the Tocsin host and a plugin: one descriptor, one host table, one value type.
 *
 * A plugin is a shared object that exports exactly one symbol, tocsin_plugin_entry(). It is a pure
 * function (state, event) -> (state', outputs): its only durable memory is the table behind get() and
 * put(), its only clock is the time that arrives with events and timers, and it opens no file, socket or
 * thread. In return the host gives it exactly-once, replay and restart for nothing.
 *
 * Growth. Every struct begins with `size`, the sizeof of whoever filled it; fields are only ever appended.
 * The host copies min(size, its own) into zeroes; a plugin asks TOCSIN_HAS() before it uses what a later
 * minor added. Majors must match, and the plugin's `needs` must not exceed the host's ABI.
 *
 * Memory. What comes in is borrowed for the callback; what goes out is copied before the call returns.
 * Nothing is ever freed across the border. Strings are given by length and hold no terminating NUL unless
 * the declaration says so (`const char *` without a length: NUL-terminated, UTF-8).
 *
 * Threads. [main] load and unload. [task] one call at a time for one instance, perhaps from another
 * operating-system thread each time. Host calls are allowed only inside a callback of that instance, with the
 * tocsin_host that its create() was given: with another instance's (each partition has its own), or outside of any
 * callback, they answer TOCSIN_E_PERM or NULL or do nothing, and the host logs it once. */
#ifndef TOCSIN_PLUGIN_H
#define TOCSIN_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TOCSIN_ABI ((UINT32_C(1) << 16) | UINT32_C(0)) /* major << 16 | minor */

/* Does the other side, compiled at its own time, know field `f` of the struct behind `p`, and is it set? */
#define TOCSIN_HAS(type, p, f) ((p)->size >= offsetof(type, f) + sizeof((p)->f) && (p)->f)

/* ---- values ---------------------------------------------------------------------------------------- */

enum {                      /* tocsin_value.kind                                    payload              */
        TOCSIN_NONE = 0,    /* not there: a field the port does not read            -                    */
        TOCSIN_NULL = 1,    /* null                                                 -                    */
        TOCSIN_BOOL = 2,    /* true or false                                        u.i64 0 or 1         */
        TOCSIN_I64 = 3,     /* int, long and their logical types (times: microseconds UTC)   u.i64       */
        TOCSIN_F64 = 4,     /* float, double                                        u.f64                */
        TOCSIN_STR = 5,     /* UTF-8 text                                           u.str, len bytes     */
        TOCSIN_BYTES = 6,   /* bytes, fixed                                         u.bytes, len bytes   */
        TOCSIN_ENUM = 7,    /* symbol of the reader's schema: index, and            u.str, len bytes     */
        TOCSIN_LIST = 8,    /* array                                                u.items, len values  */
        TOCSIN_MAP = 9,     /* string to value, in the order of the message         u.fields, len fields */
        TOCSIN_RECORD = 10  /* fields in the order of the reader's schema           u.fields, len fields */
};

typedef struct tocsin_value tocsin_value;
typedef struct tocsin_field tocsin_field;

/* The only data that crosses the border; 16 bytes, immutable once shared. All zero: TOCSIN_NONE. */
struct tocsin_value {
        uint8_t kind;
        uint8_t branch;     /* 1 + index of the union's branch; 0: no union (in) or let the host choose (out) */
        uint16_t index;     /* ENUM: index of the symbol, else 0 */
        uint32_t len;       /* bytes or elements, as above; 0 for scalars */
        union {
                int64_t i64;
                double f64;
                const char *str;
                const uint8_t *bytes;
                const tocsin_value *items;
                const tocsin_field *fields;
        } u;
};

/* One field of a RECORD or one entry of a MAP. A record's names are NUL-terminated besides. */
struct tocsin_field {
        const char *name;
        uint32_t name_len, reserved; /* reserved: 0 */
        tocsin_value value;
};

typedef struct tocsin_bytes {
        const uint8_t *ptr;
        size_t len;
} tocsin_bytes;

/* ---- answers --------------------------------------------------------------------------------------- */

enum {                       /* what process(), process_batch(), on_timer() and rebuild() answer */
        TOCSIN_OK = 0,       /* done */
        TOCSIN_SKIP = 1,     /* not mine; counted, nothing else (emits and puts of this call stay) */
        TOCSIN_POISON = 2,   /* this record can never be processed: dead-letter it with the text of fail() */
        TOCSIN_RETRY = 3     /* not now: roll the turn back, wait, deliver again in ever smaller turns */
};                           /* < 0: -errno, the instance is lost: it is destroyed, rebuilt, and the record tried again alone.
                                Any other number is no verdict: the plugin is broken, and that is as if it had said < 0 */

enum {                       /* what host calls answer besides 0; all of them are negative, so a plugin may
                                hand them back unchanged */
        TOCSIN_E_INVAL = -22,   /* an argument is outside what this header says */
        TOCSIN_E_NOMEM = -12,   /* out of memory */
        TOCSIN_E_LIMIT = -75,   /* a named bound is reached: emits by call, bytes of a value, size of the table */
        TOCSIN_E_PERM = -1,     /* not in this callback (see each call) */
        TOCSIN_E_NOENT = -2,    /* no such port, field or extension */
        TOCSIN_E_SCHEMA = -74   /* the value does not fit the port's schema; log() has said where */
};

/* ---- ports ----------------------------------------------------------------------------------------- */

enum {                       /* tocsin_port.role */
        TOCSIN_STREAM = 0,   /* IN: partitioned, transactional; OUT: an ordinary topic */
        TOCSIN_TABLE = 1,    /* IN only: a compacted topic every task reads whole and then follows; lookup() */
        TOCSIN_INTERNAL = 2  /* IN and OUT at once: emitted with a key, read back by whoever owns that key */
};
enum { TOCSIN_IN = 0, TOCSIN_OUT = 1 };                           /* tocsin_port.direction; INTERNAL: IN */
enum { TOCSIN_AVRO = 0, TOCSIN_JSON = 1, TOCSIN_RAW = 2 };        /* tocsin_port.format */
enum {                       /* tocsin_port.seal: how the host protects what leaves (and expects what comes) */
        TOCSIN_SEAL_EVENT = 0, TOCSIN_SEAL_NOTIFY = 1, TOCSIN_SEAL_COMMAND = 2
};
#define TOCSIN_PORT_OPTIONAL UINT32_C(1)                          /* tocsin_port.flags: may be left unbound */

/* A port is declared by the plugin and bound to a topic by the operator. JSON ports deliver MAPs and LISTs
 * as parsed; RAW ports deliver BYTES. */
typedef struct tocsin_port {
        uint32_t size, role, direction, format, seal, flags;
        const char *name;            /* [a-z][a-z0-9_]*, unique in the plugin */
        const char *schema;          /* AVRO: full name of the reader's schema, or its JSON text if it begins with '{' */
        const char *help;
        const char *key;             /* IN: path of the STR field that must equal the record's key; NULL: any */
        const char *time;            /* IN: path of the I64 field with the event time; NULL: the record's timestamp */
        const char *const *reads;    /* IN, AVRO: paths ("producer.name") of what is decoded; NULL: everything */
        uint32_t n_reads;            /* key and time are read without being named here */
        uint32_t reserved;           /* 0; no room is left in padding, where a later field would look present */
} tocsin_port;

enum { TOCSIN_COUNTER = 0, TOCSIN_GAUGE = 1 };                    /* tocsin_metric.kind */
typedef struct tocsin_metric {
        uint32_t size, kind;
        const char *name;            /* [a-z][a-z0-9_]*; shown as tocsin_plugin_<name>{pipeline,plugin} */
        const char *unit, *help;
} tocsin_metric;

/* ---- events ---------------------------------------------------------------------------------------- */

#define TOCSIN_EVENT_LATE UINT32_C(1)    /* behind the watermark by more than the allowed lateness */
#define TOCSIN_EVENT_FUTURE UINT32_C(2)  /* ahead of the host's clock by more than it allows; moves no clock */

typedef struct tocsin_event {        /* borrowed until the callback returns */
        uint32_t size, port;         /* port: index into tocsin_plugin.ports */
        uint32_t flags, reserved;
        uint8_t id[16];              /* of this delivery's record: the same on every redelivery */
        int64_t time_us;             /* event time, microseconds since 1970 UTC */
        int64_t arrival_us;          /* timestamp of the record in its topic */
        int64_t now_us;              /* wall time of the turn; the same on every redelivery after a commit */
        tocsin_bytes key;
        tocsin_bytes raw;            /* the record's value as it lay in the topic; for digest() */
        const char *topic;           /* where it was read: a hint for people, part of no identity */
        int32_t partition, reserved2;
        int64_t offset;              /* like topic and partition: may be told, decides nothing that is kept or sent */
        tocsin_value body;
        tocsin_bytes signer;         /* verified identity of the sender; len 0: nobody vouches */
        tocsin_bytes channel;        /* sealed input: channel it came by; len 0: none */
} tocsin_event;

/* ---- the host -------------------------------------------------------------------------------------- */

enum { TOCSIN_DEBUG = 0, TOCSIN_INFO = 1, TOCSIN_WARN = 2, TOCSIN_ERROR = 3 };
enum { TOCSIN_CLOCK_EVENT = 0, TOCSIN_CLOCK_WALL = 1 };
#define TOCSIN_TIMER_OFF INT64_MIN

typedef struct tocsin_host tocsin_host;
struct tocsin_host {                 /* one for each instance, outlives it; append only */
        uint32_t size, abi;
        void *ctx;                   /* the host's own */

        /* Any callback, create() included. kv: n fields, NULL if none. Repeats are folded by the host. */
        void (*log)(const tocsin_host *, int level, const char *msg, const tocsin_field *kv, uint32_t n);
        /* Say why (for POISON, RETRY, < 0, or a refused create()); the last word of a callback counts. */
        void (*fail)(const tocsin_host *, const char *why);
        /* create() only: say which setting is refused, by JSON pointer ("/rules/0/limit"), and return < 0. */
        void (*fail_at)(const tocsin_host *, const char *pointer, const char *why);
        /* Counters add v >= 0, gauges become v. index: into tocsin_plugin.metrics. NaN and the infinite are ignored, as is
         * a counter's v < 0, and the host logs it once. */
        void (*metric)(const tocsin_host *, uint32_t index, double v);
        /* Zeroed, 16-byte aligned memory, gone when the callback returns. NULL: out of memory or over the bound. */
        void *(*scratch)(const tocsin_host *, size_t n);
        /* SHA-256 of `data`. */
        void (*digest)(const tocsin_host *, tocsin_bytes data, uint8_t ret[32]);
        /* create() only: path of a field of an IN, AVRO port -> handle >= 0 for tocsin_at(); the path must be
         * among the port's reads. E_NOENT: no such port, path, or it is not read. */
        int64_t (*field)(const tocsin_host *, uint32_t port, const char *path);

        /* process, batch, on_timer: send to an OUT or INTERNAL port. `key` may be empty. The value is checked
         * against the port's schema and copied. E_LIMIT after TOCSIN_EMITS_MAX in one call. */
        int (*emit)(const tocsin_host *, uint32_t port, tocsin_bytes key, const tocsin_value *body);

        /* The table of the task. Keys 1 to 1024 bytes, values up to 1 MiB. get: any callback but create();
         * absent: 0 with ret->ptr NULL; lent until the next put or del of any key, or the callback's end.
         * put, del: process, batch, on_timer, rebuild. */
        int (*get)(const tocsin_host *, tocsin_bytes key, tocsin_bytes *ret);
        int (*put)(const tocsin_host *, tocsin_bytes key, tocsin_bytes value);
        int (*del)(const tocsin_host *, tocsin_bytes key);
        /* Every entry whose key begins with `prefix`, in the order of the keys' bytes; each() != 0 ends it and
         * is returned. Costs a walk of the whole table: for rebuild() and rare timers, not for events. No put or
         * del from within each(). */
        int (*scan)(const tocsin_host *, tocsin_bytes prefix,
                    int (*each)(void *arg, tocsin_bytes key, tocsin_bytes value), void *arg);
        /* A named timer (name 1 to 512 bytes); the last call wins; it survives restarts. CLOCK_EVENT: fires
         * when the task's watermark reaches at_us; CLOCK_WALL: when wall time does. TOCSIN_TIMER_OFF: off. */
        int (*timer)(const tocsin_host *, tocsin_bytes name, int64_t at_us, uint32_t clock);

        /* The row of a TABLE port, or NULL. Borrowed until the callback returns; rows change only between turns. */
        const tocsin_value *(*lookup)(const tocsin_host *, uint32_t port, tocsin_bytes key);
        /* Every row of a TABLE port in the order of the keys' bytes, as scan(). */
        int (*rows)(const tocsin_host *, uint32_t port,
                    int (*each)(void *arg, tocsin_bytes key, const tocsin_value *row), void *arg);

        /* A versioned service by id ("tocsin.json/1"), a pointer to its own size-led struct; NULL: unknown here. */
        const void *(*extension)(const tocsin_host *, const char *id);
};

#define TOCSIN_EMITS_MAX 1024u       /* by one callback: a plugin may not become a flood */

/* "tocsin.json/1": text inside an event (a JSON string that holds JSON). */
typedef struct tocsin_json {
        uint32_t size, reserved;
        /* Strict RFC 8259: no duplicate keys, no trailing text, depth <= 64. The value lives in scratch memory.
         * E_INVAL: not JSON; E_LIMIT: deeper or larger than the bound. */
        int (*parse)(const tocsin_host *, tocsin_bytes text, tocsin_value *ret);
} tocsin_json;

/* "tocsin.time/1": how the host keeps event time for this instance (the pipeline's settings `time.*`). [any] from create()
 * on, as long as the host lives; the figures never change. All in microseconds, >= 0. */
typedef struct tocsin_time {
        uint32_t size, reserved;
        int64_t lateness_us;         /* the watermark stays so far behind the greatest event time; unless told, 10 s */
        int64_t idle_us;             /* an input silent for so long by the wall holds it back no longer; unless told, 30 s */
        int64_t future_us;           /* ahead of the wall by more: TOCSIN_EVENT_FUTURE; unless told, 5 s */
} tocsin_time;

/* ---- the plugin ------------------------------------------------------------------------------------ */

typedef struct tocsin_plugin {       /* static const in the plugin; append only */
        uint32_t size, abi, needs;   /* abi: compiled against; needs: oldest host ABI it can live with */
        uint32_t state_version;      /* layout of the bytes it puts in the table; 1 and up */
        uint32_t n_ports, n_metrics;
        const char *name;            /* [a-z][a-z0-9_]* */
        const char *version;         /* semantic version */
        const char *license, *summary;
        const char *config_schema;   /* JSON Schema (the subset of docs: type, properties, required, enum, minimum,
                                        maximum, minItems, maxItems, minLength, maxLength, pattern, items,
                                        additionalProperties, default, title, description); NULL: no settings */
        const tocsin_port *const *ports;
        const tocsin_metric *const *metrics;

        /* [main] `config`: settings that fit config_schema, defaults filled in, borrowed for the call.
         * 0: *ret is the instance. < 0: refused; fail() or fail_at() has said why; *ret untouched. */
        int (*create)(void **ret, const tocsin_host *, const tocsin_value *config);
        void (*destroy)(void *inst);                                                       /* [main] */
        /* [task] The table is the truth: drop every cache and read it anew. `found`: state_version of what is
         * in the table (0: empty). Older: migrate with put and del, or fail() and < 0: the host leaves the table
         * alone and stops the task. Newer never comes. Optional: NULL says "I keep no cache and have one
         * layout". Called after restore, abort, rebalance. */
        int (*rebuild)(void *inst, uint32_t found);
        int (*process)(void *inst, const tocsin_event *);                                  /* [task] */
        /* [task] Optional, instead of process(): n events of one port in order. *done: how many ended well; the
         * verdict is that of events[*done], or OK when *done == n. So OK goes with *done == n and with nothing else, any
         * other verdict with *done < n; what comes after events[*done] must be left alone: it comes again. An answer that
         * does not fit (POISON and *done == n, OK and *done < n, *done > n) counts for no record: the instance is lost, and
         * the same records come again in ever smaller batches, the last ones alone, by process() if there is one. */
        int (*process_batch)(void *inst, const tocsin_event *const *events, uint32_t n, uint32_t *done);
        /* [task] now_us: the time the timer was set for, on its clock. */
        int (*on_timer)(void *inst, tocsin_bytes name, int64_t now_us, uint32_t clock);
        /* [task] Optional: a row of a TABLE port has come, changed or gone; drop what was derived from it. Only
         * log and lookup may be called. */
        void (*changed)(void *inst, uint32_t port, tocsin_bytes key);
        const void *(*extension)(void *inst, const char *id);                              /* [any] optional */
} tocsin_plugin;

/* The only export. NULL: "I cannot live in such a host". */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi);

#ifdef __cplusplus
}
#endif
#endif
