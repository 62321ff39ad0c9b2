/* A bump allocator: many small pieces, one reset. One thread at a time.
 *
 * Pieces are 16-byte aligned and live until arena_reset() or arena_free(). Memory of a reset arena is kept for
 * the next use, so a steady state allocates nothing; under ASan it is poisoned, so a kept pointer dies. */
#pragma once

#include "core/bytes.h"
#include "core/cleanup.h"

typedef struct Arena Arena;

/* max: bytes it may hand out between two resets. NULL: out of memory. */
Arena *arena_new(size_t max);
Arena *arena_free(Arena *a);
CLEANUP_DEFINE(Arena, arena_free)

void arena_reset(Arena *a);
/* Not zeroed. NULL: over max, or out of memory. n == 0 gives a valid pointer. */
void *arena_alloc(Arena *a, size_t n);
void *arena_zalloc(Arena *a, size_t n);
/* A copy; ptr NULL in the answer: as arena_alloc. Followed by a NUL that is not counted. */
Bytes arena_dup(Arena *a, Bytes b);
/* Handed out since the last reset. */
size_t arena_used(const Arena *a);
/* Times it had to ask malloc since birth: constant in a steady state. */
size_t arena_grown(const Arena *a);

/* A point to come back to: everything handed out after mark is given back. */
typedef struct ArenaMark { void *chunk; size_t at, used; } ArenaMark;
ArenaMark arena_mark(const Arena *a);
void arena_rewind(Arena *a, ArenaMark m);
