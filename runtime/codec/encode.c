/* Values into bytes, driven by the schema. Recursion is bounded by LIMIT_DEPTH.
 *
 * Where to write goes through every call and back as `p`, so that it stays in a register; NULL: failed with e->failed. What
 * is short is written without asking for its exact size where there is SHORT_MAX room, which is nearly always. */
#include "codec/encode.h"

#include "codec/wire.h"
#include "core/limits.h"
#include <tocsin/value.h>

/* Kept out of the loops, so that what is frequent and small needs no frame. */
#define APART __attribute__((noinline, cold))
#define NOINLINE __attribute__((noinline))
#define ALWAYS inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)

#define SHORT_TEXT 64u /* below it the length takes one byte */
#define SHORT_MAX (SHORT_TEXT + WIRE_LONG_MAX) /* room for any short text, or any number */

static uint8_t *encode(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth);

static uint8_t *fail(Encoder *e, int r) {
        e->failed = r;
        return NULL;
}
#define FAIL(...) return fail(e, why_say(e->trail.why, __VA_ARGS__))

/* ---- room and bytes -------------------------------------------------------------------------------------- */

static size_t writable(const Buffer *out) {
        return out->max && out->max < out->size ? out->max : out->size;
}

static ALWAYS bool roomy(const Encoder *e, const uint8_t *p) {
        return LIKELY((size_t)(e->end - p) >= SHORT_MAX);
}

/* Room for n bytes, and for anything short unless a bound forbids it: that is filled to the very byte. NULL: failed. */
static APART uint8_t *more_room(Encoder *e, uint8_t *p, size_t n) {
        Buffer *out = e->out;
        out->len = (size_t)(p - out->ptr);
        if (n < SHORT_MAX && (!out->max || out->max - out->len >= SHORT_MAX))
                n = SHORT_MAX;
        if ((size_t)(e->end - p) >= n)
                return p;
        p = buffer_room(out, n);
        if (!p)
                return fail(e, out->failed);
        e->end = out->ptr + writable(out);
        return p;
}

static APART uint8_t *put_long_tight(Encoder *e, uint8_t *p, uint64_t n) {
        p = more_room(e, p, 1 + (size_t)(63 - __builtin_clzll(n | 1)) / 7);
        return p ? wire_put_long(p, n) : NULL;
}

static ALWAYS uint8_t *put_long(Encoder *e, uint8_t *p, int64_t i) {
        uint64_t n = (uint64_t)i << 1 ^ (uint64_t)(i >> 63);
        if (!roomy(e, p))
                return put_long_tight(e, p, n);
        if (LIKELY(n < 0x80)) {
                *p = (uint8_t)n;
                return p + 1;
        }
        return wire_put_long_wide(p, n);
}

static uint8_t *put_raw(Encoder *e, uint8_t *p, const void *from, size_t n) {
        if ((size_t)(e->end - p) < n)
                p = more_room(e, p, n);
        if (p && n)
                memcpy(p, from, n);
        return p ? p + n : NULL;
}

static uint8_t *put_bytes(Encoder *e, uint8_t *p, const void *from, size_t n) {
        p = put_long(e, p, (int64_t)n);
        return p ? put_raw(e, p, from, n) : NULL;
}

static APART uint8_t *not_text(Encoder *e) {
        FAIL(CODEC_E_MISFIT, "its text is not UTF-8");
}

static NOINLINE uint8_t *put_long_text(Encoder *e, uint8_t *p, const uint8_t *from, size_t n) {
        return utf8_valid(from, n) ? put_bytes(e, p, from, n) : not_text(e);
}

static ALWAYS uint64_t copy_word(uint8_t *to, const uint8_t *from) {
        uint64_t w = utf8_load(from);
        memcpy(to, &w, sizeof w);
        return w;
}

static ALWAYS uint64_t copy_half(uint8_t *to, const uint8_t *from) {
        uint32_t w = utf8_load_half(from);
        memcpy(to, &w, sizeof w);
        return w;
}

