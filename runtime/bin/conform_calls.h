/* Our stand-ins for the plugin's calls of libc: allocations that are counted and fail on demand, and a note of calls that
 * a pure function cannot make. The host's own calls stay untouched. One plugin a process. */
#pragma once

#include "core/error.h"
#include <stdbool.h>
#include <stdint.h>

/* For loader_watch(): what takes the place of `name`, whose real address is `real`; NULL: it stays. */
void *calls_replacement(const char *name, void *real);

/* Blocks the plugin holds now, and their bytes; allocations asked for since the start. */
typedef struct CallsCount { uint64_t blocks, bytes, asked; } CallsCount;
CallsCount calls_count(void);
/* The n-th allocation from now fails, once (1: the next); 0: none. */
void calls_fail(uint64_t n);
bool calls_failed(void);
/* What memory holds that was just given, or given back: of another byte in each life, so that nobody can go by it. */
void calls_fill(uint8_t byte);
/* The first call that a pure function cannot make (a clock, a file, a thread), since calls_forget(); NULL: none. */
const char *calls_impure(void);
void calls_forget(void);
/* Notes what is no call but as bad: how a callback left its thread. */
void calls_note(const char *what);
/* The first foreign name that the plugin was linked with and that a pure function cannot need; NULL: none. */
const char *calls_foreign(void);
/* Is this name on the list of conform_pure.h? */
bool calls_pure(const char *name);
