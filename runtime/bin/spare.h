/* Which standby takes the seat of a worker that died, and whether one is to be spent on it. Pure: no process, no clock. */
#pragma once

#include "bin/life.h"

#define SPARE_SILENT_US 2000000      /* without a sign of life for so long it may be as dead as the worker */

typedef struct Spare {               /* what is seen of a standby */
        const char *pipeline;
        bool up;                     /* its process lives and has not been given a seat */
        bool whole;                  /* it has been at the end of the changelog */
        bool trouble;                /* something outside is in its way */
        uint64_t lag;                /* records of the changelog that it does not know yet */
        int64_t silent_us;           /* since its last sign of life */
} Spare;

/* The one to adopt: of this pipeline, alive, whole and without trouble; of several the least behind, then the first. n: none,
 * so the seat waits for a new process. */
size_t spare_choose(const Spare *s, size_t n, const char *pipeline);
/* Is one spent on this death? Not on one of a row of failures: that seat would use up every standby, and what ails it is not
 * the loss of a process. */
bool spare_worth(const Life *dead);
