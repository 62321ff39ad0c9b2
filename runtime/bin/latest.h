/* The last value of each key, in the order in which keys came first. */
#pragma once

#include "core/arena.h"
#include "core/error.h"

typedef struct Latest Latest;
int latest_new(Latest **ret);
Latest *latest_free(Latest *l);
/* v NULL: the key is gone. 0 | -ENOMEM */
int latest_put(Latest *l, Bytes key, const tocsin_value *v);
/* each() != 0 ends it and is returned. */
int latest_each(const Latest *l, int (*each)(void *arg, Bytes key, const tocsin_value *v), void *arg);
const tocsin_value *latest_get(const Latest *l, Bytes key);
size_t latest_count(const Latest *l);
