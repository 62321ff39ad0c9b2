/* One pipeline: its plugin, how it runs, and where its ports lead. */
#include "config/parts.h"

#include "core/limits.h"
#include <tocsin/value.h>

#define HOUR INT64_C(3600000000)
#define WORKERS_MAX 256u /* processes of one pipeline on one machine */
#define STANDBYS_MAX 16u /* each holds the state of all partitions */

static const char *const guarantees[] = { "at_least_once", "exactly_once", NULL };
static const char *const lates[] = { "process", "drop", "deadletter", NULL };
static const char *const partitioners[] = { "any", "murmur2", "crc32", NULL };
static const char *const framings[] = { "single", "confluent", "none", NULL };

static void guarantee(Reader *r, const Key *k, Node node, void *into) {
        ConfigPipeline *p = into;
        int w = 0;
        const Key as[] = { { .name = k->name, .kind = KEY_WORD, .words = guarantees }, { 0 } };
        key_read(r, as, node, &w);
        p->exactly_once = w == 1;
        p->guarantee_mark = node.marks->value;
}

static void start(Reader *r, const Key *k, Node node, void *into) {
        (void)k;
        ConfigPipeline *p = into;
        static const char *const words[] = { "earliest", "latest" };
        const char *text = node_text(r, node, "start");
        if (!text)
                return;
        for (int i = 0; i < 2; i++)
                if (strcmp(text, words[i]) == 0) {
                        p->start = i ? START_LATEST : START_EARLIEST;
                        return;
                }
        if (unit_date(text, &p->start_us)) {
                p->start = START_AT_TIME;
                return;
        }
        const char *near = node_near(node, words, 2);
        complain(r->complaints, node.marks->value,
                 "`start` must be earliest, latest or a time as in 2026-01-31T12:00:00Z; not %s%s%s%s", node_shown(r, node),
                 near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

static void plugin(Reader *r, const Key *k, Node node, void *into) {
        ConfigPipeline *p = into;
        const char *text = node_text(r, node, k->name);
        p->plugin_mark = node.marks->value;
        if (text && strchr(text, '/'))
                text = node_path(r, node, text);
        p->plugin = text ? text : ""; /* complained of already */
}

static const Key port_keys[] = {
        { .name = "topic",
          .kind = KEY_TEXT,
          .at = offsetof(ConfigPort, topic),
          .help = "what the port reads or writes; must be there" },
        { .name = "partitioner",
          .kind = KEY_WORD,
          .at = offsetof(ConfigPort, partitioner),
          .words = partitioners,
          .type = "any, murmur2 or crc32",
          .help = "of an input: how those who write it choose the partition of a key; murmur2" },
        { .name = "framing",
          .kind = KEY_WORD,
          .at = offsetof(ConfigPort, framing),
          .words = framings,
          .type = "single, confluent or none",
          .help = "of an output: how Avro is framed; of an input at most none, bare Avro of the port's own schema; single" },
        { .name = "schema_id",
          .kind = KEY_LONG,
          .at = offsetof(ConfigPort, schema_id),
          .min = 0,
          .max = UINT32_MAX,
          .help = "of an output with framing confluent: the id in the schema registry" },
        { .name = "partitions",
          .kind = KEY_COUNT,
          .at = offsetof(ConfigPort, partitions),
          .min = 1,
          .max = LIMIT_PARTITIONS,
          .help = "of the topic, when `topics apply` makes it; the pipeline's" },
        { 0 },
};
static const Key port_named[] = {
        { .name = "PORT",
          .kind = KEY_SECTION,
          .keys = port_keys,
          .type = "a topic, or a map",
          .help = "the topic that a port of the plugin is bound to" },
        { 0 },
};

static void port(Reader *r, const char *name, Node node, ConfigPort *p) {
        *p = (ConfigPort){ .name = name,
                           .mark = node.marks->key,
                           .topic_mark = node.marks->value,
                           .partitioner = PARTITIONER_MURMUR2,
                           .framing = CONFIG_FRAMING_SINGLE,
                           .schema_id = -1 };
        /* Only an internal port has no topic: it is the host's, and `partitions` is all there is to say. */
        bool internal =
                node.value->kind == TOCSIN_MAP && node.value->len == 1 && strcmp(node.value->u.fields[0].name, "partitions") == 0;
        Node topic = node, said;
        if (node.value->kind != TOCSIN_MAP) {
                p->topic = node_text(r, node, name);
        } else {
                if (node_find(node, "topic", &topic))
                        p->topic_mark = topic.marks->value;
                else if (!internal)
                        complain(r->complaints, node.marks->key, "port `%s` has no `topic`", name);
                keys_read(r, port_keys, node, p, name);
                p->partitioner_mark = node_find(node, "partitioner", &said) ? said.marks->key : (Mark){ 0 };
                p->framing_mark = node_find(node, "framing", &said) ? said.marks->key : (Mark){ 0 };
                p->schema_id_mark = node_find(node, "schema_id", &said) ? said.marks->key : (Mark){ 0 };
        }
        if (p->topic && !name_fits(p->topic, TOPIC_MAX_CHARS)) {
                complain(r->complaints, p->topic_mark, "a topic's name is letters, digits, `-`, `_` or `.`, at most %u; not %s",
                         TOPIC_MAX_CHARS, node_shown(r, topic));
                p->topic = NULL;
        }
        p->bad = !p->topic && !internal;
        if (p->framing != CONFIG_FRAMING_CONFLUENT && p->schema_id_mark.line)
                complain(r->complaints, p->schema_id_mark, "`schema_id` goes with `framing: confluent`");
}

static void ports(Reader *r, const Key *k, Node node, void *into) {
        ConfigPipeline *p = into;
        p->ports_bad = node.value->kind != TOCSIN_MAP || node.value->len > LIMIT_PORTS;
        if (node.value->kind != TOCSIN_MAP) {
                complain(r->complaints, node.marks->value, "`%s` must be a map of PORT: TOPIC, not %s", k->name,
                         node_shown(r, node));
                return;
        }
        if (node.value->len > LIMIT_PORTS) {
                complain(r->complaints, node.marks->key, "more than %u ports", LIMIT_PORTS);
                return;
        }
        p->ports = reader_alloc(r, (node.value->len + 1u) * sizeof *p->ports);
        for (uint32_t i = 0; p->ports && i < node.value->len; i++)
                port(r, node.value->u.fields[i].name, node_child(node, i), &p->ports[p->n_ports++]);
}

static void settings(Reader *r, const Key *k, Node node, void *into) {
        ConfigPipeline *p = into;
        p->settings_bad = node.value->kind != TOCSIN_MAP;
        if (p->settings_bad) {
                complain(r->complaints, node.marks->value, "`%s` must be a map, not %s", k->name, node_shown(r, node));
                return;
        }
        tocsin_value *v = reader_alloc(r, sizeof *v);
        if (v)
                *v = *node.value;
        p->settings = v;
        p->marks = node.marks;
}

static const Key commit_keys[] = {
        { .name = "interval",
          .kind = KEY_TIME,
          .at = offsetof(ConfigPipeline, commit_us),
          .min = 1000,
          .max = 60000000,
          .help = "how long a turn may gather before it commits; 100ms" },
        { .name = "memory",
          .kind = KEY_SIZE,
          .at = offsetof(ConfigPipeline, commit_bytes),
          .min = 64 << 10,
          .max = INT64_C(1) << 40,
          .help = "what a turn may gather before it commits; an eighth of memory.max" },
        { 0 },
};
static const Key time_keys[] = {
        { .name = "lateness",
          .kind = KEY_TIME,
          .at = offsetof(ConfigPipeline, lateness_us),
          .min = 0,
          .max = 24 * HOUR,
          .help = "how far the watermark stays behind the newest event; 10s" },
        { .name = "idle",
          .kind = KEY_TIME,
          .at = offsetof(ConfigPipeline, idle_us),
          .min = 1000000,
          .max = 24 * HOUR,
          .help = "after how long a silent partition no longer holds the others up; 30s" },
        { .name = "future",
          .kind = KEY_TIME,
          .at = offsetof(ConfigPipeline, future_us),
          .min = 0,
          .max = 24 * HOUR,
          .help = "how far ahead of the clock an event may be and still move the watermark; 5s" },
        { .name = "late",
          .kind = KEY_WORD,
          .at = offsetof(ConfigPipeline, late),
          .words = lates,
          .type = "process, drop or deadletter",
          .help = "what happens to an event behind the watermark; process" },
        { 0 },
};
static const Key retry_keys[] = {
        { .name = "backoff_max",
          .kind = KEY_TIME,
          .at = offsetof(ConfigPipeline, retry_max_us),
          .min = 1000,
          .max = HOUR,
          .help = "the longest wait between two tries of a turn; 5s" },
        { .name = "attempts",
          .kind = KEY_COUNT,
          .at = offsetof(ConfigPipeline, retry_attempts),
          .min = 1,
          .max = 1000,
          .help = "tries of a record that fails alone before it is dead-lettered; 5" },
        { .name = "replays",
          .kind = KEY_COUNT,
          .at = offsetof(ConfigPipeline, retry_replays),
          .min = 1,
          .max = 1000,
          .help = "replays of a record that comes back to the dead letters before `tocsin dlq replay` refuses it; 3" },
        { 0 },
};
/* Below a second a slow disk or a swapped page would be a hang. Beyond five minutes the group has taken the partitions away
 * (max.poll.interval.ms), and who goes on works for nothing. */
static const Key process_keys[] = {
        { .name = "timeout",
          .kind = KEY_TIME,
          .at = offsetof(ConfigPipeline, process_us),
          .min = 1000000,
          .max = INT64_C(300000000),
          .help = "how long the plugin may take for one record; then its worker is killed, and after three times the record is "
                  "dead-lettered; 30s" },
        { 0 },
};
static const Key keys[] = {
        { .name = "plugin",
          .kind = KEY_CALL,
          .json = "\"type\":\"string\"",
          .read = plugin,
          .type = "a name or a path",
          .help = "NAME for NAME.so in `plugins`, or a path with a /; must be there" },
        { .name = "guarantee",
          .kind = KEY_CALL,
          .json = "\"enum\":[\"at_least_once\",\"exactly_once\"]",
          .read = guarantee,
          .type = "exactly_once or at_least_once",
          .help = "what a crash may do to outputs; exactly_once, with the embedded broker at_least_once" },
        { .name = "workers",
          .kind = KEY_COUNT,
          .at = offsetof(ConfigPipeline, workers),
          .min = 1,
          .max = WORKERS_MAX,
          .help = "processes that share the partitions; 1" },
        { .name = "standbys",
          .kind = KEY_COUNT,
          .at = offsetof(ConfigPipeline, standbys),
          .min = 0,
          .max = STANDBYS_MAX,
          .help = "processes that follow the state and take the place of a worker that dies; each may use as much memory as a "
                  "worker; 0" },
        { .name = "partitions",
          .kind = KEY_COUNT,
          .at = offsetof(ConfigPipeline, partitions),
          .min = 1,
          .max = LIMIT_PARTITIONS,
          .help = "of the topics that Tocsin makes; 8" },
        { .name = "commit", .kind = KEY_SECTION, .keys = commit_keys },
        { .name = "start",
          .kind = KEY_CALL,
          .json = "\"type\":\"string\"",
          .read = start,
          .type = "earliest, latest or a time (RFC 3339)",
          .help = "where to begin on a topic that was never read; earliest" },
        { .name = "time", .kind = KEY_SECTION, .keys = time_keys },
        { .name = "process", .kind = KEY_SECTION, .keys = process_keys },
        { .name = "retry", .kind = KEY_SECTION, .keys = retry_keys },
        { .name = "ports",
          .kind = KEY_CALL,
          .read = ports,
          .keys = port_named,
          .type = "a map",
          .help = "which topic each port of the plugin is bound to" },
        { .name = "settings",
          .kind = KEY_CALL,
          .json = "\"type\":\"object\"",
          .read = settings,
          .type = "a map",
          .help = "what the plugin asks for; `tocsin plugin info PLUGIN` lists it" },
        { 0 },
};
const Key pipeline_named[] = {
        { .name = "NAME", .kind = KEY_SECTION, .keys = keys },
        { 0 },
};

void pipeline_read(Reader *r, const char *name, Node node, ConfigPipeline *p) {
        struct YamlMarks *none = reader_alloc(r, sizeof *none);
        if (!none)
                return;
        none->key = none->value = node.marks->key;
        *p = (ConfigPipeline){
                .name = name,
                .mark = node.marks->key,
                .plugin_mark = node.marks->key,
                .workers = 1,
                .partitions = 8,
                .commit_us = 100000,
                .start = START_EARLIEST,
                .lateness_us = 10000000,
                .idle_us = 30000000,
                .future_us = 5000000,
                .late = LATE_PROCESS,
                .process_us = 30000000,
                .retry_max_us = 5000000,
                .retry_attempts = 5,
                .retry_replays = 3,
                .marks = none,
        };
        if (!name_fits(name, NAME_MAX_CHARS))
                complain(
                        r->complaints, node.marks->key,
                        "a pipeline's name is letters, digits, `-`, `_` or `.`, at most %u of them, as topics are named after it",
                        NAME_MAX_CHARS);
        size_t before = complaints_count(r->complaints);
        keys_read(r, keys, node, p, name);
        if (!p->plugin && (node.value->kind == TOCSIN_MAP || complaints_count(r->complaints) == before))
                complain(r->complaints, node.marks->key, "pipeline `%s` names no `plugin`", name);
}

void pipeline_finish(Reader *r, const Config *c, ConfigPipeline *p) {
        if (!p->guarantee_mark.line)
                p->exactly_once = !c->embedded;
        else if (p->exactly_once && c->embedded)
                complain(r->complaints, p->guarantee_mark,
                         "the embedded broker has no transactions and cannot give exactly_once; use at_least_once, or a real "
                         "Kafka");
        if (!p->commit_bytes)
                p->commit_bytes = c->memory_max / 8;
        else if (p->commit_bytes > c->memory_max)
                complain(r->complaints, p->mark, "`commit.memory` of pipeline `%s` is more than `memory.max`", p->name);
        p->group = reader_printf(r, "%s.%s", c->app, p->name);
        p->changelog = reader_printf(r, "__tocsin.%s.%s.changelog", c->app, p->name);
        p->dlq = reader_printf(r, "__tocsin.%s.%s.dlq", c->app, p->name);
        p->retry = reader_printf(r, "__tocsin.%s.%s.retry", c->app, p->name);
}

bool name_fits(const char *z, size_t max) {
        static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
        size_t n = strlen(z);
        return n && n <= max && strspn(z, chars) == n && strcmp(z, ".") != 0 && strcmp(z, "..") != 0;
}
