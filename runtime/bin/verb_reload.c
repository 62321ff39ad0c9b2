/* tocsin reload: a new configuration for what runs. */
#include "bin/ask.h"
#include "bin/check.h"
#include "bin/options.h"
#include "json/json.h"

#include <tocsin/value.h>

/* `bad`: what is wrong stands above already. */
static int told(Bytes answer, bool bad) {
        _cleanup_(arena_freep) Arena *a = arena_new(64u << 10);
        tocsin_value v = { 0 };
        Why why = { 0 };
        if (!a || json_parse(a, answer, &v, NULL, &why) != 0) {
                fprintf(stderr, "tocsin reload: the answer is not understood: %s\n", why.text);
                return EX_PROTOCOL;
        }
        if (tocsin_as_bool(tocsin_find(&v, "ok"), 0)) {
                printf("reloading: workers finish and commit, then the new configuration begins\n");
                return 0;
        }
        Bytes error = tocsin_get_bytes(&v, "error");
        if (bad)
                fprintf(stderr, "tocsin reload: refused for what stands above; the old configuration goes on\n");
        else
                fprintf(stderr, "tocsin reload: %.*s; the old configuration goes on\n", (int)error.len, (const char *)error.ptr);
        return EX_CONFIG;
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_reload, argc, argv) != 0)
                return o.exit;
        _cleanup_(config_freep) Config *c = NULL;
        _cleanup_(complaints_deinit) Complaints complaints = { 0 }, again = { 0 };
        Why why = { 0 };
        Buffer answer = { .max = 1u << 20 };
        size_t n = 0;
        int wrong = check_file(o.operands[0], &complaints, &n);
        complaints_print(stderr, o.operands[0], &complaints);
        /* Who runs is asked even so: it refuses, too, and counts and logs that. A file that cannot be read names nobody. */
        if (config_load_bad(&c, o.operands[0], &again) < 0 || !c || !c->app || !c->run_dir)
                return wrong ? wrong : EX_OSERR;
        int exit = ask(c, "reload", &answer, &why);
        if (exit != 0)
                fprintf(stderr, "tocsin reload: %s\n", why.text);
        else
                exit = told(buffer_bytes(&answer), wrong != 0);
        buffer_deinit(&answer);
        return exit;
}

const Verb verb_reload = {
        .name = "reload",
        .group = VERB_RUN,
        .summary = "give a new configuration to what runs",
        .usage = "reload CONFIG",
        .about =
                "Asks the `tocsin run` of this configuration (by its control socket) to read the file anew, as SIGHUP does. The "
                "new configuration is looked at first, plugins included, and all that is wrong with it is told, as by `tocsin "
                "check`. Then its topics: one that does not exist, differs or may not be seen is a reason to refuse it (`tocsin "
                "topics apply` makes those that are missing; with topics.create the workers do). When no broker answers within a "
                "few seconds it is taken all the same: its workers wait for the broker, as at a start.\n\n"
                "What is refused leaves the old one going on; it is one line in the log, event reload.refused, and counted in "
                "tocsin_reloads_total{result=\"refused\"}. What is right: workers finish and commit, end, and begin with it. "
                "app, "
                "run_dir, http and embedded or not stay as they were at the start.",
        .examples = (const Example[]){ { "after an edit", "tocsin check tocsin.yaml && tocsin reload tocsin.yaml" }, { 0 } },
        .exits = (const ExitCode[]){ { EX_UNAVAILABLE, "nothing runs with this configuration's app and run_dir" },
                                     { EX_NOPERM, "the control socket belongs to somebody else" },
                                     { EX_CONFIG, "the new configuration is refused; the old one goes on" },
                                     { 0 } },
        .min = 1,
        .max = 1,
        .run = run,
};
