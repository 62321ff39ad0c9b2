/* Memory that is borrowed: after pages_close() nobody can read it, so a pointer that was kept kills its keeper. */
#pragma once

#include "core/bytes.h"
#include "core/cleanup.h"

typedef struct Pages Pages;

/* NULL: no address space. */
Pages *pages_new(void);
Pages *pages_free(Pages *p);
CLEANUP_DEFINE(Pages, pages_free)
/* 16-byte aligned, filled with bytes that are no NUL, so that text without an end is seen. NULL: out of memory. */
void *pages_alloc(Pages *p, size_t n);
/* Not aligned: nothing can be read behind the last of n bytes. A run with thousands of them gives others, which a byte that is
 * no NUL follows. NULL: out of memory. */
void *pages_tight(Pages *p, size_t n);
/* Everything handed out since the last time is gone. */
void pages_close(Pages *p);
/* What is handed out so far can be read and no more written; for runs without pages_tight(). */
void pages_seal(Pages *p);
/* Is it in what is sealed? For a handler of SIGSEGV. */
bool pages_sealed(const Pages *p, const void *address);
/* Was this address handed out once, and is it gone? For a handler of SIGSEGV. */
bool pages_gone(const Pages *p, const void *address);
/* Is it behind a piece that still is lent? For the same handler, of an address that cannot be read. */
bool pages_beyond(const Pages *p, const void *address);
