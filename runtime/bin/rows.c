/* Rows of YAML documents and of JSON lines. */
#include "bin/rows.h"

#include "bin/envelope.h"
#include "bin/lines.h"
#include "bin/lines_told.h"
#include "bin/shape.h"
#include "config/config.h"
#include "core/cleanup.h"
#include "core/limits.h"

#include <sysexits.h>

#define ARENA_BYTES (256u << 20) /* of one file of LIMIT_CONFIG_BYTES as values */

typedef struct Reading {
        const char *file;
        const Schema *schema;
        int (*each)(void *arg, const Row *row, Why *why);
        void *arg;
        size_t *bad;
        Arena *arena;
        const struct YamlMarks *marks; /* of the document at hand */
        const char *base; /* pointer of the row at hand, "" or "/3" or "/loops/3" */
        unsigned line_off; /* lines before the document */
        size_t complained;
        Told told;
} Reading;

static int no_memory(void) {
        fprintf(stderr, "tocsin: out of memory\n");
        return EX_OSERR;
}

static void complain_at(Reading *r, unsigned line, unsigned column, const char *text) {
        told_line(&r->told, r->file, line, column, text);
        r->complained++;
}

/* e: what the row was told in, if it was a line. */
static int hand_over(Reading *r, const Row *row, const Envelope *e) {
        Why why = { 0 };
        unsigned column = row->column;
        int bad = r->each(r->arg, row, &why);
        if (bad == CODEC_E_MISFIT && e && r->schema)
                told_misfit(r->schema, e, &column, &why);
        if (bad > 0) {
                complain_at(r, row->line, column, why.text);
                (*r->bad)++;
        }
        return bad < 0 ? no_memory() : 0;
}

/* ---- YAML --------------------------------------------------------------------------------------------- */

static void on_shape(void *arg, const char *pointer, bool key, const char *text) {
        Reading *r = arg;
        char full[1200];
        snprintf(full, sizeof full, "%s%s", r->base, pointer);
        Mark m = yaml_mark(r->marks, full, key);
        Why with;
        told_member(&with, pointer, key, text);
        complain_at(r, m.line ? m.line + r->line_off : 0, m.column, with.text);
}

static int yaml_row(Reading *r, const tocsin_value *v, const char *base) {
        Mark m = yaml_mark(r->marks, base, false);
        size_t before = r->complained;
        r->base = base;
        if (r->schema && shape_check(r->schema, v, on_shape, r) != 0)
                return no_memory();
        if (r->complained != before) {
                (*r->bad)++;
                return 0;
        }
        return hand_over(r, &(Row){ .value = v, .line = m.line + r->line_off, .column = m.column }, NULL);
}

static int yaml_list(Reading *r, const tocsin_value *list, const char *base) {
        for (uint32_t i = 0; i < list->len; i++) {
                char at[160];
                snprintf(at, sizeof at, "%s/%u", base, i);
                int bad = yaml_row(r, &list->u.items[i], at);
                if (bad != 0)
                        return bad;
        }
        return 0;
}

static int yaml_document(Reading *r, Bytes text) {
        _cleanup_(complaints_deinit) Complaints c = { 0 };
        tocsin_value v;
        int bad = yaml_load(r->file, text, r->arena, &v, &r->marks, &c);
        if (bad < 0)
                return no_memory();
        for (size_t i = 0; i < c.n; i++)
                complain_at(r, c.at[i].mark.line ? c.at[i].mark.line + r->line_off : 0, c.at[i].mark.column, c.at[i].text);
        if (bad != 0 || c.n) {
                (*r->bad)++;
                return 0;
        }
        if (v.kind == TOCSIN_NULL || v.kind == TOCSIN_NONE)
                return 0;
        if (v.kind == TOCSIN_LIST)
                return yaml_list(r, &v, "");
        if (v.kind == TOCSIN_MAP && v.len == 1 && v.u.fields[0].value.kind == TOCSIN_LIST) {
                char base[128];
                snprintf(base, sizeof base, "/%.*s", (int)v.u.fields[0].name_len, v.u.fields[0].name);
                return yaml_list(r, &v.u.fields[0].value, base);
        }
        return yaml_row(r, &v, "");
}

static size_t line_end(Bytes text, size_t i) {
        const uint8_t *end = memchr(text.ptr + i, '\n', text.len - i);
        return end ? (size_t)(end - text.ptr) + 1 : text.len;
}

