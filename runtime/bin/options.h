/* The command line of one verb, parsed by its table.
 *
 *      _cleanup_(options_deinit) Options o;
 *      if (options_parse(&o, &verb_check, argc, argv) != 0)
 *              return o.exit;
 *
 * Long options only, `--name=value` or `--name value`, anywhere among the operands; `--` ends them. A misuse is said on
 * stderr with the nearest word, and exits 64; --help prints the help and exits 0. */
#pragma once

#include "bin/verb.h"
#include "core/cleanup.h"

typedef struct Options {
        const Verb *verb;
        const char **operands;       /* ended by NULL */
        uint32_t n;                  /* operands */
        struct OptionGiven { const Option *option; const char *value; } *given;
        uint32_t n_given;
        int exit;                    /* when options_parse() answers OPTIONS_E_EXIT */
} Options;

#define OPTIONS_NULL ((Options){ 0 })
enum { OPTIONS_E_EXIT = 1 };

/* 0: go on | OPTIONS_E_EXIT: all is said, leave with o->exit. *o is always set. */
int options_parse(Options *o, const Verb *v, int argc, char **argv);
void options_deinit(Options *o);

bool options_flag(const Options *o, const char *name);
/* The value of an option, or NULL. The name must be in the verb's table. */
const char *options_value(const Options *o, const char *name);
/* The i-th value of an option that may be given many times, in order; NULL: no more. */
const char *options_nth(const Options *o, const char *name, uint32_t i);
/* A whole number from min to max; not given: *ret untouched, 0 | OPTIONS_E_EXIT, said, o->exit = 64 */
int options_number(Options *o, const char *name, int64_t min, int64_t max, int64_t *ret);

/* "tocsin check: TEXT" and where to learn more, on stderr. Returns EX_USAGE. */
int options_misuse(const Verb *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
