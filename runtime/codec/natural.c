/* The natural JSON form, in. */
#include "codec/encode.h"
#include "codec/text.h"

#include "core/limits.h"
#include <math.h>
#include <tocsin/value.h>

typedef struct Natural {
        Arena *arena;
        Trail trail;
        uint32_t steps;
} Natural;

static int convert(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret, unsigned depth);

static int misfit(Natural *n, const Node *t, const tocsin_value *v) {
        return why_say(n->trail.why, CODEC_E_MISFIT, "%s is no %s", encode_kind(v), t->name ? t->name : node_words[t->type]);
}

static void *room(Natural *n, size_t bytes, int *r) {
        errno = 0;
        void *p = arena_alloc(n->arena, bytes);
        if (!p)
                *r = errno == ENOMEM ? why_say(n->trail.why, -ENOMEM, "out of memory")
                                     : why_say(n->trail.why, CODEC_E_LIMIT, "larger than its bound of memory");
        return p;
}

static int read_bytes(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret) {
        int r = 0;
        size_t len;
        Bytes text = tocsin_as_bytes(v);
        if (v->kind != TOCSIN_STR)
                return misfit(n, t, v);
        uint8_t *to = room(n, text.len / 4 * 3, &r);
        if (!to)
                return r;
        if (!text_base64(text, to, &len))
                return why_say(n->trail.why, CODEC_E_MISFIT, "the text is not base64");
        if (t->type == NODE_FIXED && len != t->n)
                return why_say(n->trail.why, CODEC_E_MISFIT, "%zu bytes, and %s has %u", len, t->name, t->n);
        *ret = tocsin_raw(bytes_of(to, len));
        return 0;
}

static int read_integer(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret) {
        int64_t us;
        if (v->kind == TOCSIN_STR && t->logical != LOGICAL_NONE) {
                if (!text_time(tocsin_as_bytes(v), &us))
                        return why_say(n->trail.why, CODEC_E_MISFIT, "'%.40s' is no time of RFC 3339", v->len ? v->u.str : "");
                *ret = tocsin_i64(t->logical == LOGICAL_MICROS ? us : (us - (us % 1000 + 1000) % 1000) / 1000);
                return 0;
        }
        if (v->kind != TOCSIN_I64)
                return misfit(n, t, v);
        if (t->type == NODE_INT && v->u.i64 != (int32_t)v->u.i64)
                return why_say(n->trail.why, CODEC_E_MISFIT, "%lld does not fit 32 bits", (long long)v->u.i64);
        *ret = tocsin_i64(v->u.i64);
        return 0;
}

static int read_real(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret) {
        Bytes text = tocsin_as_bytes(v);
        double d;
        if (v->kind == TOCSIN_I64 || v->kind == TOCSIN_F64)
                d = tocsin_as_f64(v, 0);
        else if (v->kind == TOCSIN_STR && bytes_eq_z(text, "NaN"))
                d = (double)NAN;
        else if (v->kind == TOCSIN_STR && (bytes_eq_z(text, "Infinity") || bytes_eq_z(text, "-Infinity")))
                d = text.ptr[0] == '-' ? -(double)INFINITY : (double)INFINITY;
        else
                return misfit(n, t, v);
        if (t->type == NODE_FLOAT && isfinite(d) && !isfinite((double)(float)d))
                return why_say(n->trail.why, CODEC_E_MISFIT, "%g does not fit a float", d);
        *ret = tocsin_f64(t->type == NODE_FLOAT ? (double)(float)d : d);
        return 0;
}

static int read_symbol(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret) {
        int32_t i = v->kind == TOCSIN_STR ? encode_symbol(t, v) : -1;
        if (v->kind != TOCSIN_STR)
                return misfit(n, t, v);
        if (i < 0)
                return why_say(n->trail.why, CODEC_E_MISFIT, "'%.*s' is no symbol of %s", v->len < 64 ? (int)v->len : 64,
                               v->u.str, t->name);
        *ret = tocsin_str_of(t->symbols[i]);
        ret->kind = TOCSIN_ENUM;
        ret->index = (uint16_t)i;
        return 0;
}

static int read_items(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret, unsigned depth) {
        int r = 0;
        if (v->kind != TOCSIN_LIST)
                return misfit(n, t, v);
        tocsin_value *items = room(n, v->len * sizeof *items, &r);
        for (uint32_t i = 0; items && r == 0 && i < v->len; i++)
                if ((r = convert(n, t->items, &v->u.items[i], &items[i], depth)) != 0)
                        trail_step(&n->trail, "[%u]", i);
        if (r == 0)
                *ret = tocsin_list(items, v->len);
        return r;
}

static int read_entries(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret, unsigned depth) {
        int r = 0;
        if (v->kind != TOCSIN_MAP)
                return misfit(n, t, v);
        tocsin_field *fields = room(n, v->len * sizeof *fields, &r);
        for (uint32_t i = 0; fields && r == 0 && i < v->len; i++) {
                fields[i] = v->u.fields[i];
                if ((r = convert(n, t->items, &v->u.fields[i].value, &fields[i].value, depth)) != 0)
                        trail_step(&n->trail, ".%.*s", (int)fields[i].name_len, fields[i].name);
        }
        if (r == 0)
                *ret = tocsin_map(fields, v->len);
        return r;
}

