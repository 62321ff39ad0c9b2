/* The text of a schema, read type by type into a graph (Avro 1.11, "Schema Declaration"). */
#include "codec/node.h"

#include "core/limits.h"
#include "value/value.h"
#include <stdlib.h>
#include <tocsin/value.h>

#define LIMIT_ENUM_SYMBOLS 4096u /* an index is 16 bits, and symbols are searched one by one */
#define LIMIT_BRANCHES 254u /* a branch is one byte, 0 kept */
#define LIMIT_FIXED_BYTES (64u << 20)
#define LIMIT_TYPE_DEPTH 256u /* types within types, definitions from other schemas included */

typedef struct Parser {
        Schema *s;
        const Schemas *known;
        Why *why;
        unsigned depth, borrowed; /* borrowed: inside definitions that come from `known` */
        size_t at;
        char pointer[160]; /* where we are, as a JSON pointer; cut when it does not fit */
} Parser;

static int parse_type(Parser *p, const tocsin_value *json, const char *space, Node **ret);

static size_t enter(Parser *p, const char *step, size_t index) {
        size_t before = p->at, left = sizeof p->pointer - p->at;
        int n = index == SIZE_MAX ? snprintf(p->pointer + p->at, left, "/%s", step)
                                  : snprintf(p->pointer + p->at, left, "%s%s/%zu", *step ? "/" : "", step, index);
        p->at = n < 0 || (size_t)n >= left ? sizeof p->pointer - 1 : p->at + (size_t)n;
        return before;
}

static int leave(Parser *p, size_t before, int r) {
        if (r == 0) {
                p->at = before;
                p->pointer[before] = 0;
        }
        return r;
}

#define BAD(p, ...) why_in((p)->why, why_say((p)->why, SCHEMA_E_BAD, __VA_ARGS__), "schema, at '%s'", (p)->pointer)

static int no_memory(Parser *p) {
        return why_say(p->why, -ENOMEM, "out of memory");
}

/* ---- names ----------------------------------------------------------------------------------------- */

static bool is_name(Bytes b, bool dotted) {
        bool begin = true;
        for (size_t i = 0; i < b.len; i++) {
                uint8_t c = b.ptr[i];
                bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
                if (c == '.' && dotted && !begin) {
                        begin = true;
                        continue;
                }
                if (!letter && (begin || c < '0' || c > '9'))
                        return false;
                begin = false;
        }
        return b.len && !begin;
}

static Bytes text_of(const tocsin_value *json, const char *key) {
        const tocsin_value *v = tocsin_find(json, key);
        return tocsin_is(v, TOCSIN_STR) ? tocsin_as_bytes(v) : BYTES_NULL;
}

/* Full name of `name` where the namespace is `space`. NULL: out of memory. */
static const char *full_name(Parser *p, Bytes name, const char *space) {
        size_t n = strlen(space);
        if (n == 0 || memchr(name.ptr, '.', name.len))
                return (const char *)arena_dup(p->s->arena, name).ptr;
        char *to = arena_alloc(p->s->arena, n + 1 + name.len + 1);
        if (to) {
                memcpy(to, space, n);
                to[n] = '.';
                memcpy(to + n + 1, name.ptr, name.len);
                to[n + 1 + name.len] = 0;
        }
        return to;
}

/* "a.b" of "a.b.C". NULL: out of memory. */
static const char *space_of(Parser *p, const char *name) {
        const char *dot = strrchr(name, '.');
        return (const char *)arena_dup(p->s->arena, bytes_of(name, dot ? (size_t)(dot - name) : 0)).ptr;
}

static Node *find_named(const Schema *s, const char *name) {
        for (Node *t = s->named; t; t = t->next_named)
                if (strcmp(t->name, name) == 0)
                        return t;
        return NULL;
}

static int node_new(Parser *p, NodeType type, Node **ret) {
        if (p->s->n_nodes >= LIMIT_SCHEMA_NODES)
                return BAD(p, "more than %u types", LIMIT_SCHEMA_NODES);
        Node *t = arena_zalloc(p->s->arena, sizeof *t);
        REQUIRE(t, no_memory(p));
        t->type = type;
        t->otherwise = -1;
        t->number = p->s->n_nodes++;
        t->next = p->s->nodes;
        p->s->nodes = t;
        *ret = t;
        return 0;
}

