/* Chunks in a list, each twice the last; reset keeps them. */
#include "core/arena.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define FIRST_CHUNK 4096u
#define LARGEST_CHUNK (1u << 20) /* beyond it chunks no longer double: the waste at the end stays bounded */
#define ALIGN 16u

typedef struct Chunk Chunk;
struct Chunk {
        Chunk *next;
        size_t size;
        _Alignas(ALIGN) uint8_t data[];
};

struct Arena {
        Chunk *first, *now;
        size_t at, used, max, grown;
};

Arena *arena_new(size_t max) {
        Arena *a = calloc(1, sizeof *a);
        if (a)
                a->max = max;
        return a;
}

Arena *arena_free(Arena *a) {
        if (!a)
                return NULL;
        for (Chunk *c = a->first, *next; c; c = next) {
                next = c->next;
                UNPOISON(c->data, c->size);
                free(c);
        }
        free(a);
        return NULL;
}

void arena_reset(Arena *a) {
        arena_rewind(a, (ArenaMark){ .chunk = a->first });
}

static Chunk *grow(Arena *a, size_t n) {
        size_t size = a->now ? a->now->size * 2 : FIRST_CHUNK;
        if (size > LARGEST_CHUNK)
                size = LARGEST_CHUNK;
        if (size < n)
                size = n;
        Chunk *c = malloc(sizeof *c + size);
        if (!c)
                return NULL;
        *c = (Chunk){ .size = size };
        POISON(c->data, size);
        if (a->now) {
                c->next = a->now->next;
                a->now->next = c;
        } else {
                a->first = c;
        }
        a->grown++;
        return c;
}

void *arena_alloc(Arena *a, size_t n) {
        if (n > a->max)
                return NULL;
        size_t whole = n ? (n + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
        if (a->used + whole > a->max + ALIGN)
                return NULL;
        while (!a->now || whole > a->now->size - a->at) {
                Chunk *next = a->now ? a->now->next : a->first;
                if (!next || next->size < whole)
                        next = grow(a, whole);
                if (!next)
                        return NULL;
                a->now = next;
                a->at = 0;
        }
        void *p = a->now->data + a->at;
        UNPOISON(p, n);
        a->at += whole;
        a->used += whole;
        return p;
}

void *arena_zalloc(Arena *a, size_t n) {
        void *p = arena_alloc(a, n);
        return p ? memset(p, 0, n) : NULL;
}

Bytes arena_dup(Arena *a, Bytes b) {
        uint8_t *p = arena_alloc(a, b.len + 1);
        if (!p)
                return BYTES_NULL;
        if (b.len)
                memcpy(p, b.ptr, b.len);
        p[b.len] = 0;
        return bytes_of(p, b.len);
}

size_t arena_used(const Arena *a) {
        return a->used;
}

size_t arena_grown(const Arena *a) {
        return a->grown;
}

ArenaMark arena_mark(const Arena *a) {
        return (ArenaMark){ .chunk = a->now, .at = a->at, .used = a->used };
}

void arena_rewind(Arena *a, ArenaMark m) {
        Chunk *to = m.chunk ? m.chunk : a->first;
        for (Chunk *c = to; c; c = c == a->now ? NULL : c->next) {
                size_t from = c == m.chunk ? m.at : 0;
                POISON(c->data + from, c->size - from);
        }
        a->now = to;
        a->at = m.chunk ? m.at : 0;
        a->used = m.used;
}
