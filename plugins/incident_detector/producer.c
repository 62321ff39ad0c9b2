/* L1: lives of a producer. */
#include "producer.h"

LifeAnswer lives_step(Lives *l, int64_t number, int64_t time, int64_t least) {
        if (number < least)
                return LIFE_BELOW;
        if (l->known == 0) {
                l->now = (Life){ number, time, time };
                l->known = 1;
                return LIFE_FIRST;
        }
        if (number == l->now.number) {
                l->now.first = base_min(l->now.first, time);
                l->now.last = base_max(l->now.last, time);
                return LIFE_SAME;
        }
        if (number > l->now.number) {
                l->before = l->now;
                l->now = (Life){ number, time, time };
                l->known = 2;
                return LIFE_SUCCESSOR;
        }
        if (time > l->now.first)
                return LIFE_ROGUE;
        if (l->known == 2 && number == l->before.number) {
                l->before.last = base_max(l->before.last, time);
                return LIFE_LATE;
        }
        return LIFE_ANCIENT;
}
