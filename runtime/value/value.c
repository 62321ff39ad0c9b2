/* Compare and copy. Recursion is bounded: what codec and json build is never deeper than LIMIT_DEPTH. */
#include "value/value.h"

#include "core/error.h"
#include "core/limits.h"
#include <tocsin/value.h>

static bool equal(const tocsin_value *a, const tocsin_value *b, unsigned depth);

static bool equal_fields(const tocsin_value *a, const tocsin_value *b, unsigned depth) {
        for (uint32_t i = 0; i < a->len; i++) {
                const tocsin_field *x = &a->u.fields[i], *y = &b->u.fields[i];
                if (!bytes_eq(bytes_of(x->name, x->name_len), bytes_of(y->name, y->name_len)) ||
                    !equal(&x->value, &y->value, depth))
                        return false;
        }
        return true;
}

static bool equal_items(const tocsin_value *a, const tocsin_value *b, unsigned depth) {
        for (uint32_t i = 0; i < a->len; i++)
                if (!equal(&a->u.items[i], &b->u.items[i], depth))
                        return false;
        return true;
}

static bool equal(const tocsin_value *a, const tocsin_value *b, unsigned depth) {
        if (a->kind != b->kind || a->len != b->len || depth > LIMIT_DEPTH)
                return false;
        switch (a->kind) {
        case TOCSIN_BOOL:
        case TOCSIN_I64:
        case TOCSIN_F64:
                return a->u.i64 == b->u.i64;
        case TOCSIN_STR:
        case TOCSIN_BYTES:
        case TOCSIN_ENUM:
                return bytes_eq(tocsin_as_bytes(a), tocsin_as_bytes(b));
        case TOCSIN_LIST:
                return equal_items(a, b, depth + 1);
        case TOCSIN_MAP:
        case TOCSIN_RECORD:
                return equal_fields(a, b, depth + 1);
        default:
                return true;
        }
}

bool value_equal(const tocsin_value *a, const tocsin_value *b) {
        return equal(a, b, 0);
}

static int copy(Arena *a, const tocsin_value *v, tocsin_value *ret, unsigned depth);

static int copy_fields(Arena *a, const tocsin_value *v, tocsin_value *ret, unsigned depth) {
        tocsin_field *to = arena_alloc(a, v->len * sizeof *to);
        REQUIRE(to, -ENOMEM);
        for (uint32_t i = 0; i < v->len; i++) {
                const tocsin_field *from = &v->u.fields[i];
                Bytes name = arena_dup(a, bytes_of(from->name, from->name_len));
                REQUIRE(name.ptr, -ENOMEM);
                to[i] = (tocsin_field){ .name = (const char *)name.ptr, .name_len = from->name_len };
                GUARD(copy(a, &from->value, &to[i].value, depth));
        }
        ret->u.fields = to;
        return 0;
}

static int copy_items(Arena *a, const tocsin_value *v, tocsin_value *ret, unsigned depth) {
        tocsin_value *to = arena_alloc(a, v->len * sizeof *to);
        REQUIRE(to, -ENOMEM);
        for (uint32_t i = 0; i < v->len; i++)
                GUARD(copy(a, &v->u.items[i], &to[i], depth));
        ret->u.items = to;
        return 0;
}

static int copy(Arena *a, const tocsin_value *v, tocsin_value *ret, unsigned depth) {
        tocsin_value to = *v;
        REQUIRE(depth <= LIMIT_DEPTH, -ENOMEM);
        switch (v->kind) {
        case TOCSIN_STR:
        case TOCSIN_BYTES:
        case TOCSIN_ENUM: {
                Bytes text = arena_dup(a, tocsin_as_bytes(v));
                REQUIRE(text.ptr, -ENOMEM);
                to.u.bytes = text.ptr;
                break;
        }
        case TOCSIN_LIST:
                GUARD(copy_items(a, v, &to, depth + 1));
                break;
        case TOCSIN_MAP:
        case TOCSIN_RECORD:
                GUARD(copy_fields(a, v, &to, depth + 1));
                break;
        default:
                break;
        }
        *ret = to;
        return 0;
}

int value_copy(Arena *a, const tocsin_value *v, tocsin_value *ret) {
        return copy(a, v, ret, 0);
}
