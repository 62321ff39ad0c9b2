/* The configuration file: YAML with its marks kept -> checked structures. [main] No network, no plugin is run.
 *
 * Every complaint is "FILE:LINE:COLUMN: what; did you mean …?". All of them are collected, not only the first. */
#pragma once

#include "core/arena.h"
#include "core/buffer.h"
#include "core/error.h"
#include "core/log.h"

typedef struct Mark { uint32_t line, column; } Mark;       /* from 1; 0: no place */

#define COMPLAINTS_MAX 100u          /* a person reads the first page; the rest follows from it */

/* Complaints in the order of the file; of more than there is room for, the first. */
typedef struct Complaints {
        struct Complaint { Mark mark; char *text; } *at;
        size_t n;
        bool lost;                                         /* out of memory while complaining: n is not the truth */
        size_t more;                                       /* beyond COMPLAINTS_MAX, counted and not kept */
} Complaints;
void complaints_deinit(Complaints *c);
void complain(Complaints *c, Mark mark, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* How many there were, kept or not. */
static inline size_t complaints_count(const Complaints *c) {
        return c->n + c->more;
}
/* "FILE:LINE:COLUMN: TEXT" lines; the place is left out where there is none. */
void complaints_print(FILE *out, const char *file, const Complaints *c);

typedef enum ConfigStart { START_EARLIEST, START_LATEST, START_AT_TIME } ConfigStart;
typedef enum ConfigPartitioner { PARTITIONER_ANY, PARTITIONER_MURMUR2, PARTITIONER_CRC32 } ConfigPartitioner;
typedef enum ConfigFraming { CONFIG_FRAMING_SINGLE, CONFIG_FRAMING_CONFLUENT, CONFIG_FRAMING_NONE } ConfigFraming;
typedef enum ConfigLate { LATE_PROCESS, LATE_DROP, LATE_DEADLETTER } ConfigLate;

typedef struct ConfigProperty {
        const char *name, *value;
        Mark mark;
} ConfigProperty;

typedef struct ConfigPort {
        const char *name, *topic;
        Mark mark, topic_mark;           /* of the port's name; of its topic */
        ConfigPartitioner partitioner;   /* of an input; default murmur2 */
        ConfigFraming framing;           /* written; both are always read; default single */
        int64_t schema_id;               /* CONFIG_FRAMING_CONFLUENT: written id; -1: not set */
        int32_t partitions;              /* for `topics apply`; 0: the pipeline's */
        Mark partitioner_mark, framing_mark, schema_id_mark;  /* of the keys; line 0: not said */
        bool bad;                        /* complained of: its topic is not known */
} ConfigPort;

typedef struct ConfigPipeline {
        const char *name, *plugin;       /* plugin: name or path */
        Mark mark, plugin_mark;          /* mark: of the pipeline's name */
        bool exactly_once;               /* guarantee; default true on a real broker, false on the embedded one */
        Mark guarantee_mark;
        uint32_t workers;                /* default 1 */
        uint32_t standbys;               /* default 0 */
        int32_t partitions;              /* for topics made by us; default 8 */
        int64_t commit_us;               /* commit.interval, default 100 ms */
        size_t commit_bytes;             /* commit.memory, default 1/8 of the worker's memory */
        ConfigStart start;               /* default earliest */
        int64_t start_us;
        int64_t lateness_us, idle_us, future_us;  /* time.*, default 10 s, 30 s, 5 s */
        ConfigLate late;                 /* default process */
        int64_t retry_max_us;            /* retry.backoff_max, default 5 s */
        int64_t process_us;              /* process.timeout: one record in the plugin; default 30 s */
        uint32_t retry_attempts;         /* before a record that fails alone is dead-lettered; default 5 */
        uint32_t retry_replays;          /* of one dead letter, before `tocsin dlq replay` refuses it; default 3 */
        ConfigPort *ports;
        size_t n_ports;
        const tocsin_value *settings;    /* MAP or NULL, as written; the plugin's schema is applied later */
        const struct YamlMarks *marks;   /* where each setting stands: yaml_mark(); never NULL */
        bool ports_bad, settings_bad;    /* complained of as a whole: what they hold is not known */
        const char *dlq, *changelog, *retry;  /* topic names, from app and pipeline */
        const char *group;
} ConfigPipeline;

typedef enum StateStore { STATE_MEMORY, STATE_DISK } StateStore;

typedef struct Config {
        const char *file, *app;          /* app: default "tocsin" */
        const char *plugins;             /* folder of plugins */
        const char *const *schemas;      /* folders besides the built-in one */
        const Mark *schema_marks;
        size_t n_schemas;
        bool embedded;                   /* kafka: embedded */
        ConfigProperty *kafka;           /* librdkafka properties, secrets resolved */
        size_t n_kafka;
        size_t memory_max;               /* memory.max of one worker, default 256 MiB */
        int state_store;                 /* state.store: a StateStore */
        const char *state_path;          /* state.path; NULL: no store on disk */
        bool log_json;
        LogLevel log_level;
        const char *http_host;           /* default 127.0.0.1 */
        uint16_t http_port;              /* default 9644; 0: no HTTP */
        const char *run_dir;             /* sockets and pid; default under XDG_RUNTIME_DIR or /run */
        int64_t shutdown_us;             /* default 15 s */
        const char *trace_otlp;          /* tracing.otlp, a URL; NULL: off */
        double trace_sample;             /* tracing.sample: share of the traces that are kept; default 1 */
        bool create_topics;              /* topics: create: true; default false (embedded: true) */
        ConfigPipeline *pipelines;
        size_t n_pipelines;
        const struct Origin *origins;    /* what came by ${…}: config_written() */
        Arena *arena;                    /* holds all of it */
} Config;

/* 0: *ret (perhaps with complaints that are warnings: none today) | CONFIG_E_BAD: complaints | CONFIG_E_FILE: the file
 * cannot be read, one complaint says why | -ENOMEM.
 *
 * ${env:NAME} and ${file:PATH} in any scalar are replaced ($${ is a plain ${); a file that others may read is refused.
 * Complaints show what was written, never what it was replaced by. Relative paths (plugins, schemas, run_dir, a plugin
 * with a '/', ${file:}) begin at the folder of the configuration file. */
enum { CONFIG_E_BAD = 1, CONFIG_E_FILE = 2 };
int config_load(Config **ret, const char *file, Complaints *complaints);
/* The same for who goes on to complain: with CONFIG_E_BAD *ret holds what could be read, not to be run; NULL: nothing. */
int config_load_bad(Config **ret, const char *file, Complaints *complaints);
/* What came by ${…} is never shown: not by complaints about it, and not by what others say of it.
 * Names are public all the same once the pipelines run: topics, `app`, the addresses that are listened at or
 * connected to stand in logs, metrics and sockets. A secret belongs into properties of `kafka` and into settings.
 * What was written in the place of a text of `c`, as it is to be shown ("`${file:…}`"); NULL: the text itself was. Asked by the
 * address of the text, not by what it says. */
const char *config_written(const Config *c, const char *value);
/* What may be shown for it: what was written, or itself. */
static inline const char *config_shown(const Config *c, const char *value) {
        const char *written = config_written(c, value);
        return written ? written : value;
}
/* Do the words of somebody else (librdkafka, a plugin, a resolver) repeat a piece of what came by ${…}? */
bool config_tells(const Config *c, const char *words);
bool config_tells_bytes(const Config *c, Bytes words);
/* Words of a plugin as they may go on: to logs, dead letters, /readyz. */
static inline const char *config_safe(const Config *c, const char *words) {
        return config_tells(c, words) ? "(what it said is not shown: it repeats what comes from ${…})" : words;
}
Config *config_free(Config *c);
CLEANUP_DEFINE(Config, config_free)
/* The same from text already read; `file` names it and says where relative paths begin. */
int config_parse(Config **ret, const char *file, Bytes text, Complaints *complaints);
/* Every key there is, for the manual: "pipelines.NAME.commit.interval", "a duration", "how often …". */
void config_keys(void (*each)(void *arg, const char *path, const char *type, const char *help), void *arg);
/* The same as JSON Schema, for editors. It knows less than config_load(): what it refuses is wrong, not the reverse. */
void config_schema(Buffer *out);

/* Where plugins lie when no configuration says so; lives in `a` or for ever. NULL: out of memory. */
const char *config_default_plugins(Arena *a);

/* Any YAML file (registry entries, rules) -> values: maps, lists, STR, I64, F64, BOOL, NULL by the YAML 1.2 core schema;
 * duplicate keys, anchors beyond a bound and depth beyond LIMIT_DEPTH are complaints. *marks may be NULL. */
int yaml_load(const char *file, Bytes text, Arena *a, tocsin_value *ret, const struct YamlMarks **marks, Complaints *complaints);
/* At most LIMIT_CONFIG_BYTES of a file, or of a pipe on /dev/stdin. 0: *ret in `a` | CONFIG_E_FILE | -ENOMEM */
int config_read(const char *file, Arena *a, Bytes *ret, Why *why);
/* Where the value at a JSON pointer ("/rules/0/limit") stands; key: the mark of its key rather than of its value. What is
 * not there has the mark of the nearest thing around it. */
Mark yaml_mark(const struct YamlMarks *marks, const char *pointer, bool key);
/* Did it, or anything in it, come by ${…}? */
bool yaml_replaced(const struct YamlMarks *marks, const char *pointer);
/* Is it a scalar that was complained of when the file was read? */
bool yaml_bad(const struct YamlMarks *marks, const char *pointer);

/* ---- settings: the documented subset of JSON Schema ---------------------------------------------------- */

/* The subset: the keywords that plugin.h names, with JSON Schema's meaning, and these restrictions. `type` is one word
 * (object, array, string, integer, number, boolean) or left out; a keyword stands only where it can matter; an object with
 * `properties` takes no others unless additionalProperties says so (true or a schema); `pattern` is a POSIX extended
 * expression, searched anywhere, of at most 256 bytes; a `default` fits its schema and is filled in wherever the object
 * around it is there; the whole is an object. No ${…} is ever shown resolved in what each() is told. */

/* Is `schema` (JSON text) within the subset? 0 | CONFIG_E_BAD, *why: pointer and keyword | -ENOMEM */
int settings_lint(Bytes schema, Why *why);
/* Checks `v` (NULL: empty) against the schema, fills in defaults. 0: *ret in `a` | CONFIG_E_BAD: each() was told of each
 * complaint by JSON pointer | -ENOMEM */
int settings_check(Bytes schema, const tocsin_value *v, Arena *a, tocsin_value *ret,
                   void (*each)(void *arg, const char *pointer, bool key, const char *text), void *arg);

/* What an option of a verb takes, by the rules of the file: 100ms 5s 2m 1h 7d; RFC 3339 -> microseconds since 1970 UTC. */
bool config_duration(const char *text, int64_t *ret_us);
bool config_date(const char *text, int64_t *ret_us);

/* The nearest of n words (Damerau-Levenshtein distance <= 2 and <= a third of the length), or NULL. */
const char *config_nearest(const char *word, const char *const *words, size_t n);
