/* tocsin version: what this is, for people and for scripts. */
#include "bin/options.h"
#include "core/bytes.h"
#include <stdio.h>

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_version, argc, argv) != 0)
                return o.exit;
        unsigned major = TOCSIN_ABI >> 16, minor = TOCSIN_ABI & 0xffff;
        if (options_flag(&o, "json"))
                printf("{\"version\":\"%s\",\"abi\":\"%u.%u\"}\n", TOCSIN_VERSION, major, minor);
        else
                printf("tocsin %s, plugin ABI %u.%u\n", TOCSIN_VERSION, major, minor);
        return EX_OK;
}

const Verb verb_version = {
        .name = "version",
        .group = VERB_LOOK,
        .summary = "print the version and the plugin ABI",
        .usage = "version [--json]",
        .options = (const Option[]){ { .name = "json", .help = "one line of JSON" }, { 0 } },
        .examples = (const Example[]){ { "which plugins fit?", "tocsin version --json | jq -r .abi" }, { 0 } },
        .run = run,
};
