/* Avro schemas: parsed, named, fingerprinted. Immutable after parsing; any thread.
 *
 * Follows the Apache Avro 1.11 specification. Attributes kept: doc, default, aliases, order, logicalType (known ones
 * change nothing on the wire), and any other attribute by name for lint and docs. */
#pragma once

#include "core/arena.h"
#include "core/error.h"

typedef struct Schema Schema;        /* one parsed text: a tree of types, possibly recursive by name */
typedef struct Schemas Schemas;      /* many, found by full name, fingerprint or registry id; owns them */

enum {
        SCHEMA_E_BAD = 1,            /* not a schema of Avro 1.11; *why has the JSON pointer and the rule */
        SCHEMA_E_CLASH = 2           /* a different schema with that full name is already there */
};

/* Parses; names defined elsewhere are looked up in `known` (may be NULL). 0 | SCHEMA_E_BAD | -ENOMEM. */
int schema_parse(Schema **ret, Bytes text, const Schemas *known, Why *why);
Schema *schema_free(Schema *s);
CLEANUP_DEFINE(Schema, schema_free)

/* Full name of a named root type, else the type's name ("string"); NUL-terminated, lives with s. */
const char *schema_name(const Schema *s);
/* CRC-64-AVRO of the parsing canonical form. */
uint64_t schema_fingerprint(const Schema *s);
/* The parsing canonical form; lives with s. */
Bytes schema_canonical(const Schema *s);
/* The text it was parsed from; lives with s. */
Bytes schema_text(const Schema *s);
/* The same as json_parse() gave it, with every attribute; lives with s. */
const tocsin_value *schema_json(const Schema *s);

Schemas *schemas_new(void);
Schemas *schemas_free(Schemas *r);
CLEANUP_DEFINE(Schemas, schemas_free)
/* Takes `s` on 0. 0 (also when the same schema is there already: s is freed) | SCHEMA_E_CLASH, s stays yours.
 * The newest under a full name is found by name; older ones stay reachable by fingerprint: schemas_add_writer. */
int schemas_add(Schemas *r, Schema *s, Why *why);
/* A writer's schema, found by fingerprint and, with id >= 0, by registry id only. Takes s. */
int schemas_add_writer(Schemas *r, Schema *s, int64_t id, Why *why);
/* Every *.avsc of a folder, in an order that resolves names; *.avsc below `writers/` as writers (NNN.avsc: id NNN). */
int schemas_load(Schemas *r, const char *folder, Why *why);
const Schema *schemas_by_name(const Schemas *r, const char *full_name);
const Schema *schemas_by_fingerprint(const Schemas *r, uint64_t fingerprint);
const Schema *schemas_by_id(const Schemas *r, int64_t id);
/* Each schema found by name, in the order of names. */
void schemas_each(const Schemas *r, void (*each)(void *arg, const Schema *s), void *arg);