static int parse_aliases(Parser *p, const tocsin_value *json, const char *space, bool dotted, const Bytes **ret,
                         uint32_t *ret_n) {
        const tocsin_value *list = tocsin_find(json, "aliases");
        if (!list)
                return 0;
        if (list->kind != TOCSIN_LIST)
                return BAD(p, "'aliases' is not a list of names");
        Bytes *names = arena_alloc(p->s->arena, list->len * sizeof *names);
        REQUIRE(names, no_memory(p));
        for (uint32_t i = 0; i < list->len; i++) {
                Bytes name = tocsin_as_bytes(&list->u.items[i]);
                if (list->u.items[i].kind != TOCSIN_STR || !is_name(name, dotted))
                        return BAD(p, "'aliases' is not a list of names");
                const char *full = dotted ? full_name(p, name, space) : (const char *)arena_dup(p->s->arena, name).ptr;
                REQUIRE(full, no_memory(p));
                names[i] = bytes_z(full);
        }
        *ret = names;
        *ret_n = list->len;
        return 0;
}

/* name, namespace and aliases of a definition; registers it, so that what it contains may refer to it. */
static int parse_name(Parser *p, const tocsin_value *json, const char *space, Node *t, const char **ret_space) {
        Bytes name = text_of(json, "name"), own = text_of(json, "namespace");
        if (!is_name(name, true))
                return BAD(p, "a %s needs a 'name' of letters, digits and _", node_words[t->type]);
        if (own.len && !is_name(own, true))
                return BAD(p, "'%.*s' is no namespace", BYTES_ARG(own));
        t->space = space;
        if (tocsin_find(json, "namespace")) {
                space = (const char *)arena_dup(p->s->arena, own).ptr;
                REQUIRE(space, no_memory(p));
        }
        t->name = full_name(p, name, space);
        REQUIRE(t->name, no_memory(p));
        const char *dot = strrchr(t->name, '.');
        t->base = bytes_z(dot ? dot + 1 : t->name);
        *ret_space = space_of(p, t->name);
        REQUIRE(*ret_space, no_memory(p));
        for (int i = 0; i < NODE_PRIMITIVES; i++)
                if (strcmp(t->name, node_words[i]) == 0)
                        return BAD(p, "'%s' is a primitive type and cannot be defined", t->name);
        if (find_named(p->s, t->name))
                return BAD(p, "'%s' is defined twice", t->name);
        t->json = json;
        t->next_named = p->s->named;
        p->s->named = t;
        return parse_aliases(p, json, *ret_space, true, &t->aliases, &t->n_aliases);
}

/* ---- the kinds of types ------------------------------------------------------------------------------ */

static int parse_field(Parser *p, const tocsin_value *json, const char *space, const Node *t, NodeField *f) {
        if (json->kind != TOCSIN_MAP)
                return BAD(p, "a field is an object");
        Bytes name = text_of(json, "name");
        if (!is_name(name, false))
                return BAD(p, "a field needs a 'name' of letters, digits and _");
        for (const NodeField *other = t->fields; other < f; other++)
                if (bytes_eq(other->name, name))
                        return BAD(p, "field '%.*s' is there twice", BYTES_ARG(name));
        f->name = arena_dup(p->s->arena, name);
        REQUIRE(f->name.ptr, no_memory(p));
        f->json = tocsin_find(json, "default");
        GUARD(parse_aliases(p, json, space, false, &f->aliases, &f->n_aliases));
        const tocsin_value *type = tocsin_find(json, "type");
        if (!type)
                return BAD(p, "field '%.*s' needs a 'type'", BYTES_ARG(name));
        size_t before = enter(p, "type", SIZE_MAX);
        return leave(p, before, parse_type(p, type, space, &f->type));
}

static int parse_record(Parser *p, const tocsin_value *json, const char *space, Node *t) {
        GUARD(parse_name(p, json, space, t, &space));
        const tocsin_value *list = tocsin_find(json, "fields");
        if (!tocsin_is(list, TOCSIN_LIST))
                return BAD(p, "a record needs a list of 'fields'");
        if (list->len > LIMIT_RECORD_FIELDS)
                return BAD(p, "more than %u fields", LIMIT_RECORD_FIELDS);
        t->fields = arena_zalloc(p->s->arena, list->len * sizeof *t->fields);
        REQUIRE(t->fields, no_memory(p));
        for (uint32_t i = 0; i < list->len; i++) {
                size_t before = enter(p, "fields", i);
                GUARD(leave(p, before, parse_field(p, &list->u.items[i], space, t, &t->fields[i])));
        }
        t->n = list->len;
        return 0;
}

