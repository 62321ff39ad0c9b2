/* What must meet across loops: told to an internal port, read back by whoever owns the key (L9 priority, L11, L14). */
#pragma once

#include "case.h"
#include "conflict.h"

#define CAUSES_TOLD 8u           /* causes of one event that are followed */
#define MEETINGS 8192u           /* attributes of targets in one task; the oldest gives way */
#define CAUSES 4096u             /* causes in one task; likewise */
#define CHILDREN 4u              /* of one cause whom late news of ancestors is passed on to */

/* ANCESTORS, `level`: what is told is not of the event with the key, but ... */
#define ON_CIRCLE (-1)           /* one upstream of it that is on a circle */
#define ON_ASK (-2)              /* one downstream of it, by way of `target`, that wants to know the plans it follows from */
#define ON_PROOF (-3)            /* one of those plans: the answer */
#define ON_ECHO (-4)             /* proof that loops answer each other, for who tells it; the last names the plan */

enum { OBSERVED_WRITE = 0, OBSERVED_CAUSE, OBSERVED_ANCESTORS, OBSERVED_ORDER, OBSERVED_CLAIM };

typedef struct Observation {     /* decoded, or to be told */
        uint32_t what;
        Bytes key, loop, domain, producer, target, attribute, value, parent;
        bool planned, action;
        int64_t level;           /* priority; ANCESTORS: latest event time among the event's causes, or an ON_ */
        Ref ref;
        const tocsin_value *ancestors;
} Observation;

Watched watched_of(const tocsin_host *host);
void observation_of(const Input *in, uint32_t what, Bytes key, Observation *ret);
int observation_tell(Detector *d, const Observation *o);

int observe_write(Detector *d, const Input *in, Bytes attribute, Bytes value);
int observe_causes(Detector *d, const Input *in);
/* in->loop orders or claims priority `level` for `loop`. */
int observe_priority(Detector *d, const Input *in, Bytes loop, int64_t level, bool order);

/* One record of the internal port. */
int observe_event(Detector *d, const tocsin_event *event);

/* The owners of each sort of key. */
int conflict_observed(Detector *d, const Observation *o);
int conflict_timer(Detector *d, Bytes name, int64_t now);      /* 'w' */
int cause_observed(Detector *d, const Observation *o);
int ancestors_observed(Detector *d, const Observation *o);
int cause_timer(Detector *d, Bytes name, int64_t now);         /* 'f' */
int priority_observed(Detector *d, const Observation *o);
int priority_timer(Detector *d, Bytes name, int64_t now);      /* 'q' */
