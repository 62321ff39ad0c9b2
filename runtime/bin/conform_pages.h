/* Memory that is borrowed: it is read and not written, and after pages_close() nobody can read it either, so a pointer that was
 * kept kills its keeper. */
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
/* Zeroed, to be written: nothing is readable behind the last of n bytes, but for what makes it 16-byte aligned. NULL: out of
 * memory, or the run has thousands of them. */
void *pages_tight(Pages *p, size_t n);
/* A copy to be read alone, not aligned, with nothing readable behind its last byte. NULL: as above. */
const void *pages_copy(Pages *p, const void *from, size_t n);
/* Everything handed out since the last time is gone. */
void pages_close(Pages *p);
/* What pages_alloc() has handed out so far can be read and no more written; for runs without tight pieces. */
void pages_seal(Pages *p);
/* Is it in what is lent, but no guard? For a handler of SIGSEGV, of an address that was written then. */
bool pages_sealed(const Pages *p, const void *address);
/* Was this address handed out once, and is it gone? For a handler of SIGSEGV. */
bool pages_gone(const Pages *p, const void *address);
/* Is it in a guard behind a piece that still is lent? For the same handler. */
bool pages_beyond(const Pages *p, const void *address);
