/* What the two ways into a schema's value share: what fits, and where it did not. Inside the room only. */
#pragma once

#include "codec/codec.h"
#include "codec/node.h"

#define LIMIT_FIT_STEPS (1u << 22)   /* values looked at to find branches: records in unions in records can double */

typedef struct Trail {               /* the path to what does not fit, put together on the way back */
        Why *why;
        char path[256];
} Trail;
/* Puts a step in front. */
void trail_step(Trail *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
int trail_end(const Trail *t, int r, const char *schema);

typedef struct Encoder {
        uint8_t *p, *end;            /* where to write, in `out`'s memory */
        Buffer *out;
        Trail trail;
        uint32_t steps;
} Encoder;

const char *encode_kind(const tocsin_value *v);  /* "a list", … */
/* Index of the symbol that ENUM or STR v is. -1: none of t's. */
int32_t encode_symbol(const Node *t, const tocsin_value *v);
/* Is it a double that a float can stand for, if not exactly? */
bool encode_fits_float(double d);
/* Would encoding v as t succeed? steps reaches LIMIT_FIT_STEPS when that is too much to find out. */
bool encode_fits(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth);

static inline bool encode_is_field(const tocsin_field *x, const NodeField *f) {
        const char *name = (const char *)f->name.ptr;
        return x->name_len == f->name.len && (x->name == name || memcmp(x->name, name, f->name.len) == 0);
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
