/* L11: two loops set one attribute of one target to different values within a span.
 *
 * Writes wait until the watermark has passed them and are then judged in the order of (event time, loop, event id):
 * arrival decides nothing, so one partition and eight give the same. */
#pragma once

#include "base.h"

#define CONFLICT_SETTLED 24u     /* writes of the last span; the oldest gives way */
#define CONFLICT_PENDING 24u     /* writes ahead of the watermark; when full the oldest is judged early */

typedef struct Write {
        Ref ref;
        Name loop, producer;
        Label value;
        double number;
        uint32_t is_number, planned; /* planned: told by ACTION_PLAN */
} Write;
typedef struct Writes {
        uint32_t n_settled, n_pending;
        Write settled[CONFLICT_SETTLED], pending[CONFLICT_PENDING]; /* one behind the other: they are stored so */
} Writes;

Write write_of(const Ref *ref, Bytes loop, Bytes producer, Bytes value, bool planned);
/* Takes it up unless the very same event is there already. True: `pending` is full, settle one at once. */
bool writes_add(Writes *w, const Write *one);
/* The earliest pending write at or before the watermark moves to the settled ones: its index there; -1: none is due.
 * force: take the earliest even if it is not due. */
int writes_settle(Writes *w, int64_t watermark, bool force);
/* Is settled[i] in conflict with settled[j], which came before it? */
bool writes_conflict(const Writes *w, uint32_t i, uint32_t j, int64_t span);
int64_t writes_next(const Writes *w);        /* event time of the earliest pending write, NEVER */
int64_t writes_last(const Writes *w);        /* event time of the latest write of all, NO_TIME */
