/* tocsin dry-run: would it run here? */
#include "bin/check.h"
#include "bin/dry_run.h"
#include "bin/options.h"
#include "core/buffer.h"
#include "value/value.h"

static const char *const words[] = { "PASS", "FAIL", "UNKNOWN" };

static void say_text(void *arg, DryVerdict v, const char *what, const char *text) {
        static const char *const colours[] = { "\033[32m", "\033[1;31m", "\033[33m" };
        bool colour = *(const bool *)arg;
        printf("%s%-7s%s %s%s%s\n", colour ? colours[v] : "", words[v], colour ? "\033[0m" : "", what, *text ? ": " : "", text);
        fflush(stdout); /* some of it takes its time */
}

static void say_json(void *arg, DryVerdict v, const char *what, const char *text) {
        (void)arg;
        Buffer b = BUFFER_NULL;
        buffer_printf(&b, "{\"verdict\":\"%s\",\"what\":", words[v]);
        value_print_string(&b, bytes_z(what));
        buffer_put_z(&b, ",\"text\":");
        value_print_string(&b, bytes_z(text));
        buffer_put_z(&b, "}\n");
        fwrite(b.ptr, 1, b.len, stdout);
        fflush(stdout);
        buffer_deinit(&b);
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        _cleanup_(config_freep) Config *c = NULL;
        if (options_parse(&o, &verb_dry_run, argc, argv) != 0)
                return o.exit;
        size_t n = 0;
        int exit = check_config(&c, o.operands[0]);
        if (exit != 0)
                return exit;
        _cleanup_(freep) Loaded *loaded = calloc(c->n_pipelines + 1, sizeof *loaded);
        if (!loaded)
                return EX_OSERR;
        exit = load_pipelines(loaded, &n, c, NULL);
        if (exit != 0)
                return exit;
        bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
        return dry_run(c, loaded, n, options_flag(&o, "json") ? say_json : say_text, &colour);
}

const Verb verb_dry_run = {
        .name = "dry-run",
        .group = VERB_START,
        .summary = "connect and say what would keep it from running",
        .usage = "dry-run [--json] CONFIG",
        .about = "Checks the configuration, then connects: brokers, topics with their partitions and policies, rights, groups, "
                 "transactional "
                 "ids. One line each: PASS, FAIL with the remedy, or UNKNOWN for what cannot be known without doing it. What "
                 "runs is not "
                 "disturbed: transactional ids end in .dry-run, no group is joined, nothing is produced.",
        .options = (const Option[]){ { .name = "json", .help = "a line of JSON for each" }, { 0 } },
        .examples = (const Example[]){ { "before the first run, and after a change of rights", "tocsin dry-run tocsin.yaml" },
                                       { 0 } },
        .exits =
                (const ExitCode[]){
                        { EX_UNAVAILABLE, "no broker answers, or a topic is missing or differs" },
                        { EX_NOPERM, "a right is missing" },
                        { EX_CONFIG, "the configuration is wrong" },
                        { 0 },
                },
        .min = 1,
        .max = 1,
        .run = run,
};
