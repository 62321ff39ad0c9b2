/* Lines into records. */
#include "bin/send.h"

#include "bin/lines.h"
#include "core/cleanup.h"
#include "core/limits.h"
#include "value/value.h"

#include <sysexits.h>
#include <tocsin/value.h>

int send_lines_init(SendLines *s, const SendTopic *topic, Spool *spool) {
        *s = (SendLines){ .topic = topic, .spool = spool, .arena = arena_new(LIMIT_DECODE_BYTES) };
        int r = schema_parse(&s->bytes, bytes_z("\"bytes\""), NULL, NULL);
        if (r == 0)
                r = schema_parse(&s->moment, bytes_z("{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}"), NULL, NULL);
        return r == 0 && s->arena ? 0 : -ENOMEM;
}

void send_lines_deinit(SendLines *s) {
        arena_free(s->arena);
        schema_free(s->bytes);
        schema_free(s->moment);
        buffer_deinit(&s->key);
        buffer_deinit(&s->value);
        *s = (SendLines){ 0 };
}

/* ---- one line: 0 | > 0: it is wrong, *why and *column | < 0 ---------------------------------------------- */

static int for_us(const SendTopic *t, Bytes port, Why *why) {
        for (size_t i = 0; i < t->n_ports; i++)
                if (bytes_eq_z(port, t->ports[i]))
                        return 0;
        return why_say(why, 1, "this line is for port %.*s, and topic %s is none of it", BYTES_ARG(port), t->name);
}

static int encode(SendLines *s, const Envelope *e, tocsin_value *natural, Why *why) {
        const SendTopic *t = s->topic;
        int r = 0;
        *natural = e->value;
        if (t->format == TOCSIN_AVRO) {
                r = natural_read(t->schema, &e->value, s->arena, natural, why);
                if (r == 0)
                        frame_put(&s->value, t->framing, t->schema, t->schema_id);
                if (r == 0)
                        r = codec_encode(t->schema, natural, &s->value, why);
        } else if (t->format == TOCSIN_RAW) {
                r = natural_read(s->bytes, &e->value, s->arena, natural, why);
                if (r == 0)
                        buffer_put(&s->value, natural->u.bytes, natural->len);
        } else if (e->raw.ptr) {
                buffer_put(&s->value, e->raw.ptr, e->raw.len);
        } else {
                value_print(&s->value, &e->value);
        }
        if (r == 0 && s->value.failed)
                return -ENOMEM;
        if (r == 0 && s->value.len > LIMIT_RECORD_BYTES)
                return why_say(why, 1, "a record of %zu bytes is over the limit of %u", s->value.len, LIMIT_RECORD_BYTES);
        return r;
}

static unsigned column_of(const Envelope *e, const char *path) {
        char pointer[256];
        int n = snprintf(pointer, sizeof pointer, "/%s", path);
        if (!e->raw.ptr || (size_t)n >= sizeof pointer)
                return e->column;
        for (char *p = pointer; *p; p++)
                *p = *p == '.' ? '/' : *p;
        return e->column + (unsigned)envelope_place(e->raw, pointer, false);
}

/* What the line says about its key, else the field that the topic is keyed by. *null: there is none. */
static int key_of(SendLines *s, const Envelope *e, const tocsin_value *v, unsigned *column, bool *null, Why *why) {
        const char *path = s->topic->key, *is = "neither text nor a whole number";
        const tocsin_value *k = e->key ? e->key : path && v ? value_path(v, path) : NULL;
        *null = false;
        if (k && k->kind == TOCSIN_STR && (k->len || e->key)) {
                buffer_put(&s->key, k->u.str, k->len);
        } else if (k && k->kind == TOCSIN_I64) {
                buffer_printf(&s->key, "%lld", (long long)k->u.i64);
        } else if (!e->key && path && v) {
                if (!k || k->kind == TOCSIN_NONE || k->kind == TOCSIN_NULL)
                        is = "missing";
                else if (k->kind == TOCSIN_STR)
                        is = "empty";
                *column = column_of(e, path);
                return why_say(why, 1, "`%s` is %s, and it is what records of %s are keyed by", path, is, s->topic->name);
        } else {
                *null = true;
        }
        return s->key.failed ? -ENOMEM : 0;
}

static int time_of(SendLines *s, const Envelope *e, int64_t *ret, Why *why) {
        tocsin_value at;
        if (!e->time)
                return 0;
        int r = natural_read(s->moment, e->time, s->arena, &at, why);
        if (r == 0 && at.u.i64 <= 0)
                r = why_say(why, 1, "`time_us` is before 1970");
        if (r == 0)
                *ret = at.u.i64;
        return r;
}

