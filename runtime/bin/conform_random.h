/* Values out of a seed: of any Avro schema, of JSON, and by small changes to a given one. */
#pragma once

#include "bin/conform.h"
#include "core/arena.h"

/* Says what stands at a path ("producer.name") instead of chance: true, and *ret is set. */
typedef bool RandomAt(void *arg, const char *path, Random *r, Arena *a, tocsin_value *ret);

/* A value that fits the schema; at: may be NULL. 0 | -ENOMEM | SCHEMA_E_BAD: a text that names an unknown type */
int random_value(const Schema *schema, const Schemas *known, Random *r, RandomAt *at, void *arg, Arena *a, tocsin_value *ret);
/* As json_parse() would give it. 0 | -ENOMEM */
int random_json(Random *r, unsigned depth, Arena *a, tocsin_value *ret);
/* A copy of which a few parts are other values, gone or doubled; kinds of scalars are kept if `same_kinds`. 0 | -ENOMEM */
int random_change(Random *r, const tocsin_value *v, bool same_kinds, Arena *a, tocsin_value *ret);
/* A word out of few, so that words meet again; now and then any text. */
tocsin_value random_text(Random *r, Arena *a);
