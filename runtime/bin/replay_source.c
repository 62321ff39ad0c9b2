/* Lines of input into records of topics. */
#include "bin/envelope.h"
#include "bin/replay.h"

#include "core/limits.h"
#include "value/value.h"

#include <sysexits.h>
#include <tocsin/value.h>

/* ---- ports by name ------------------------------------------------------------------------------------ */

const StagePort *replay_port(const Replay *r, Bytes name, Stage **stage, Why *why) {
        for (size_t i = 0; i < r->n_stages; i++) { /* PIPELINE.PORT, for names of pipelines may have dots */
                Bytes pipe = bytes_z(stage_name(&r->stages[i]));
                if (name.len <= pipe.len + 1 || !bytes_begin(name, pipe) || name.ptr[pipe.len] != '.')
                        continue;
                const StagePort *p = stage_port(&r->stages[i], bytes_of(name.ptr + pipe.len + 1, name.len - pipe.len - 1));
                if (p && p->input) {
                        *stage = &r->stages[i];
                        return p;
                }
        }
        const StagePort *output = NULL;
        for (size_t i = 0; i < r->n_stages; i++) {
                const StagePort *p = stage_port(&r->stages[i], name);
                if (p && p->input) {
                        *stage = &r->stages[i];
                        return p;
                }
                output = output ? output : p;
        }
        if (output) {
                why_say(why, 0, "port %.*s is an output", BYTES_ARG(name));
                return NULL;
        }
        const char *words[64];
        char asked[128];
        size_t n = 0;
        for (size_t i = 0; i < r->n_stages; i++)
                for (size_t k = 0; k < r->stages[i].n_ports && n < 64; k++)
                        if (r->stages[i].port[k].input)
                                words[n++] = r->stages[i].port[k].name;
        snprintf(asked, sizeof asked, "%.*s", BYTES_ARG(name));
        const char *near = config_nearest(asked, words, n);
        why_say(why, 0, "no pipeline here has an input port %s%s%s%s", asked, near ? "; did you mean " : "", near ? near : "",
                near ? "?" : "");
        return NULL;
}

int replay_file(Replay *r, const char *file, const char *option) {
        const char *wrong = !*file ? "the name of a file is missing" : NULL;
        if (strcmp(file, "-") == 0) {
                if (r->stdin_taken)
                        wrong = "stdin can be read only once";
                r->stdin_taken = true;
        }
        if (!wrong)
                return 0;
        fprintf(stderr, "tocsin replay: --%s: %s\n", option, wrong);
        return EX_USAGE;
}

int replay_place(Replay *r, const char *told, const char *option, Stage **stage, const StagePort **port, const char **file) {
        const char *equals = strchr(told, '=');
        Why why = { 0 };
        *stage = NULL;
        *port = NULL;
        *file = told;
        if (equals == told) {
                fprintf(stderr, "tocsin replay: --%s=%s: the name of a port is missing before '='\n", option, told);
                return EX_USAGE;
        }
        if (equals) {
                *port = replay_port(r, bytes_of(told, (size_t)(equals - told)), stage, &why);
                *file = equals + 1;
                if (*port)
                        return 0;
                if (access(told, F_OK) == 0) { /* a file with '=' in its name */
                        *file = told;
                } else {
                        fprintf(stderr, "tocsin replay: --%s=%s: %s\n", option, told, why.text);
                        return EX_USAGE;
                }
        }
        if (!r->n_stages)
                return 0;
        *stage = &r->stages[0];
        for (size_t i = 0; i < (*stage)->n_ports && !*port; i++) {
                const StagePort *p = &(*stage)->port[i];
                if (p->input && p->decl->role == TOCSIN_STREAM)
                        *port = p;
        }
        return 0;
}

/* ---- values into bytes -------------------------------------------------------------------------------- */

static int64_t event_of(const StagePort *port, const tocsin_value *v) {
        const tocsin_value *t = port->decl->time ? value_path(v, port->decl->time) : NULL;
        return t && t->kind == TOCSIN_I64 ? t->u.i64 : INT64_MIN;
}

static Bytes key_of(const StagePort *port, const tocsin_value *v) {
        const tocsin_value *k = port->decl->key ? value_path(v, port->decl->key) : NULL;
        return k && k->kind == TOCSIN_STR ? bytes_of(k->u.str ? k->u.str : "", k->len) : BYTES_NULL;
}

/* RAW ports: BYTES in their natural form, which is base64. */
static int encode_raw(const tocsin_value *v, Arena *a, Buffer *ret, Why *why) {
        _cleanup_(schema_freep) Schema *bytes = NULL;
        tocsin_value b;
        int r = schema_parse(&bytes, bytes_z("\"bytes\""), NULL, why);
        if (r == 0)
                r = natural_read(bytes, v, a, &b, why);
        if (r == 0)
                buffer_put(ret, b.u.bytes, b.len);
        return r;
}

int replay_encode(const StagePort *port, const tocsin_value *v, Bytes raw, Arena *a, Buffer *ret, Bytes *key, int64_t *event_us,
                  Why *why) {
        tocsin_value natural = *v;
        int r = 0;
        buffer_clear(ret);
        if (port->decl->format == TOCSIN_AVRO) {
                r = natural_read(port->schema, v, a, &natural, why);
                if (r == 0)
                        frame_put(ret, FRAMING_SINGLE, port->schema, -1);
                if (r == 0)
                        r = codec_encode(port->schema, &natural, ret, why);
        } else if (port->decl->format == TOCSIN_RAW) {
                r = encode_raw(v, a, ret, why);
        } else if (raw.ptr) {
                buffer_put(ret, raw.ptr, raw.len);
        } else {
                value_print(ret, v);
        }
        if (r == 0 && ret->failed)
                r = -ENOMEM;
        if (r == 0 && ret->len > LIMIT_RECORD_BYTES)
                r = why_say(why, CODEC_E_LIMIT, "a record of %zu bytes is over the limit of %u", ret->len, LIMIT_RECORD_BYTES);
        if (r != 0)
                return r;
        *key = key_of(port, &natural);
        *event_us = event_of(port, &natural);
        return 0;
}

