/* A life by steps, for those who lead several at a time. It stays where it is: its host points into it. */
#pragma once

#include "bin/conform_turn.h"

typedef struct Life {
        Turns turns;
        size_t at;                   /* of the next record in the stream */
        size_t quiet;                /* turns of INTERNAL records since the last of the stream */
        bool over;                   /* its transcript is whole, and the instance destroyed */
} Life;

/* 0 | RULE_E_BROKEN | -ENOMEM; to be ended in any case. */
int life_begin(Life *l, Kit *k, const Play *plan, PlayEnd *end, Why *why);
/* One turn; after the last: what timers hold, the table, destroy(). */
int life_step(Life *l, Why *why);
void life_end(Life *l);
