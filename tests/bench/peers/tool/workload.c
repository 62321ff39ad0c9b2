/* Events, alerts, and what the jobs must make of them. */
#include "workload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CRC-64-AVRO of ../schemas; a contestant that reads the files itself would otherwise refuse every record. */
#define ALERT_FINGERPRINT UINT64_C(0xe6848c8da63d6bc1)
#define CLOSED_LOOP_EVENT_FINGERPRINT UINT64_C(0x2546f53cf03cee4a)
#define NOTE "a sentence that somebody left here for whoever reads the next hundred of them, no. "
#define BARE 200 /* bytes from which on the optional parts are there */
#define USUAL 232

bool shape_parse(Shape *ret, const char *text) {
        char hot[2] = "", tail;
        Shape s = { 0 };
        if (sscanf(text, "%" SCNu64 "/%zu%c", &s.loops, &s.bytes, &tail) != 2 &&
            sscanf(text, "%" SCNu64 "%1[h]/%zu%c", &s.loops, hot, &s.bytes, &tail) != 3)
                return false;
        s.hot = hot[0];
        *ret = s;
        return s.loops > 0 && s.bytes <= EVENT_MAX - 512;
}

static uint64_t mix(uint64_t x) { /* splitmix64 */
        x += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        return x ^ x >> 31;
}

/* ---- writing ---- */

static uint8_t *put_long(uint8_t *p, int64_t v) {
        uint64_t n = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
        for (; n >= 0x80; n >>= 7)
                *p++ = (uint8_t)(n | 0x80);
        *p++ = (uint8_t)n;
        return p;
}

static uint8_t *put_bytes(uint8_t *p, const char *s, size_t len) {
        p = put_long(p, (int64_t)len);
        memcpy(p, s, len);
        return p + len;
}

static uint8_t *put_text(uint8_t *p, const char *s) {
        return put_bytes(p, s, strlen(s));
}

static uint8_t *put_double(uint8_t *p, const char *name, double v) {
        p = put_text(p, name);
        memcpy(p, &v, sizeof v);
        return p + sizeof v;
}

static uint8_t *put_header(uint8_t *p, uint64_t fingerprint) {
        *p++ = 0xc3;
        *p++ = 0x01;
        for (int i = 0; i < 8; i++)
                *p++ = (uint8_t)(fingerprint >> 8 * i);
        return p;
}

uint64_t event_loop(const Shape *s, uint64_t i) {
        uint64_t r = mix(i);
        if (!s->hot)
                return r % s->loops;
        return r % HOT_SHARE == 0 ? r / HOT_SHARE % HOT_LOOPS : (r >> 8) % s->loops;
}

size_t event_key(char key[KEY_MAX], uint64_t loop) {
        return (size_t)snprintf(key, KEY_MAX, "loop-%05" PRIu64, loop);
}