/* Copies and says as utf8_high_bits() does whether all of it is ASCII, in one pass. */
static ALWAYS uint64_t copy_text(uint8_t *to, const uint8_t *from, size_t n) {
        if (n >= 16) {
                uint64_t high = copy_word(to, from) | copy_word(to + 8, from + 8);
                for (size_t i = 16; i + 16 < n; i += 16)
                        high |= copy_word(to + i, from + i) | copy_word(to + i + 8, from + i + 8);
                return high | copy_word(to + n - 16, from + n - 16) | copy_word(to + n - 8, from + n - 8);
        }
        if (n >= 8)
                return copy_word(to, from) | copy_word(to + n - 8, from + n - 8);
        if (n >= 4)
                return copy_half(to, from) | copy_half(to + n - 4, from + n - 4);
        uint64_t high = 0;
        for (size_t i = 0; i < n; i++)
                high |= to[i] = from[i];
        return high;
}

static ALWAYS uint8_t *put_text(Encoder *e, uint8_t *p, const uint8_t *from, size_t n) {
        if (!roomy(e, p) || __builtin_expect(n >= SHORT_TEXT, 0))
                return put_long_text(e, p, from, n);
        *p++ = (uint8_t)(n << 1);
        if (LIKELY((copy_text(p, from, n) & UTF8_HIGH) == 0) || utf8_valid_slow(from, n))
                return p + n;
        return not_text(e);
}

/* ---- values ---------------------------------------------------------------------------------------------- */

static APART uint8_t *misfit(Encoder *e, const Node *t, const tocsin_value *v) {
        FAIL(CODEC_E_MISFIT, "%s is no %s", encode_kind(v), t->name ? t->name : node_words[t->type]);
}

static APART uint8_t *unknown_field(Encoder *e, const Node *t, const tocsin_value *v, uint8_t *p) {
        for (uint32_t i = 0; i < v->len; i++) {
                uint32_t j = 0;
                while (j < t->n && encode_field(v, &t->fields[j], j) != &v->u.fields[i])
                        j++;
                if (j == t->n)
                        FAIL(CODEC_E_MISFIT, "'%.*s' is no field of %s, or is there twice", (int)v->u.fields[i].name_len,
                             v->u.fields[i].name, t->name);
        }
        return p;
}

/* The value for a field that is not where it should be, or is not said: the record's own, or the default. NULL: neither. */
static const tocsin_value *value_for(const tocsin_value *v, const NodeField *f, uint32_t i, uint32_t *absent) {
        const tocsin_field *x = encode_field(v, f, i);
        *absent += x == NULL;
        if (x && x->value.kind != TOCSIN_NONE)
                return &x->value;
        return f->json ? &f->otherwise : NULL;
}

static APART uint8_t *missing(Encoder *e) {
        FAIL(CODEC_E_MISFIT, "missing, and has no default");
}

static APART uint8_t *in_field(Encoder *e, const NodeField *f) {
        trail_step(&e->trail, ".%s", (const char *)f->name.ptr);
        return NULL;
}

static APART uint8_t *in_item(Encoder *e, uint32_t i) {
        trail_step(&e->trail, "[%u]", i);
        return NULL;
}

static APART uint8_t *in_entry(Encoder *e, const tocsin_field *x) {
        trail_step(&e->trail, ".%.*s", (int)x->name_len, x->name);
        return NULL;
}

/* Its number, or -1. */
static int find_branch(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        uint32_t i = 0;
        while (i < t->n && !encode_fits(e, t->branches[i], v, depth))
                i++;
        if (e->steps >= LIMIT_FIT_STEPS)
                e->failed = why_say(e->trail.why, CODEC_E_LIMIT, "too much to try before a branch of the union is found");
        else if (i == t->n)
                e->failed = why_say(e->trail.why, CODEC_E_MISFIT, "%s fits no branch of the union", encode_kind(v));
        return e->failed ? -1 : (int)i;
}

static NOINLINE uint8_t *encode_union(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth) {
        int i = v->branch ? v->branch - 1 : find_branch(e, t, v, depth);
        if (__builtin_expect(i < 0, 0))
                return NULL;
        if (__builtin_expect((uint32_t)i >= t->n, 0))
                FAIL(CODEC_E_MISFIT, "branch %d of a union of %u", i, t->n);
        p = put_long(e, p, i);
        return p ? encode(e, p, t->branches[i], v, depth) : NULL;
}

