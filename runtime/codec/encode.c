/* Values into bytes, driven by the schema. Recursion is bounded by LIMIT_DEPTH. */
#include "codec/encode.h"

#include "codec/wire.h"
#include "core/limits.h"
#include "value/utf8.h"
#include <tocsin/value.h>

/* Kept out of encode(), so that what is frequent and small needs no frame. */
#define APART __attribute__((noinline))

static int encode(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth);

/* ---- room and bytes -------------------------------------------------------------------------------------- */

static size_t writable(const Buffer *out) {
        return out->max && out->max < out->size ? out->max : out->size;
}

static APART int more_room(Encoder *e, size_t n) {
        Buffer *out = e->out;
        out->len = (size_t)(e->p - out->ptr);
        uint8_t *p = buffer_room(out, n);
        if (!p)
                return out->failed;
        e->p = p;
        e->end = out->ptr + writable(out);
        return 0;
}

/* Room for n bytes at e->p. 0 | -ENOMEM | -EMSGSIZE */
static inline int room(Encoder *e, size_t n) {
        return __builtin_expect((size_t)(e->end - e->p) >= n, 1) ? 0 : more_room(e, n);
}

/* Where less than the longest is left, exactly what it takes: a buffer may have a bound. */
static APART int put_long_tight(Encoder *e, uint64_t n) {
        GUARD(room(e, 1 + (size_t)(63 - __builtin_clzll(n | 1)) / 7));
        e->p = wire_put_long(e->p, n);
        return 0;
}

static inline int put_long(Encoder *e, int64_t i) {
        uint64_t n = (uint64_t)i << 1 ^ (uint64_t)(i >> 63);
        if (__builtin_expect((size_t)(e->end - e->p) < WIRE_LONG_MAX, 0))
                return put_long_tight(e, n);
        if (__builtin_expect(n < 0x80, 1))
                *e->p++ = (uint8_t)n;
        else
                e->p = wire_put_long_wide(e->p, n);
        return 0;
}

static APART int put_raw(Encoder *e, const void *from, size_t n) {
        GUARD(room(e, n));
        if (n)
                memcpy(e->p, from, n);
        e->p += n;
        return 0;
}

static APART int put_bytes(Encoder *e, const void *from, size_t n) {
        GUARD(put_long(e, (int64_t)n));
        return put_raw(e, from, n);
}

static APART int not_text(Encoder *e) {
        return why_say(e->trail.why, CODEC_E_MISFIT, "its text is not UTF-8");
}

static inline uint64_t copy_word(uint8_t *to, const uint8_t *from) {
        uint64_t w = utf8_load(from);
        memcpy(to, &w, sizeof w);
        return w;
}

/* Copies and says as utf8_high_bits() does whether all of it is ASCII, in one pass. */
static inline uint64_t copy_text(uint8_t *to, const uint8_t *from, size_t n) {
        uint64_t high = 0;
        if (n >= 8 && n <= 16)
                return copy_word(to, from) | copy_word(to + n - 8, from + n - 8);
        if (n > 16) {
                high = copy_word(to, from) | copy_word(to + 8, from + 8);
                for (size_t i = 16; i + 16 < n; i += 16)
                        high |= copy_word(to + i, from + i) | copy_word(to + i + 8, from + i + 8);
                return high | copy_word(to + n - 16, from + n - 16) | copy_word(to + n - 8, from + n - 8);
        }
        for (size_t i = 0; i < n; i++)
                high |= to[i] = from[i];
        return high;
}

static inline int put_text(Encoder *e, const uint8_t *from, size_t n) {
        uint8_t *p = e->p;
        if (__builtin_expect((size_t)(e->end - p) < n + WIRE_LONG_MAX || n >= 64, 0)) {
                GUARD(put_bytes(e, from, n));
                return utf8_valid(from, n) ? 0 : not_text(e);
        }
        *p++ = (uint8_t)(n << 1);
        e->p = p + n;
        return __builtin_expect((copy_text(p, from, n) & UTF8_HIGH) == 0, 1) || utf8_valid_slow(from, n) ? 0 : not_text(e);
}

/* ---- values ---------------------------------------------------------------------------------------------- */

static APART int misfit(Encoder *e, const Node *t, const tocsin_value *v) {
        return why_say(e->trail.why, CODEC_E_MISFIT, "%s is no %s", encode_kind(v), t->name ? t->name : node_words[t->type]);
}

