/* Defaults of fields as values (Avro 1.11, "Complex Types": bytes as code points, a union's default is of its first branch). */
#include "codec/node.h"

#include "core/limits.h"
#include "value/utf8.h"
#include <tocsin/value.h>

#define LIMIT_DEFAULT_VALUES 65536u /* in one default: records that default records can double with each level */

typedef struct Defaults {
        Arena *arena;
        Why *why;
        unsigned depth;
} Defaults;

static int convert(Defaults *d, const Node *t, const tocsin_value *json, tocsin_value *ret, uint32_t *weight);

static int bad(const Defaults *d, const Node *t) {
        return why_say(d->why, SCHEMA_E_BAD, "is not a default of type %s", t->name ? t->name : node_words[t->type]);
}

static int out_of_memory(const Defaults *d) {
        return why_say(d->why, -ENOMEM, "out of memory");
}

/* "\u00ff" is the byte ff: one byte for each code point. */
static int convert_bytes(Defaults *d, const Node *t, Bytes text, tocsin_value *ret) {
        uint8_t *to = arena_alloc(d->arena, text.len + 1);
        size_t n = 0;
        REQUIRE(to, out_of_memory(d));
        for (size_t i = 0; i < text.len; i++) {
                if (text.ptr[i] >= 0xc4) /* beyond U+00FF */
                        return bad(d, t);
                to[n++] = text.ptr[i] < 0x80 ? text.ptr[i] : (uint8_t)(text.ptr[i] << 6 | (text.ptr[i + 1] & 0x3f));
                i += text.ptr[i] >= 0x80;
        }
        REQUIRE(t->type == NODE_BYTES || n == t->n, bad(d, t));
        *ret = tocsin_raw(bytes_of(to, n));
        return 0;
}

static int convert_symbol(Defaults *d, const Node *t, Bytes text, tocsin_value *ret) {
        for (uint32_t i = 0; i < t->n; i++)
                if (bytes_eq(t->symbols[i], text)) {
                        *ret = tocsin_str_of(t->symbols[i]);
                        ret->kind = TOCSIN_ENUM;
                        ret->index = (uint16_t)i;
                        return 0;
                }
        return bad(d, t);
}

static int convert_items(Defaults *d, const Node *t, const tocsin_value *json, tocsin_value *ret, uint32_t *weight) {
        tocsin_value *items = arena_alloc(d->arena, json->len * sizeof *items);
        REQUIRE(items, out_of_memory(d));
        for (uint32_t i = 0; i < json->len; i++)
                GUARD(convert(d, t->items, &json->u.items[i], &items[i], weight));
        *ret = tocsin_list(items, json->len);
        return 0;
}

static int convert_entries(Defaults *d, const Node *t, const tocsin_value *json, tocsin_value *ret, uint32_t *weight) {
        tocsin_field *fields = arena_alloc(d->arena, json->len * sizeof *fields);
        REQUIRE(fields, out_of_memory(d));
        for (uint32_t i = 0; i < json->len; i++) {
                fields[i] = json->u.fields[i];
                GUARD(convert(d, t->items, &json->u.fields[i].value, &fields[i].value, weight));
        }
        *ret = tocsin_map(fields, json->len);
        return 0;
}

static int of_field(Defaults *d, const Node *t, uint32_t i) {
        NodeField *f = &t->fields[i];
        if (f->state == DEFAULT_DONE || !f->json)
                return 0;
        if (f->state == DEFAULT_BUSY)
                return why_say(d->why, SCHEMA_E_BAD, "%s.%s: its default contains itself", t->name, (const char *)f->name.ptr);
        f->state = DEFAULT_BUSY;
        int r = convert(d, f->type, f->json, &f->otherwise, &f->weight);
        if (r != 0)
                return why_in(d->why, r, "default of %s.%s", t->name, (const char *)f->name.ptr);
        f->state = DEFAULT_DONE;
        return 0;
}

static int too_large(const Defaults *d) {
        return why_say(d->why, SCHEMA_E_BAD, "nested too deep, or more than %u values", LIMIT_DEFAULT_VALUES);
}

