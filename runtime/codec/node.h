/* A parsed schema as a graph of types; inside the room only. Names become pointers, so recursion is a cycle. */
#pragma once

#include "codec/schema.h"

typedef enum NodeType {
        NODE_NULL, NODE_BOOLEAN, NODE_INT, NODE_LONG, NODE_FLOAT, NODE_DOUBLE, NODE_BYTES, NODE_STRING,  /* primitive */
        NODE_FIXED, NODE_ENUM, NODE_RECORD,                                                              /* named */
        NODE_ARRAY, NODE_MAP, NODE_UNION
} NodeType;
#define NODE_PRIMITIVES 8

typedef enum Logical { LOGICAL_NONE, LOGICAL_MILLIS, LOGICAL_MICROS } Logical;

typedef struct Node Node;

typedef struct NodeField {
        Bytes name;                      /* NUL-terminated besides */
        Node *type;
        const Bytes *aliases;
        uint32_t n_aliases;
        const tocsin_value *json;        /* the default as it stands in the text; NULL: none */
        enum { DEFAULT_NEW, DEFAULT_BUSY, DEFAULT_DONE } state;
        uint32_t weight;                 /* values in the default, repeated ones counted each time */
        tocsin_value otherwise;          /* the default as a value, once DEFAULT_DONE */
} NodeField;

struct Node {
        NodeType type;
        Logical logical;
        uint32_t n;                      /* of fields, symbols or branches; FIXED: bytes */
        uint32_t number;                 /* in its schema, from 0 */
        int32_t otherwise;               /* ENUM: index of its default; -1: none */
        uint32_t min_bytes;              /* no value takes fewer on the wire; 0: every value takes none */
        const char *name;                /* full name, NULL: not a named type */
        Bytes base;                      /* what follows its last dot */
        const Bytes *aliases;            /* full names */
        uint32_t n_aliases;
        NodeField *fields;               /* RECORD */
        Bytes *symbols;                  /* ENUM; each NUL-terminated besides */
        Node **branches;                 /* UNION */
        Node *items;                     /* ARRAY, MAP */
        const tocsin_value *json;        /* of a named type: its definition, and the namespace it stands in */
        const char *space;
        Node *next, *next_named;
};

struct Schema {
        Arena *arena;                    /* everything below, and this */
        Bytes text, canonical;
        uint64_t fingerprint;
        tocsin_value json;
        Node *root, *nodes, *named;
        uint32_t n_nodes;
};

extern const char *const node_words[NODE_UNION + 1];

static inline bool node_is_named(const Node *t) {
        return t->name != NULL;
}
/* The named type anywhere in `known`; NULL: none. */
const Node *schemas_type(const Schemas *known, const char *full_name);
/* parse.c: the graph below s->root. defaults.c: every field's default as a value. canonical.c: canonical, fingerprint. */
int schema_build(Schema *s, const Schemas *known, Why *why);
int schema_defaults(Schema *s, Why *why);
int schema_canonise(Schema *s);
