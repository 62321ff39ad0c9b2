/* The demo's stream: read once, its times moved to now. */
#include "bin/demo.h"

#include "bin/lines.h"
#include "value/value.h"
#include "json/json.h"

#include <stdio.h>
#include <sysexits.h>
#include <time.h>
#include <tocsin/value.h>

#define STREAM_BYTES (64u << 20) /* the fixture has half a MiB */
#define BASE_US (INT64_C(1700000000) * 1000000) /* what times inside the fixture count from */

const char *const demo_topics[2] = { "ves.events", "onap.control-loop" };

static bool named(Bytes name, const char *const *names) {
        for (; *names; names++)
                if (bytes_eq_z(name, *names))
                        return true;
        return false;
}

/* "2023-11-14 22:13:20.500000+00:00", as ONAP's policy engine writes it. */
static void print_stamp(Buffer *out, const tocsin_value *v, int64_t delta_us) {
        struct tm tm = { 0 };
        char text[32];
        const char *rest = strptime(v->u.str, "%Y-%m-%d %H:%M:%S", &tm);
        time_t s = timegm(&tm) + delta_us / 1000000;
        if (!rest || !gmtime_r(&s, &tm)) {
                value_print(out, v);
                return;
        }
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
        buffer_printf(out, "\"%s%.*s\"", text, (int)(v->len - (size_t)(rest - v->u.str)), rest);
}

/* Prints a message with every time in it moved; delta_us is whole seconds. The depth is json_parse's: LIMIT_DEPTH. */
static void print_moved(Buffer *out, Bytes name, const tocsin_value *v, int64_t delta_us) {
        static const char *const in_us[] = { "startEpochMicrosec", "lastEpochMicrosec", NULL };
        static const char *const in_ms[] = { "closedLoopAlarmStart", "closedLoopAlarmEnd", "start", "end", NULL };
        if (v->kind == TOCSIN_I64 && named(name, in_us)) {
                buffer_printf(out, "%lld", (long long)(v->u.i64 + delta_us));
        } else if (v->kind == TOCSIN_I64 && named(name, in_ms)) {
                buffer_printf(out, "%lld", (long long)(v->u.i64 + delta_us / 1000));
        } else if (v->kind == TOCSIN_STR && bytes_eq_z(name, "notificationTime")) {
                print_stamp(out, v, delta_us);
        } else if (v->kind == TOCSIN_MAP || v->kind == TOCSIN_LIST) {
                bool map = v->kind == TOCSIN_MAP;
                buffer_u8(out, map ? '{' : '[');
                for (uint32_t i = 0; i < v->len; i++) {
                        const tocsin_field *f = map ? &v->u.fields[i] : NULL;
                        if (i)
                                buffer_u8(out, ',');
                        if (map) {
                                value_print_string(out, bytes_of(f->name, f->name_len));
                                buffer_u8(out, ':');
                        }
                        print_moved(out, map ? bytes_of(f->name, f->name_len) : BYTES_NULL, map ? &f->value : &v->u.items[i],
                                    delta_us);
                }
                buffer_u8(out, map ? '}' : ']');
        } else {
                value_print(out, v);
        }
}

static int take_attack(DemoStream *s, const tocsin_value *v, int64_t number, int64_t at_us) {
        if (number < 1 || number > DEMO_ATTACKS)
                return EX_DATAERR;
        DemoAttack *a = &s->attack[number];
        *a = (DemoAttack){ .at_us = at_us, .delay_us = -1 };
        const struct {
                const char *name;
                Bytes *to;
        } texts[] = { { "class", &a->class }, { "loop", &a->loop },         { "either", &a->either },
                      { "what", &a->what },   { "producer", &a->producer }, { "target", &a->target } };
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
                *texts[i].to = arena_dup(s->arena, tocsin_get_bytes(v, texts[i].name));
        if (number > s->n_attacks)
                s->n_attacks = (uint32_t)number;
        return 0;
}

