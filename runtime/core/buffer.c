/* Growing bytes. */
#include "core/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_deinit(Buffer *b) {
        free(b->ptr);
        *b = BUFFER_NULL;
}

void buffer_clear(Buffer *b) {
        b->len = 0;
        b->failed = 0;
}

uint8_t *buffer_room(Buffer *b, size_t n) {
        if (b->failed)
                return NULL;
        size_t max = b->max ? b->max : SIZE_MAX / 2;
        if (n > max - b->len) {
                b->failed = -EMSGSIZE;
                return NULL;
        }
        if (!b->ptr || n > b->size - b->len) {
                size_t size = b->size ? b->size * 2 : 64;
                while (size < b->len + n)
                        size *= 2;
                uint8_t *p = realloc(b->ptr, size);
                if (!p) {
                        b->failed = -ENOMEM;
                        return NULL;
                }
                b->ptr = p;
                b->size = size;
        }
        return b->ptr + b->len;
}

void buffer_put(Buffer *b, const void *p, size_t n) {
        uint8_t *to = buffer_room(b, n);
        if (to && n) {
                memcpy(to, p, n);
                b->len += n;
        }
}

void buffer_put_z(Buffer *b, const char *z) {
        buffer_put(b, z, strlen(z));
}

void buffer_printf(Buffer *b, const char *format, ...) {
        va_list ap, again;
        va_start(ap, format);
        va_copy(again, ap);
        int n = vsnprintf(NULL, 0, format, ap);
        va_end(ap);
        char *to = n < 0 ? NULL : (char *)buffer_room(b, (size_t)n + 1);
        if (to) {
                vsnprintf(to, (size_t)n + 1, format, again);
                b->len += (size_t)n;
        }
        va_end(again);
}
