/* JSON text into values (jansson lives here and nowhere else). Pure; any thread.
 *
 * Objects become MAPs in the order of the text, arrays LISTs, integers I64, other numbers F64, strings STR. */
#pragma once

#include "core/arena.h"
#include "core/error.h"

typedef struct JsonPlace {
        unsigned line, column;       /* from 1; of the first byte that is wrong */
} JsonPlace;

enum {
        JSON_E_SYNTAX = 1,           /* not one JSON value; duplicate key; integer beyond 64 bits; not UTF-8 */
        JSON_E_LIMIT = 2             /* deeper than LIMIT_DEPTH, or the arena's max is reached */
};
/* 0: *ret lives in `a`, independent of `text` | JSON_E_…, *place and *why set (place NULL: it stands in *why) | -ENOMEM */
int json_parse(Arena *a, Bytes text, tocsin_value *ret, JsonPlace *place, Why *why);
