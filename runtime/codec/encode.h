/* What the two ways into a schema's value share: what fits, and where it did not. Inside the room only. */
#pragma once

#include "codec/codec.h"
#include "codec/node.h"
#include "value/utf8.h"

#define LIMIT_FIT_STEPS (1u << 22)   /* values looked at to find branches: records in unions in records can double */

typedef struct Trail {               /* the path to what does not fit, put together on the way back */
        Why *why;
        char path[256];
} Trail;
/* Puts a step in front. */
void trail_step(Trail *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
int trail_end(const Trail *t, int r, const char *schema);

typedef struct Encoder {
        uint8_t *end;                /* of what may be written, in `out`'s memory */
        Buffer *out;
        Trail trail;
        uint32_t steps;
        int failed;                  /* CODEC_E_…, -ENOMEM or -EMSGSIZE, once something did */
} Encoder;

const char *encode_kind(const tocsin_value *v);  /* "a list", … */
/* Index of the symbol that ENUM or STR v is. -1: none of t's. */
int32_t encode_symbol(const Node *t, const tocsin_value *v);
/* Is it a double that a float can stand for, if not exactly? */
bool encode_fits_float(double d);
/* Would encoding v as t succeed? steps reaches LIMIT_FIT_STEPS when that is too much to find out. */
bool encode_fits(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth);

/* Are both texts of n bytes the same? The decoder's names are the schema's own memory, a plugin's are not: short ones are
 * compared here, as words that overlap. Neither case is the likely one. */
static inline bool encode_same(const void *a, const void *b, size_t n) {
        const uint8_t *x = a, *y = b;
        if (x == y)
                return true;
        if (n >= 8 && n <= 16)
                return ((utf8_load(x) ^ utf8_load(y)) | (utf8_load(x + n - 8) ^ utf8_load(y + n - 8))) == 0;
        if (n >= 4 && n < 8)
                return ((utf8_load_half(x) ^ utf8_load_half(y)) | (utf8_load_half(x + n - 4) ^ utf8_load_half(y + n - 4))) == 0;
        return memcmp(x, y, n) == 0;
}
static inline bool encode_is_field(const tocsin_field *x, const NodeField *f) {
        return x->name_len == f->name.len && encode_same(x->name, f->name.ptr, f->name.len);
}
/* The value's field for f, looked for where it should be first. NULL: not there. */
static inline const tocsin_field *encode_field(const tocsin_value *v, const NodeField *f, uint32_t i) {
        if (__builtin_expect(i < v->len && encode_is_field(&v->u.fields[i], f), 1))
                return &v->u.fields[i];
        for (uint32_t j = 0; j < v->len; j++)
                if (encode_is_field(&v->u.fields[j], f))
                        return &v->u.fields[j];
        return NULL;
}
