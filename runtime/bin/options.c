/* Options by table. */
#include "bin/options.h"

#include "bin/help.h"
#include "config/config.h"
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define WORDS_MAX 64u /* names offered to "did you mean": more than any table has */

static const Option help_option = { .name = "help", .help = "show this help" };

/* How much of a usage is the names of verbs: until an option, an operand or a choice. */
static size_t names(const char *usage) {
        size_t n = 0;
        for (const char *w = usage; *w >= 'a' && *w <= 'z'; w += strspn(w, " ")) {
                size_t len = strcspn(w, " ");
                if (memchr(w, '|', len))
                        break;
                w += len;
                n = (size_t)(w - usage);
        }
        return n;
}

int options_misuse(const Verb *v, const char *format, ...) {
        const char *words = v->usage;
        size_t n = names(words);
        const char *gap = n ? " " : "";
        fprintf(stderr, "tocsin%s%.*s: ", gap, (int)n, words);
        va_list ap;
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fprintf(stderr, "\nusage: tocsin %s\nSee `tocsin%s%.*s --help`.\n", v->usage, gap, (int)n, words);
        return EX_USAGE;
}

static const Option *find(const Verb *v, const char *name, size_t n) {
        for (const Option *o = v->options; o && o->name; o++)
                if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
                        return o;
        return n == 4 && memcmp(name, "help", 4) == 0 ? &help_option : NULL;
}

static const char *nearest_option(const Verb *v, const char *name) {
        const char *words[WORDS_MAX] = { "help" };
        size_t n = 1;
        for (const Option *o = v->options; o && o->name && n < WORDS_MAX; o++)
                words[n++] = o->name;
        return config_nearest(name, words, n);
}

static bool among(const char *words, const char *word) {
        size_t n = strlen(word);
        for (const char *p = words; *p; p += strspn(p, " ")) {
                size_t len = strcspn(p, " ");
                if (len == n && memcmp(p, word, n) == 0)
                        return true;
                p += len;
        }
        return false;
}

static int misuse(Options *o) {
        o->exit = EX_USAGE;
        return OPTIONS_E_EXIT;
}

/* One option at argv[*i]; moves *i past a value that stands alone. */
static int take(Options *o, int argc, char **argv, int *i) {
        const char *word = argv[*i] + 2, *equals = strchr(word, '=');
        size_t n = equals ? (size_t)(equals - word) : strlen(word);
        const Option *option = find(o->verb, word, n);
        if (!option) {
                char name[64];
                snprintf(name, sizeof name, "%.*s", (int)n, word);
                const char *near = nearest_option(o->verb, name);
                if (near)
                        options_misuse(o->verb, "unknown option --%.*s; did you mean --%s?", (int)n, word, near);
                else
                        options_misuse(o->verb, "unknown option --%.*s", (int)n, word);
                return misuse(o);
        }
        if (option == &help_option) {
                help_text(stdout, o->verb);
                o->exit = 0;
                return OPTIONS_E_EXIT;
        }
        const char *value = equals ? equals + 1 : NULL;
        if (!option->value && value) {
                options_misuse(o->verb, "--%s takes no value", option->name);
                return misuse(o);
        }
        if (option->value && !value && *i + 1 < argc)
                value = argv[++*i];
        if (option->value && !value) {
                options_misuse(o->verb, "--%s needs a value: --%s=%s", option->name, option->name, option->value);
                return misuse(o);
        }
        if (option->words && !among(option->words, value)) {
                options_misuse(o->verb, "--%s=%s: not one of: %s", option->name, value, option->words);
                return misuse(o);
        }
        if (!option->many && options_flag(o, option->name)) {
                options_misuse(o->verb, "--%s is given twice", option->name);
                return misuse(o);
        }
        o->given[o->n_given++] = (struct OptionGiven){ .option = option, .value = value };
        return 0;
}

int options_parse(Options *o, const Verb *v, int argc, char **argv) {
        *o = (Options){ .verb = v };
        o->operands = calloc((size_t)argc + 1, sizeof *o->operands);
        o->given = calloc((size_t)argc + 1, sizeof *o->given);
        if (!o->operands || !o->given) {
                fprintf(stderr, "tocsin: out of memory\n");
                o->exit = EX_OSERR;
                return OPTIONS_E_EXIT;
        }
        bool ended = false;
        for (int i = 1; i < argc; i++) {
                const char *word = argv[i];
                if (ended || word[0] != '-' || !word[1]) {
                        o->operands[o->n++] = word;
                } else if (strcmp(word, "--") == 0) {
                        ended = true;
                } else if (strcmp(word, "-h") == 0) {
                        help_text(stdout, v);
                        return OPTIONS_E_EXIT;
                } else if (word[1] != '-') {
                        options_misuse(v, "unknown option %s; options are long, as in --help", word);
                        return misuse(o);
                } else if (take(o, argc, argv, &i) != 0) {
                        return OPTIONS_E_EXIT;
                }
        }
        if (o->n < v->min) {
                options_misuse(v, "something is missing behind the verb");
                return misuse(o);
        }
        if (o->n > v->max) {
                options_misuse(v, "one word too many: `%s`", o->operands[v->max]);
                return misuse(o);
        }
        return 0;
}

void options_deinit(Options *o) {
        free(o->operands);
        free(o->given);
        *o = OPTIONS_NULL;
}

bool options_flag(const Options *o, const char *name) {
        for (uint32_t i = 0; i < o->n_given; i++)
                if (strcmp(o->given[i].option->name, name) == 0)
                        return true;
        return false;
}

const char *options_nth(const Options *o, const char *name, uint32_t i) {
        for (uint32_t k = 0; k < o->n_given; k++)
                if (strcmp(o->given[k].option->name, name) == 0 && i-- == 0)
                        return o->given[k].value;
        return NULL;
}

const char *options_value(const Options *o, const char *name) {
        return options_nth(o, name, 0);
}

int options_number(Options *o, const char *name, int64_t min, int64_t max, int64_t *ret) {
        const char *z = options_value(o, name);
        if (!z)
                return 0;
        char *end = NULL;
        errno = 0;
        intmax_t v = strtoimax(z, &end, 10);
        if (errno || end == z || *end || v < min || v > max) {
                options_misuse(o->verb, "--%s=%s: not a whole number from %" PRIi64 " to %" PRIi64, name, z, min, max);
                return misuse(o);
        }
        *ret = v;
        return 0;
}
