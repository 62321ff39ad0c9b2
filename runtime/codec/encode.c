/* Values into bytes, driven by the schema. Recursion is bounded by LIMIT_DEPTH. */
#include "codec/encode.h"

#include "codec/wire.h"
#include "core/limits.h"
#include "value/utf8.h"
#include <math.h>
#include <stdarg.h>
#include <tocsin/value.h>

static const char *const kinds[] = { "nothing", "null",     "a boolean", "an integer", "a number", "text",
                                     "bytes",   "a symbol", "a list",    "a map",      "a record" };

const char *encode_kind(const tocsin_value *v) {
        return v->kind < sizeof kinds / sizeof *kinds ? kinds[v->kind] : "of no known kind";
}

void trail_step(Trail *t, const char *format, ...) {
        char step[96];
        va_list ap;
        va_start(ap, format);
        int n = vsnprintf(step, sizeof step, format, ap);
        va_end(ap);
        size_t len = n < 0 ? 0 : (size_t)n < sizeof step ? (size_t)n : sizeof step - 1, old = strlen(t->path);
        if (old + len >= sizeof t->path)
                return;
        memmove(t->path + len, t->path, old + 1);
        memcpy(t->path, step, len);
}

int trail_end(const Trail *t, int r, const char *schema) {
        const char *path = t->path[0] == '.' ? t->path + 1 : t->path;
        return t->why && *path ? why_in(t->why, r, "%s, at %s", schema, path) : why_in(t->why, r, "%s", schema);
}

static int misfit(Trail *e, const Node *t, const tocsin_value *v) {
        return why_say(e->why, CODEC_E_MISFIT, "%s is no %s", encode_kind(v), t->name ? t->name : node_words[t->type]);
}

static void put_long(Buffer *out, int64_t i) {
        uint8_t *p = buffer_room(out, WIRE_LONG_MAX);
        if (p)
                out->len += (size_t)(wire_put_long(p, i) - p);
}

static void put_bytes(Buffer *out, Bytes b) {
        uint8_t *p = buffer_room(out, WIRE_LONG_MAX + b.len), *begin = p;
        if (!p)
                return;
        p = wire_put_long(p, (int64_t)b.len);
        if (b.len)
                memcpy(p, b.ptr, b.len);
        out->len += (size_t)(p - begin) + b.len;
}

/* ---- does it fit? -------------------------------------------------------------------------------------- */

int32_t encode_symbol(const Node *t, const tocsin_value *v) {
        if (v->kind == TOCSIN_ENUM && v->len == 0)
                return v->index < t->n ? v->index : -1;
        Bytes text = tocsin_as_bytes(v);
        if (v->kind == TOCSIN_ENUM && v->index < t->n && bytes_eq(t->symbols[v->index], text))
                return v->index;
        for (uint32_t i = 0; i < t->n; i++)
                if (bytes_eq(t->symbols[i], text))
                        return (int32_t)i;
        return -1;
}

static bool fits_float(double d) {
        return !isfinite(d) || isfinite((double)(float)d);
}

/* Without what is inside lists, maps and records. */
static bool fits_scalar(const Node *t, const tocsin_value *v) {
        switch (t->type) {
        case NODE_NULL:
                return v->kind == TOCSIN_NULL;
        case NODE_BOOLEAN:
                return v->kind == TOCSIN_BOOL;
        case NODE_INT:
                return v->kind == TOCSIN_I64 && v->u.i64 == (int32_t)v->u.i64;
        case NODE_LONG:
                return v->kind == TOCSIN_I64;
        case NODE_FLOAT:
                return v->kind == TOCSIN_I64 || (v->kind == TOCSIN_F64 && fits_float(v->u.f64));
        case NODE_DOUBLE:
                return v->kind == TOCSIN_I64 || v->kind == TOCSIN_F64;
        case NODE_BYTES:
                return v->kind == TOCSIN_BYTES;
        case NODE_STRING:
                return v->kind == TOCSIN_STR && utf8_valid(v->u.bytes, v->len);
        case NODE_FIXED:
                return (v->kind == TOCSIN_BYTES || v->kind == TOCSIN_STR) && v->len == t->n;
        case NODE_ENUM:
                return (v->kind == TOCSIN_ENUM || v->kind == TOCSIN_STR) && encode_symbol(t, v) >= 0;
        case NODE_RECORD:
                return v->kind == TOCSIN_RECORD;
        case NODE_ARRAY:
                return v->kind == TOCSIN_LIST;
        case NODE_MAP:
                return v->kind == TOCSIN_MAP;
        default:
                return true;
        }
}

