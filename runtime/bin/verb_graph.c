/* tocsin graph: which pipeline reads and writes which topic. */
#include "bin/ask.h"
#include "bin/check.h"
#include "bin/graph.h"
#include "bin/options.h"
#include "json/json.h"

#define ANSWER_BYTES ((size_t)4 << 20) /* of a supervisor with a thousand workers */

static int refuse(int exit, const char *text) {
        fprintf(stderr, "tocsin graph: %s\n", text);
        return exit;
}

static int ask_live(Graph *g, const Config *c) {
        Buffer text = { .max = ANSWER_BYTES };
        _cleanup_(arena_freep) Arena *a = arena_new(ANSWER_BYTES);
        tocsin_value v;
        Why why = { 0 };
        int exit = a ? ask(c, "status", &text, &why) : why_say(&why, EX_OSERR, "out of memory");
        if (exit == 0 && json_parse(a, buffer_bytes(&text), &v, NULL, &why) != 0)
                exit = EX_PROTOCOL;
        if (exit == 0)
                graph_live(g, &v);
        buffer_deinit(&text);
        return exit ? refuse(exit, why.text) : 0;
}

static int draw(const Options *o, const Config *c, const Loaded *l, size_t n) {
        _cleanup_(graph_deinit) Graph g = { 0 };
        const char *format = options_value(o, "format");
        Why why = { 0 };
        int r = graph_of(&g, l, n, options_flag(o, "all"), &why);
        if (r != 0)
                return refuse(r == -ENOMEM ? EX_OSERR : EX_CONFIG, why.text);
        int exit = options_flag(o, "live") ? ask_live(&g, c) : 0;
        if (exit != 0)
                return exit;
        Buffer out = BUFFER_NULL;
        if (format && strcmp(format, "mermaid") == 0)
                graph_mermaid(&out, &g);
        else
                graph_dot(&out, &g);
        if (out.failed)
                exit = refuse(EX_OSERR, "out of memory");
        else if (fwrite(out.ptr, 1, out.len, stdout) != out.len)
                exit = EX_IOERR;
        buffer_deinit(&out);
        return exit;
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        _cleanup_(config_freep) Config *c = NULL;
        if (options_parse(&o, &verb_graph, argc, argv) != 0)
                return o.exit;
        int exit = check_config(&c, o.operands[0]);
        if (exit != 0)
                return exit;
        _cleanup_(freep) Loaded *l = calloc(c->n_pipelines + 1, sizeof *l);
        size_t n = 0;
        exit = l ? load_pipelines(l, &n, c, NULL) : refuse(EX_OSERR, "out of memory");
        return exit ? exit : draw(&o, c, l, n);
}

const Verb verb_graph = {
        .name = "graph",
        .group = VERB_LOOK,
        .summary = "draw which pipeline reads and writes which topic",
        .usage = "graph CONFIG [--format dot|mermaid] [--all] [--live]",
        .about =
                "Every bound port is one arrow with its name: from a topic that is read, dashed from a table, to a topic that is "
                "written, both ways for an internal port. Dead letters are drawn, too; with --all also the host's other topics: "
                "changelogs, replays, and the way of records that came under a wrong key. The same configuration gives the same "
                "text. No broker is asked.",
        .options = (const Option[]){ { .name = "format",
                                       .value = "FORMAT",
                                       .help = "for Graphviz, or for Markdown pages that know Mermaid; dot",
                                       .words = "dot mermaid" },
                                     { .name = "all", .help = "every topic of the host's own" },
                                     { .name = "live", .help = "with how the pipelines of the `tocsin run` of CONFIG are now" },
                                     { 0 } },
        .examples = (const Example[]){ { "a picture", "tocsin graph tocsin.yaml | dot -Tsvg > pipelines.svg" },
                                       { "for a page of documentation", "tocsin graph tocsin.yaml --format mermaid" },
                                       { 0 } },
        .exits = (const ExitCode[]){ { EX_UNAVAILABLE, "--live: nothing runs with this configuration's app and run_dir" },
                                     { EX_NOPERM, "--live: the control socket belongs to somebody else" },
                                     { EX_CONFIG, "the configuration is wrong" },
                                     { 0 } },
        .min = 1,
        .max = 1,
        .run = run,
};
