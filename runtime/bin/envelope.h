/* One line of input: a bare value, or {"port","key","time_us","value"}. Pure. */
#pragma once

#include "core/arena.h"
#include "json/json.h"

typedef struct Envelope {
        bool wrapped;                /* an object with "value" and no other keys than these four */
        Bytes port;                  /* ptr NULL: not told */
        const tocsin_value *key;     /* STR or NULL; NULL: not told */
        const tocsin_value *time;    /* I64 or STR; NULL: not told */
        tocsin_value value;
        Bytes raw;                   /* the value as it stands in the line */
        unsigned column;             /* where it begins, from 1 */
} Envelope;

enum { ENVELOPE_E_BAD = 1 };         /* *place and *why say where and what */
/* *ret lives in `a` and borrows from `line`. 0 | ENVELOPE_E_BAD | -ENOMEM */
int envelope_read(Envelope *ret, Bytes line, Arena *a, JsonPlace *place, Why *why);

/* Where in the text of a JSON value a JSON pointer leads, from 0: to the value, or to its key; as far as it can be followed. */
size_t envelope_place(Bytes text, const char *pointer, bool key);
