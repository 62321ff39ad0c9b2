/* tocsin reload: a new configuration for what runs. */
#include "bin/ask.h"
#include "bin/load.h"
#include "bin/options.h"
#include "json/json.h"

#include <tocsin/value.h>

static int told(Bytes answer) {
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
        fprintf(stderr, "tocsin reload: %.*s; the old configuration goes on\n", (int)error.len, (const char *)error.ptr);
        return EX_CONFIG;
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_reload, argc, argv) != 0)
                return o.exit;
        Config *c = NULL;
        Why why = { 0 };
        Buffer answer = { .max = 1u << 20 };
        int exit = load_config(&c, o.operands[0]);
        if (exit == 0) {
                exit = ask(c, "reload", &answer, &why);
                if (exit != 0)
                        fprintf(stderr, "tocsin reload: %s\n", why.text);
                else
                        exit = told(buffer_bytes(&answer));
        }
        buffer_deinit(&answer);
        config_free(c);
        return exit;
}

const Verb verb_reload = {
        .name = "reload",
        .group = VERB_RUN,
        .summary = "give a new configuration to what runs",
        .usage = "reload CONFIG",
        .about = "Asks the `tocsin run` of this configuration (by its control socket) to read the file anew, as SIGHUP does. The "
                 "new "
                 "configuration is looked at first, plugins included; if anything is wrong with it, the old one goes on and "
                 "tocsin_reloads_total{result=\"refused\"} counts it. If it is right, workers finish and commit, end, and begin "
                 "with "
                 "it. app, run_dir, http and embedded or not stay as they were at the start.",
        .examples = (const Example[]){ { "after an edit", "tocsin check tocsin.yaml && tocsin reload tocsin.yaml" }, { 0 } },
        .exits = (const ExitCode[]){ { EX_UNAVAILABLE, "nothing runs with this configuration's app and run_dir" },
                                     { EX_NOPERM, "the control socket belongs to somebody else" },
                                     { EX_CONFIG, "the new configuration is refused" },
                                     { 0 } },
        .min = 1,
        .max = 1,
        .run = run,
};
