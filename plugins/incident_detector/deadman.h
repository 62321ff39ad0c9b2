/* L4, silence: was a producer heard often enough?
 *
 * What is kept are the stretches of event time in which it was heard without a pause longer than the limit: one in a
 * healthy life. A pause between two stretches is judged when the watermark has passed its deadline, so the answer
 * depends on what was heard and not on when the timer happened to fire. */
#pragma once

#include "base.h"

#define HEARD 4u                 /* stretches; more are joined, which can only hide a pause, never invent one */
#define QUIETS 24u               /* windows of planned silence considered for one producer */

#define MAYBE_BACK 2u            /* of Heard.silent: heard again, late, and its deadline has not passed yet */

typedef struct Stretch {
        int64_t from, to;
} Stretch;
typedef struct Heard {
        uint32_t n, silent;      /* silent: a pause after stretch 0 has been raised and not ended; MAYBE_BACK */
        Stretch s[HEARD];
} Heard;
typedef struct Quiets {
        uint32_t n;
        Stretch q[QUIETS];       /* planned silence, [from, until) */
} Quiets;

typedef enum HeardAnswer { HEARD_FINE, HEARD_SILENT, HEARD_BACK } HeardAnswer;

/* An event at `time`. HEARD_BACK: it ends a silence that was raised; *at is its time. */
HeardAnswer heard_add(Heard *h, int64_t time, int64_t limit);
/* The same for one that is late. A batch that was held up does not end a silence with each of its events, only to begin
 * another: what is late ends it when the next comes before the watermark has passed its deadline. */
HeardAnswer heard_late(Heard *h, int64_t time, int64_t limit);
/* When silence after `from` is over the limit; timers start anew when a window of planned silence ends. */
int64_t quiet_deadline(const Quiets *q, int64_t from, int64_t limit);
/* Call until HEARD_FINE. SILENT: *at is the time last heard. BACK: *at is the time heard again. *next: when to ask
 * again (NEVER: nothing to wait for). */
HeardAnswer heard_due(Heard *h, int64_t watermark, int64_t limit, const Quiets *q, int64_t *at, int64_t *next);
