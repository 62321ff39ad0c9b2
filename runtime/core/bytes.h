/* A range of bytes is one value: pointer and length travel together, borrowed, never owned. */
#pragma once

#include <stdbool.h>
#include <string.h>
#include <tocsin/plugin.h>

typedef tocsin_bytes Bytes;

#define BYTES_NULL ((Bytes){ 0 })

static inline Bytes bytes_of(const void *p, size_t n) {
        return (Bytes){ .ptr = p, .len = n };
}
static inline Bytes bytes_z(const char *z) {
        return bytes_of(z, z ? strlen(z) : 0);
}
static inline bool bytes_eq(Bytes a, Bytes b) {
        return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline bool bytes_eq_z(Bytes a, const char *z) {
        return bytes_eq(a, bytes_z(z));
}
/* Order of unsigned bytes, the shorter first when one begins the other: < 0, 0, > 0. */
static inline int bytes_cmp(Bytes a, Bytes b) {
        size_t n = a.len < b.len ? a.len : b.len;
        int r = n ? memcmp(a.ptr, b.ptr, n) : 0;
        return r ? r : (a.len > b.len) - (a.len < b.len);
}
static inline bool bytes_begin(Bytes whole, Bytes prefix) {
        return whole.len >= prefix.len && (prefix.len == 0 || memcmp(whole.ptr, prefix.ptr, prefix.len) == 0);
}
/* Does the text repeat a piece of the secret: six bytes of it, or the whole when it is shorter? Then the text is not to be
 * shown. Pieces, because a text may be a secret cut or cleaned; what has fewer than four bytes is a number, not a secret. */
static inline bool bytes_tell(Bytes text, Bytes secret) {
        enum { PIECE = 6, LEAST = 4 };
        size_t n = secret.len < PIECE ? secret.len : PIECE;
        for (size_t i = 0; n >= LEAST && i + n <= secret.len; i++)
                if (memmem(text.ptr, text.len, secret.ptr + i, n))
                        return true;
        return false;
}
/* For printf("%.*s"): BYTES_ARG(b). */
#define BYTES_ARG(b) (int)(b).len, (const char *)((b).ptr ? (b).ptr : (const uint8_t *)"")
