/* A growing run of bytes that one owner writes from left to right. Failure sticks: after one refused append
 * every later one is refused too, so a writer checks once at the end. */
#pragma once

#include "core/bytes.h"

typedef struct Buffer {
        uint8_t *ptr;
        size_t len, size, max;   /* max: 0 is no bound but SIZE_MAX */
        int failed;              /* 0, or -ENOMEM (out of memory), -EMSGSIZE (over max) */
} Buffer;

#define BUFFER_NULL ((Buffer){ 0 })

void buffer_deinit(Buffer *b);            /* frees, back to BUFFER_NULL; fine on BUFFER_NULL */
void buffer_clear(Buffer *b);             /* empty and unfailed, memory kept */
/* Room for n more bytes, to be written at the pointer and then counted by adding to len. NULL: failed. */
uint8_t *buffer_room(Buffer *b, size_t n);
void buffer_put(Buffer *b, const void *p, size_t n);
void buffer_put_z(Buffer *b, const char *z);
void buffer_printf(Buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void buffer_u8(Buffer *b, uint8_t v) {
        uint8_t *p = buffer_room(b, 1);
        if (p) {
                *p = v;
                b->len++;
        }
}
static inline Bytes buffer_bytes(const Buffer *b) {
        return bytes_of(b->ptr, b->len);
}
