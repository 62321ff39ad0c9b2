/* Incidents: what they are called, when they are open, how they are told.
 *
 * Findings of one kind about the same loop, target and producer are one incident while they come no further apart than
 * its rest. It is told when it is raised, with each of the first FEW findings more, at every doubling after, and when it
 * ends. */
#pragma once

#include "detector.h"

#define CASE_EVIDENCE 16u        /* as tocsin.Incident says: the first half and the latest half */
#define CASE_RELATED 4u
#define CASE_FEW 16u
#define CASES_OF_LOOP 256u       /* open incidents of one loop; the oldest is forgotten, of L1 no new one is begun */
#define CASES_UNREGISTERED 256u  /* open incidents about loops nobody knows, of one task */
#define SUMMARY_TEXT 320u

typedef enum What {
        WHAT_UNREGISTERED, WHAT_UNKNOWN, WHAT_LIVES,                     /* L1 */
        WHAT_REPLAY, WHAT_REORDERED, WHAT_STALE, WHAT_FUTURE,            /* L3 */
        WHAT_GAP, WHAT_SILENT, WHAT_NO_CLEAR, WHAT_NO_RESULT,            /* L4 */
        WHAT_RANGE, WHAT_JUMP, WHAT_SHIFT, WHAT_FROZEN,                  /* L5 */
        WHAT_TARGET, WHAT_NO_PLAN, WHAT_STAGE,                           /* L8 */
        WHAT_ATTRIBUTE, WHAT_PRIORITY,                                   /* L9 */
        WHAT_OSCILLATION, WHAT_CONFLICT, WHAT_FANOUT, WHAT_CIRCLE, WHAT_FLOOD
} What;

typedef struct Finding {
        What what;
        Bytes loop, domain, producer, target;
        Bytes related[CASE_RELATED];         /* sorted */
        uint32_t n_related, n_refs;
        const Ref *refs;                     /* at least one, the first in time first */
        const char *topic;                   /* where refs with a partition lay; NULL: not told */
        uint64_t occurrences;                /* 0: one */
        bool restated;                       /* the latest of an incident's summaries holds, not the first */
        char summary[SUMMARY_TEXT];          /* one sentence without its full stop */
} Finding;

void finding_init(Finding *f, What what, const Input *in);
__attribute__((format(printf, 2, 3))) void finding_say(Finding *f, const char *format, ...);
/* A range for "%.*s", not too long for one line. */
#define SHOW(b) (int)text_cut((b), 64), (b).len ? (const char *)(b).ptr : ""
/* A moment for people: RFC 3339, UTC, whole seconds. */
typedef struct Moment {
        char text[32];
} Moment;
Moment moment_of(int64_t time);

/* 1: raised; 0: joined an open one, or suppressed; < 0. */
int case_add(const Detector *d, const Finding *f);
/* The symptom has ended at `time`. Nothing open: 0. */
int case_clear(const Detector *d, What what, Bytes loop, Bytes target, Bytes producer, int64_t time);
/* A timer of sort 'i'. */
int case_timer(const Detector *d, Bytes name, int64_t now);

const char *what_class(What w);
