/* What the codec's tests say often. */
#pragma once

#include "codec/codec.h"
#include "core/limits.h"
#include "json/json.h"
#include "value/value.h"
#include <criterion/criterion.h>
#include <tocsin/value.h>

static inline Schema *schema_of(const char *text) {
        Schema *s = NULL;
        Why why = { 0 };
        cr_assert_eq(schema_parse(&s, bytes_z(text), NULL, &why), 0, "%s", why.text);
        return s;
}

static inline Plan *plan_of(const Schema *w, const Schema *r) {
        Plan *p = NULL;
        Why why = { 0 };
        cr_assert_eq(plan_new(&p, w, r, NULL, 0, &why), 0, "%s", why.text);
        return p;
}

/* A schema, its plan and an arena, for reading bytes given in hex. */
typedef struct Desk {
        Schema *writer, *reader;
        Plan *plan;
        Arena *arena;
        tocsin_value v;
} Desk;

static inline Desk desk_new(const char *writer, const char *reader) {
        Desk d = { .writer = schema_of(writer),
                   .reader = schema_of(reader ? reader : writer),
                   .arena = arena_new(LIMIT_DECODE_BYTES) };
        d.plan = plan_of(d.writer, d.reader);
        return d;
}

static inline void desk_deinit(Desk *d) {
        plan_free(d->plan);
        schema_free(d->writer);
        schema_free(d->reader);
        arena_free(d->arena);
}

static inline Bytes bytes_of_hex(Arena *a, const char *hex) {
        size_t n = 0;
        uint8_t *to = arena_alloc(a, strlen(hex) + 1);
        for (unsigned b; sscanf(hex, "%2x", &b) == 1; hex += 2) {
                to[n++] = (uint8_t)b;
                while (hex[2] == ' ')
                        hex++;
        }
        return bytes_of(to, n);
}

static inline int desk_read(Desk *d, const char *hex) {
        arena_reset(d->arena);
        return plan_decode(d->plan, bytes_of_hex(d->arena, hex), d->arena, &d->v);
}

static inline void prints(const tocsin_value *v, const char *expected) {
        Buffer out = BUFFER_NULL;
        value_print(&out, v);
        cr_assert(bytes_eq_z(buffer_bytes(&out), expected), "'%.*s' is not '%s'", BYTES_ARG(buffer_bytes(&out)), expected);
        buffer_deinit(&out);
}

static inline tocsin_value json_of(Arena *a, const char *text) {
        tocsin_value v;
        Why why = { 0 };
        cr_assert_eq(json_parse(a, bytes_z(text), &v, NULL, &why), 0, "%s", why.text);
        return v;
}
