/* The configuration file: YAML with its marks kept -> checked structures. [main] No network, no plugin is run.
 *
 * Every complaint is "FILE:LINE:COLUMN: what; did you mean …?". All of them are collected, not only the first. */
#pragma once

#include "core/arena.h"
#include "core/error.h"
#include "core/log.h"

typedef struct Mark { uint32_t line, column; } Mark;       /* from 1; 0: no place */

/* Complaints in the order of the file. */
typedef struct Complaints {
        struct Complaint { Mark mark; char *text; } *at;
        size_t n;
} Complaints;
void complaints_deinit(Complaints *c);
void complain(Complaints *c, Mark mark, const char *format, ...) __attribute__((format(printf, 3, 4)));

typedef enum ConfigStart { START_EARLIEST, START_LATEST, START_AT_TIME } ConfigStart;
typedef enum ConfigPartitioner { PARTITIONER_ANY, PARTITIONER_MURMUR2, PARTITIONER_CRC32 } ConfigPartitioner;
typedef enum ConfigFraming { CONFIG_FRAMING_SINGLE, CONFIG_FRAMING_CONFLUENT, CONFIG_FRAMING_NONE } ConfigFraming;
typedef enum ConfigLate { LATE_PROCESS, LATE_DROP, LATE_DEADLETTER } ConfigLate;

typedef struct ConfigProperty { const char *name, *value; Mark mark; } ConfigProperty;

typedef struct ConfigPort {
        const char *name, *topic;
        Mark mark;
        ConfigPartitioner partitioner;   /* of an input; default murmur2 */
        ConfigFraming framing;           /* written; both are always read; default single */
        int64_t schema_id;               /* CONFIG_FRAMING_CONFLUENT: written id; -1: not set */
        int32_t partitions;              /* for `topics apply`; 0: the pipeline's */
} ConfigPort;

typedef struct ConfigPipeline {
        const char *name, *plugin;       /* plugin: name or path */
        Mark mark, plugin_mark;
        bool exactly_once;               /* guarantee; default true on a real broker, false on the embedded one */
        Mark guarantee_mark;
        uint32_t workers;                /* default 1 */
        int32_t partitions;              /* for topics made by us; default 8 */
        int64_t commit_us;               /* commit.interval, default 100 ms */
        size_t commit_bytes;             /* commit.memory, default 1/8 of the worker's memory */
        ConfigStart start;               /* default earliest */
        int64_t start_us;
        int64_t lateness_us, idle_us, future_us;  /* time.*, default 10 s, 30 s, 5 s */
        ConfigLate late;                 /* default process */
        int64_t retry_max_us;            /* retry.backoff_max, default 5 s */
        uint32_t retry_attempts;         /* before a record that fails alone is dead-lettered; default 5 */
        ConfigPort *ports;
        size_t n_ports;
        const tocsin_value *settings;    /* MAP or NULL, as written; the plugin's schema is applied later */
        const struct YamlMarks *marks;   /* where each setting stands: config_settings_mark() */
        const char *dlq, *changelog, *retry;  /* topic names, from app and pipeline */
        const char *group;
} ConfigPipeline;

typedef struct Config {
        const char *file, *app;          /* app: default "tocsin" */
        const char *plugins;             /* folder of plugins */
        const char *const *schemas;      /* folders besides the built-in one */
        size_t n_schemas;
        bool embedded;                   /* kafka: embedded */
        ConfigProperty *kafka;           /* librdkafka properties, secrets resolved */
        size_t n_kafka;
        size_t memory_max;               /* memory.max of one worker, default 256 MiB */
        bool log_json;
        LogLevel log_level;
        const char *http_host;           /* default 127.0.0.1 */
        uint16_t http_port;              /* default 9644; 0: no HTTP */
        const char *run_dir;             /* sockets and pid; default under XDG_RUNTIME_DIR or /run */
        int64_t shutdown_us;             /* default 15 s */
        bool create_topics;              /* topics: create: true; default false (embedded: true) */
        ConfigPipeline *pipelines;
        size_t n_pipelines;
        Arena *arena;                    /* holds all of it */
} Config;

/* 0: *ret (perhaps with complaints that are warnings: none today) | CONFIG_E_BAD: complaints | -ENOMEM.
 * ${env:NAME} and ${file:PATH} in any scalar are replaced; a file others may read is refused for secrets. */
enum { CONFIG_E_BAD = 1 };
int config_load(Config **ret, const char *file, Complaints *complaints);
Config *config_free(Config *c);
CLEANUP_DEFINE(Config, config_free)

/* Any YAML file (registry entries, rules) -> values: maps, lists, STR, I64, F64, BOOL, NULL by the YAML 1.2 core schema;
 * duplicate keys, anchors beyond a bound and depth beyond LIMIT_DEPTH are complaints. *marks may be NULL. */
int yaml_load(const char *file, Bytes text, Arena *a, tocsin_value *ret, const struct YamlMarks **marks, Complaints *complaints);
/* Where the value at a JSON pointer ("/rules/0/limit") stands; key: the mark of its key rather than of its value. */
Mark yaml_mark(const struct YamlMarks *marks, const char *pointer, bool key);

/* ---- settings: the documented subset of JSON Schema ---------------------------------------------------- */

/* Is `schema` (JSON text) within the subset of plugin.h? 0 | CONFIG_E_BAD, *why: pointer and keyword | -ENOMEM */
int settings_lint(Bytes schema, Why *why);
/* Checks `v` (NULL: empty) against the schema, fills in defaults. 0: *ret in `a` | CONFIG_E_BAD: each() was told of each
 * complaint by JSON pointer | -ENOMEM */
int settings_check(Bytes schema, const tocsin_value *v, Arena *a, tocsin_value *ret,
                   void (*each)(void *arg, const char *pointer, bool key, const char *text), void *arg);

/* The nearest of n words (Damerau-Levenshtein distance <= 2 and <= a third of the length), or NULL. */
const char *config_nearest(const char *word, const char *const *words, size_t n);
