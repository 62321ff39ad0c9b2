/* The named types of an Avro schema's text, found by name: what a generator of values needs to know. */
#pragma once

#include "codec/schema.h"
#include <tocsin/value.h>

#define TYPES_MAX 1024u         /* of one schema and those it names */

typedef struct Type {
        char *name;             /* full */
        const char *space;      /* namespace of what stands inside */
        const tocsin_value *definition;
} Type;

typedef struct Types {
        const Schemas *known;   /* where names that are defined elsewhere are looked up */
        Type *at;
        size_t n;
} Types;

/* Everything that `text` defines. 0: *ret is its root | -ENOMEM | SCHEMA_E_BAD */
int types_add(Types *t, Bytes text, Arena *a, const tocsin_value **ret);
/* The type a word names within a namespace. 0: *ret is it, or NULL: a primitive's name | SCHEMA_E_BAD: unknown | -ENOMEM */
int types_find(Types *t, Bytes word, const char *space, Arena *a, const Type **ret);
/* The type that this very definition made; NULL: it made none. */
const Type *types_of(const Types *t, const tocsin_value *definition);
void types_deinit(Types *t);
