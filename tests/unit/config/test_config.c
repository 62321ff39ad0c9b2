/* The configuration: what is complained of, what is filled in, and what is never shown. */
#include "complaints.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define TOP "kafka: embedded\npipelines: {p: {plugin: x}}\n"

static char said[16384];

static int parse(Config **c, const char *yaml) {
        Complaints complaints = { 0 };
        int r = config_parse(c, "conf/x.yaml", bytes_z(yaml), &complaints);
        complaints_text(&complaints, said, sizeof said);
        complaints_deinit(&complaints);
        return r;
}

static void says(const char *yaml, const char *expected) {
        Config *c = NULL;
        cr_assert_eq(parse(&c, yaml), CONFIG_E_BAD, "%s", yaml);
        cr_assert_null(c);
        cr_assert_str_eq(said, expected, "%s\nsays\n%s", yaml, said);
}

static Config *good(const char *yaml) {
        Config *c = NULL;
        cr_assert_eq(parse(&c, yaml), 0, "%s\nsays\n%s", yaml, said);
        return c;
}

Test(config, every_complaint_has_its_place_and_a_word_to_mean) {
        static const struct {
                const char *yaml, *says;
        } cases[] = {
                /* ---- the whole ---- */
                { "", "1:1: a configuration is a map of keys, not nothing; begin with `tocsin init`\n" },
                { "- a\n", "1:1: a configuration is a map of keys, not a list; begin with `tocsin init`\n" },
                { "app: x\n", "1:1: `kafka` is missing: the word embedded, or a map with bootstrap.servers\n"
                              "1:1: `pipelines` is missing: a map of NAME: {plugin: …}\n" },
                { TOP "pipelnes: 1\n", "3:1: unknown key `pipelnes`; did you mean `pipelines`?\n" },
                { TOP "topics.create: true\n", "3:1: `topics.create` is written as a map here: `topics: {create: …}`\n" },
                { TOP "zzz: 1\n", "3:1: unknown key `zzz`; here stand: app, kafka, plugins, schemas, memory, state, log, http, "
                                  "run_dir, shutdown, topics, tracing or pipelines\n" },
                { TOP "kafka: embedded\n", "3:1: `kafka` stands here twice, first in line 1\n" },
                { TOP "app: a/b\n",
                  "3:6: `app` must be letters, digits, `-`, `_` or `.`, at most 64 of them, as it begins topic names; "
                  "not `a/b`\n" },
                { TOP "app: [x]\n", "3:6: `app` must be a text, not a list\n" },
                { TOP "app: \"a\\0b\"\n", "3:6: `app` holds a NUL\n" },
                { TOP "app:\n", "3:5: `app` must be a text, not nothing\n" },
                { TOP "state: {store: disc, path: /s}\n",
                  "3:16: `store` must be memory or disk, not `disc`; did you mean `disk`?\n" },
                { TOP "state: {store: disk}\n",
                  "1:1: `state.path` is missing: a folder for the stores of `state.store: disk`\n" },
                { TOP "memory: 5\n", "3:9: `memory` must be a map of keys, not `5`\n" },
                { TOP "memory: {max: 64}\n", "3:15: `max` needs a unit, as in 500kB, 16MiB, 1GiB; not `64`\n" },
                { TOP "memory: {max: 64Mb}\n", "3:15: `max` must be a size, as in 500kB, 16MiB, 1GiB; not `64Mb`\n" },
                { TOP "memory: {max: 1MiB}\n", "3:15: `max` must be from 16MiB to 1024GiB, not `1MiB`\n" },
                { TOP "memory: {max: 99999999999999999999GiB}\n",
                  "3:15: `max` must be a size, as in 500kB, 16MiB, 1GiB; not `99999999999999999999GiB`\n" },
                { TOP "log: {format: jsn, levl: info}\n", "3:15: `format` must be text or json, not `jsn`; did you mean "
                                                          "`json`?\n3:20: unknown key `levl`; did you mean `level`?\n" },
                { TOP "log: {level: warning}\n", "3:14: `level` must be debug, info, warn or error, not `warning`\n" },
                { TOP "http: false\n", "3:7: `http` must be a map with `listen`, or the word off; did you mean `off`?\n" },
                { TOP "http: 9644\n", "3:7: `http` must be a map with `listen`, or the word off; not `9644`\n" },
                { TOP "http: {listen: 9644}\n", "3:16: `listen` must be HOST:PORT, as in 127.0.0.1:9644; not `9644`\n" },
                { TOP "http: {listen: '::1:9644'}\n",
                  "3:16: `listen` must be HOST:PORT, as in 127.0.0.1:9644; not `::1:9644`\n" },
                { TOP "http: {listen: 'a:65536'}\n", "3:16: `listen` must be HOST:PORT, as in 127.0.0.1:9644; not `a:65536`\n" },
                { TOP "tracing: {otlp: 'https://c:4318'}\n",
                  "3:17: `otlp` is spoken in clear: give http://HOST:PORT of a collector near by, which may send on by TLS\n" },
                { TOP "tracing: {sample: 1.5}\n", "3:19: `sample` must be a number from 0 to 1, not `1.5`\n" },
                { TOP "tracing: {sample: all}\n", "3:19: `sample` must be a number from 0 to 1, not `all`\n" },
                { TOP "topics: {create: yes}\n", "3:18: `create` must be true or false, not `yes`; did you mean `true`?\n" },
                { TOP "shutdown: {timeout: 15 seconds}\n",
                  "3:21: `timeout` must be a duration, as in 100ms, 5s, 2m, 1h; not `15 seconds`\n" },
                { TOP "shutdown: {timeout: 2h}\n", "3:21: `timeout` must be from 0s to 1h, not `2h`\n" },
                { TOP "schemas: ./s\n", "3:10: `schemas` must be a list of folders, not `./s`\n" },
                { TOP "schemas: [{}]\n", "3:11: `schemas` must be a text, not a map\n" },
                { TOP "plugins: ''\n", "3:10: `plugins` must be a text, not nothing\n" },
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                says(cases[i].yaml, cases[i].says);
}

/* `check` goes on with what could be read: what is wrong in one place does not hide another. */
Test(config, what_could_be_read_is_handed_to_who_goes_on_to_complain) {
        char file[] = "/tmp/config.XXXXXX";
        static const char yaml[] =
                "kafka: embedded\nmemory: 5\nschemas: [s, 5]\npipelines:\n  p: {plugin: x, workers: no, ports: "
                "{in: [], io: {framing: none}, own: {partitions: 2}, out: {topic: t, partitioner: any}}, "
                "settings: {a: \"${env:CONFIG_TEST_NONE}\", b: 1}}\n  q: {ports: 1, settings: 1}\n";
        _cleanup_(closep) int fd = mkstemp(file);
        cr_assert_eq(write(fd, yaml, sizeof yaml - 1), (ssize_t)sizeof yaml - 1);
        Config *c = NULL;
        Complaints complaints = { 0 };
        cr_assert_eq(config_load_bad(&c, file, &complaints), CONFIG_E_BAD);
        unlink(file);
        cr_assert_eq(complaints.n, 8, "%s", complaints_text(&complaints, said, sizeof said));
        complaints_deinit(&complaints);
        cr_assert_eq(c->n_pipelines, 2);
        const ConfigPipeline *p = &c->pipelines[0], *q = &c->pipelines[1];
        cr_assert(p->workers == 1 && p->n_ports == 4 && !p->ports_bad && !p->settings_bad);
        cr_assert(p->ports[0].bad && p->ports[1].bad && !p->ports[2].bad && !p->ports[3].bad);
        cr_assert(p->ports[1].framing_mark.line == 5 && p->ports[3].partitioner_mark.column == 106, "%u",
                  p->ports[3].partitioner_mark.column);
        cr_assert(yaml_bad(p->marks, "/a") && !yaml_bad(p->marks, "/b"));
        cr_assert(q->ports_bad && q->settings_bad && !q->plugin);
        cr_assert(c->n_schemas == 2 && c->schema_marks[0].column == 11 && c->schema_marks[1].column == 14);
        config_free(c);
        c = NULL;
        cr_assert_eq(config_load_bad(&c, "/nowhere", &complaints), CONFIG_E_FILE);
        cr_assert_null(c);
        complaints_deinit(&complaints);
}

/* In the order of the file, whatever the order in which they were made: the page that is kept is the first one. */
Test(config, of_many_complaints_the_first_of_the_file_are_kept_and_all_are_counted) {
        Complaints c = { 0 };
        for (uint32_t i = 0; i < 300; i++)
                complain(&c, (Mark){ 1 + (i * 7) % 300, 1 }, "%u", i);
        cr_assert_eq(c.n, COMPLAINTS_MAX);
        cr_assert_eq(complaints_count(&c), 300);
        for (uint32_t i = 0; i < c.n; i++)
                cr_assert_eq(c.at[i].mark.line, i + 1);
        complaints_deinit(&c);
        Buffer b = BUFFER_NULL;
        buffer_put_z(&b, TOP);
        for (int i = 0; i < 50000; i++)
                buffer_printf(&b, "k%d: 1\n", i);
        Config *none = NULL;
        clock_t before = clock();
        cr_assert_eq(config_parse(&none, "x", buffer_bytes(&b), &c), CONFIG_E_BAD);
        cr_assert_eq(complaints_count(&c), 50000);
        cr_assert_lt(clock() - before, 4 * CLOCKS_PER_SEC);
        complaints_deinit(&c);
        buffer_deinit(&b);
}

#define PIPE(text) "kafka: embedded\npipelines:\n  p:\n    plugin: x\n" text

Test(config, pipelines_are_held_to_their_keys) {
        static const struct {
                const char *yaml, *says;
        } cases[] = {
                { "kafka: embedded\npipelines: {}\n",
                  "2:12: `pipelines` must be a map of NAME: {plugin: …}, not an empty one\n" },
                { "kafka: embedded\npipelines: x\n", "2:12: `pipelines` must be a map of NAME: {plugin: …}, not `x`\n" },
                { "kafka: embedded\npipelines: {p: x}\n", "2:16: `p` must be a map of keys, not `x`\n" },
                { "kafka: embedded\npipelines: {p: {}}\n", "2:13: pipeline `p` names no `plugin`\n" },
                { "kafka: embedded\npipelines: {p q: {plugin: x}}\n", "2:13: a pipeline's name is letters, digits, `-`, `_` or "
                                                                      "`.`, at most 64 of them, as topics are named after it\n" },
                { PIPE("    workers: 0\n"), "5:14: `workers` must be a whole number from 1 to 256, not `0`\n" },
                { PIPE("    workers: 1.5\n"), "5:14: `workers` must be a whole number from 1 to 256, not `1.5`\n" },
                { PIPE("    partitions: 4097\n"), "5:17: `partitions` must be a whole number from 1 to 4096, not `4097`\n" },
                { PIPE("    guarantee: exactly-once\n"),
                  "5:16: `guarantee` must be at_least_once or exactly_once, not `exactly-once`; "
                  "did you mean `exactly_once`?\n" },
                { PIPE("    guarantee: exactly_once\n"),
                  "5:16: the embedded broker has no transactions and cannot give exactly_once; use "
                  "at_least_once, or a real Kafka\n" },
                { PIPE("    commit: {interval: 0s}\n"), "5:24: `interval` must be from 1ms to 1m, not `0s`\n" },
                { PIPE("    commit: {memory: 1GiB}\n"), "3:3: `commit.memory` of pipeline `p` is more than `memory.max`\n" },
                { PIPE("    start: earlest\n"),
                  "5:12: `start` must be earliest, latest or a time as in 2026-01-31T12:00:00Z; not "
                  "`earlest`; did you mean `earliest`?\n" },
                { PIPE("    start: 2026-02-30T00:00:00Z\n"),
                  "5:12: `start` must be earliest, latest or a time as in 2026-01-31T12:00:00Z; not `2026-02-30T00:00:00Z`\n" },
                { PIPE("    time: {late: dorp}\n"),
                  "5:18: `late` must be process, drop or deadletter, not `dorp`; did you mean `drop`?\n" },
                { PIPE("    process: {timeout: 10m}\n"), "5:24: `timeout` must be from 1s to 5m, not `10m`\n" },
                { PIPE("    retry: {attempts: many}\n"), "5:23: `attempts` must be a whole number from 1 to 1000, not `many`\n" },
                { PIPE("    ports: [in]\n"), "5:12: `ports` must be a map of PORT: TOPIC, not a list\n" },
                { PIPE("    ports: {in: a/b}\n"),
                  "5:17: a topic's name is letters, digits, `-`, `_` or `.`, at most 249; not `a/b`\n" },
                { PIPE("    ports: {in: ..}\n"),
                  "5:17: a topic's name is letters, digits, `-`, `_` or `.`, at most 249; not `..`\n" },
                { PIPE("    ports: {in: {topik: a}}\n"),
                  "5:13: port `in` has no `topic`\n5:18: unknown key `topik`; did you mean "
                  "`topic`?\n" },
                { PIPE("    ports: {in: {topic: a, partitioner: murmur}}\n"),
                  "5:41: `partitioner` must be any, murmur2 or crc32, not `murmur`; did you mean `murmur2`?\n" },
                { PIPE("    ports: {in: {topic: a, schema_id: 5}}\n"), "5:28: `schema_id` goes with `framing: confluent`\n" },
                { PIPE("    ports: {in: {topic: a, framing: confluent, schema_id: -1}}\n"),
                  "5:59: `schema_id` must be a whole number from 0 to 4294967295, not `-1`\n" },
                { PIPE("    settings: 5\n"), "5:15: `settings` must be a map, not `5`\n" },
                { PIPE("    setings: {}\n"), "5:5: unknown key `setings`; did you mean `settings`?\n" },
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                says(cases[i].yaml, cases[i].says);
}

#define PIPES "\npipelines: {p: {plugin: x}}\n"

Test(config, kafka_is_embedded_or_a_map_of_properties) {
        says("kafka: embeded" PIPES, "1:8: `kafka` must be the word embedded, or a map of librdkafka properties; not `embeded`; "
                                     "did you mean `embedded`?\n");
        says("kafka: [a]" PIPES, "1:8: `kafka` must be the word embedded, or a map of librdkafka properties; not a list\n");
        says("kafka: {acks: all}" PIPES, "1:1: `kafka` names no bootstrap.servers\n");
        says("kafka: {bootstrap.servers: a, sasl: {username: x}, sasl.username: y}" PIPES,
             "1:52: `sasl.username` is set twice, first in line 1\n");
        says("kafka: {bootstrap.servers: a, x: }" PIPES, "1:34: `x` must be a text, not nothing\n");
        says("kafka: {bootstrap.servers: []}" PIPES,
             "1:1: `kafka` names no bootstrap.servers\n1:28: `bootstrap.servers` is an empty list\n");
        says("kafka: {bootstrap.servers: a}\nkafka: {bootstrap.servers: b, x: y}" PIPES
             "pipelines: {q: {plugin: x}, r: {plugin: x}}\n",
             "2:1: `kafka` stands here twice, first in line 1\n4:1: `pipelines` stands here twice, first in line 3\n");
        Config *c = good("kafka:\n  bootstrap.servers: [a:1, b:2]\n  sasl:\n    password: 0123\n    enabled: {x: true}\n  "
                         "ssl.ca.location: /x" PIPES);
        static const char *const expected[][2] = { { "bootstrap.servers", "a:1,b:2" },
                                                   { "sasl.password", "0123" },
                                                   { "sasl.enabled.x", "true" },
                                                   { "ssl.ca.location", "/x" } };
        cr_assert_eq(c->n_kafka, 4);
        for (size_t i = 0; i < 4; i++) {
                cr_assert_str_eq(c->kafka[i].name, expected[i][0]);
                cr_assert_str_eq(c->kafka[i].value, expected[i][1]);
        }
        cr_assert_eq(c->kafka[1].mark.line, 4);
        cr_assert_eq(c->kafka[1].mark.column, 5);
        cr_assert(!c->embedded && c->pipelines[0].exactly_once && !c->create_topics);
        config_free(c);
}

Test(config, what_is_not_said_has_its_documented_default) {
        setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
        setenv("TOCSIN_PLUGINS", "/opt/plugins", 1);
        Config *c = good(TOP);
        cr_assert_str_eq(c->app, "tocsin");
        cr_assert_str_eq(c->file, "conf/x.yaml");
        cr_assert_str_eq(c->plugins, "/opt/plugins");
        cr_assert_str_eq(c->run_dir, "/run/user/7/tocsin/tocsin");
        cr_assert_str_eq(c->http_host, "127.0.0.1");
        cr_assert_eq(c->http_port, 9644);
        cr_assert(c->embedded && c->create_topics && !c->log_json && c->log_level == LOG_INFO);
        cr_assert_eq(c->memory_max, 256u << 20);
        cr_assert_eq(c->shutdown_us, 15000000);
        const ConfigPipeline *p = &c->pipelines[0];
        cr_assert(!p->exactly_once && p->workers == 1 && p->partitions == 8 && p->start == START_EARLIEST &&
                  p->late == LATE_PROCESS);
        cr_assert(p->commit_us == 100000 && p->commit_bytes == 32u << 20 && p->retry_max_us == 5000000 && p->retry_attempts == 5);
        cr_assert_eq(p->retry_replays, 3u);
        cr_assert_eq(p->process_us, 30000000);
        cr_assert(p->lateness_us == 10000000 && p->idle_us == 30000000 && p->future_us == 5000000);
        cr_assert_null(p->settings);
        cr_assert_eq(yaml_mark(p->marks, "/any", true).line, 2);
        cr_assert_str_eq(p->group, "tocsin.p");
        cr_assert_str_eq(p->changelog, "__tocsin.tocsin.p.changelog");
        cr_assert_str_eq(p->dlq, "__tocsin.tocsin.p.dlq");
        cr_assert_str_eq(p->retry, "__tocsin.tocsin.p.retry");
        config_free(c);
}

Test(config, what_is_said_is_taken) {
        Config *c = good("app: plant-7\n"
                         "kafka: {bootstrap.servers: k:9092}\n"
                         "plugins: ./plugins\n"
                         "schemas: [a, /b]\n"
                         "memory: {max: 1GiB}\n"
                         "log: {format: json, level: debug}\n"
                         "http: {listen: '[::1]:80'}\n"
                         "run_dir: /run/x\n"
                         "shutdown: {timeout: 1m}\n"
                         "topics: {create: true}\n"
                         "pipelines:\n"
                         "  p:\n"
                         "    plugin: ./mine.so\n"
                         "    guarantee: at_least_once\n"
                         "    workers: 3\n"
                         "    partitions: 12\n"
                         "    commit: {interval: 1500us, memory: 500kB}\n"
                         "    start: 2026-01-31T13:00:00.25+01:00\n"
                         "    time: {lateness: 0, idle: 1m, future: 1h, late: deadletter}\n"
                         "    process: {timeout: 2m}\n"
                         "    retry: {backoff_max: 2s, attempts: 9, replays: 7}\n"
                         "    ports:\n"
                         "      in: t.in\n"
                         "      out: {topic: t.out, framing: confluent, schema_id: 7, partitions: 4, partitioner: any}\n"
                         "      inner: {partitions: 2}\n"
                         "    settings: {a: {b: [1]}}\n");
        cr_assert_str_eq(c->plugins, "conf/plugins");
        cr_assert(c->n_schemas == 2 && !strcmp(c->schemas[0], "conf/a") && !strcmp(c->schemas[1], "/b"));
        cr_assert(c->memory_max == 1u << 30 && c->log_json && c->log_level == LOG_DEBUG && c->shutdown_us == 60000000);
        cr_assert_str_eq(c->http_host, "::1");
        cr_assert(c->http_port == 80 && c->create_topics && !strcmp(c->run_dir, "/run/x"));
        const ConfigPipeline *p = &c->pipelines[0];
        cr_assert_str_eq(p->plugin, "conf/mine.so");
        cr_assert(!p->exactly_once && p->workers == 3 && p->partitions == 12 && p->commit_us == 1500 &&
                  p->commit_bytes == 500000);
        cr_assert(p->start == START_AT_TIME && p->start_us == INT64_C(1769860800250000));
        cr_assert(p->lateness_us == 0 && p->idle_us == 60000000 && p->future_us == INT64_C(3600000000) &&
                  p->late == LATE_DEADLETTER);
        cr_assert_eq(p->process_us, 120000000);
        cr_assert(p->retry_max_us == 2000000 && p->retry_attempts == 9 && p->retry_replays == 7 && p->n_ports == 3);
        cr_assert_str_eq(p->ports[0].topic, "t.in");
        cr_assert(p->ports[0].partitioner == PARTITIONER_MURMUR2 && p->ports[0].schema_id == -1);
        cr_assert_str_eq(p->ports[1].topic, "t.out");
        cr_assert(p->ports[1].framing == CONFIG_FRAMING_CONFLUENT && p->ports[1].schema_id == 7 && p->ports[1].partitions == 4);
        cr_assert(p->ports[1].mark.line == 24 && p->ports[1].topic_mark.column == 20);
        cr_assert(!p->ports[2].topic && p->ports[2].partitions == 2);
        cr_assert_eq(yaml_mark(p->marks, "/a/b/0", false).column, 24);
        cr_assert_str_eq(p->group, "plant-7.p");
        config_free(c);
        c = good(TOP "http: off\n");
        cr_assert_eq(c->http_port, 0);
        config_free(c);
}

Test(config, a_collector_is_an_address_that_fits_on_a_line_of_a_request) {
        static const char *const well[] = { "http://c",         "http://127.0.0.1:4318", "http://[::1]:4318",
                                            "http://c.d/base/", "http://[::1]",          "http://c:1/x/y" };
        static const char *const bad[] = { "c:4318",      "http://",       "http://:80",     "http://c:",
                                           "http://c:0",  "http://c:8x",   "http://c:65536", "http://u@c",
                                           "http://c/?q", "http://c/#f",   "http://c/a b",   "http://c\\r\\nX: y",
                                           "http://[::1", "http://[::1]x", "HTTP://c" };
        char text[200];
        Config *c = good(TOP "tracing: {sample: 0.25}\n");
        cr_assert(!c->trace_otlp && c->trace_sample == 0.25);
        config_free(c);
        for (size_t i = 0; i < sizeof well / sizeof *well; i++) {
                snprintf(text, sizeof text, TOP "tracing: {otlp: \"%s\"}\n", well[i]);
                c = good(text);
                cr_assert_str_eq(c->trace_otlp, well[i]);
                cr_assert_eq(c->trace_sample, 1);
                config_free(c);
        }
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                Complaints complaints = { 0 };
                snprintf(text, sizeof text, TOP "tracing: {otlp: \"%s\"}\n", bad[i]);
                cr_assert_eq(config_parse(&c, "x.yaml", bytes_z(text), &complaints), CONFIG_E_BAD, "%s", bad[i]);
                cr_assert_eq(complaints.n, 1);
                complaints_deinit(&complaints);
        }
}

static void write_file(const char *path, const char *text, mode_t mode) {
        _cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0);
}

