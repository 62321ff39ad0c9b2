/* The vectors of tests/vectors/kse1/core.json, and bytes written as hex. */
#pragma once

#include "core/arena.h"
#include "core/bytes.h"
#include "core/error.h"
#include "json/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define VECTOR_MOST 8192u

typedef struct Hex { /* owns its bytes; absent: a null */
        uint8_t b[VECTOR_MOST];
        size_t len;
        bool absent;
} Hex;

static inline Bytes hex_bytes(const Hex *h) {
        return h->absent ? BYTES_NULL : bytes_of(h->b, h->len);
}

static inline Hex hex_of(Bytes text) {
        Hex h = { .len = text.len / 2 };
        cr_assert_leq(h.len, VECTOR_MOST);
        for (size_t i = 0; i < h.len; i++) {
                char pair[3] = { (char)text.ptr[2 * i], (char)text.ptr[2 * i + 1], 0 };
                h.b[i] = (uint8_t)strtoul(pair, NULL, 16);
        }
        return h;
}
static inline Hex hex_z(const char *text) {
        return hex_of(bytes_z(text));
}

static inline const tocsin_value *vector_at(const tocsin_value *object, const char *name) {
        for (uint32_t i = 0; i < object->len; i++)
                if (bytes_eq_z(bytes_of(object->u.fields[i].name, object->u.fields[i].name_len), name))
                        return &object->u.fields[i].value;
        cr_assert_fail("no %s in the vectors", name);
        abort();
}
static inline Hex vector_hex(const tocsin_value *object, const char *name) {
        const tocsin_value *v = vector_at(object, name);
        if (v->kind == TOCSIN_NULL)
                return (Hex){ .absent = true };
        return hex_of(bytes_of(v->u.str, v->len));
}
static inline int64_t vector_int(const tocsin_value *object, const char *name) {
        return vector_at(object, name)->u.i64;
}

/* The whole file; lives in the arena. */
static inline tocsin_value vectors(Arena *a) {
        FILE *f = fopen(SEAL_VECTORS, "r");
        cr_assert(f, "%s", SEAL_VECTORS);
        static char text[1u << 20];
        size_t n = fread(text, 1, sizeof text, f);
        fclose(f);
        tocsin_value v;
        Why why = { 0 };
        cr_assert_eq(json_parse(a, bytes_of(text, n), &v, NULL, &why), 0, "%s", why.text);
        return v;
}