static const NodeField *field_named(const Node *t, Bytes name) {
        for (uint32_t i = 0; i < t->n; i++)
                if (bytes_eq(t->fields[i].name, name))
                        return &t->fields[i];
        return NULL;
}

static int read_field(Natural *n, const NodeField *f, const tocsin_value *v, tocsin_value *ret, unsigned depth) {
        int r = 0;
        if (v)
                r = convert(n, f->type, v, ret, depth);
        else if (f->json)
                *ret = f->otherwise;
        else
                r = why_say(n->trail.why, CODEC_E_MISFIT, "missing, and has no default");
        if (r != 0)
                trail_step(&n->trail, ".%s", (const char *)f->name.ptr);
        return r;
}

static int read_record(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret, unsigned depth) {
        int r = 0;
        if (v->kind != TOCSIN_MAP)
                return misfit(n, t, v);
        for (uint32_t i = 0; i < v->len; i++) {
                Bytes key = bytes_of(v->u.fields[i].name, v->u.fields[i].name_len);
                if (!field_named(t, key))
                        return why_say(n->trail.why, CODEC_E_MISFIT, "'%.*s' is no field of %s", key.len < 64 ? (int)key.len : 64,
                                       (const char *)key.ptr, t->name);
        }
        tocsin_field *fields = room(n, t->n * sizeof *fields, &r);
        for (uint32_t i = 0; fields && r == 0 && i < t->n; i++) {
                const NodeField *f = &t->fields[i];
                fields[i] = tocsin_field_n(f->name.ptr, f->name.len, tocsin_none());
                r = read_field(n, f, tocsin_find_n(v, (const char *)f->name.ptr, f->name.len), &fields[i].value, depth);
        }
        if (r == 0)
                *ret = tocsin_record(fields, t->n);
        return r;
}

/* The first branch that fits. With one branch besides null, what it says is what the person needs to hear. */
static int read_union(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret, unsigned depth) {
        Trail before = n->trail;
        ArenaMark mark = arena_mark(n->arena);
        uint32_t tried = 0;
        for (uint32_t i = 0; i < t->n; i++) {
                if ((t->branches[i]->type == NODE_NULL) != (v->kind == TOCSIN_NULL))
                        continue;
                if (tried++)
                        n->trail = before;
                int r = convert(n, t->branches[i], v, ret, depth);
                if (r == 0)
                        ret->branch = (uint8_t)(i + 1);
                if (r != CODEC_E_MISFIT)
                        return r;
                arena_rewind(n->arena, mark);
        }
        if (tried == 1)
                return CODEC_E_MISFIT;
        n->trail = before;
        return why_say(n->trail.why, CODEC_E_MISFIT, "%s fits no branch of the union", encode_kind(v));
}

static int read_any(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret, unsigned depth) {
        static const uint8_t plain[] = { [NODE_NULL] = TOCSIN_NULL, [NODE_BOOLEAN] = TOCSIN_BOOL, [NODE_STRING] = TOCSIN_STR };
        switch (t->type) {
        case NODE_INT:
        case NODE_LONG:
                return read_integer(n, t, v, ret);
        case NODE_FLOAT:
        case NODE_DOUBLE:
                return read_real(n, t, v, ret);
        case NODE_BYTES:
        case NODE_FIXED:
                return read_bytes(n, t, v, ret);
        case NODE_ENUM:
                return read_symbol(n, t, v, ret);
        case NODE_ARRAY:
                return read_items(n, t, v, ret, depth + 1);
        case NODE_MAP:
                return read_entries(n, t, v, ret, depth + 1);
        case NODE_RECORD:
                return read_record(n, t, v, ret, depth + 1);
        case NODE_UNION:
                return read_union(n, t, v, ret, depth);
        default:
                if (v->kind != plain[t->type])
                        return misfit(n, t, v);
                *ret = *v;
                return 0;
        }
}

static int convert(Natural *n, const Node *t, const tocsin_value *v, tocsin_value *ret, unsigned depth) {
        if (depth > LIMIT_DEPTH || n->steps >= LIMIT_FIT_STEPS)
                return why_say(n->trail.why, CODEC_E_LIMIT, "nested too deep, or too much to try");
        n->steps++;
        return read_any(n, t, v, ret, depth);
}

int natural_read(const Schema *schema, const tocsin_value *v, Arena *a, tocsin_value *ret, Why *why) {
        Natural n = { .arena = a, .trail = { .why = why } };
        ArenaMark mark = arena_mark(a);
        tocsin_value to = { 0 };
        int r = convert(&n, schema->root, v, &to, 0);
        if (r == 0) {
                *ret = to;
                return 0;
        }
        arena_rewind(a, mark);
        return trail_end(&n.trail, r, schema_name(schema));
}
