/* tocsin state: its words, said once. */
#include "bin/state_desk.h"

#define PIPELINE_OPTION \
        { .name = "pipeline", .value = "NAME", .help = "this pipeline; needed where there are several" }
#define FROM_OPTION \
        { .name = "from", .value = "FILE", .help = "look into a file of `tocsin state export` instead of a broker" }
#define DRY_OPTION \
        { .name = "dry-run", .help = "say what would change, and change nothing" }
#define JSON_OPTION(what) \
        { .name = "json", .help = what }

#define LIVE                                                                                                                    \
        "Refused while workers of the pipeline are in its group, so stop `tocsin run` first. A worker that has stopped counts " \
        "until its session is over, some seconds later (session.timeout.ms). One that starts meanwhile makes the whole come "   \
        "to nothing; one that slept and wakes up can, with guarantee: exactly_once, commit nothing any more."

static const ExitCode look_exits[] = {
        { EX_DATAERR,
          "there is no such key; the file is cut, changed or none of ours; the changelog holds what no worker writes" },
        { EX_NOINPUT, "the file cannot be opened" },
        { EX_CANTCREAT, "the file cannot be written, or is there already" },
        { EX_UNAVAILABLE, "no broker answers, or a topic does not exist" },
        { EX_TEMPFAIL, "a worker started while the file was written" },
        { EX_NOPERM, "a right is missing" },
        { EX_CONFIG, "the configuration is wrong" },
        { 0 },
};

static const ExitCode set_exits[] = {
        { EX_DATAERR, "the file is cut, changed, newer, or of another plugin, pipeline or number of partitions" },
        { EX_NOINPUT, "the file cannot be opened" },
        { EX_CANTCREAT, "there is state already, and --replace was not given" },
        { EX_TEMPFAIL, "workers are in the group; nothing was changed" },
        { EX_UNAVAILABLE, "no broker answers, or a topic does not exist" },
        { EX_SOFTWARE, "a worker took over, or the broker gave up; where it says so, look before you say it again" },
        { EX_NOPERM, "a right is missing" },
        { EX_CONFIG, "the configuration is wrong, or the plugin cannot be loaded" },
        { 0 },
};

const Verb state_ls_verb = {
        .name = "ls",
        .group = VERB_LOOK,
        .summary = "show what pipelines keep, partition by partition",
        .usage = "state ls [--pipeline NAME] [--json] CONFIG | --from FILE",
        .about =
                "For each partition: entries of the plugin, bytes of keys and values, timers that are set, the state_version of "
                "what is kept, how far event time has come (watermark) and the wall time of the last turn. Below that the inputs "
                "with what is committed and how far behind it is, and the offsets of tables that were in force.\n\n"
                "It reads the changelog as a worker does that starts, and nothing else: no worker is needed, and one that runs "
                "is "
                "not disturbed. Then each partition is as of its last commit. What takes longer than two seconds says how far it "
                "is.",
        .options = (const Option[]){ PIPELINE_OPTION, FROM_OPTION, JSON_OPTION("a line of JSON for each partition"), { 0 } },
        .examples = (const Example[]){ { "what is kept, and how far it has come", "tocsin state ls tocsin.yaml" },
                                       { "what is in a file, without any broker", "tocsin state ls --from detector.state" },
                                       { "the lag of all inputs, for a program",
                                         "tocsin state ls --json tocsin.yaml | jq '.inputs[] | {topic, lag}'" },
                                       { 0 } },
        .exits = look_exits,
        .max = 1,
        .run = state_run_ls,
};

const Verb state_get_verb = {
        .name = "get",
        .group = VERB_LOOK,
        .summary = "show one entry, and the timers that belong to it",
        .usage = "state get [--pipeline NAME] [--hex] [--prefix] [--json] CONFIG KEY | --from FILE KEY",
        .about = "The entry with this key, in whatever partition, as hexadecimal digits, as text where it is text and as JSON "
                 "where "
                 "it is an object or a list; and every timer whose name begins with KEY, with its time. What keys and values "
                 "mean is "
                 "the plugin's own affair.",
        .options = (const Option[]){ PIPELINE_OPTION,
                                     FROM_OPTION,
                                     { .name = "hex", .help = "KEY is given as hexadecimal digits" },
                                     { .name = "prefix", .help = "every entry whose key begins with KEY" },
                                     JSON_OPTION("a line of JSON for each"),
                                     { 0 } },
        .examples = (const Example[]){ { "what is known of a loop", "tocsin state get --prefix tocsin.yaml cell-17" },
                                       { "everything in a file", "tocsin state get --prefix --from detector.state ''" },
                                       { "a key that is no text", "tocsin state get --hex tocsin.yaml 00ff17" },
                                       { 0 } },
        .exits = look_exits,
        .min = 1,
        .max = 2,
        .run = state_run_get,
};

