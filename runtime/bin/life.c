/* Back-off and blame. */
#include "bin/life.h"

#include <stdio.h>

bool life_due(const Life *l, int64_t now_us) {
        return !l->up && now_us >= l->next_us;
}

void life_born(Life *l, int64_t now_us) {
        l->up = true;
        l->born_us = now_us;
        l->births++;
}

void life_died(Life *l, int64_t now_us, bool worked) {
        int64_t lived = now_us - l->born_us;
        bool at_once = worked && lived >= LIFE_AT_ONCE_US;
        if (worked || lived >= LIFE_HEALTHY_US)
                l->backoff_us = 0;
        if (!at_once)
                l->backoff_us = l->backoff_us ? l->backoff_us * 2 : LIFE_BACKOFF_FIRST_US;
        if (l->backoff_us > LIFE_BACKOFF_MAX_US)
                l->backoff_us = LIFE_BACKOFF_MAX_US;
        l->next_us = now_us + l->backoff_us;
        l->up = false;
        l->deaths++;
}

static bool same(const LifeRecord *r, const char *topic, int32_t partition, int64_t offset) {
        return r->partition == partition && r->offset == offset && strcmp(r->topic, topic) == 0;
}

static void forget(Life *l, uint32_t i) {
        l->n_suspects--;
        memmove(&l->suspect[i], &l->suspect[i + 1], (l->n_suspects - i) * sizeof l->suspect[0]);
}

int life_blame(Life *l, const char *topic, int32_t partition, int64_t offset) {
        uint32_t i = 0;
        while (i < l->n_suspects && !same(&l->suspect[i], topic, partition, offset))
                i++;
        if (i == l->n_suspects) {
                if (l->n_suspects == LIFE_SUSPECTS)
                        forget(l, 0);
                i = l->n_suspects++;
                l->suspect[i] = (LifeRecord){ .partition = partition, .offset = offset };
                snprintf(l->suspect[i].topic, sizeof l->suspect[i].topic, "%s", topic);
        }
        if (++l->suspect[i].deaths < LIFE_DEATHS)
                return 0;
        if (l->n_convicts == LIFE_CONVICTS)
                return LIFE_E_FULL;
        l->convict[l->n_convicts++] = l->suspect[i];
        forget(l, i);
        return LIFE_E_CONVICTED;
}