/* Documents are set apart by lines that begin with three dashes. */
static int yaml_documents(Reading *r, Bytes text) {
        size_t from = 0;
        unsigned line = 0, from_line = 0;
        for (size_t i = 0; i < text.len;) {
                size_t next = line_end(text, i);
                Bytes rest = bytes_of(text.ptr + i, next - i);
                bool mark = bytes_begin(rest, bytes_z("---")) && (rest.len == 3 || memchr(" \t\r\n", rest.ptr[3], 4));
                if (mark && i > from) {
                        r->line_off = from_line;
                        int bad = yaml_document(r, bytes_of(text.ptr + from, i - from));
                        if (bad != 0)
                                return bad;
                        from = i;
                        from_line = line;
                }
                i = next;
                line++;
        }
        r->line_off = from_line;
        return from < text.len ? yaml_document(r, bytes_of(text.ptr + from, text.len - from)) : 0;
}

/* ---- JSON lines --------------------------------------------------------------------------------------- */

static int json_line(Reading *r, Bytes line, unsigned number) {
        Envelope e;
        JsonPlace place = { 1, 1 };
        Why why = { 0 };
        size_t i = 0;
        while (i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t' || line.ptr[i] == '\r'))
                i++;
        if (i == line.len)
                return 0;
        arena_reset(r->arena);
        int bad = envelope_read(&e, line, r->arena, &place, &why);
        if (bad < 0)
                return no_memory();
        if (bad > 0) {
                complain_at(r, number, place.column, why.text);
                (*r->bad)++;
                return 0;
        }
        const tocsin_value *key = e.key && e.key->kind == TOCSIN_STR ? e.key : NULL;
        return hand_over(r, &(Row){ .value = &e.value, .key = key, .line = number, .column = e.column }, &e);
}

static int json_lines(Reading *r, const char *path) {
        _cleanup_(lines_closep) Lines *lines = NULL;
        Bytes line;
        Why why = { 0 };
        int got = lines_open(&lines, path, &why);
        while (got == 0 && ((got = lines_next(lines, &line, &why)) == 0 || got == LINES_E_LONG)) {
                unsigned number = (unsigned)lines_number(lines);
                if (got == LINES_E_LONG) {
                        complain_at(r, number, 1, "the line is too long");
                        (*r->bad)++;
                        got = 0;
                        continue;
                }
                int bad = json_line(r, line, number);
                if (bad != 0)
                        return bad;
        }
        if (got == LINES_E_END)
                return 0;
        if (got < 0)
                return no_memory();
        fprintf(stderr, "tocsin: %s\n", why.text);
        return EX_NOINPUT;
}

static int json_text(Reading *r, Bytes text) {
        unsigned number = 1;
        for (size_t i = 0; i < text.len; number++) {
                size_t next = line_end(text, i), to = next;
                if (to > i && text.ptr[to - 1] == '\n')
                        to--;
                int bad = json_line(r, bytes_of(text.ptr + i, to - i), number);
                if (bad != 0)
                        return bad;
                i = next;
        }
        return 0;
}

static bool first_line_is_json(Reading *r, Bytes text) {
        size_t i = 0, next = 0;
        while (i < text.len && (next = line_end(text, i)) - i <= 1)
                i = next;
        tocsin_value v;
        return i < text.len && text.ptr[i] == '{' && json_parse(r->arena, bytes_of(text.ptr + i, next - i), &v, NULL, NULL) == 0;
}

static bool ends(const char *file, const char *with) {
        size_t n = strlen(file), k = strlen(with);
        return n >= k && strcmp(file + n - k, with) == 0;
}

static int read_rows(Reading *r, const char *path) {
        _cleanup_(arena_freep) Arena *t = arena_new(LIMIT_CONFIG_BYTES + 4096);
        bool is_stdin = strcmp(path, "-") == 0;
        Bytes text;
        Why why = { 0 };
        if (!t)
                return no_memory();
        if (ends(path, ".jsonl") || ends(path, ".ndjson"))
                return json_lines(r, path);
        int got = config_read(is_stdin ? "/dev/stdin" : path, t, &text, &why);
        if (got < 0)
                return no_memory();
        if (got != 0) {
                fprintf(stderr, "tocsin: %s: %s\n", r->file, why.text);
                return EX_NOINPUT;
        }
        bool yaml = ends(path, ".yaml") || ends(path, ".yml") || !first_line_is_json(r, text);
        return yaml ? yaml_documents(r, text) : json_text(r, text);
}

int rows_read(const char *file, const Schema *schema, int (*each)(void *arg, const Row *row, Why *why), void *arg, size_t *bad) {
        _cleanup_(arena_freep) Arena *a = arena_new(ARENA_BYTES);
        if (!a)
                return no_memory();
        Reading r = { .file = strcmp(file, "-") == 0 ? "stdin" : file,
                      .schema = schema,
                      .each = each,
                      .arg = arg,
                      .bad = bad,
                      .arena = a };
        int got = read_rows(&r, file);
        told_end(&r.told, r.file);
        return got;
}
