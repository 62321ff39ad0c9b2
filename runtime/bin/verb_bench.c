/* tocsin bench: what decoding, one worker on the in-memory bus, and one worker on a real Kafka cost. */
#include "bin/bench.h"
#include "bin/options.h"

#include <string.h>
#include <sysexits.h>

static int run_codec(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, verb_bench.subs[0], argc, argv) != 0)
                return o.exit;
        return bench_codec(options_flag(&o, "json"));
}

static int run_task(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, verb_bench.subs[1], argc, argv) != 0)
                return o.exit;
        BenchTask b = { .plugin = options_value(&o, "plugin"),
                        .schemas = options_value(&o, "schemas"),
                        .one_turn = options_flag(&o, "one-turn"),
                        .json = options_flag(&o, "json"),
                        .events = 1000000,
                        .rounds = 3,
                        .loops = 1000 };
        b.plugin = b.plugin ? b.plugin : "incident_detector";
        b.own = strchr(b.plugin, '/');
        if (options_number(&o, "events", 1000, 100000000, &b.events) != 0 ||
            options_number(&o, "rounds", 1, 100, &b.rounds) != 0 || options_number(&o, "keys", 1, 100000000, &b.loops) != 0)
                return o.exit;
        return bench_task(&b);
}

static int run_kafka(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, verb_bench.subs[2], argc, argv) != 0)
                return o.exit;
        return bench_kafka(options_value(&o, "plugin"));
}

static const Option codec_options[] = { { .name = "json", .help = "a JSON line a figure" }, { 0 } };
static const Option task_options[] = {
        { .name = "plugin", .value = "NAME|FILE", .help = "another plugin with a port `events`; incident_detector if not given" },
        { .name = "events", .value = "N", .help = "events in a round; 1000000 if not given" },
        { .name = "rounds", .value = "N", .help = "rounds; the median is told, with the least and the greatest; 3 if not given" },
        { .name = "keys", .value = "N", .help = "loops that the events are of; 1000 if not given" },
        { .name = "schemas", .value = "FOLDER", .help = "where the schemas of another plugin are" },
        { .name = "one-turn",
          .help = "the events twice, each time in one turn; counts the second, without its commit: state without changelog" },
        { .name = "json", .help = "a JSON line a figure" },
        { 0 },
};
static const Option kafka_options[] = {
        { .name = "plugin", .value = "FILE", .help = "the job as a plugin with the ports events and alerts" },
        { 0 },
};

static const Verb sub_codec = {
        .name = "codec",
        .summary = "nanoseconds to decode and encode an event",
        .usage = "bench codec [--json]",
        .options = codec_options,
        .run = run_codec,
};
static const Verb sub_task = {
        .name = "task",
        .summary = "events a second of one worker on the in-memory bus, state and changelog included",
        .usage = "bench task [--plugin NAME|FILE] [--events N] [--rounds N] [--keys N] [--schemas FOLDER] [--one-turn] "
                 "[--json]",
        .options = task_options,
        .run = run_task,
};
static const Verb sub_kafka = {
        .name = "kafka",
        .summary = "one worker on a real Kafka, as a contestant of a harness that measures it from outside",
        .usage = "bench kafka --plugin FILE",
        .about = "Reads its orders from the environment: BENCH_BOOTSTRAP, BENCH_MODE (alo, eos), BENCH_IN, BENCH_OUT, "
                 "BENCH_CHANGELOG, "
                 "BENCH_ID, BENCH_RECORDS, BENCH_COMMIT_MS, BENCH_DIR and BENCH_SCHEMAS (a folder of schemas). Prints `first` "
                 "when it has "
                 "taken its first records, `half` when half of them are committed, `last in=N out=M` after the last commit, and "
                 "ends.",
        .options = kafka_options,
        .run = run_kafka,
};
static const Verb *const subs[] = { &sub_codec, &sub_task, &sub_kafka, NULL };

const Verb verb_bench = {
        .name = "bench",
        .group = VERB_DEVELOP,
        .summary = "measure: codec, one worker in memory, one worker on Kafka",
        .usage = "bench codec|task|kafka [OPTION]...",
        .examples = (const Example[]){ { "the detector on one core", "tocsin bench task --json" }, { 0 } },
        .subs = subs,
};