/* Of an event: what follows from its number, in the order of the schema's fields. */
size_t event_encode(uint8_t out[EVENT_MAX], const Shape *s, uint64_t i, int64_t time) {
        static const char *const vendor[] = { "nordwind", "acme-ran", "helios", "ostrava" };
        uint64_t r = mix(i ^ UINT64_C(0x70c51e)), loop = event_loop(s, i);
        bool full = s->bytes >= BARE;
        char key[KEY_MAX], text[64];
        uint8_t *p = put_header(out, CLOSED_LOOP_EVENT_FINGERPRINT);
        snprintf(text, sizeof text, "%016" PRIx64 "-%08" PRIx64, mix(i + 1), i);
        p = put_text(p, text);
        p = put_bytes(p, key, event_key(key, loop));
        snprintf(text, sizeof text, "edge-%02" PRIu64 ".region-%" PRIu64 ".operator", loop % 40, loop % 4);
        p = put_text(p, full ? text : "edge");
        p = put_long(p, r % 10 ? 0 : 1); /* stage */
        p = put_long(p, r % 10 ? KIND_TELEMETRY : KIND_TRIGGER);
        snprintf(text, sizeof text, "probe-%04" PRIu64, loop % 2000);
        p = put_text(p, full ? text : "probe");
        p = put_long(p, 3); /* incarnation */
        p = put_long(p, (int64_t)i); /* sequence */
        p = put_long(p, time);
        p = put_long(p, full && !(r >> 8 & 1)); /* correlation */
        if (full && !(r >> 8 & 1)) {
                snprintf(text, sizeof text, "corr-%012" PRIx64, r >> 16);
                p = put_text(p, text);
        }
        if (full && r >> 9 & 1) { /* causes */
                p = put_long(p, 1);
                snprintf(text, sizeof text, "%016" PRIx64, mix(r));
                p = put_text(p, text);
        }
        p = put_long(p, 0);
        p = put_text(p, full ? "nr-cell" : "cell");
        snprintf(text, sizeof text, "gnb-%06" PRIu64 "/cell-%u", loop * 7, (unsigned)(r >> 10 & 3));
        p = put_text(p, full ? text : "gnb");
        p = put_long(p, full ? 2 : 1);
        p = put_double(p, "load", (double)(r >> 20 & 0xffff) / 655.36);
        if (full)
                p = put_double(p, "latency_ms", 1.0 + (double)(r >> 36 & 0xffff) / 1000.0);
        p = put_long(p, 0);
        if (full) {
                int64_t notes = s->bytes > USUAL ? (int64_t)((s->bytes - USUAL) / (sizeof NOTE + 10)) : 0;
                p = put_long(p, 2 + notes);
                p = put_text(put_text(p, "vendor"), vendor[loop & 3]);
                p = put_text(put_text(p, "software"), "gnb-cu-24.3.1-rel7+hotfix2");
                for (int64_t k = 0; k < notes; k++) {
                        snprintf(text, sizeof text, "note-%03" PRId64, k);
                        p = put_text(put_text(p, text), NOTE);
                }
        }
        p = put_long(p, 0);
        return (size_t)(p - out);
}

size_t alert_encode(uint8_t out[ALERT_MAX], const Event *e) {
        uint8_t *p = put_header(out, ALERT_FINGERPRINT);
        p = put_bytes(p, e->loop.at, e->loop.len);
        p = put_bytes(p, e->id.at, e->id.len);
        p = put_long(p, e->time);
        p = put_long(p, (int)(e->load / 20)); /* severity 0..4 */
        return (size_t)(p - out);
}

/* ---- reading: a cursor that fails once and stays failed ---- */

typedef struct Cursor {
        const uint8_t *p, *end;
        bool bad;
} Cursor;

static int64_t get_long(Cursor *c) {
        uint64_t n = 0;
        for (int shift = 0; c->p < c->end && shift < 70; shift += 7) {
                uint8_t b = *c->p++;
                n |= (uint64_t)(b & 0x7f) << shift;
                if (b < 0x80)
                        return (int64_t)(n >> 1 ^ (0 - (n & 1)));
        }
        c->bad = true;
        return 0;
}

static Span get_bytes(Cursor *c) {
        int64_t len = get_long(c);
        if (len < 0 || len > c->end - c->p) {
                c->bad = true;
                return (Span){ "", 0 };
        }
        Span s = { (const char *)c->p, (size_t)len };
        c->p += len;
        return s;
}

static double get_double(Cursor *c) {
        double v = 0;
        if (c->end - c->p < 8) {
                c->bad = true;
                return 0;
        }
        memcpy(&v, c->p, 8);
        c->p += 8;
        return v;
}

static int64_t get_block(Cursor *c) { /* items in the next block of an array or map; 0 at its end */
        int64_t n = get_long(c);
        if (n < 0) {
                n = -n;
                get_long(c);
        }
        if (n < 0 || n > c->end - c->p) /* every item takes at least one byte */
                c->bad = true;
        return c->bad ? 0 : n;
}

static bool framed(const uint8_t *in, size_t len, uint64_t fingerprint) {
        uint64_t f = 0;
        if (len < HEADER || in[0] != 0xc3 || in[1] != 0x01)
                return false;
        for (int i = 0; i < 8; i++)
                f |= (uint64_t)in[2 + i] << 8 * i;
        return f == fingerprint;
}

