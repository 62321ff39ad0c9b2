/* L4, missing numbers: a gap has some seconds to fill; what is still missing then is raised, and cleared if it fills
 * after all. Deadlines are event time and are judged by the watermark only. */
#pragma once

#include "base.h"

#define GAPS 8u                  /* of one producer at once; more are joined with the youngest */

typedef enum GapState { GAP_FREE = 0, GAP_WAITING = 1, GAP_RAISED = 2 } GapState;
typedef struct Gap {
        int64_t from, to, deadline;
        uint64_t left;           /* numbers still missing */
        uint32_t state, life;    /* life: low bits of the incarnation that counts */
} Gap;
typedef struct Gaps {
        Gap gap[GAPS];
} Gaps;

/* Returns the index of the gap. */
uint32_t gaps_open(Gaps *g, uint32_t life, int64_t from, int64_t to, int64_t deadline);
/* `number` came. Returns the gap it completed, with *was its state until then; -1: none. */
int gaps_fill(Gaps *g, uint32_t life, int64_t number, GapState *was);
/* The next gap whose time is up, now GAP_RAISED; -1: none. */
int gaps_due(Gaps *g, int64_t watermark);
int64_t gaps_next(const Gaps *g);           /* earliest deadline, NEVER */
bool gaps_raised(const Gaps *g);            /* is one still open and raised? */
void gaps_forget(Gaps *g);                  /* nobody waits for the raised ones any more */
