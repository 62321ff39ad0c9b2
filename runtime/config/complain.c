/* Complaints, in the order of the file. */
#include "config/config.h"

void complaints_deinit(Complaints *c) {
        for (size_t i = 0; i < c->n; i++)
                free(c->at[i].text);
        free(c->at);
        *c = (Complaints){ 0 };
}

static bool after(Mark a, Mark b) {
        return a.line > b.line || (a.line == b.line && a.column > b.column);
}

void complain(Complaints *c, Mark mark, const char *format, ...) {
        if (c->n == COMPLAINTS_MAX) {
                c->more++;
                if (!after(c->at[c->n - 1].mark, mark))
                        return;
                free(c->at[--c->n].text);
        }
        if (!c->at)
                c->at = calloc(COMPLAINTS_MAX, sizeof *c->at);
        char *text = NULL;
        va_list ap;
        va_start(ap, format);
        int r = c->at ? vasprintf(&text, format, ap) : -1;
        va_end(ap);
        if (r < 0) {
                c->lost = true;
                return;
        }
        for (char *p = text; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = '?';
        size_t i = c->n++;
        for (; i && after(c->at[i - 1].mark, mark); i--)
                c->at[i] = c->at[i - 1];
        c->at[i] = (struct Complaint){ .mark = mark, .text = text };
}

void complaints_print(FILE *out, const char *file, const Complaints *c) {
        for (size_t i = 0; i < c->n; i++) {
                Mark m = c->at[i].mark;
                if (m.line)
                        fprintf(out, "%s:%u:%u: %s\n", file, m.line, m.column, c->at[i].text);
                else
                        fprintf(out, "%s: %s\n", file, c->at[i].text);
        }
        if (c->more)
                fprintf(out, "%s: and %zu more\n", file, c->more);
}