bool event_decode(const uint8_t *in, size_t len, Event *ret) {
        if (!framed(in, len, CLOSED_LOOP_EVENT_FINGERPRINT))
                return false;
        Cursor c = { in + HEADER, in + len, false };
        Event e = { 0 };
        int64_t n;
        e.id = get_bytes(&c);
        e.loop = get_bytes(&c);
        get_bytes(&c); /* domain */
        get_long(&c); /* stage */
        e.kind = (int)get_long(&c);
        get_bytes(&c); /* producer */
        get_long(&c);
        get_long(&c);
        e.time = get_long(&c);
        if (get_long(&c)) /* correlation */
                get_bytes(&c);
        while ((n = get_block(&c))) /* causes */
                while (n-- && !c.bad)
                        get_bytes(&c);
        get_bytes(&c); /* subject */
        get_bytes(&c);
        while ((n = get_block(&c)))
                while (n-- && !c.bad) {
                        Span name = get_bytes(&c);
                        double value = get_double(&c);
                        if (name.len == 4 && !memcmp(name.at, "load", 4))
                                e.load = value;
                }
        while ((n = get_block(&c))) /* attributes */
                while (n-- && !c.bad) {
                        get_bytes(&c);
                        get_bytes(&c);
                }
        if (c.bad || c.p != c.end)
                return false;
        *ret = e;
        return true;
}

int64_t framed_time(const uint8_t *in, size_t len) {
        Event e;
        if (event_decode(in, len, &e))
                return e.time;
        if (!framed(in, len, ALERT_FINGERPRINT))
                return -1;
        Cursor c = { in + HEADER, in + len, false };
        get_bytes(&c);
        get_bytes(&c);
        int64_t time = get_long(&c);
        return c.bad ? -1 : time;
}

uint64_t record_hash(const void *key, size_t key_len, const void *value, size_t len) {
        uint64_t h = UINT64_C(0xcbf29ce484222325);
        const uint8_t *p = key;
        for (size_t i = 0; i < key_len; i++)
                h = (h ^ p[i]) * UINT64_C(0x100000001b3);
        for (p = value; len--; p++)
                h = (h ^ *p) * UINT64_C(0x100000001b3);
        return h;
}

/* ---- what must come out ---- */

struct Oracle {
        Shape shape;
        Total j1, j2;
        struct {
                int64_t window, count;
        } of[];
};

Oracle *oracle_new(const Shape *s) {
        uint64_t loops = s->hot && s->loops < HOT_LOOPS ? HOT_LOOPS : s->loops;
        Oracle *o = calloc(1, sizeof *o + (size_t)loops * sizeof o->of[0]);
        if (o)
                o->shape = *s;
        return o;
}

void oracle_free(Oracle *o) {
        free(o);
}

static void add(Total *t, uint64_t hash) {
        t->n++;
        t->sum += hash;
}

void oracle_see(Oracle *o, uint64_t i, const uint8_t *event, size_t len) {
        uint8_t alert[ALERT_MAX];
        Event e;
        if (!event_decode(event, len, &e)) {
                fprintf(stderr, "event %" PRIu64 " does not decode\n", i);
                exit(70);
        }
        uint64_t hash = record_hash(e.loop.at, e.loop.len, alert, alert_encode(alert, &e)), loop = event_loop(&o->shape, i);
        int64_t window = e.time / WINDOW_US;
        if (e.kind == KIND_TRIGGER)
                add(&o->j1, hash);
        if (o->of[loop].window != window) {
                o->of[loop].window = window;
                o->of[loop].count = 0;
        }
        if (++o->of[loop].count == THRESHOLD)
                add(&o->j2, hash);
}

void oracle_print(const Oracle *o) {
        printf("J1 %" PRIu64 " %016" PRIx64 "\nJ2 %" PRIu64 " %016" PRIx64 "\n", o->j1.n, o->j1.sum, o->j2.n, o->j2.sum);
}