static int parse_enum(Parser *p, const tocsin_value *json, const char *space, Node *t) {
        GUARD(parse_name(p, json, space, t, &space));
        const tocsin_value *list = tocsin_find(json, "symbols"), *otherwise = tocsin_find(json, "default");
        if (!tocsin_is(list, TOCSIN_LIST) || list->len == 0 || list->len > LIMIT_ENUM_SYMBOLS)
                return BAD(p, "an enum needs a list of 1 to %u 'symbols'", LIMIT_ENUM_SYMBOLS);
        t->symbols = arena_alloc(p->s->arena, list->len * sizeof *t->symbols);
        REQUIRE(t->symbols, no_memory(p));
        for (uint32_t i = 0; i < list->len; i++) {
                Bytes symbol = tocsin_as_bytes(&list->u.items[i]);
                if (list->u.items[i].kind != TOCSIN_STR || !is_name(symbol, false))
                        return BAD(p, "a symbol is a text of letters, digits and _");
                for (uint32_t j = 0; j < i; j++)
                        if (bytes_eq(t->symbols[j], symbol))
                                return BAD(p, "symbol '%.*s' is there twice", BYTES_ARG(symbol));
                t->symbols[i] = arena_dup(p->s->arena, symbol);
                REQUIRE(t->symbols[i].ptr, no_memory(p));
                if (tocsin_is(otherwise, TOCSIN_STR) && bytes_eq(symbol, tocsin_as_bytes(otherwise)))
                        t->otherwise = (int32_t)i;
        }
        t->n = list->len;
        if (otherwise && t->otherwise < 0)
                return BAD(p, "its default is none of its symbols");
        return 0;
}

static int parse_fixed(Parser *p, const tocsin_value *json, const char *space, Node *t) {
        GUARD(parse_name(p, json, space, t, &space));
        const tocsin_value *size = tocsin_find(json, "size");
        if (!tocsin_is(size, TOCSIN_I64) || size->u.i64 < 0 || size->u.i64 > LIMIT_FIXED_BYTES)
                return BAD(p, "a fixed needs a 'size' of 0 to %u", LIMIT_FIXED_BYTES);
        t->n = (uint32_t)size->u.i64;
        return 0;
}

static int parse_items(Parser *p, const tocsin_value *json, const char *space, Node *t) {
        const char *key = t->type == NODE_ARRAY ? "items" : "values";
        const tocsin_value *items = tocsin_find(json, key);
        if (!items)
                return BAD(p, "an %s needs '%s'", node_words[t->type], key);
        size_t before = enter(p, key, SIZE_MAX);
        return leave(p, before, parse_type(p, items, space, &t->items));
}

static bool same_branch(const Node *a, const Node *b) {
        return a == b || (a->type == b->type && !node_is_named(a));
}

static int parse_union(Parser *p, const tocsin_value *json, const char *space, Node *t) {
        if (json->len == 0 || json->len > LIMIT_BRANCHES)
                return BAD(p, "a union has 1 to %u branches", LIMIT_BRANCHES);
        t->branches = arena_alloc(p->s->arena, json->len * sizeof *t->branches);
        REQUIRE(t->branches, no_memory(p));
        for (uint32_t i = 0; i < json->len; i++) {
                size_t before = enter(p, "", i);
                GUARD(leave(p, before, parse_type(p, &json->u.items[i], space, &t->branches[i])));
                if (t->branches[i]->type == NODE_UNION)
                        return BAD(p, "a union directly in a union");
                for (uint32_t j = 0; j < i; j++)
                        if (same_branch(t->branches[j], t->branches[i]))
                                return BAD(p, "two branches of one type");
        }
        t->n = json->len;
        return 0;
}

/* ---- any type ---------------------------------------------------------------------------------------- */

static Logical logical_of(const tocsin_value *json, NodeType type) {
        Bytes word = text_of(json, "logicalType");
        if (type != NODE_LONG)
                return LOGICAL_NONE;
        return bytes_eq_z(word, "timestamp-micros")   ? LOGICAL_MICROS
               : bytes_eq_z(word, "timestamp-millis") ? LOGICAL_MILLIS
                                                      : LOGICAL_NONE;
}

