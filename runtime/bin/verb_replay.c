/* tocsin replay: files through pipelines, without a broker. */
#include "bin/options.h"
#include "bin/replay.h"

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_replay, argc, argv) != 0)
                return o.exit;
        int64_t partitions = 1;
        if (options_number(&o, "partitions", 1, 1024, &partitions) != 0)
                return o.exit;
        _cleanup_(freep) const char **from = calloc(o.n_given + 1, sizeof *from);
        _cleanup_(freep) const char **table = calloc(o.n_given + 1, sizeof *table);
        if (!from || !table)
                return EX_OSERR;
        ReplayConf conf = { .config = o.operands[0],
                            .only = options_value(&o, "pipeline"),
                            .until = options_value(&o, "until"),
                            .partitions = (int32_t)partitions,
                            .from = from,
                            .table = table };
        for (const char *v; (v = options_nth(&o, "from", (uint32_t)conf.n_from)); conf.n_from++)
                from[conf.n_from] = v;
        for (const char *v; (v = options_nth(&o, "table", (uint32_t)conf.n_table)); conf.n_table++)
                table[conf.n_table] = v;
        return replay_run(&conf);
}

const Verb verb_replay = {
        .name = "replay",
        .group = VERB_DEVELOP,
        .summary = "run files through the pipelines, without a broker",
        .usage = "replay CONFIG [--pipeline NAME] [--from [PORT=]FILE|-]... [--table PORT=FILE]... [--until TIME] [--partitions "
                 "N]",
        .about = "Every pipeline of CONFIG runs in memory, chained to the others by its topics, or only the one that is named. "
                 "What comes out is printed as JSON lines {\"pipeline\",\"port\",\"topic\",\"key\",\"value\"}, dead letters too "
                 "(port \"dlq\"); the same files give the same bytes every time. There is no broker and no network.\n\n"
                 "Input is JSON lines: bare values, or {\"port\",\"key\",\"time_us\",\"value\"} with a value and any of the "
                 "others. On an Avro port a value is in its natural form (absent fields take their defaults, enums are their "
                 "symbol, bytes base64, times microseconds or RFC 3339); on a JSON port it is any JSON. An absent key is the "
                 "port's key field; null with a key takes away a row of a table. PORT may be PIPELINE.PORT; without it a file "
                 "goes "
                 "to the first stream input of the first pipeline. Of several files the line that arrived first goes first.\n\n"
                 "time_us is when the line arrived. Absent, it arrived when its event happened; a JSON line knows no event time, "
                 "and takes its place by what its pipeline makes of it. Wall time is the greatest arrival so far. So a bare line "
                 "is never late and never from the future: to see what becomes of one that is (a forged time, a replay, class "
                 "L3), "
                 "say when it arrived, on it and on the lines around it: "
                 "{\"time_us\":\"2026-01-31T12:00:00Z\",\"value\":{...}}.\n\n"
                 "A line that cannot be read is told as FILE:LINE:COLUMN on stderr and left out; the rest goes on, and the exit "
                 "code is 65. Of complaints of one kind the first five are told, and how many more there are. A plugin that "
                 "crashes "
                 "ends the replay with its name and the line that it was working on.",
        .options =
                (const Option[]){
                        { .name = "pipeline", .value = "NAME", .help = "only this pipeline" },
                        { .name = "from", .value = "[PORT=]FILE|-", .help = "JSON lines for an input; - is stdin", .many = true },
                        { .name = "table",
                          .value = "PORT=FILE",
                          .help = "rows of a table, JSON lines or YAML, there before anything else",
                          .many = true },
                        { .name = "until",
                          .value = "TIME",
                          .help = "timers fire up to then at the end, microseconds or RFC 3339; the last event time" },
                        { .name = "partitions", .value = "N", .help = "of every topic that is read; 1" },
                        { 0 },
                },
        .examples =
                (const Example[]){
                        { "what would be found in a recorded stream",
                          "tocsin replay tocsin.yaml --table registry=loops.yaml --from detector.events=events.jsonl" },
                        { "an event dated an hour ahead of its arrival",
                          "echo '{\"time_us\":\"2026-01-31T12:00:00Z\",\"value\":{\"event_time\":\"2026-01-31T13:00:00Z\",...}}' "
                          "| "
                          "tocsin replay tocsin.yaml --from detector.events=-" },
                        { "one pipeline, from a pipe", "zcat ves.jsonl.gz | tocsin replay tocsin.yaml --pipeline ves --from -" },
                        { 0 },
                },
        .exits =
                (const ExitCode[]){
                        { EX_DATAERR, "lines or rows could not be read; each was told with its place" },
                        { EX_NOINPUT, "a file cannot be opened" },
                        { EX_SOFTWARE, "a pipeline cannot go on, or its plugin crashes" },
                        { EX_IOERR, "reading or writing failed" },
                        { EX_CONFIG, "the configuration is wrong" },
                        { 0 },
                },
        .min = 1,
        .max = 1,
        .run = run,
};