/* ---- a line into a record ------------------------------------------------------------------------------ */

static int route(Source *s, const Replay *r, const Envelope *e, Why *why) {
        s->to = s->stage;
        s->to_port = s->port;
        if (e->port.ptr)
                s->to_port = replay_port(r, e->port, &s->to, why);
        else if (!s->to_port)
                why_say(why, 0, "this line names no port, and pipeline %s has no stream input",
                        s->stage ? stage_name(s->stage) : "");
        return s->to_port ? 0 : CODEC_E_MISFIT;
}

static int fill_key(Source *s, const Envelope *e, Bytes of_value) {
        Bytes key = e->key && e->key->kind == TOCSIN_STR ? tocsin_as_bytes(e->key) : e->key ? BYTES_NULL : of_value;
        buffer_clear(&s->key);
        s->has_key = key.ptr || (e->key && e->key->kind == TOCSIN_STR);
        buffer_put(&s->key, key.ptr, key.len);
        return s->key.failed;
}

/* 0 | > 0: the line is bad, *why and *column | < 0 */
static int take_line(Source *s, const Replay *r, Bytes line, unsigned *column, Why *why) {
        Envelope e;
        JsonPlace place = { 1, 1 };
        *column = 1;
        int bad = envelope_read(&e, line, r->line_arena, &place, why);
        if (bad != 0) {
                *column = place.column;
                return bad;
        }
        *column = e.column;
        bad = route(s, r, &e, why);
        Bytes key = BYTES_NULL;
        s->event_us = INT64_MIN;
        s->has_value = !(e.wrapped && e.value.kind == TOCSIN_NULL);
        if (bad == 0 && s->has_value)
                bad = replay_encode(s->to_port, &e.value, e.raw, r->line_arena, &s->value, &key, &s->event_us, why);
        if (bad == CODEC_E_MISFIT && s->has_value && s->to_port && s->to_port->schema)
                told_misfit(s->to_port->schema, &e, column, why);
        if (bad == 0)
                bad = fill_key(s, &e, key);
        int64_t told_us = INT64_MIN;
        if (bad == 0 && e.time)
                bad = replay_time(r, e.time, &told_us, why);
        if (bad != 0)
                return bad;
        if (s->to_port->decl->role == TOCSIN_TABLE && !s->has_key)
                return why_say(why, CODEC_E_MISFIT, "a row of table %s needs a key", s->to_port->name);
        s->told = e.time || s->event_us != INT64_MIN;
        s->arrival_us = e.time ? told_us : s->event_us != INT64_MIN ? s->event_us : s->last_us;
        s->last_us = s->arrival_us;
        return 0;
}

static void complain_line(Source *s, Replay *r, unsigned column, const char *text) {
        told_line(&s->told_lines, lines_name(s->lines), lines_number(s->lines), column, text);
        r->bad++;
}

static bool blank(Bytes line) {
        for (size_t i = 0; i < line.len; i++)
                if (line.ptr[i] != ' ' && line.ptr[i] != '\t')
                        return false;
        return true;
}

int source_fill(Source *s, Replay *r) {
        for (;;) {
                Bytes line = BYTES_NULL;
                Why why = { 0 };
                int got = lines_next(s->lines, &line, &why);
                if (got == LINES_E_END) {
                        s->ended = true;
                        return 0;
                }
                if (got == LINES_E_LONG) {
                        char text[96];
                        snprintf(text, sizeof text, "a line longer than %u MiB", LINES_MAX_BYTES >> 20);
                        complain_line(s, r, 1, text);
                        continue;
                }
                if (got != 0) {
                        fprintf(stderr, "tocsin replay: %s\n", got == LINES_E_FILE ? why.text : "out of memory");
                        return got == LINES_E_FILE ? EX_IOERR : EX_OSERR;
                }
                const char *foreign = lines_number(s->lines) == 1 ? lines_foreign(line) : NULL;
                if (foreign) { /* and nothing in it is a line */
                        complain_line(s, r, 1, foreign);
                        s->ended = true;
                        return 0;
                }
                if (blank(line))
                        continue;
                unsigned column = 1;
                arena_reset(r->line_arena);
                int bad = take_line(s, r, line, &column, &why);
                if (bad == 0) {
                        s->ready = true;
                        return 0;
                }
                if (bad < 0) {
                        fprintf(stderr, "tocsin replay: out of memory\n");
                        return EX_OSERR;
                }
                complain_line(s, r, column, why.text);
        }
}

int source_open(Source *s, Replay *r, const char *told) {
        const char *file = NULL;
        Why why = { 0 };
        *s = (Source){ .last_us = 0 };
        int bad = replay_place(r, told, "from", &s->stage, &s->port, &file);
        if (bad == 0)
                bad = replay_file(r, file, "from");
        if (bad != 0)
                return bad;
        bad = lines_open(&s->lines, file, &why);
        if (bad == 0)
                return 0;
        fprintf(stderr, "tocsin replay: %s\n", bad == LINES_E_FILE ? why.text : "out of memory");
        return bad == LINES_E_FILE ? EX_NOINPUT : EX_OSERR;
}

void source_close(Source *s) {
        lines_close(s->lines);
        buffer_deinit(&s->key);
        buffer_deinit(&s->value);
        for (Chained *c = s->held, *next; c; c = next) {
                next = c->next;
                free(c);
        }
        *s = (Source){ 0 };
}
