/* L3: is an event older than its loop's events are when they arrive?
 *
 * An event's lag is the time between it and its record's timestamp in the topic. Of itself it says nothing: a stream
 * recorded last year lags a year. So each loop has a lag that is usual, the least heard lately, and what lags by more than
 * `stale` beyond it is suspect. The next event that does not lag proves the suspects; but eight late ones in a row are a
 * backlog, or a stream played slower than it was recorded, and that is then the loop's lag. Event and record say all of it,
 * so no other loop and no partition has a part in it. */
#pragma once

#include "base.h"

#define PACE_RUN 8u              /* late events in a row that are no accident: more than anybody holds back unnoticed */
#define PACE_STEP (10 * SECOND)  /* of what is remembered, so that a steady stream writes nothing */

typedef struct Pace {
        int64_t lag;             /* usual, in whole steps */
        uint32_t known, run, suspects, spare; /* run: late ones in a row */
} Pace;

typedef enum PaceAnswer {
        PACE_STEADY,             /* nothing has changed */
        PACE_MOVED,              /* to be stored */
        PACE_SUSPECT             /* likewise; this event is suspect number `suspects` of the run, from 1 */
} PaceAnswer;

/* *proven: so many suspects of the run are stale. */
PaceAnswer pace_step(Pace *p, int64_t lag, int64_t stale, uint32_t *proven);
