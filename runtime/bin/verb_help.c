/* tocsin help: the same text as --help; and, for the build, the man page and the bash completion. */
#include "bin/help.h"
#include "bin/options.h"
#include "config/config.h"
#include "core/buffer.h"

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_help, argc, argv) != 0)
                return o.exit;
        if (options_flag(&o, "man")) {
                help_man(stdout, &verb_root);
                return EX_OK;
        }
        if (options_flag(&o, "completion")) {
                help_completion(stdout, &verb_root);
                return EX_OK;
        }
        if (options_flag(&o, "keys")) {
                help_keys(stdout);
                return EX_OK;
        }
        if (options_flag(&o, "schema")) {
                Buffer b = BUFFER_NULL;
                config_schema(&b);
                fwrite(b.ptr, 1, b.len, stdout);
                buffer_deinit(&b);
                return EX_OK;
        }
        uint32_t wrong = 0;
        const Verb *v = verb_find(&verb_root, o.operands, o.n, &wrong);
        if (!v)
                return options_misuse(&verb_help, "there is no verb `%s`", o.operands[wrong]);
        help_text(stdout, v);
        return EX_OK;
}

const Verb verb_help = {
        .name = "help",
        .group = VERB_START,
        .summary = "explain a verb",
        .usage = "help [--keys | --schema | --man | --completion] [VERB]...",
        .options =
                (const Option[]){
                        { .name = "keys", .help = "every key of a configuration, with its default" },
                        { .name = "schema", .help = "the same as JSON Schema, for editors that complete and check YAML" },
                        { .name = "man", .help = "the man page, as roff" },
                        { .name = "completion", .help = "the completion for bash: source <(tocsin help --completion)" },
                        { 0 },
                },
        .examples = (const Example[]){ { "how is a configuration checked?", "tocsin help check" },
                                       { "what may stand in one?", "tocsin help --keys" },
                                       { 0 } },
        .max = 2,
        .run = run,
};
