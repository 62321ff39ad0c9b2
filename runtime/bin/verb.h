/* The table of verbs: what `tocsin` can do, said once. Dispatch, --help, the man page and the bash completion are all
 * drawn from it.
 *
 * A verb is one file, verb_<name>.c, whose only export is its entry, `const Verb verb_<name>`, declared below and
 * listed in main.c. run() gets argv[0] = the verb and returns the exit code of the program (sysexits.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sysexits.h>

typedef struct Option {
        const char *name;            /* without the dashes */
        const char *value;           /* what it takes, for people ("FILE"); NULL: a flag */
        const char *help;            /* one sentence, small first letter, no full stop */
        bool many;                   /* may be given more than once */
        const char *words;           /* "text json": the only values it takes; NULL: any */
} Option;

typedef struct Example { const char *what, *command; } Example;
typedef struct ExitCode { int code; const char *meaning; } ExitCode;

typedef enum VerbGroup { VERB_START, VERB_RUN, VERB_LOOK, VERB_DEVELOP } VerbGroup;

#define OPERANDS_ANY UINT32_MAX

typedef struct Verb Verb;
struct Verb {
        const char *name;            /* the last word: "plan" of `tocsin topics plan` */
        VerbGroup group;
        const char *summary;         /* half a line, small first letter */
        const char *usage;           /* behind "tocsin ": "topics plan [--json] CONFIG" */
        const char *about;           /* paragraphs, set apart by an empty line; NULL: the summary says it */
        const Option *options;       /* ended by a NULL name; NULL: none. --help is always there */
        const Example *examples;     /* ended by a NULL command */
        const ExitCode *exits;       /* ended by a NULL meaning; 0 and 64 need not be named */
        uint32_t min, max;           /* operands */
        int (*run)(int argc, char **argv);
        const Verb *const *subs;     /* ended by NULL: the next word chooses one; `run` is then not used */
};

extern const Verb verb_root;         /* `tocsin` itself: its subs are the verbs; main.c lists them in this order */
extern const Verb verb_bench, verb_broker, verb_check, verb_demo, verb_dlq, verb_dry_run, verb_graph, verb_help, verb_init,
        verb_incident, verb_loop, verb_reload, verb_replay, verb_run_pipelines, verb_send, verb_state, verb_tap, verb_top,
        verb_topics, verb_version;
extern const Verb verb_plugin;        /* verb_plugin.h: the words behind it */

/* Runs what argv names. argv[0]: the word that named `v`. Returns the exit code. */
int verb_run(const Verb *v, int argc, char **argv);
/* The entry behind words such as { "topics", "plan" }; NULL: a word names nothing, its index in *wrong. */
const Verb *verb_find(const Verb *root, const char *const *words, uint32_t n, uint32_t *wrong);
