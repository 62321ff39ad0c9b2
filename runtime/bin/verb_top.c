/* tocsin top: what runs, at a glance, every second. */
#include "bin/ask.h"
#include "bin/load.h"
#include "bin/options.h"
#include "bin/top.h"
#include "json/json.h"

#include <poll.h>
#include <sys/ioctl.h>

#define INTERVAL_MIN_MS 100
#define INTERVAL_MAX_MS 3600000
#define ANSWER_BYTES ((size_t)4 << 20) /* of a supervisor with a thousand workers */

typedef struct Look {
        Buffer text;
        Arena *arena;
        tocsin_value value;
} Look;

static void look_deinit(Look *l) {
        buffer_deinit(&l->text);
        arena_freep(&l->arena);
        *l = (Look){ 0 };
}

static int look(Look *l, const Config *c) {
        Why why = { 0 };
        *l = (Look){ .text = { .max = ANSWER_BYTES }, .arena = arena_new(ANSWER_BYTES) };
        int r = ask(c, "status", &l->text, &why);
        if (r != 0) {
                fprintf(stderr, "tocsin top: %s\n", why.text);
                return r;
        }
        if (!l->arena || json_parse(l->arena, buffer_bytes(&l->text), &l->value, NULL, &why) != 0) {
                fprintf(stderr, "tocsin top: the answer is not understood: %s\n", why.text);
                return EX_PROTOCOL;
        }
        return 0;
}

static TopShow show_of(const Options *o, bool live) {
        struct winsize size = { 0 };
        if (live)
                ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
        return (TopShow){ .colour = live && !getenv("NO_COLOR"), .workers = options_flag(o, "workers"), .width = size.ws_col };
}

static int watch(const Options *o, const Config *c, int64_t interval_ms, bool once) {
        bool json = options_flag(o, "json"), live = isatty(STDOUT_FILENO) && !once && !json;
        Look before = { 0 }, now;
        int r;
        while ((r = look(&now, c)) == 0) {
                Buffer out = { .max = ANSWER_BYTES };
                TopShow show = show_of(o, live);
                if (live)
                        buffer_put_z(&out, "\033[H\033[2J");
                if (json)
                        buffer_printf(&out, "%.*s\n", (int)now.text.len, (const char *)now.text.ptr);
                else
                        top_print(&out, &show, &now.value, before.arena ? &before.value : NULL);
                bool well = !out.failed && fwrite(out.ptr, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
                buffer_deinit(&out);
                look_deinit(&before);
                before = now;
                now = (Look){ 0 };
                if (!well || once) {
                        r = well ? 0 : EX_IOERR;
                        break;
                }
                poll(NULL, 0, (int)interval_ms);
        }
        look_deinit(&now);
        look_deinit(&before);
        return r;
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        int64_t interval = 1000;
        if (options_parse(&o, &verb_top, argc, argv) != 0 ||
            options_number(&o, "interval", INTERVAL_MIN_MS, INTERVAL_MAX_MS, &interval) != 0)
                return o.exit;
        Config *c = NULL;
        int exit = load_config(&c, o.operands[0]);
        if (exit == 0)
                exit = watch(&o, c, interval, options_flag(&o, "once"));
        config_free(c);
        return exit;
}

const Verb verb_top = {
        .name = "top",
        .group = VERB_LOOK,
        .summary = "watch what runs: rates, lag, times, memory",
        .usage = "top CONFIG [--workers] [--interval MS] [--once] [--json]",
        .about =
                "Asks the `tocsin run` of this configuration by its control socket, once a second. in/s: records of committed "
                "turns; "
                "done/s: those the plugin processed; dead: dead letters; aborts: turns rolled back; lag: records behind the end; "
                "proc50, proc99: time in the plugin for one record (sampled); comm50, comm99: time of a commit; state: the "
                "table; rss: "
                "resident memory. A pipeline in red is not ready; the line below it says why.",
        .options =
                (const Option[]){ { .name = "workers", .help = "a line for each worker rather than for each pipeline" },
                                  { .name = "interval", .value = "MS", .help = "milliseconds between two looks; 1000" },
                                  { .name = "once", .help = "look once; rates are since the start" },
                                  { .name = "json", .help = "the supervisor's answer as it is, a line each; counts, not rates" },
                                  { 0 } },
        .examples = (const Example[]){ { "watch", "tocsin top tocsin.yaml" },
                                       { "lag of every worker",
                                         "tocsin top tocsin.yaml --once --json | jq '.workers[] | {pipeline, ordinal, lag}'" },
                                       { 0 } },
        .exits = (const ExitCode[]){ { EX_UNAVAILABLE, "nothing runs with this configuration's app and run_dir" },
                                     { EX_NOPERM, "the control socket belongs to somebody else" },
                                     { 0 } },
        .min = 1,
        .max = 1,
        .run = run,
};
