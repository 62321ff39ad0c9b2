/* Inside this room: the subset of JSON Schema, as lint and check both walk it. */
#pragma once

#include "config/config.h"
#include "core/buffer.h"
#include <tocsin/value.h>

#define PATTERN_MAX 256u         /* bytes; more is a grammar, not a pattern */
#define PATTERN_REPEATS 1000     /* product of all {n}: what regcomp() may unfold */

/* A JSON pointer that grows and shrinks with the walk. */
typedef struct Pointer { Buffer text; } Pointer;
size_t pointer_push(Pointer *p, Bytes name);     /* -> where to cut back to */
size_t pointer_push_index(Pointer *p, uint32_t i);
void pointer_cut(Pointer *p, size_t len);
const char *pointer_text(Pointer *p);            /* NUL-terminated; lives until the next change */

/* What `type` says: a word of `types`, or NULL for any. */
bool type_fits(Bytes type, const tocsin_value *v);

/* Does `v` fit `schema`, which is linted? Fills defaults into *ret. each() may be NULL. 0 | CONFIG_E_BAD | -ENOMEM */
typedef struct Check {
        Arena *arena;
        Pointer at;
        void (*each)(void *arg, const char *pointer, bool key, const char *text);
        void *arg;
        bool bad;
} Check;
int check_value(Check *c, const tocsin_value *schema, const tocsin_value *v, tocsin_value *ret);
