/* tocsin dlq ls|show|replay|drop: what could not be processed, and what becomes of it. */
#include "bin/dlq_desk.h"
#include "bin/dlq_show.h"
#include "core/log.h"
#include "value/value.h"

#include <pwd.h>
#include <unistd.h>

extern const Verb dlq_ls_verb, dlq_show_verb, dlq_replay_verb, dlq_drop_verb;

static int run(int argc, char **argv, const Verb *v, bool choosy, int (*work)(Desk *d)) {
        _cleanup_(options_deinit) Options o;
        Desk d;
        if (options_parse(&o, v, argc, argv) != 0)
                return o.exit;
        int exit = desk_init(&d, &o, choosy);
        if (exit == 0)
                exit = work(&d);
        desk_deinit(&d);
        return exit;
}

/* ---- ls ------------------------------------------------------------------------------------------------ */

static int ls_one(Desk *d, const ConfigPipeline *p) {
        Dlq dlq = desk_dlq(d, p);
        Letters letters = { 0 };
        Letter **at = NULL;
        size_t n = 0;
        Why why = { 0 };
        Buffer out = BUFFER_NULL;
        int r = letters_read(&letters, &dlq, &why);
        if (r != 0)
                return desk_answer(d, p, r, &why);
        bool counts = options_flag(d->o, "counts");
        if (counts || !d->json)
                letters_counts(&out, p->name, &letters, d->json);
        r = counts ? 0 : pick_letters(&d->pick, &letters, &at, &n);
        if (!d->json && n)
                buffer_u8(&out, '\n');
        for (size_t i = 0; i < n; i++) {
                if (d->json) {
                        letter_json(&out, p->name, at[i]);
                        buffer_put_z(&out, "}\n");
                } else {
                        letter_line(&out, p->name, at[i]);
                }
        }
        if (!d->json && n)
                buffer_u8(&out, '\n');
        if (out.failed)
                r = -ENOMEM;
        desk_put(&out);
        free(at);
        letters_deinit(&letters);
        return desk_answer(d, p, r, &why);
}

static int ls(Desk *d) {
        d->pick.done = options_flag(d->o, "done");
        return desk_each(d, ls_one);
}

static int run_ls(int argc, char **argv) {
        return run(argc, argv, &dlq_ls_verb, true, ls);
}

/* ---- show ---------------------------------------------------------------------------------------------- */

static int show_one(Desk *d, const ConfigPipeline *p) {
        _cleanup_(complaints_deinit) Complaints quiet = { 0 };
        Loaded l;
        Why why = { 0 };
        size_t shown = 0;
        const DlqShow show = { .dlq = desk_dlq(d, p),
                               .loaded = load_plugin(&l, d->c, p, &quiet) == 0 ? &l : NULL,
                               .pick = &d->pick,
                               .json = d->json };
        int r = dlq_show(&show, &shown, &why);
        d->n += shown;
        return desk_answer(d, p, r, &why);
}

static int show(Desk *d) {
        d->pick.done = true;
        int exit = desk_each(d, show_one);
        if (exit == 0 && d->n < d->n_named)
                return desk_refuse(d, EX_DATAERR, "there is no such letter; see `tocsin dlq ls`");
        return exit;
}

static int run_show(int argc, char **argv) {
        return run(argc, argv, &dlq_show_verb, false, show);
}

/* ---- replay and drop ----------------------------------------------------------------------------------- */

typedef struct Tell {
        Desk *d;
        const Act *act;
} Tell;