Test(config, secrets_come_from_files_and_the_environment) {
        char folder[] = "/tmp/tocsin-config-XXXXXX", path[64], file[64];
        cr_assert_not_null(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/secret", folder);
        snprintf(file, sizeof file, "%s/x.yaml", folder);
        setenv("TOCSIN_TEST_HOST", "kafka", 1);
        setenv("TOCSIN_TEST_NUMBER", "3", 1);
        write_file(path, "0123:{}\r\n", 0600);
        write_file(file,
                   "kafka:\n  bootstrap.servers: ${env:TOCSIN_TEST_HOST}:9092\n  sasl.password: ${file:secret}\n  x: $${env:X}\n"
                   "pipelines:\n  p:\n    plugin: x\n    workers: ${env:TOCSIN_TEST_NUMBER}\n"
                   "    settings: {n: '${env:TOCSIN_TEST_NUMBER}', pin: '${file:secret}'}\n",
                   0644);
        Complaints complaints = { 0 };
        Config *c = NULL;
        cr_assert_eq(config_load(&c, file, &complaints), 0, "%s", complaints_text(&complaints, said, sizeof said));
        cr_assert_str_eq(c->kafka[0].value, "kafka:9092");
        cr_assert_str_eq(c->kafka[1].value, "0123:{}");
        cr_assert_str_eq(c->kafka[2].value, "${env:X}");
        cr_assert_eq(c->pipelines[0].workers, 3);
        cr_assert_eq(c->pipelines[0].settings->u.fields[0].value.kind, TOCSIN_STR, "quoted: a text");
        cr_assert_eq(c->pipelines[0].settings->u.fields[1].value.len, 7);
        config_free(c);
        for (mode_t mode = 0601; mode <= 0607; mode++) {
                cr_assert_eq(chmod(path, mode), 0);
                cr_assert_eq(config_load(&c, file, &complaints), CONFIG_E_BAD);
                cr_assert_not_null(
                        strstr(complaints_text(&complaints, said, sizeof said), "is open to everybody; close it: chmod o-rwx"));
                complaints_deinit(&complaints);
        }
        unlink(path);
        unlink(file);
        rmdir(folder);
}

Test(config, a_secret_that_is_wrong_is_shown_as_it_was_written) {
        setenv("TOCSIN_TEST_WORD", "hunter2", 1);
        unsetenv("TOCSIN_TEST_NONE");
        static const char *const values[] = { "workers: ${env:TOCSIN_TEST_WORD}",
                                              "start: ${env:TOCSIN_TEST_WORD}",
                                              "guarantee: ${env:TOCSIN_TEST_WORD}",
                                              "commit: ${env:TOCSIN_TEST_WORD}",
                                              "commit: {interval: '${env:TOCSIN_TEST_WORD}', memory: '${env:TOCSIN_TEST_WORD}'}",
                                              "ports: {in: '${env:TOCSIN_TEST_WORD}/'}",
                                              "settings: ${env:TOCSIN_TEST_WORD}",
                                              "ports: ${env:TOCSIN_TEST_WORD}",
                                              "time: {late: '${env:TOCSIN_TEST_WORD}'}" };
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
                char yaml[512];
                Config *c = NULL;
                snprintf(yaml, sizeof yaml, PIPE("    %s\n"), values[i]);
                cr_assert_eq(parse(&c, yaml), CONFIG_E_BAD, "%s", yaml);
                cr_assert_null(strstr(said, "hunter"), "%s", said);
                cr_assert_not_null(strstr(said, "${env:TOCSIN_TEST_WORD}"), "%s", said);
        }
        says(PIPE("    workers: ${env:TOCSIN_TEST_NONE}\n"), "5:14: environment variable TOCSIN_TEST_NONE is not set\n");
        says(TOP "app: ${vault:x}\n", "3:6: ${vault:x}: only ${env:NAME} and ${file:PATH} are known; write $${ for a plain ${\n");
        says(TOP "run_dir: '${env:'\n", "3:10: ${ without its }; write $${ for a plain ${\n");
        says(TOP "run_dir: ${file:/nonexistent}\n",
             "3:10: secret file /nonexistent cannot be opened: No such file or directory\n");
        says(TOP "run_dir: ${file:/dev/zero}\n", "3:10: secret file /dev/zero is not a regular file\n");
}

Test(config, lies_in_one_arena_that_goes_with_it) {
        config_free(good(TOP));
        cr_assert_null(config_free(NULL));
        Complaints complaints = { 0 };
        Config *c = NULL;
        cr_assert_eq(config_load(&c, "/nonexistent.yaml", &complaints), CONFIG_E_FILE);
        cr_assert_str_eq(complaints_text(&complaints, said, sizeof said), "0:0: cannot be opened: No such file or directory\n");
        complaints_deinit(&complaints);
        cr_assert_eq(config_load(&c, "/", &complaints), CONFIG_E_FILE);
        cr_assert_str_eq(complaints_text(&complaints, said, sizeof said), "0:0: is a folder, not a file\n");
        complaints_deinit(&complaints);
}