static int unknown_field(Encoder *e, const Node *t, const tocsin_value *v) {
        for (uint32_t i = 0; i < v->len; i++) {
                uint32_t j = 0;
                while (j < t->n && encode_field(v, &t->fields[j], j) != &v->u.fields[i])
                        j++;
                if (j == t->n)
                        return why_say(e->trail.why, CODEC_E_MISFIT, "'%.*s' is no field of %s, or is there twice",
                                       (int)v->u.fields[i].name_len, v->u.fields[i].name, t->name);
        }
        return 0;
}

/* As encode(), with what records are mostly made of tried first and in place. */
static inline int encode_often(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        if (t->type == NODE_STRING && v->kind == TOCSIN_STR)
                return put_text(e, v->u.bytes, v->len);
        if (t->type == NODE_LONG && v->kind == TOCSIN_I64)
                return put_long(e, v->u.i64);
        return encode(e, t, v, depth);
}

/* The value for field i: the record's own, or the default. NULL: neither. */
static inline const tocsin_value *value_for(const tocsin_value *v, const NodeField *f, uint32_t i, uint32_t *taken) {
        const tocsin_field *x = encode_field(v, f, i);
        *taken += x != NULL;
        if (__builtin_expect(x && x->value.kind != TOCSIN_NONE, 1))
                return &x->value;
        return f->json ? &f->otherwise : NULL;
}

static APART int encode_record(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        uint32_t taken = 0;
        for (uint32_t i = 0; i < t->n; i++) {
                const NodeField *f = &t->fields[i];
                const tocsin_value *of = value_for(v, f, i, &taken);
                int r;
                if (__builtin_expect(!of, 0))
                        r = why_say(e->trail.why, CODEC_E_MISFIT, "missing, and has no default");
                else
                        r = encode_often(e, f->type, of, depth);
                if (__builtin_expect(r != 0, 0)) {
                        trail_step(&e->trail, ".%s", (const char *)f->name.ptr);
                        return r;
                }
        }
        return __builtin_expect(taken == v->len, 1) ? 0 : unknown_field(e, t, v);
}

static APART int encode_items(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        if (v->len)
                GUARD(put_long(e, v->len));
        for (uint32_t i = 0; i < v->len; i++) {
                int r = encode(e, t->items, &v->u.items[i], depth);
                if (__builtin_expect(r != 0, 0)) {
                        trail_step(&e->trail, "[%u]", i);
                        return r;
                }
        }
        return put_long(e, 0);
}

static APART int encode_entries(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        if (v->len)
                GUARD(put_long(e, v->len));
        for (uint32_t i = 0; i < v->len; i++) {
                const tocsin_field *x = &v->u.fields[i];
                int r = put_text(e, (const uint8_t *)x->name, x->name_len);
                if (r == 0)
                        r = encode(e, t->items, &x->value, depth);
                if (__builtin_expect(r != 0, 0)) {
                        trail_step(&e->trail, ".%.*s", (int)x->name_len, x->name);
                        return r;
                }
        }
        return put_long(e, 0);
}

/* Its number, or what is wrong as a negative of CODEC_E_…. */
static int find_branch(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        uint32_t i = 0;
        while (i < t->n && !encode_fits(e, t->branches[i], v, depth))
                i++;
        if (e->steps >= LIMIT_FIT_STEPS)
                return -why_say(e->trail.why, CODEC_E_LIMIT, "too much to try before a branch of the union is found");
        if (i == t->n)
                return -why_say(e->trail.why, CODEC_E_MISFIT, "%s fits no branch of the union", encode_kind(v));
        return (int)i;
}

static APART int encode_union(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        int i = v->branch ? v->branch - 1 : find_branch(e, t, v, depth);
        if (__builtin_expect(i < 0, 0))
                return -i;
        if (__builtin_expect((uint32_t)i >= t->n, 0))
                return why_say(e->trail.why, CODEC_E_MISFIT, "branch %d of a union of %u", i, t->n);
        GUARD(put_long(e, i));
        return encode(e, t->branches[i], v, depth);
}