/* The kinds of numbers a double may stand for are few enough to be looked at twice: here is what put_double() leaves. */
static NOINLINE uint8_t *encode_real(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v) {
        double d = v->kind == TOCSIN_I64 ? (double)v->u.i64 : v->u.f64;
        if (v->kind != TOCSIN_I64 && v->kind != TOCSIN_F64)
                return misfit(e, t, v);
        if (t->type == NODE_DOUBLE)
                return put_raw(e, p, &d, sizeof d);
        if (!encode_fits_float(d))
                FAIL(CODEC_E_MISFIT, "%g is beyond a float", d);
        float f = (float)d;
        return put_raw(e, p, &f, sizeof f);
}

static ALWAYS uint8_t *put_double(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v) {
        if (!LIKELY(v->kind == TOCSIN_F64 && roomy(e, p)))
                return encode_real(e, p, t, v);
        memcpy(p, &v->u.f64, sizeof v->u.f64);
        return p + sizeof v->u.f64;
}

static ALWAYS uint8_t *put_enum(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v) {
        int32_t symbol = -1;
        if (LIKELY(v->kind == TOCSIN_ENUM && v->index < t->n && t->symbols[v->index].len == v->len &&
                   encode_same(t->symbols[v->index].ptr, v->u.bytes, v->len)))
                symbol = v->index;
        else if (v->kind == TOCSIN_ENUM || v->kind == TOCSIN_STR)
                symbol = encode_symbol(t, v);
        return LIKELY(symbol >= 0) ? put_long(e, p, symbol) : misfit(e, t, v);
}

static NOINLINE uint8_t *encode_int(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v) {
        if (v->kind != TOCSIN_I64)
                return misfit(e, t, v);
        if (v->u.i64 != (int32_t)v->u.i64)
                FAIL(CODEC_E_MISFIT, "%lld does not fit 32 bits", (long long)v->u.i64);
        return put_long(e, p, v->u.i64);
}

static NOINLINE uint8_t *encode_bytes(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v) {
        if (v->kind == TOCSIN_BYTES && t->type == NODE_BYTES)
                return put_bytes(e, p, v->u.bytes, v->len);
        if ((v->kind == TOCSIN_BYTES || v->kind == TOCSIN_STR) && t->type == NODE_FIXED && v->len == t->n)
                return put_raw(e, p, v->u.bytes, v->len);
        return misfit(e, t, v);
}

static uint8_t *encode_record(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth);
static uint8_t *encode_items(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth);
static uint8_t *encode_entries(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth);

/* One value. Inline, so that the loops over fields, items and entries each have their own copy. */
static ALWAYS uint8_t *one(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth) {
        switch (t->type) {
        case NODE_NULL:
                return LIKELY(v->kind == TOCSIN_NULL) ? p : misfit(e, t, v);
        case NODE_BOOLEAN:
                return LIKELY(v->kind == TOCSIN_BOOL) ? put_long(e, p, -(v->u.i64 != 0)) : misfit(e, t, v); /* zigzag: 0 and 1 */
        case NODE_INT:
                return encode_int(e, p, t, v);
        case NODE_LONG:
                return LIKELY(v->kind == TOCSIN_I64) ? put_long(e, p, v->u.i64) : misfit(e, t, v);
        case NODE_FLOAT:
                return encode_real(e, p, t, v);
        case NODE_DOUBLE:
                return put_double(e, p, t, v);
        case NODE_STRING:
                return LIKELY(v->kind == TOCSIN_STR) ? put_text(e, p, v->u.bytes, v->len) : misfit(e, t, v);
        case NODE_BYTES:
        case NODE_FIXED:
                return encode_bytes(e, p, t, v);
        case NODE_ENUM:
                return put_enum(e, p, t, v);
        case NODE_RECORD:
                return LIKELY(v->kind == TOCSIN_RECORD) ? encode_record(e, p, t, v, depth + 1) : misfit(e, t, v);
        case NODE_ARRAY:
                return LIKELY(v->kind == TOCSIN_LIST) ? encode_items(e, p, t, v, depth + 1) : misfit(e, t, v);
        case NODE_MAP:
                return LIKELY(v->kind == TOCSIN_MAP) ? encode_entries(e, p, t, v, depth + 1) : misfit(e, t, v);
        case NODE_UNION:
                return encode_union(e, p, t, v, depth);
        }
        __builtin_unreachable();
}

