/* Memory of one table: blocks in size classes, kept for the next use, so that a steady state asks malloc for nothing.
 * Used and idle blocks together never exceed max: idle ones are given back first. [one thread] */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define POOL_CLASSES 112u            /* every 16 bytes up to 1 KiB, then four a doubling up to 2 MiB */

typedef struct Pool {
        size_t used, idle, max;      /* bytes, malloc's own 16 a block among them */
        void *free[POOL_CLASSES];
} Pool;

/* Room for blocks of a and (unless 0) b more bytes within max? Gives idle blocks back when that helps. */
bool pool_fits(Pool *p, size_t a, size_t b);
/* 1 <= n <= 2 MiB. NULL: out of memory. Over max is the caller's to ask beforehand. */
void *pool_take(Pool *p, size_t n);
void pool_give(Pool *p, void *block, size_t n);      /* n: as taken; block NULL: nothing */
bool pool_same(size_t a, size_t b);                  /* the same class? */
void pool_deinit(Pool *p);