static void told(void *arg, const Letter *l, const char *refused) {
        const Tell *t = arg;
        const Act *a = t->act;
        const char *pipe = a->dlq.pipe->name, *did = a->drop  ? a->dry ? "would drop" : "dropped"
                                                     : a->dry ? "would replay"
                                                              : "replayed";
        Buffer out = BUFFER_NULL;
        if (t->d->json) {
                letter_json(&out, pipe, l);
                buffer_printf(&out, ",\"did\":\"%s\"", refused ? "refused" : did);
                if (refused) {
                        buffer_put_z(&out, ",\"why\":");
                        value_print_string(&out, bytes_z(refused));
                }
                buffer_put_z(&out, "}\n");
        } else {
                buffer_printf(&out, "%-13s %s/%d/%lld  %s%s%s\n", refused ? "refused" : did, pipe, (int)l->id.partition,
                              (long long)l->id.offset, refused ? "" : l->reason, refused ? refused : "",
                              a->dry && !refused && !a->drop && l->replays ? "  (again)" : "");
        }
        desk_put(&out);
}

static void who(char ret[256]) {
        char host[128] = "";
        const struct passwd *p = getpwuid(geteuid());
        (void)gethostname(host, sizeof host - 1);
        if (p)
                snprintf(ret, 256, "%.100s@%s", p->pw_name, host);
        else
                snprintf(ret, 256, "uid %u@%s", (unsigned)geteuid(), host);
}

static int act_on(Desk *d, const ConfigPipeline *p, bool drop) {
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        Loaded l = { 0 };
        Why why = { 0 };
        char by[256];
        if (!drop && load_plugin(&l, d->c, p, &complaints) != 0) {
                complaints_print(stderr, d->c->file, &complaints);
                return EX_CONFIG;
        }
        who(by);
        Act a = { .dlq = desk_dlq(d, p),
                  .pick = &d->pick,
                  .plugin = drop ? NULL : &l.plugin->self,
                  .drop = drop,
                  .dry = options_flag(d->o, "dry-run"),
                  .by = by,
                  .because = options_value(d->o, "because"),
                  .told = told };
        a.arg = &(Tell){ d, &a };
        int r = dlq_act(&a, &why);
        if (a.done && !a.dry) /* the marks are the record; this line is for whoever gathers logs */
                LOG(LOG_INFO, drop ? "dlq.drop" : "dlq.replay", drop ? "dead letters dropped" : "dead letters replayed",
                    LOG_S("pipeline", p->name), LOG_I("letters", a.done), LOG_S("by", by),
                    LOG_S("because", a.because ? a.because : ""));
        d->n += a.done;
        d->refused += a.refused;
        return desk_answer(d, p, r, &why);
}

static int drop_one(Desk *d, const ConfigPipeline *p) {
        return act_on(d, p, true);
}

static int replay_one(Desk *d, const ConfigPipeline *p) {
        return act_on(d, p, false);
}

static int act(Desk *d, int (*one)(Desk *d, const ConfigPipeline *p), const char *did) {
        const Pick *p = &d->pick;
        bool dry = options_flag(d->o, "dry-run");
        if (!d->n_named && !p->n_reasons && !p->port && p->from_us == FIRST_US && p->until_us == LAST_US &&
            !options_flag(d->o, "all"))
                return options_misuse(d->o->verb,
                                      "which? Name letters, choose by --reason, --port, --from or --until, or say --all");
        if (d->c->embedded && !dry)
                fprintf(stderr, "tocsin dlq %s: the embedded broker has no transactions: this is at least once\n",
                        d->o->verb->name);
        log_setup(STDERR_FILENO, d->c->log_json, isatty(STDERR_FILENO), d->c->log_level, "dlq");
        int exit = desk_each(d, one);
        fprintf(stderr, "tocsin dlq %s: %s%zu %s, %zu refused\n", d->o->verb->name, dry ? "would be: " : "", d->n, did,
                d->refused);
        return exit ? exit : d->refused ? EX_DATAERR : 0;
}

static int drop(Desk *d) {
        const char *because = options_value(d->o, "because");
        if (!because || !*because)
                return options_misuse(d->o->verb, "say --because: nobody finds out later why they were dropped");
        return act(d, drop_one, "dropped");
}

