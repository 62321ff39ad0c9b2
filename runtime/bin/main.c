/* tocsin: the list of verbs, and nothing else. */
#include "bin/verb.h"
#include <signal.h>
#include <stdio.h>

static const Verb *const verbs[] = {
        &verb_demo,  &verb_bench,  &verb_plugin, &verb_init,   &verb_check,   &verb_dry_run, &verb_run_pipelines, &verb_reload,
        &verb_top,   &verb_tap,    &verb_graph,  &verb_topics, &verb_loop,    &verb_send,    &verb_incident,      &verb_dlq,
        &verb_state, &verb_broker, &verb_replay, &verb_help,   &verb_version, NULL,
};

const Verb verb_root = {
        .name = "tocsin",
        .summary = "find attacks and failures in closed control loops",
        .usage = "VERB [OPTION]... [OPERAND]...",
        .about = "Tocsin reads the events of closed control loops from Kafka topics, finds attacks and failures in and between "
                 "the loops, and tells those who may know.",
        .examples =
                (const Example[]){
                        { "see it work, without any broker", "tocsin demo" },
                        { "write a first configuration, check it, run it",
                          "tocsin init tocsin.yaml && tocsin check tocsin.yaml && tocsin run tocsin.yaml" },
                        { 0 },
                },
        .exits =
                (const ExitCode[]){
                        { EX_DATAERR, "data that was given cannot be read" },
                        { EX_NOINPUT, "a file that was named cannot be opened" },
                        { EX_UNAVAILABLE, "something outside is missing: a broker, a topic" },
                        { EX_SOFTWARE, "Tocsin or a plugin failed" },
                        { EX_OSERR, "the system refused something: memory, processes" },
                        { EX_CANTCREAT, "a file cannot be written" },
                        { EX_IOERR, "reading or writing failed" },
                        { EX_NOPERM, "a right is missing" },
                        { EX_CONFIG, "the configuration is wrong" },
                        { 0 },
                },
        .subs = verbs,
};

int main(int argc, char **argv) {
        signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of write, not our death */
        int r = verb_run(&verb_root, argc, argv);
        if (fflush(stdout) != 0 || ferror(stdout))
                return r ? r : EX_IOERR;
        return r;
}
