/* tocsin check: is a configuration right? */
#include "bin/check.h"
#include "bin/options.h"
#include "core/buffer.h"
#include "value/value.h"

static void print_json(const char *file, const Complaints *c, size_t n, int code) {
        Buffer b = BUFFER_NULL;
        for (size_t i = 0; i < c->n; i++) {
                buffer_put_z(&b, "{\"file\":");
                value_print_string(&b, bytes_z(file));
                if (c->at[i].mark.line)
                        buffer_printf(&b, ",\"line\":%u,\"column\":%u", c->at[i].mark.line, c->at[i].mark.column);
                buffer_put_z(&b, ",\"message\":");
                value_print_string(&b, bytes_z(c->at[i].text));
                buffer_put_z(&b, "}\n");
        }
        buffer_put_z(&b, "{\"file\":");
        value_print_string(&b, bytes_z(file));
        buffer_printf(&b, ",\"ok\":%s,\"pipelines\":%zu,\"complaints\":%zu}\n", code ? "false" : "true", n, c->n + c->more);
        fwrite(b.ptr, 1, b.len, stdout);
        buffer_deinit(&b);
}

static int one(const char *file, bool json) {
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        size_t n = 0;
        int code = check_file(file, &complaints, &n);
        if (code == EX_OSERR)
                fprintf(stderr, "tocsin: the system gave no memory or no process\n");
        if (json) {
                print_json(file, &complaints, n, code);
        } else {
                complaints_print(stderr, file, &complaints);
                if (code == 0)
                        printf("%s: ok, %zu pipeline%s\n", file, n, n == 1 ? "" : "s");
        }
        return code;
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_check, argc, argv) != 0)
                return o.exit;
        int worst = EX_OK;
        for (uint32_t i = 0; i < o.n; i++) {
                int code = one(o.operands[i], options_flag(&o, "json"));
                worst = code > worst ? code : worst;
        }
        return worst;
}

const Verb verb_check = {
        .name = "check",
        .group = VERB_START,
        .summary = "say what is wrong with a configuration, and where",
        .usage = "check [--json] CONFIG...",
        .about = "Reads a configuration strictly and without a network: an unknown key, a wrong type or unit, a property that "
                 "Kafka's client does not know, a folder of schemas that cannot be read, a plugin that cannot be loaded, a port "
                 "that it does not have or that has no topic, a setting that it refuses, two ports on one topic of which one "
                 "cannot read what the other writes. All that can be told is told in one run, in the order of the file: each "
                 "complaint is one line, FILE:LINE:COLUMN: what, with the nearest word that would be right. Of more than a "
                 "hundred the first are told, and how many there are.",
        .options =
                (const Option[]){ { .name = "json", .help = "a line of JSON for each complaint, and one for each file" }, { 0 } },
        .examples =
                (const Example[]){
                        { "before `tocsin run`", "tocsin check tocsin.yaml" },
                        { "for an editor or a pipeline of CI", "tocsin check --json conf/*.yaml" },
                        { 0 },
                },
        .exits =
                (const ExitCode[]){
                        { EX_NOINPUT, "CONFIG cannot be read" },
                        { EX_OSERR, "no memory, or no process" },
                        { EX_CONFIG, "something is wrong with it; every complaint is told" },
                        { 0 },
                },
        .min = 1,
        .max = OPERANDS_ANY,
        .run = run,
};
