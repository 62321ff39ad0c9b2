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
        Buffer *out;
        Trail trail;
        uint32_t steps;
} Encoder;

const char *encode_kind(const tocsin_value *v);  /* "a list", … */
/* Index of the symbol that ENUM or STR v is. -1: none of t's. */
int32_t encode_symbol(const Node *t, const tocsin_value *v);
