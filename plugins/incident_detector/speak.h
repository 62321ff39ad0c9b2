/* What every event of a registered producer goes through: lives (L1), order (L3), gaps and silence (L4), floods (L15). */
#pragma once

#include "case.h"
#include "deadman.h"
#include "flood.h"
#include "gap.h"
#include "producer.h"
#include "window.h"

typedef struct Speaker {         /* one for each (loop, producer) */
        Lives lives;
        Window window[2];        /* of the life that speaks now, and of the one before */
        Gaps gaps;
        Heard heard;
        Flood flood;
        int64_t high, timer;     /* greatest event time; when the timer is set for (0: never yet) */
        Ref last;                /* the latest event by event time */
        Recent recent;
} Speaker;

/* *stop: the event is a copy or out of its time, nobody else should look at it. */
int speak_event(Detector *d, const Input *in, bool *stop);
/* What is no copy: does it arrive late where others do not? */
int stale_event(const Detector *d, const Input *in);
/* A timer of sort 'a'. */
int stale_timer(Detector *d, Bytes name);
/* A timer of sort 'p'. */
int speak_timer(Detector *d, Bytes name, int64_t now);