static bool same_name(const tocsin_field *x, const NodeField *f) {
        return x->name_len == f->name.len &&
               (x->name == (const char *)f->name.ptr || memcmp(x->name, f->name.ptr, f->name.len) == 0);
}

/* The value's field for f, looked for where it should be first. NULL: not there. */
static const tocsin_field *field_for(const tocsin_value *v, const NodeField *f, uint32_t i) {
        if (__builtin_expect(i < v->len && same_name(&v->u.fields[i], f), 1))
                return &v->u.fields[i];
        for (uint32_t j = 0; j < v->len; j++)
                if (same_name(&v->u.fields[j], f))
                        return &v->u.fields[j];
        return NULL;
}

static bool fits(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth);

static bool fits_record(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        uint32_t taken = 0;
        for (uint32_t i = 0; i < t->n; i++) {
                const tocsin_field *x = field_for(v, &t->fields[i], i);
                taken += x != NULL;
                if (!x || x->value.kind == TOCSIN_NONE ? !t->fields[i].json : !fits(e, t->fields[i].type, &x->value, depth))
                        return false;
        }
        return taken == v->len;
}

static bool fits(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        if (e->steps >= LIMIT_FIT_STEPS || depth > LIMIT_DEPTH) {
                e->steps = LIMIT_FIT_STEPS;
                return false;
        }
        e->steps++;
        if (!fits_scalar(t, v))
                return false;
        switch (t->type) {
        case NODE_UNION:
                if (v->branch)
                        return v->branch <= t->n && fits(e, t->branches[v->branch - 1], v, depth);
                for (uint32_t i = 0; i < t->n; i++)
                        if (fits(e, t->branches[i], v, depth))
                                return true;
                return false;
        case NODE_RECORD:
                return fits_record(e, t, v, depth + 1);
        case NODE_ARRAY:
                for (uint32_t i = 0; i < v->len; i++)
                        if (!fits(e, t->items, &v->u.items[i], depth + 1))
                                return false;
                return true;
        case NODE_MAP:
                for (uint32_t i = 0; i < v->len; i++)
                        if (!fits(e, t->items, &v->u.fields[i].value, depth + 1))
                                return false;
                return true;
        default:
                return true;
        }
}

/* ---- bytes ----------------------------------------------------------------------------------------------- */

static int encode(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth);

static int encode_record(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        uint32_t taken = 0;
        for (uint32_t i = 0; i < t->n; i++) {
                const NodeField *f = &t->fields[i];
                const tocsin_field *x = field_for(v, f, i);
                const tocsin_value *of = x ? &x->value : NULL;
                taken += x != NULL;
                if (!of || of->kind == TOCSIN_NONE)
                        of = f->json ? &f->otherwise : NULL;
                int r = of ? encode(e, f->type, of, depth) : why_say(e->trail.why, CODEC_E_MISFIT, "missing, and has no default");
                if (r != 0) {
                        trail_step(&e->trail, ".%s", (const char *)f->name.ptr);
                        return r;
                }
        }
        for (uint32_t i = 0; taken < v->len && i < v->len; i++) {
                uint32_t j = 0;
                while (j < t->n && field_for(v, &t->fields[j], j) != &v->u.fields[i])
                        j++;
                if (j == t->n)
                        return why_say(e->trail.why, CODEC_E_MISFIT, "'%.*s' is no field of %s, or is there twice",
                                       (int)v->u.fields[i].name_len, v->u.fields[i].name, t->name);
        }
        return 0;
}

