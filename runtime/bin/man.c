/* tocsin(1) from the table of verbs. */
#include "bin/help.h"

#include "config/config.h"
#include <string.h>

/* Text of people as roff text: backslashes, dashes and a dot at the line's start mean something there. */
static void text(FILE *out, const char *z) {
        bool start = true;
        for (; *z; z++) {
                if (start && (*z == '.' || *z == '\''))
                        fputs("\\&", out);
                if (*z == '\\')
                        fputs("\\e", out);
                else if (*z == '-')
                        fputs("\\-", out);
                else if (*z == '\n' && z[1] == '\n')
                        fputs("\n.PP", out);
                else
                        fputc(*z, out);
                start = *z == '\n';
        }
}

static void tagged(FILE *out, const char *tag, const char *body) {
        fputs(".TP\n.B ", out);
        text(out, tag);
        fputc('\n', out);
        text(out, body);
        fputc('\n', out);
}

static void one(FILE *out, const Verb *v) {
        if (v->subs) {
                for (const Verb *const *s = v->subs; *s; s++)
                        one(out, *s);
                return;
        }
        fputs(".SS tocsin ", out);
        text(out, v->usage);
        fputc('\n', out);
        text(out, v->about ? v->about : v->summary);
        fputc('\n', out);
        for (const Option *o = v->options; o && o->name; o++) {
                char tag[96], body[400];
                snprintf(tag, sizeof tag, o->value ? "--%s=%s" : "--%s", o->name, o->value);
                snprintf(body, sizeof body, "%s%s%s.", o->help, o->words ? "; one of: " : "", o->words ? o->words : "");
                tagged(out, tag, body);
        }
        for (const Example *e = v->examples; e && e->command; e++) {
                fputs(".PP\n", out);
                text(out, e->what);
                fputs(":\n.PP\n.RS\n.nf\n", out);
                text(out, e->command);
                fputs("\n.fi\n.RE\n", out);
        }
        for (const ExitCode *e = v->exits; e && e->meaning; e++) {
                if (e == v->exits)
                        fputs(".PP\nExit codes besides 0 and 64:\n", out);
                char tag[16];
                snprintf(tag, sizeof tag, "%d", e->code);
                tagged(out, tag, e->meaning);
        }
}

static void one_key(void *arg, const char *path, const char *type, const char *help) {
        char body[400];
        snprintf(body, sizeof body, "%s: %s.", type, help);
        tagged(arg, path, body);
}

void help_man(FILE *out, const Verb *root) {
        fprintf(out, ".TH TOCSIN 1 \"\" \"tocsin %s\"\n.SH NAME\ntocsin \\- ", TOCSIN_VERSION);
        text(out, root->summary);
        fputs("\n.SH SYNOPSIS\n.B tocsin\n", out);
        text(out, root->usage);
        fputs("\n.SH DESCRIPTION\n", out);
        text(out, root->about);
        fputc('\n', out);
        for (const Example *e = root->examples; e && e->command; e++) {
                fputs(".PP\n", out);
                text(out, e->what);
                fputs(":\n.PP\n.RS\n.nf\n", out);
                text(out, e->command);
                fputs("\n.fi\n.RE\n", out);
        }
        fputs(".SH VERBS\n", out);
        for (const Verb *const *s = root->subs; *s; s++)
                one(out, *s);
        fputs(".SH CONFIGURATION\n", out);
        text(out, "YAML 1.2. Durations are 100ms, 5s, 2m, 1h; sizes 500kB, 16MiB, 1GiB. ${env:NAME} and ${file:PATH} are "
                  "replaced in any "
                  "value and never printed; a file that everybody may read is refused. Relative paths begin at the folder of the "
                  "configuration. Behind the meaning of a key stands its default.\n");
        config_keys(one_key, out);
        fputs(".SH ENVIRONMENT\n", out);
        tagged(out, "TOCSIN_PLUGINS", "the folder of plugins, where a configuration names none.");
        tagged(out, "TOCSIN_SCHEMAS", "the folder of the built-in Avro schemas, if they are not where Tocsin was installed.");
        tagged(out, "XDG_RUNTIME_DIR", "begins the default of run_dir.");
        fputs(".SH EXIT STATUS\n", out);
        tagged(out, "0", "done");
        tagged(out, "64", "the command line is wrong");
        for (const ExitCode *e = root->exits; e && e->meaning; e++) {
                char tag[16];
                snprintf(tag, sizeof tag, "%d", e->code);
                tagged(out, tag, e->meaning);
        }
}
