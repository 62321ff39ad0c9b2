/* L1, second incarnation: which lives of a producer are heard, and do two speak where one should?
 *
 * A restart is legitimate when the old life is never heard again. So a higher incarnation is taken as the successor
 * without alarm, and only an event of an older one with a later event time than its successor's first is the proof. */
#pragma once

#include "base.h"

typedef struct Life {
        int64_t number, first, last; /* incarnation; event times of its first and latest event */
} Life;
typedef struct Lives {
        uint32_t known, spare;       /* how many of the two below are set */
        Life now, before;
} Lives;

typedef enum LifeAnswer {
        LIFE_SAME,                   /* the life that speaks now */
        LIFE_FIRST,                  /* nobody was known */
        LIFE_SUCCESSOR,              /* a restart, unless the old life speaks again */
        LIFE_LATE,                   /* from the life before, sent before its successor began: late, benign */
        LIFE_ANCIENT,                /* from a life older still, as late */
        LIFE_ROGUE,                  /* an old life speaks after its successor */
        LIFE_BELOW                   /* lower than the registry's first legitimate incarnation */
} LifeAnswer;

/* least: the registry's first incarnation, INT64_MIN: none. On LIFE_SUCCESSOR `now` has become `before`. */
LifeAnswer lives_step(Lives *l, int64_t number, int64_t time, int64_t least);
