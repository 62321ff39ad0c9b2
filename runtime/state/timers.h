/* Named timers of one task, kept in its table (SPACE_TIMER: name -> clock, time), so that they commit, roll back and
 * come back with it. [one thread] */
#pragma once

#include "state/table.h"

typedef struct Timers Timers;

/* Watches `t` from now on; t outlives it and holds no timer yet. 0 | -ENOMEM */
int timers_new(Timers **ret, Table *t);
Timers *timers_free(Timers *m);
CLEANUP_DEFINE(Timers, timers_free)

/* The last call for a name wins, whatever the clock. TOCSIN_TIMER_OFF: off. 0 | TABLE_E_… | -ENOMEM: as before. */
int timers_set(Timers *m, Bytes name, int64_t at_us, unsigned clock);
/* When the next one of that clock is due; INT64_MAX: none. */
int64_t timers_next(Timers *m, unsigned clock);
/* Takes the first that is due at or before until_us out, in order of time, then name. Name: copied to ret_name, which
 * has room for LIMIT_TIMER_NAME_BYTES. 0 | TIMERS_E_NONE | TABLE_E_… | -ENOMEM */
enum { TIMERS_E_NONE = 10 };
int timers_take(Timers *m, unsigned clock, int64_t until_us, uint8_t *ret_name, size_t *ret_len, int64_t *ret_at_us);
/* The first of that clock, left where it is; name: lent until the next change. False: none. */
bool timers_peek(Timers *m, unsigned clock, Bytes *ret_name, int64_t *ret_at_us);
/* A value of SPACE_TIMER as it lies in the table. False: it is none. */
bool timers_read(Bytes value, int64_t *ret_at_us, unsigned *ret_clock);
