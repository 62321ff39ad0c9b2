/* Does a natural value look like its Avro schema? Complaints by JSON pointer, all of them, with the nearest name: for people
 * who write registry entries by hand. natural_read() stays the judge; this only says it better. Pure. */
#pragma once

#include "codec/schema.h"

/* pointer: "/producers/0/name"; key: it is about the key there rather than about its value. 0 | -ENOMEM */
int shape_check(const Schema *schema, const tocsin_value *v,
                void (*each)(void *arg, const char *pointer, bool key, const char *text), void *arg);