static int encode_items(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        if (v->len)
                put_long(e->out, v->len);
        for (uint32_t i = 0; i < v->len; i++) {
                int r = encode(e, t->items, &v->u.items[i], depth);
                if (r != 0) {
                        trail_step(&e->trail, "[%u]", i);
                        return r;
                }
        }
        put_long(e->out, 0);
        return 0;
}

static int encode_entries(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        if (v->len)
                put_long(e->out, v->len);
        for (uint32_t i = 0; i < v->len; i++) {
                const tocsin_field *x = &v->u.fields[i];
                Bytes key = bytes_of(x->name, x->name_len);
                put_bytes(e->out, key);
                int r = utf8_valid(key.ptr, key.len) ? encode(e, t->items, &x->value, depth)
                                                     : why_say(e->trail.why, CODEC_E_MISFIT, "its name is not UTF-8");
                if (r != 0) {
                        trail_step(&e->trail, ".%.*s", (int)x->name_len, x->name);
                        return r;
                }
        }
        put_long(e->out, 0);
        return 0;
}

static int encode_union(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        uint32_t i = 0;
        if (v->branch) {
                i = v->branch - 1u;
                if (i >= t->n)
                        return why_say(e->trail.why, CODEC_E_MISFIT, "branch %u of a union of %u", i, t->n);
        } else {
                while (i < t->n && !fits(e, t->branches[i], v, depth))
                        i++;
                if (e->steps >= LIMIT_FIT_STEPS)
                        return why_say(e->trail.why, CODEC_E_LIMIT, "too much to try before a branch of the union is found");
                if (i == t->n)
                        return why_say(e->trail.why, CODEC_E_MISFIT, "%s fits no branch of the union", encode_kind(v));
        }
        put_long(e->out, i);
        return encode(e, t->branches[i], v, depth);
}

static int encode_scalar(Encoder *e, const Node *t, const tocsin_value *v) {
        Buffer *out = e->out;
        double d = v->kind == TOCSIN_I64 ? (double)v->u.i64 : v->u.f64;
        float f;
        switch (t->type) {
        case NODE_BOOLEAN:
                buffer_u8(out, v->u.i64 != 0);
                break;
        case NODE_INT:
        case NODE_LONG:
                put_long(out, v->u.i64);
                break;
        case NODE_FLOAT:
                f = (float)d;
                buffer_put(out, &f, sizeof f);
                break;
        case NODE_DOUBLE:
                buffer_put(out, &d, sizeof d);
                break;
        case NODE_BYTES:
        case NODE_STRING:
                put_bytes(out, bytes_of(v->u.bytes, v->len));
                break;
        case NODE_FIXED:
                buffer_put(out, v->u.bytes, v->len);
                break;
        case NODE_ENUM:
                put_long(out, encode_symbol(t, v));
                break;
        default:
                break;
        }
        return 0;
}

static int encode(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        if (!fits_scalar(t, v))
                return misfit(&e->trail, t, v);
        if (t->type < NODE_RECORD)
                return encode_scalar(e, t, v);
        if (t->type == NODE_UNION)
                return encode_union(e, t, v, depth);
        if (depth >= LIMIT_DEPTH)
                return why_say(e->trail.why, CODEC_E_LIMIT, "nested deeper than %u", LIMIT_DEPTH);
        return t->type == NODE_RECORD  ? encode_record(e, t, v, depth + 1)
               : t->type == NODE_ARRAY ? encode_items(e, t, v, depth + 1)
                                       : encode_entries(e, t, v, depth + 1);
}

int codec_encode(const Schema *schema, const tocsin_value *v, Buffer *out, Why *why) {
        Encoder e = { .out = out, .trail = { .why = why } };
        if (out->failed)
                return out->failed;
        size_t before = out->len;
        int r = encode(&e, schema->root, v, 0);
        if (r > 0)
                trail_end(&e.trail, r, schema_name(schema));
        if (r == 0 && out->failed)
                r = why_say(why, out->failed, "%s: %s", schema_name(schema),
                            out->failed == -EMSGSIZE ? "larger than what is sent in one record" : "out of memory");
        if (r != 0) {
                out->len = before;
                out->failed = 0;
        }
        return r;
}