/* A type that is used by name: defined above, or in another schema, whose definition then becomes part of this one. */
static int parse_reference(Parser *p, Bytes name, const char *space, Node **ret) {
        if (!is_name(name, true))
                return BAD(p, "'%.*s' is no name of a type", BYTES_ARG(name));
        const char *full = full_name(p, name, space);
        REQUIRE(full, no_memory(p));
        Node *here = find_named(p->s, full);
        if (here) {
                *ret = here;
                return 0;
        }
        const Node *there = p->known ? schemas_type(p->known, full) : NULL;
        if (!there)
                return BAD(p, "type '%s' is not defined before it is used", full);
        /* The other schema may be freed before this one: everything the definition consists of is copied. */
        tocsin_value *json = arena_alloc(p->s->arena, sizeof *json);
        const char *around = (const char *)arena_dup(p->s->arena, bytes_z(there->space)).ptr;
        REQUIRE(json && around && value_copy(p->s->arena, there->json, json) == 0, no_memory(p));
        p->borrowed++;
        int r = parse_type(p, json, around, ret);
        p->borrowed--;
        return r;
}

static int parse_word(Parser *p, Bytes word, const tocsin_value *json, const char *space, Node **ret) {
        static int (*const parsers[])(Parser *, const tocsin_value *, const char *, Node *) = { [NODE_FIXED] = parse_fixed,
                                                                                                [NODE_ENUM] = parse_enum,
                                                                                                [NODE_RECORD] = parse_record,
                                                                                                [NODE_ARRAY] = parse_items,
                                                                                                [NODE_MAP] = parse_items };
        if (bytes_eq_z(word, "error")) /* of protocols: a record by another name */
                word = bytes_z("record");
        for (NodeType type = NODE_NULL; type < NODE_UNION; type++) {
                if (!bytes_eq_z(word, node_words[type]))
                        continue;
                if (type >= NODE_PRIMITIVES && !json)
                        break;
                Node *t;
                GUARD(node_new(p, type, &t));
                t->logical = json ? logical_of(json, type) : LOGICAL_NONE;
                if (type >= NODE_PRIMITIVES)
                        GUARD(parsers[type](p, json, space, t));
                *ret = t;
                return 0;
        }
        return parse_reference(p, word, space, ret);
}

/* Inside a borrowed definition a type may come that this schema has already: the very same one is a reference to it. */
static Node *already(Parser *p, const tocsin_value *json, const char *space) {
        Bytes name = text_of(json, "name"), own = text_of(json, "namespace");
        if (!p->borrowed || !is_name(name, true) || own.len >= 256)
                return NULL;
        char around[256];
        snprintf(around, sizeof around, "%.*s", BYTES_ARG(own));
        const char *full = full_name(p, name, tocsin_find(json, "namespace") ? around : space);
        Node *t = full ? find_named(p->s, full) : NULL;
        return t && value_equal(t->json, json) ? t : NULL;
}

static int parse_any(Parser *p, const tocsin_value *json, const char *space, Node **ret) {
        switch (json->kind) {
        case TOCSIN_STR:
                return parse_word(p, tocsin_as_bytes(json), NULL, space, ret);
        case TOCSIN_LIST:
                GUARD(node_new(p, NODE_UNION, ret));
                return parse_union(p, json, space, *ret);
        case TOCSIN_MAP: {
                const tocsin_value *word = tocsin_find(json, "type");
                if (!tocsin_is(word, TOCSIN_STR))
                        return BAD(p, "a type needs its 'type' as a text");
                Node *t = already(p, json, space);
                if (t) {
                        *ret = t;
                        return 0;
                }
                return parse_word(p, tocsin_as_bytes(word), json, space, ret);
        }
        default:
                return BAD(p, "a type is a name, an object or a list");
        }
}

static int parse_type(Parser *p, const tocsin_value *json, const char *space, Node **ret) {
        if (p->depth >= LIMIT_TYPE_DEPTH)
                return BAD(p, "types nested too deep");
        p->depth++;
        int r = parse_any(p, json, space, ret);
        p->depth--;
        return r;
}

int schema_build(Schema *s, const Schemas *known, Why *why) {
        Parser p = { .s = s, .known = known, .why = why };
        return parse_type(&p, &s->json, "", &s->root);
}