static int take_line(SendLines *s, Bytes line, SpoolRecord *ret, unsigned *column, Why *why) {
        Envelope e;
        JsonPlace place = { 1, 1 };
        tocsin_value natural;
        bool no_key = true;
        arena_reset(s->arena);
        buffer_clear(&s->key);
        buffer_clear(&s->value);
        int r = envelope_read(&e, line, s->arena, &place, why);
        if (r != 0) {
                *column = place.column;
                return r;
        }
        *column = e.column;
        bool tombstone = e.wrapped && e.value.kind == TOCSIN_NULL;
        if (e.port.ptr)
                r = for_us(s->topic, e.port, why);
        if (r == 0 && !tombstone)
                r = encode(s, &e, &natural, why);
        if (r == CODEC_E_MISFIT && s->topic->schema)
                told_misfit(s->topic->schema, &e, column, why);
        if (r == 0)
                r = key_of(s, &e, tombstone ? NULL : &natural, column, &no_key, why);
        if (r == 0 && tombstone && no_key)
                r = why_say(why, 1, "`value` is null, which takes a key out of its topic, and no `key` says which");
        if (r == 0)
                r = time_of(s, &e, &ret->time_us, why);
        if (r != 0)
                return r;
        ret->key = no_key ? BYTES_NULL : bytes_of(s->key.ptr ? s->key.ptr : (const uint8_t *)"", s->key.len);
        ret->value = tombstone ? BYTES_NULL : bytes_of(s->value.ptr ? s->value.ptr : (const uint8_t *)"", s->value.len);
        return 0;
}

/* ---- all of a file -------------------------------------------------------------------------------------- */

static void wrong(SendLines *s, const Lines *lines, unsigned column, const char *text) {
        told_line(&s->told, lines_name(lines), lines_number(lines), column, text);
        s->wrong++;
}

static bool blank(Bytes line) {
        for (size_t i = 0; i < line.len; i++)
                if (line.ptr[i] != ' ' && line.ptr[i] != '\t')
                        return false;
        return true;
}

/* 0 | EX_OSERR, EX_IOERR, said */
static int keep(SendLines *s, const SpoolRecord *record) {
        int r = spool_put(s->spool, record);
        if (r == 0)
                return 0;
        if (r == -ENOMEM)
                fprintf(stderr, "tocsin send: out of memory\n");
        else
                fprintf(stderr,
                        "tocsin send: what is to be sent is over %u MiB, and the folder for temporary files cannot take the "
                        "rest: "
                        "%s; set TMPDIR to one that can, or send it in parts\n",
                        SPOOL_MEMORY >> 20, strerror(-r));
        return r == -ENOMEM ? EX_OSERR : EX_IOERR;
}

static int each_line(SendLines *s, Lines *lines, uint32_t number) {
        for (;;) {
                Bytes line = BYTES_NULL;
                Why why = { 0 };
                unsigned column = 1;
                int got = lines_next(lines, &line, &why);
                if (got == LINES_E_END)
                        return 0;
                if (got < 0 || got == LINES_E_FILE) {
                        fprintf(stderr, "tocsin send: %s\n", got < 0 ? "out of memory" : why.text);
                        return got < 0 ? EX_OSERR : EX_IOERR;
                }
                if (got == 0 && blank(line))
                        continue;
                s->lines++;
                const char *foreign = got == 0 && lines_number(lines) == 1 ? lines_foreign(line) : NULL;
                if (foreign) { /* and nothing in it is a line */
                        wrong(s, lines, 1, foreign);
                        return 0;
                }
                SpoolRecord record = { .line = lines_number(lines), .file = number };
                if (got == LINES_E_LONG)
                        got = why_say(&why, 1, "a line longer than %u MiB", LINES_MAX_BYTES >> 20);
                else
                        got = take_line(s, line, &record, &column, &why);
                if (got < 0) {
                        fprintf(stderr, "tocsin send: out of memory\n");
                        return EX_OSERR;
                }
                if (got > 0)
                        wrong(s, lines, column, why.text);
                else
                        GUARD(keep(s, &record));
                if (send_due(&s->progress_us))
                        fprintf(stderr, "tocsin send: %llu lines are read, %llu of them wrong\n", (unsigned long long)s->lines,
                                (unsigned long long)s->wrong);
        }
}

int send_lines_file(SendLines *s, const char *file, uint32_t number) {
        _cleanup_(lines_closep) Lines *lines = NULL;
        Why why = { 0 };
        int r = lines_open(&lines, file, &why);
        if (r != 0) {
                fprintf(stderr, "tocsin send: %s\n", r == LINES_E_FILE ? why.text : "out of memory");
                return r == LINES_E_FILE ? EX_NOINPUT : EX_OSERR;
        }
        s->told = (Told){ 0 };
        r = each_line(s, lines, number);
        told_end(&s->told, lines_name(lines));
        return r;
}