static uint8_t *encode(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth) {
        return one(e, p, t, v, depth);
}

static APART uint8_t *too_deep(Encoder *e) {
        FAIL(CODEC_E_LIMIT, "nested deeper than %u", LIMIT_DEPTH);
}

/* From field i on, where the value's own come in another order, or not all of them. */
static NOINLINE uint8_t *encode_by_name(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth,
                                        uint32_t i) {
        uint32_t absent = 0;
        for (; i < t->n; i++) {
                const NodeField *f = &t->fields[i];
                const tocsin_value *of = value_for(v, f, i, &absent);
                p = LIKELY(of) ? encode(e, p, f->type, of, depth) : missing(e);
                if (!LIKELY(p))
                        return in_field(e, f);
        }
        return LIKELY(t->n - absent == v->len) ? p : unknown_field(e, t, v, p);
}

/* Here as below what is read in each turn is read before: the compiler must take what is written at p for a change of it. */
static NOINLINE uint8_t *encode_record(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth) {
        if (!LIKELY(depth <= LIMIT_DEPTH))
                return too_deep(e);
        if (v->len != t->n || t->n == 0)
                return encode_by_name(e, p, t, v, depth, 0);
        const NodeField *f = t->fields, *const end = f + t->n;
        const tocsin_field *x = v->u.fields;
        for (; f != end; f++, x++) {
                if (!LIKELY(encode_is_field(x, f) && x->value.kind != TOCSIN_NONE))
                        return encode_by_name(e, p, t, v, depth, (uint32_t)(f - t->fields));
                p = one(e, p, f->type, &x->value, depth);
                if (!LIKELY(p))
                        return in_field(e, f);
        }
        return p;
}

static NOINLINE uint8_t *encode_items(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth) {
        if (!LIKELY(depth <= LIMIT_DEPTH))
                return too_deep(e);
        const Node *type = t->items;
        const tocsin_value *x = v->u.items;
        const uint32_t len = v->len;
        if (len)
                p = put_long(e, p, len);
        for (uint32_t i = 0; i < len; i++, x++) {
                if (LIKELY(p))
                        p = one(e, p, type, x, depth);
                if (!LIKELY(p))
                        return in_item(e, i);
        }
        return LIKELY(p) ? put_long(e, p, 0) : NULL;
}

static NOINLINE uint8_t *encode_entries(Encoder *e, uint8_t *p, const Node *t, const tocsin_value *v, unsigned depth) {
        if (!LIKELY(depth <= LIMIT_DEPTH))
                return too_deep(e);
        const Node *type = t->items;
        const tocsin_field *x = v->u.fields;
        const uint32_t len = v->len;
        if (len)
                p = put_long(e, p, len);
        for (uint32_t i = 0; i < len; i++, x++) {
                if (LIKELY(p))
                        p = put_text(e, p, (const uint8_t *)x->name, x->name_len);
                if (LIKELY(p))
                        p = one(e, p, type, &x->value, depth);
                if (!LIKELY(p))
                        return in_entry(e, x);
        }
        return LIKELY(p) ? put_long(e, p, 0) : NULL;
}

static APART int refused(const Encoder *e, const Schema *schema, size_t before, Why *why) {
        Buffer *out = e->out;
        out->len = before;
        out->failed = 0;
        if (e->failed > 0)
                return trail_end(&e->trail, e->failed, schema_name(schema));
        return why_say(why, e->failed, "%s: %s", schema_name(schema),
                       e->failed == -EMSGSIZE ? "larger than what is sent in one record" : "out of memory");
}

int codec_encode(const Schema *schema, const tocsin_value *v, Buffer *out, Why *why) {
        Encoder e;
        size_t before = out->len;
        if (out->failed)
                return out->failed;
        e.out = out;
        e.failed = 0;
        e.steps = 0;
        e.trail.why = why;
        e.trail.path[0] = 0;
        if (!out->ptr && !buffer_room(out, 1)) {
                e.failed = out->failed;
                return refused(&e, schema, before, why);
        }
        e.end = out->ptr + writable(out);
        uint8_t *p = encode(&e, out->ptr + before, schema->root, v, 0);
        if (!LIKELY(p))
                return refused(&e, schema, before, why);
        out->len = (size_t)(p - out->ptr);
        return 0;
}
