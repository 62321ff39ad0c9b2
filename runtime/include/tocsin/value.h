/* Reading and building tocsin_value without linking anything: inline, allocation-free, C11 and C++17.
 *
 * Readers accept NULL and any kind and answer the default you give, so that a chain of them needs no checks.
 * Builders borrow what they are given: the result lives no longer than its parts. */
#ifndef TOCSIN_VALUE_H
#define TOCSIN_VALUE_H

#include <string.h>
#include <tocsin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline tocsin_bytes tocsin_bytes_of(const void *p, size_t n) {
        tocsin_bytes b;
        b.ptr = (const uint8_t *)p;
        b.len = n;
        return b;
}

/* ---- reading --------------------------------------------------------------------------------------- */

static inline int tocsin_is(const tocsin_value *v, unsigned kind) {
        return v && v->kind == kind;
}

/* The field or entry of that name; NULL: not there, or neither RECORD nor MAP. A walk: not for hot fields. */
static inline const tocsin_value *tocsin_find_n(const tocsin_value *v, const char *name, size_t n) {
        if (!tocsin_is(v, TOCSIN_RECORD) && !tocsin_is(v, TOCSIN_MAP))
                return NULL;
        for (uint32_t i = 0; i < v->len; i++)
                if (v->u.fields[i].name_len == n && memcmp(v->u.fields[i].name, name, n) == 0)
                        return &v->u.fields[i].value;
        return NULL;
}
static inline const tocsin_value *tocsin_find(const tocsin_value *v, const char *name) {
        return tocsin_find_n(v, name, strlen(name));
}

/* The field behind a handle of host->field(): up to seven record indexes, one byte each from the lowest,
 * index + 1, ended by 0. NULL when a record on the way is null or absent. */
static inline const tocsin_value *tocsin_at(const tocsin_value *v, int64_t handle) {
        for (; handle > 0; handle >>= 8) {
                uint32_t i = (uint32_t)(handle & 0xff) - 1;
                if (v->kind != TOCSIN_RECORD || i >= v->len)
                        return NULL;
                v = &v->u.fields[i].value;
        }
        return v;
}

static inline int64_t tocsin_as_i64(const tocsin_value *v, int64_t otherwise) {
        return tocsin_is(v, TOCSIN_I64) || tocsin_is(v, TOCSIN_BOOL) ? v->u.i64 : otherwise;
}
static inline double tocsin_as_f64(const tocsin_value *v, double otherwise) {
        return tocsin_is(v, TOCSIN_F64) ? v->u.f64 : tocsin_is(v, TOCSIN_I64) ? (double)v->u.i64 : otherwise;
}
static inline int tocsin_as_bool(const tocsin_value *v, int otherwise) {
        return tocsin_is(v, TOCSIN_BOOL) ? v->u.i64 != 0 : otherwise;
}
/* STR, ENUM and BYTES as a range; anything else: the empty range. */
static inline tocsin_bytes tocsin_as_bytes(const tocsin_value *v) {
        if (tocsin_is(v, TOCSIN_STR) || tocsin_is(v, TOCSIN_ENUM) || tocsin_is(v, TOCSIN_BYTES))
                return tocsin_bytes_of(v->u.bytes, v->len);
        return tocsin_bytes_of(NULL, 0);
}
static inline int64_t tocsin_get_i64(const tocsin_value *v, const char *name, int64_t otherwise) {
        return tocsin_as_i64(tocsin_find(v, name), otherwise);
}
static inline double tocsin_get_f64(const tocsin_value *v, const char *name, double otherwise) {
        return tocsin_as_f64(tocsin_find(v, name), otherwise);
}
static inline tocsin_bytes tocsin_get_bytes(const tocsin_value *v, const char *name) {
        return tocsin_as_bytes(tocsin_find(v, name));
}
static inline int tocsin_equal(tocsin_bytes a, tocsin_bytes b) {
        return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline int tocsin_equal_z(tocsin_bytes a, const char *z) {
        return tocsin_equal(a, tocsin_bytes_of(z, strlen(z)));
}

/* ---- building -------------------------------------------------------------------------------------- */

static inline tocsin_value tocsin_none(void) {
        tocsin_value v;
        memset(&v, 0, sizeof v);
        return v;
}
static inline tocsin_value tocsin_null(void) {
        tocsin_value v = tocsin_none();
        v.kind = TOCSIN_NULL;
        return v;
}
static inline tocsin_value tocsin_bool(int b) {
        tocsin_value v = tocsin_none();
        v.kind = TOCSIN_BOOL;
        v.u.i64 = b != 0;
        return v;
}
static inline tocsin_value tocsin_i64(int64_t i) {
        tocsin_value v = tocsin_none();
        v.kind = TOCSIN_I64;
        v.u.i64 = i;
        return v;
}
static inline tocsin_value tocsin_f64(double d) {
        tocsin_value v = tocsin_none();
        v.kind = TOCSIN_F64;
        v.u.f64 = d;
        return v;
}
static inline tocsin_value tocsin_str_n(const void *s, size_t n) {
        tocsin_value v = tocsin_none();
        v.kind = TOCSIN_STR;
        v.len = (uint32_t)n;
        v.u.str = (const char *)s;
        return v;
}
static inline tocsin_value tocsin_str(const char *s) {
        return tocsin_str_n(s, strlen(s));
}
static inline tocsin_value tocsin_str_of(tocsin_bytes b) {
        return tocsin_str_n(b.ptr, b.len);
}
static inline tocsin_value tocsin_raw(tocsin_bytes b) {
        tocsin_value v = tocsin_str_of(b);
        v.kind = TOCSIN_BYTES;
        return v;
}
/* An enum by its symbol; the host finds the index. */
static inline tocsin_value tocsin_symbol(const char *s) {
        tocsin_value v = tocsin_str(s);
        v.kind = TOCSIN_ENUM;
        return v;
}
static inline tocsin_value tocsin_list(const tocsin_value *items, uint32_t n) {
        tocsin_value v = tocsin_none();
        v.kind = TOCSIN_LIST;
        v.len = n;
        v.u.items = items;
        return v;
}
/* A record or a map from n fields, in any order; a record's missing fields take their schema's defaults. */
static inline tocsin_value tocsin_fields(unsigned kind, const tocsin_field *fields, uint32_t n) {
        tocsin_value v = tocsin_none();
        v.kind = (uint8_t)kind;
        v.len = n;
        v.u.fields = fields;
        return v;
}
static inline tocsin_value tocsin_record(const tocsin_field *fields, uint32_t n) {
        return tocsin_fields(TOCSIN_RECORD, fields, n);
}
static inline tocsin_value tocsin_map(const tocsin_field *fields, uint32_t n) {
        return tocsin_fields(TOCSIN_MAP, fields, n);
}
static inline tocsin_field tocsin_field_n(const void *name, size_t n, tocsin_value value) {
        tocsin_field f;
        f.name = (const char *)name;
        f.name_len = (uint32_t)n;
        f.reserved = 0;
        f.value = value;
        return f;
}
static inline tocsin_field tocsin_field_of(const char *name, tocsin_value value) {
        return tocsin_field_n(name, strlen(name), value);
}
/* A descriptor's entry; checked by the host: NULL unless the majors agree. */
static inline const tocsin_plugin *tocsin_entry(const tocsin_plugin *self, uint32_t host_abi) {
        return host_abi >> 16 == self->abi >> 16 ? self : NULL;
}

#ifdef __cplusplus
}
#endif
#endif