static APART int encode_real(Encoder *e, const Node *t, const tocsin_value *v) {
        double d = v->kind == TOCSIN_I64 ? (double)v->u.i64 : v->u.f64;
        if (v->kind != TOCSIN_I64 && v->kind != TOCSIN_F64)
                return misfit(e, t, v);
        if (t->type == NODE_DOUBLE) {
                GUARD(room(e, sizeof d));
                memcpy(e->p, &d, sizeof d);
                e->p += sizeof d;
                return 0;
        }
        if (!encode_fits_float(d))
                return why_say(e->trail.why, CODEC_E_MISFIT, "%g is beyond a float", d);
        float f = (float)d;
        GUARD(room(e, sizeof f));
        memcpy(e->p, &f, sizeof f);
        e->p += sizeof f;
        return 0;
}

static int encode(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        static const uint8_t entered[] = { [NODE_RECORD] = TOCSIN_RECORD, [NODE_ARRAY] = TOCSIN_LIST, [NODE_MAP] = TOCSIN_MAP };
        int32_t symbol;
        switch (t->type) {
        case NODE_NULL:
                return v->kind == TOCSIN_NULL ? 0 : misfit(e, t, v);
        case NODE_BOOLEAN:
                return v->kind == TOCSIN_BOOL ? put_long(e, -(v->u.i64 != 0)) : misfit(e, t, v); /* zigzag: 0 and 1 */
        case NODE_INT:
                if (v->kind == TOCSIN_I64 && v->u.i64 != (int32_t)v->u.i64)
                        return why_say(e->trail.why, CODEC_E_MISFIT, "%lld does not fit 32 bits", (long long)v->u.i64);
                __attribute__((fallthrough));
        case NODE_LONG:
                return v->kind == TOCSIN_I64 ? put_long(e, v->u.i64) : misfit(e, t, v);
        case NODE_FLOAT:
        case NODE_DOUBLE:
                return encode_real(e, t, v);
        case NODE_BYTES:
                return v->kind == TOCSIN_BYTES ? put_bytes(e, v->u.bytes, v->len) : misfit(e, t, v);
        case NODE_STRING:
                return v->kind == TOCSIN_STR ? put_text(e, v->u.bytes, v->len) : misfit(e, t, v);
        case NODE_FIXED:
                return (v->kind == TOCSIN_BYTES || v->kind == TOCSIN_STR) && v->len == t->n ? put_raw(e, v->u.bytes, v->len)
                                                                                            : misfit(e, t, v);
        case NODE_ENUM:
                symbol = v->kind == TOCSIN_ENUM || v->kind == TOCSIN_STR ? encode_symbol(t, v) : -1;
                return symbol >= 0 ? put_long(e, symbol) : misfit(e, t, v);
        case NODE_UNION:
                return encode_union(e, t, v, depth);
        default:
                break;
        }
        if (v->kind != entered[t->type])
                return misfit(e, t, v);
        if (depth >= LIMIT_DEPTH)
                return why_say(e->trail.why, CODEC_E_LIMIT, "nested deeper than %u", LIMIT_DEPTH);
        return t->type == NODE_RECORD  ? encode_record(e, t, v, depth + 1)
               : t->type == NODE_ARRAY ? encode_items(e, t, v, depth + 1)
                                       : encode_entries(e, t, v, depth + 1);
}

static int failed(const Schema *schema, Buffer *out, size_t before, int r, Why *why) {
        out->len = before;
        out->failed = 0;
        return why_say(why, r, "%s: %s", schema_name(schema),
                       r == -EMSGSIZE ? "larger than what is sent in one record" : "out of memory");
}

int codec_encode(const Schema *schema, const tocsin_value *v, Buffer *out, Why *why) {
        if (out->failed)
                return out->failed;
        Encoder e;
        size_t before = out->len;
        if (!out->ptr && !buffer_room(out, 1))
                return failed(schema, out, before, out->failed, why);
        e.out = out;
        e.p = out->ptr + before;
        e.end = out->ptr + writable(out);
        e.steps = 0;
        e.trail.why = why;
        e.trail.path[0] = 0;
        int r = encode(&e, schema->root, v, 0);
        if (r < 0)
                return failed(schema, out, before, r, why);
        out->len = r == 0 ? (size_t)(e.p - out->ptr) : before;
        return r == 0 ? 0 : trail_end(&e.trail, r, schema_name(schema));
}
