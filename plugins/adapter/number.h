/* Numbers and times as text. Whatever the locale is, the point is a point. */
#pragma once

#include <stdbool.h>
#include <tocsin/value.h>

/* The text is a number by the grammar of JSON (no sign but '-', no leading zeros, no spaces) and finite. */
bool number_of_text(tocsin_bytes text, double *ret);
/* An integer: digits with perhaps a '-'. */
bool integer_of_text(tocsin_bytes text, int64_t *ret);
/* An integer given as I64, as F64 without a fraction below 2^53, or (with `text`) as STR of the above. */
bool integer_of_value(const tocsin_value *v, bool text, int64_t *ret);
bool number_of_value(const tocsin_value *v, bool text, double *ret);
/* Shortest text that reads back the same; size >= 32. Returns the length. */
size_t number_text(double d, char *buf, size_t size);

/* RFC 3339 and its relatives: date, 'T', 't' or a space, time, perhaps a fraction, then Z or an offset (+00:00, +0000, +00).
 * Microseconds since 1970 UTC; digits of the fraction beyond the sixth are cut. */
bool time_of_text(tocsin_bytes text, int64_t *ret_us);