static int replay(Desk *d) {
        return act(d, replay_one, "replayed");
}

static int run_replay(int argc, char **argv) {
        return run(argc, argv, &dlq_replay_verb, true, replay);
}

static int run_drop(int argc, char **argv) {
        return run(argc, argv, &dlq_drop_verb, true, drop);
}

/* ---- the table ----------------------------------------------------------------------------------------- */

#define PIPELINE_OPTION \
        { .name = "pipeline", .value = "NAME", .help = "only letters of this pipeline" }
#define JSON_OPTION \
        { .name = "json", .help = "a line of JSON for each letter" }
#define CHOOSING                                                                                                              \
        PIPELINE_OPTION,                                                                                                      \
                { .name = "reason", .value = "WORD", .help = "only of this reason, as decode or poison", .many = true },      \
                { .name = "port", .value = "NAME", .help = "only of records that came in by this port" },                     \
                { .name = "from", .value = "TIME", .help = "only those given up since then: RFC 3339, or a time ago as 2h" }, \
                { .name = "until", .value = "TIME", .help = "only those given up before then" },                              \
                { .name = "max", .value = "N", .help = "only the oldest N of each pipeline" }, JSON_OPTION

static const ExitCode exits[] = {
        { EX_DATAERR, "a letter that was named is not there, or letters were refused; the others are done" },
        { EX_UNAVAILABLE, "no broker answers, or a topic does not exist" },
        { EX_NOPERM, "a right is missing" },
        { EX_SOFTWARE, "another `tocsin dlq` took over, or the broker gave up; what was told is done, say the same again" },
        { EX_CONFIG, "the configuration is wrong" },
        { 0 },
};

const Verb dlq_ls_verb = {
        .name = "ls",
        .group = VERB_LOOK,
        .summary = "count dead letters by reason and list them",
        .usage = "dlq ls [--pipeline NAME] [--reason WORD]... [--port NAME] [--from TIME] [--until TIME] [--max N] [--done] "
                 "[--counts] "
                 "[--json] CONFIG [LETTER]...",
        .about =
                "A letter is named PIPELINE/PARTITION/OFFSET after where it lies in the pipeline's topic of dead letters. Behind "
                "that "
                "stand when its record was given up, the reason in a word, the port it came in by, where the record lay, and the "
                "reason in words. Of one that was replayed and came back it says how often. The counts are of all letters of the "
                "pipeline, whatever is chosen.\n\n"
                "Letters that were replayed or dropped are left out unless --done is given; then each has who did it, when and "
                "why. "
                "What lies in the topic and is no dead letter is listed as `unreadable`.",
        .options = (const Option[]){ CHOOSING,
                                     { .name = "done", .help = "those that were replayed or dropped, too" },
                                     { .name = "counts", .help = "nothing but the counts" },
                                     { 0 } },
        .examples = (const Example[]){ { "what could not be processed, and why", "tocsin dlq ls tocsin.yaml" },
                                       { "how many of each reason, for a program", "tocsin dlq ls --counts --json tocsin.yaml" },
                                       { "what the new version of a plugin refused",
                                         "tocsin dlq ls --pipeline detector --reason poison --from 1h tocsin.yaml" },
                                       { 0 } },
        .exits = exits,
        .min = 1,
        .max = OPERANDS_ANY,
        .run = run_ls,
};

const Verb dlq_show_verb = {
        .name = "show",
        .group = VERB_LOOK,
        .summary = "show dead letters whole",
        .usage = "dlq show [--pipeline NAME] [--json] CONFIG LETTER...",
        .about = "Headers, key and value as they lay, and the reason in full. The value is decoded by the schema of the port it "
                 "came in "
                 "by if it can be, and stands there in hexadecimal digits if not.",
        .options = (const Option[]){ PIPELINE_OPTION, JSON_OPTION, { 0 } },
        .examples = (const Example[]){ { "one of the list", "tocsin dlq show tocsin.yaml detector/0/17" }, { 0 } },
        .exits = exits,
        .min = 2,
        .max = OPERANDS_ANY,
        .run = run_show,
};

