/* Size classes over malloc. */
#include "state/pool.h"

#include <stdlib.h>
#include <string.h>

#define OVERHEAD 16u /* malloc's, by block */
#define FINE 1024u /* up to here every 16 bytes is a class */

static unsigned class_of(size_t n, size_t *ret_size) {
        if (n <= FINE) {
                unsigned c = n ? (unsigned)((n + 15) / 16) : 1;
                *ret_size = (size_t)c * 16;
                return c;
        }
        unsigned b = 63u - (unsigned)__builtin_clzll(n - 1);
        size_t base = (size_t)1 << b, step = base / 4, k = (n - 1 - base) / step;
        *ret_size = base + (k + 1) * step;
        return FINE / 16 + 1 + (b - 10) * 4 + (unsigned)k;
}

static size_t size_of(unsigned c) {
        if (c <= FINE / 16)
                return (size_t)c * 16;
        unsigned i = c - FINE / 16 - 1;
        size_t base = (size_t)1 << (10 + i / 4);
        return base + (i % 4 + 1) * (base / 4);
}

bool pool_same(size_t a, size_t b) {
        size_t size;
        return class_of(a, &size) == class_of(b, &size);
}

static void trim(Pool *p, size_t need) {
        for (unsigned c = POOL_CLASSES; c-- > 0;)
                while (p->free[c] && need) {
                        void *block = p->free[c];
                        size_t size = size_of(c) + OVERHEAD;
                        memcpy(&p->free[c], block, sizeof(void *));
                        free(block);
                        p->idle -= size;
                        need -= need < size ? need : size;
                }
}

bool pool_fits(Pool *p, size_t a, size_t b) {
        size_t size, more = 0;
        class_of(a, &size);
        if (b)
                more = (class_of(b, &more), more + OVERHEAD);
        size += OVERHEAD + more;
        if (size > p->max || p->used > p->max - size)
                return false;
        size_t total = p->used + p->idle;
        if (total > p->max - size)
                trim(p, total - (p->max - size));
        return true;
}

void *pool_take(Pool *p, size_t n) {
        size_t size;
        unsigned c = class_of(n, &size);
        void *block = p->free[c];
        if (block) {
                memcpy(&p->free[c], block, sizeof(void *));
                p->idle -= size + OVERHEAD;
        } else {
                block = malloc(size);
        }
        if (block)
                p->used += size + OVERHEAD;
        return block;
}

void pool_give(Pool *p, void *block, size_t n) {
        size_t size;
        if (!block)
                return;
        unsigned c = class_of(n, &size);
        memcpy(block, &p->free[c], sizeof(void *));
        p->free[c] = block;
        p->used -= size + OVERHEAD;
        p->idle += size + OVERHEAD;
}

void pool_deinit(Pool *p) {
        trim(p, p->idle);
}
