/* What one may do with a tocsin_value besides reading it: compare, copy, find, print. Pure; any thread. */
#pragma once

#include "core/arena.h"
#include "core/buffer.h"

/* Same kind and content. MAPs by entry order, as they came; F64 by bits (a NaN equals itself); branch is ignored. */
bool value_equal(const tocsin_value *a, const tocsin_value *b);

/* A deep copy in `a`. 0 | -ENOMEM. */
int value_copy(Arena *a, const tocsin_value *v, tocsin_value *ret);

/* "a.b[0].c": fields and entries by name, list items by index. NULL: not there. */
const tocsin_value *value_path(const tocsin_value *v, const char *path);

/* The natural JSON form on one line: RECORD and MAP objects in their order, NONE fields left out, ENUM its symbol,
 * BYTES base64 (RFC 4648, padded), F64 the shortest text that reads back the same, always with '.' or exponent;
 * NaN and infinities "NaN", "Infinity", "-Infinity" as strings. Text is escaped to valid JSON; bytes that are not
 * UTF-8 become U+FFFD. */
void value_print(Buffer *out, const tocsin_value *v);
void value_print_string(Buffer *out, Bytes text);