const Verb dlq_replay_verb = {
        .name = "replay",
        .group = VERB_RUN,
        .summary = "send dead letters through their pipeline again",
        .usage = "dlq replay [--pipeline NAME] [--reason WORD]... [--port NAME] [--from TIME] [--until TIME] [--max N] [--all] "
                 "[--because TEXT] [--dry-run] [--json] CONFIG [LETTER]...",
        .about = "Mend the cause first: a record that cannot be processed comes back as a new letter. Key, value and headers go "
                 "through "
                 "the pipeline as they lay, by its topic .retry and the port they came in by, to the same task; the plugin is "
                 "told "
                 "where and when the record lay at first. The pipeline need not run meanwhile: it takes them when it does.\n\n"
                 "Each letter is replayed once, whatever dies meanwhile: record and mark are in one transaction, and the worker "
                 "takes "
                 "the record in the transaction of its turn. One command works on a pipeline at a time; a second one ends the "
                 "first. "
                 "With the embedded broker, which has no transactions, it is at least once.\n\n"
                 "There is no silent loop: a letter that came back says how often its record was replayed, and after "
                 "pipelines.NAME.retry.replays times (3) it is refused. Refused are, too: letters of timers, whose port is gone, "
                 "and "
                 "whose value was too large to be kept.",
        .options = (const Option[]){ CHOOSING,
                                     { .name = "all", .help = "every letter that is open" },
                                     { .name = "because", .value = "TEXT", .help = "why, kept with the letter" },
                                     { .name = "dry-run", .help = "say what would happen, and send nothing" },
                                     { 0 } },
        .examples = (const Example[]){ { "what would happen", "tocsin dlq replay --dry-run --reason poison tocsin.yaml" },
                                       { "one first", "tocsin dlq replay tocsin.yaml detector/0/17" },
                                       { "then the rest, since the fixed plugin runs",
                                         "tocsin dlq replay --reason poison --because 'fixed in 1.2.4' tocsin.yaml" },
                                       { 0 } },
        .exits = exits,
        .min = 1,
        .max = OPERANDS_ANY,
        .run = run_replay,
};

const Verb dlq_drop_verb = {
        .name = "drop",
        .group = VERB_RUN,
        .summary = "be done with dead letters without a replay",
        .usage = "dlq drop --because TEXT [--pipeline NAME] [--reason WORD]... [--port NAME] [--from TIME] [--until TIME] [--max "
                 "N] "
                 "[--all] [--dry-run] [--json] CONFIG [LETTER]...",
        .about = "Nothing is deleted: a mark behind the letter says who dropped it, when and why, and lives as long as the "
                 "letter. "
                 "`tocsin dlq ls --done` shows it.",
        .options =
                (const Option[]){
                        CHOOSING,
                        { .name = "all", .help = "every letter that is open" },
                        { .name = "because", .value = "TEXT", .help = "why; must be said, and is kept with the letter" },
                        { .name = "dry-run", .help = "say what would happen, and mark nothing" },
                        { 0 } },
        .examples = (const Example[]){ { "the noise of a broken producer",
                                         "tocsin dlq drop --reason decode --until 2026-01-31T12:00:00Z --because "
                                         "'test traffic' tocsin.yaml" },
                                       { 0 } },
        .exits = exits,
        .min = 1,
        .max = OPERANDS_ANY,
        .run = run_drop,
};

const Verb verb_dlq = {
        .name = "dlq",
        .group = VERB_LOOK,
        .summary = "look at dead letters, replay or drop them",
        .usage = "dlq ls|show|replay|drop CONFIG",
        .subs = (const Verb *const[]){ &dlq_ls_verb, &dlq_show_verb, &dlq_replay_verb, &dlq_drop_verb, NULL },
};