static int convert_record(Defaults *d, const Node *t, const tocsin_value *json, tocsin_value *ret, uint32_t *weight) {
        tocsin_field *fields = arena_alloc(d->arena, t->n * sizeof *fields);
        REQUIRE(fields, out_of_memory(d));
        for (uint32_t i = 0; i < t->n; i++) {
                const NodeField *f = &t->fields[i];
                const tocsin_value *given = tocsin_find_n(json, (const char *)f->name.ptr, f->name.len);
                fields[i] = tocsin_field_n(f->name.ptr, f->name.len, tocsin_none());
                if (given) {
                        GUARD(convert(d, f->type, given, &fields[i].value, weight));
                        continue;
                }
                GUARD(of_field(d, t, i));
                if (!f->json)
                        return why_say(d->why, SCHEMA_E_BAD, "field '%s' is missing and has no default",
                                       (const char *)f->name.ptr);
                fields[i].value = f->otherwise;
                *weight += f->weight;
                REQUIRE(*weight < LIMIT_DEFAULT_VALUES, too_large(d));
        }
        *ret = tocsin_record(fields, t->n);
        return 0;
}

static int convert_number(Defaults *d, const Node *t, const tocsin_value *json, tocsin_value *ret) {
        if (t->type == NODE_INT || t->type == NODE_LONG) {
                REQUIRE(json->kind == TOCSIN_I64, bad(d, t));
                REQUIRE(t->type == NODE_LONG || json->u.i64 == (int32_t)json->u.i64, bad(d, t));
                *ret = *json;
                return 0;
        }
        REQUIRE(json->kind == TOCSIN_I64 || json->kind == TOCSIN_F64, bad(d, t));
        double v = tocsin_as_f64(json, 0);
        *ret = tocsin_f64(t->type == NODE_FLOAT ? (double)(float)v : v);
        return 0;
}

static int convert_as(Defaults *d, const Node *t, const tocsin_value *json, tocsin_value *ret, uint32_t *weight) {
        static const uint8_t wanted[] = { [NODE_NULL] = TOCSIN_NULL,  [NODE_BOOLEAN] = TOCSIN_BOOL, [NODE_BYTES] = TOCSIN_STR,
                                          [NODE_STRING] = TOCSIN_STR, [NODE_FIXED] = TOCSIN_STR,    [NODE_ENUM] = TOCSIN_STR,
                                          [NODE_RECORD] = TOCSIN_MAP, [NODE_ARRAY] = TOCSIN_LIST,   [NODE_MAP] = TOCSIN_MAP };
        if (t->type >= NODE_INT && t->type <= NODE_DOUBLE)
                return convert_number(d, t, json, ret);
        if (t->type == NODE_UNION) {
                GUARD(convert(d, t->branches[0], json, ret, weight));
                ret->branch = 1;
                return 0;
        }
        REQUIRE(json->kind == wanted[t->type], bad(d, t));
        switch (t->type) {
        case NODE_BYTES:
        case NODE_FIXED:
                return convert_bytes(d, t, tocsin_as_bytes(json), ret);
        case NODE_ENUM:
                return convert_symbol(d, t, tocsin_as_bytes(json), ret);
        case NODE_ARRAY:
                return convert_items(d, t, json, ret, weight);
        case NODE_MAP:
                return convert_entries(d, t, json, ret, weight);
        case NODE_RECORD:
                return convert_record(d, t, json, ret, weight);
        default:
                *ret = *json;
                return 0;
        }
}

static int convert(Defaults *d, const Node *t, const tocsin_value *json, tocsin_value *ret, uint32_t *weight) {
        if (d->depth >= LIMIT_DEPTH || *weight >= LIMIT_DEFAULT_VALUES)
                return too_large(d);
        d->depth++;
        ++*weight;
        int r = convert_as(d, t, json, ret, weight);
        d->depth--;
        return r;
}

int schema_defaults(Schema *s, Why *why) {
        Defaults d = { .arena = s->arena, .why = why };
        for (Node *t = s->nodes; t; t = t->next)
                for (uint32_t i = 0; t->type == NODE_RECORD && i < t->n; i++)
                        GUARD(of_field(&d, t, i));
        return 0;
}