static int take_line(DemoStream *s, const tocsin_value *v, int64_t delta_us, Buffer *text) {
        DemoLine *l = &s->lines[s->n++];
        *l = (DemoLine){ .at_us = tocsin_get_i64(v, "at_us", 0) };
        int64_t number = tocsin_get_i64(v, "attack", 0);
        if (number) {
                l->attack = (uint32_t)number;
                return take_attack(s, v, number, l->at_us);
        }
        const tocsin_value *value = tocsin_find(v, "value");
        Bytes topic = tocsin_get_bytes(v, "topic");
        l->topic = bytes_eq_z(topic, demo_topics[1]);
        if (!value || !bytes_eq_z(topic, demo_topics[l->topic]))
                return EX_DATAERR;
        buffer_clear(text);
        print_moved(text, BYTES_NULL, value, delta_us);
        l->value = arena_dup(s->arena, buffer_bytes(text));
        return text->failed || !l->value.ptr ? EX_OSERR : 0;
}

/* Two passes: the first counts, and finds the last time; the second reads. */
static int each_line(DemoStream *s, const char *file, bool read, Buffer *text) {
        _cleanup_(lines_closep) Lines *lines = NULL;
        _cleanup_(arena_freep) Arena *a = arena_new(STREAM_BYTES);
        Why why = { 0 };
        Bytes line;
        int r = a ? lines_open(&lines, file, &why) : -ENOMEM;
        if (r != 0) {
                fprintf(stderr, "tocsin demo: %s\n", r < 0 ? "out of memory" : why.text);
                return r < 0 ? EX_OSERR : EX_NOINPUT;
        }
        size_t n = 0;
        while ((r = lines_next(lines, &line, &why)) == 0) {
                tocsin_value v;
                arena_reset(a);
                r = json_parse(a, line, &v, NULL, &why);
                if (r == 0 && read)
                        r = take_line(s, &v, s->base_us - BASE_US, text);
                if (r != 0) {
                        fprintf(stderr, "%s:%llu: %s\n", file, (unsigned long long)lines_number(lines),
                                why.text[0] ? why.text : "not a line of a demo's stream");
                        return r < 0 ? EX_OSERR : EX_DATAERR;
                }
                int64_t at = tocsin_get_i64(&v, "at_us", 0);
                s->span_us = at > s->span_us ? at : s->span_us;
                n++;
        }
        if (!read && !(s->lines = calloc(n + 1, sizeof *s->lines)))
                return EX_OSERR;
        return r == LINES_E_END ? 0 : EX_DATAERR;
}

int demo_stream_load(DemoStream *ret, const char *file, int64_t end_us) {
        Buffer text = BUFFER_NULL;
        *ret = (DemoStream){ .arena = arena_new(STREAM_BYTES) };
        int r = ret->arena ? each_line(ret, file, false, &text) : EX_OSERR;
        ret->base_us = (end_us - ret->span_us) / 1000000 * 1000000;
        if (r == 0)
                r = each_line(ret, file, true, &text);
        buffer_deinit(&text);
        if (r != 0)
                demo_stream_deinit(ret);
        return r;
}

void demo_stream_deinit(DemoStream *s) {
        arena_free(s->arena);
        free(s->lines);
        *s = (DemoStream){ 0 };
}

uint32_t demo_explain(const DemoStream *s, const tocsin_value *incident) {
        Bytes class = tocsin_get_bytes(incident, "class"), loop = tocsin_get_bytes(incident, "loop");
        Bytes producer = tocsin_get_bytes(incident, "producer"), target = tocsin_get_bytes(incident, "target");
        uint32_t known = 0;
        for (uint32_t i = 1; i <= s->n_attacks; i++) {
                const DemoAttack *a = &s->attack[i];
                bool fits = bytes_eq(a->class, class) &&
                            (bytes_eq(a->loop, loop) || (a->either.len && bytes_eq(a->either, loop))) &&
                            (!a->producer.len || bytes_eq(a->producer, producer)) &&
                            (!a->target.len || bytes_begin(target, a->target)); /* "target/attribute" */
                if (fits && a->sent_us && a->delay_us < 0)
                        return i;
                if (fits)
                        known = i;
        }
        return known;
}
