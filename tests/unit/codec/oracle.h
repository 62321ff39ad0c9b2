/* Avro-C as an oracle: does it say the same of these bytes? */
#pragma once

#include <avro.h>
#include "codec/codec.h"

typedef struct Oracle {
        avro_schema_t schema;
        avro_value_iface_t *iface;
        avro_value_t value;
} Oracle;

/* false: Avro-C does not take this schema. */
bool oracle_init(Oracle *o, Bytes schema);
void oracle_deinit(Oracle *o);
/* Reads `in` into o->value. 0: one whole value and nothing behind it. */
int oracle_read(Oracle *o, Bytes in);
/* o->value as bytes. */
void oracle_write(Oracle *o, Buffer *out);
/* Is o->value the same as v? `why` says where not. */
bool oracle_same(const avro_value_t *theirs, const tocsin_value *ours);