const Verb state_export_verb = {
        .name = "export",
        .group = VERB_LOOK,
        .summary = "write what a pipeline keeps to a file",
        .usage = "state export [--pipeline NAME] [--replace] CONFIG FILE",
        .about =
                "JSON lines: first whose state it is and what its group had committed, then every entry with partition, key and "
                "value "
                "in base64, sorted, so that the same state makes the same bytes; last the number of entries and the SHA-256 of "
                "all "
                "bytes before that line, so that a file that was cut or changed is refused. FILE - is stdout; any other appears "
                "only when it is whole, readable by you alone.\n\n"
                "Workers may run meanwhile. Then each partition is as of a commit of its own, the first line says so, and import "
                "does not take offsets from it. Stop them before to have all of one moment.",
        .options = (const Option[]){ PIPELINE_OPTION, { .name = "replace", .help = "FILE may be there already" }, { 0 } },
        .examples =
                (const Example[]){
                        { "keep it before an upgrade", "tocsin state export tocsin.yaml detector.state" },
                        { "what two days have changed", "diff <(zcat monday.state.gz) <(tocsin state export tocsin.yaml -)" },
                        { "is the file whole?", "head -n -1 detector.state | sha256sum; tail -n 1 detector.state" },
                        { 0 } },
        .exits = look_exits,
        .min = 2,
        .max = 2,
        .run = state_run_export,
};

const Verb state_import_verb = {
        .name = "import",
        .group = VERB_RUN,
        .summary = "put what was exported into a pipeline's changelog",
        .usage = "state import [--pipeline NAME] [--replace] [--offsets] [--renamed] [--dry-run] [--json] CONFIG FILE",
        .about =
                "All of it in one transaction: what differs is written, what the file does not have is deleted, and a worker "
                "that "
                "starts afterwards has exactly what is in FILE. The file is read to its digest before anything is written, and "
                "again "
                "while it is written.\n\n" LIVE "\n\n"
                "A file of another plugin or of a newer state_version is refused; an older one is brought up to date by the "
                "plugin. "
                "So is one with another number of partitions: a table belongs to its partition, and which of its entries would "
                "have "
                "to go where only the plugin knows. Where partitions were added, read the inputs again: `tocsin state reset`.\n\n"
                "Offsets stay where they are committed. With --offsets they become those of the file, in the same transaction, "
                "so "
                "that the pipeline goes on as it stood then: what came since is processed again, and its outputs are written "
                "again.",
        .options = (const Option[]){ PIPELINE_OPTION,
                                     { .name = "replace", .help = "in place of the state that is there" },
                                     { .name = "offsets", .help = "go on where the file was written, too" },
                                     { .name = "renamed", .help = "the file is of another app or pipeline, and that is meant" },
                                     DRY_OPTION,
                                     JSON_OPTION("a line of JSON for each partition"),
                                     { 0 } },
        .examples =
                (const Example[]){ { "what would change", "tocsin state import --dry-run --replace tocsin.yaml detector.state" },
                                   { "back to how it was", "tocsin state import --replace --offsets tocsin.yaml detector.state" },
                                   { "to another cluster, whose topics are new",
                                     "tocsin state import --pipeline detector other.yaml detector.state" },
                                   { 0 } },
        .exits = set_exits,
        .min = 2,
        .max = 2,
        .run = state_run_import,
};

const Verb state_reset_verb = {
        .name = "reset",
        .group = VERB_RUN,
        .summary = "let a pipeline begin anew, or go on somewhere else",
        .usage = "state reset [--pipeline NAME] [--to earliest|latest|TIME] [--keep-state|--drop-state] [--dry-run] [--json] "
                 "CONFIG",
        .about =
                "New offsets for the pipeline's inputs and, with --drop-state, an empty changelog, in one transaction. What is "
                "read "
                "again is processed again: its outputs are written a second time, and whoever reads them must bear that.\n\n" LIVE
                "\n\n"
                "--to TIME begins with the first record that is not older. --keep-state goes on with what the plugin knows, "
                "timers and "
                "watermark too: then records from before it are late, and what is read again is counted again.\n\n"
                "Topics that only the pipeline writes (internal ports, records on their way to their owner) go to their end, for "
                "what is "
                "in them comes again from the inputs. Dead letters that were replayed and not yet taken stay: they come from "
                "nowhere "
                "else.",
        .options =
                (const Option[]){
                        PIPELINE_OPTION,
                        { .name = "to",
                          .value = "WHERE",
                          .help = "earliest, latest, a time (RFC 3339), or a time ago as 2h; not given: where it stands" },
                        { .name = "keep-state", .help = "go on with the state that is there" },
                        { .name = "drop-state", .help = "empty the changelog: entries, timers, watermarks" },
                        DRY_OPTION,
                        JSON_OPTION("a line of JSON for each offset and partition"),
                        { 0 } },
        .examples = (const Example[]){ { "from where to where, and how much is read again",
                                         "tocsin state reset --to earliest --drop-state --dry-run tocsin.yaml" },
                                       { "all again from the beginning",
                                         "tocsin state reset --to earliest --drop-state tocsin.yaml" },
                                       { "pass over a flood", "tocsin state reset --to latest --keep-state tocsin.yaml" },
                                       { 0 } },
        .exits = set_exits,
        .min = 1,
        .max = 1,
        .run = state_run_reset,
};

static const Verb *const subs[] = { &state_ls_verb,     &state_get_verb,   &state_export_verb,
                                    &state_import_verb, &state_reset_verb, NULL };

const Verb verb_state = {
        .name = "state",
        .group = VERB_LOOK,
        .summary = "look at what pipelines keep, export, import and reset it",
        .usage = "state ls|get|export|import|reset",
        .about = "What a plugin keeps from one record to the next lies in its pipeline's changelog, a partition for each task: "
                 "entries, "
                 "timers, and a record of the host with watermark, wall time and the offsets of tables.",
        .subs = subs,
};
