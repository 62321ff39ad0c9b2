/* Streams of records for every port of a plugin: from files, and out of a seed. All of it lives in the kit's arena. */
#pragma once

#include "bin/conform.h"

/* The lines of --events: bare values for the first STREAM port, or {"port","key","time_us","value"}; a line for a TABLE
 * port is a row (value null: it is gone). 0 | KIT_E_DESCRIPTOR, *why: which line | -ENOMEM */
int stream_given(Kit *k, Stream *ret, Why *why);
/* About n records: plausible ones, random ones, changed copies of the given. Rows of TABLE ports come first and in
 * between. 0 | KIT_E_DESCRIPTOR | -ENOMEM */
int stream_random(Kit *k, Random *r, size_t n, Stream *ret, Why *why);
/* Values random through and through, each port alike; changed copies of the given for JSON ports. */
int stream_hostile(Kit *k, Random *r, size_t n, Stream *ret, Why *why);
/* From a whole value of the port to raw bytes and to the body as the port reads it; key and times from its paths.
 * 0 | RULE_E_BROKEN: the value does not fit | -ENOMEM */
int item_bind(Kit *k, Item *it, const tocsin_value *whole, Why *why);
void stream_deinit(Stream *s);
