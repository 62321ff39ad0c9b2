/* --help: what it is for, how it is called, an example first, then the options and what the exit code means. */
#include "bin/help.h"

#include "config/config.h"
#include <string.h>

#define WIDTH 96 /* columns of wrapped text */

static const char *const groups[] = {
        [VERB_START] = "Start here",
        [VERB_RUN] = "Run",
        [VERB_LOOK] = "Look",
        [VERB_DEVELOP] = "Develop plugins",
};

/* Words of `text` from column `at`, later lines indented by `indent`. */
static void wrapped(FILE *out, const char *text, int indent, int at) {
        for (bool first = true; *text; first = false) {
                size_t gap = strspn(text, " "), n = strcspn(text + gap, " \n");
                if (!first && at + (int)(gap + n) > WIDTH) {
                        fprintf(out, "\n%*s", indent, "");
                        at = indent;
                        text += gap;
                        gap = 0;
                }
                fprintf(out, "%.*s", (int)(gap + n), text);
                at += (int)(gap + n);
                text += gap + n;
                for (; *text == '\n'; text++, first = true) {
                        fputc('\n', out);
                        if (text[1] != '\n')
                                fprintf(out, "%*s", indent, "");
                        at = indent;
                }
        }
        fputc('\n', out);
}

static void row(FILE *out, int column, const char *left, const char *right) {
        int n = fprintf(out, "  %s", left);
        if (n > column - 2) {
                fprintf(out, "\n%*s", column, "");
        } else {
                fprintf(out, "%*s", column - n, "");
        }
        wrapped(out, right, column, column);
}

static void options(FILE *out, const Verb *v) {
        fprintf(out, "\nOptions:\n");
        for (const Option *o = v->options; o && o->name; o++) {
                char left[96], right[400];
                snprintf(left, sizeof left, o->value ? "--%s=%s" : "--%s", o->name, o->value);
                snprintf(right, sizeof right, "%s%s%s%s%s", o->help, o->words ? " (one of: " : "", o->words ? o->words : "",
                         o->words ? ")" : "", o->many ? "; may be repeated" : "");
                row(out, 26, left, right);
        }
        row(out, 26, "--help", "show this help");
}

static void verbs(FILE *out, const Verb *v) {
        bool grouped = v == &verb_root;
        for (VerbGroup g = VERB_START; g <= (grouped ? VERB_DEVELOP : VERB_START); g++) {
                bool any = false;
                for (const Verb *const *s = v->subs; *s; s++) {
                        if (grouped && (*s)->group != g)
                                continue;
                        if (!any)
                                fprintf(out, "\n%s:\n", grouped ? groups[g] : "Verbs");
                        any = true;
                        row(out, 14, (*s)->name, (*s)->summary);
                }
        }
}

void help_text(FILE *out, const Verb *v) {
        fprintf(out, "usage: tocsin %s\n\n", v->usage);
        wrapped(out, v->about ? v->about : v->summary, 0, 0);
        if (v->examples) {
                fprintf(out, "\nExamples:\n");
                for (const Example *e = v->examples; e->command; e++)
                        fprintf(out, "  # %s\n  %s\n", e->what, e->command);
        }
        if (v->subs) {
                verbs(out, v);
                fprintf(out, "\nEach verb explains itself: `tocsin %s%sVERB --help`.\n", v == &verb_root ? "" : v->name,
                        v == &verb_root ? "" : " ");
        } else {
                options(out, v);
        }
        fprintf(out, "\nExit codes:\n");
        row(out, 7, "0", "done");
        bool usage = false;
        for (const ExitCode *e = v->exits; e && e->meaning; e++) {
                char code[16];
                if (!usage && e->code > EX_USAGE) {
                        row(out, 7, "64", "the command line is wrong");
                        usage = true;
                }
                usage = usage || e->code == EX_USAGE;
                snprintf(code, sizeof code, "%d", e->code);
                row(out, 7, code, e->meaning);
        }
        if (!usage)
                row(out, 7, "64", "the command line is wrong");
}

static void one_key(void *arg, const char *path, const char *type, const char *help) {
        char text[400];
        snprintf(text, sizeof text, "%s: %s", type, help);
        row(arg, 32, path, text);
}

void help_keys(FILE *out) {
        fputs("Keys of a configuration (YAML 1.2), each with what it takes, what it means, and its default.\n"
              "Durations are 100ms, 5s, 2m, 1h; sizes 500kB, 16MiB, 1GiB. ${env:NAME} and ${file:PATH} are replaced\n"
              "in any value and never printed; a file that everybody may read is refused. Relative paths begin at\n"
              "the folder of the configuration.\n\n",
              out);
        config_keys(one_key, out);
}
