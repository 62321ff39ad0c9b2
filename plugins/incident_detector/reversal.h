/* L10: does a loop turn one attribute back and forth?
 *
 * A reversal is a value that returns to (nearly) the one before the last change: A, B, A. Numbers return nearly when
 * the way back is at least three quarters of the way there; so a controller that feels its way with small corrections
 * is not counted, and one that swings is. The history is kept in the order of event time. */
#pragma once

#include "base.h"

#define REVERSAL_LEN 24u         /* changes kept: four times the default limit */

typedef struct Change {
        double number;
        uint64_t text;           /* hash of the value */
        uint32_t is_number, spare;
        Ref ref;
} Change;
typedef struct Changes {
        uint32_t n, spare;
        Change c[REVERSAL_LEN];
} Changes;

/* Puts a write in its place, oldest out. A write that repeats the value before it is no change and is dropped. */
void changes_add(Changes *h, Bytes value, const Ref *ref);
/* Reversals within `span` up to the latest change; *first: index of the change that begins the first of them. */
uint32_t changes_reversals(const Changes *h, int64_t span, uint32_t *first);
