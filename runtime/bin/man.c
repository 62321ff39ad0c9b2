/* tocsin(1) from the table of verbs. */
#include "bin/help.h"

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
        fputs(".SH EXIT STATUS\n", out);
        tagged(out, "0", "done");
        tagged(out, "64", "the command line is wrong");
        for (const ExitCode *e = root->exits; e && e->meaning; e++) {
                char tag[16];
                snprintf(tag, sizeof tag, "%d", e->code);
                tagged(out, tag, e->meaning);
        }
}
