/* L3: lag of arrivals. */
#include "pace.h"

static int64_t whole_steps(int64_t lag) {
        int64_t rest = lag % PACE_STEP;
        return lag - rest - (rest < 0 ? PACE_STEP : 0);
}

static PaceAnswer in_time(Pace *p, int64_t step, uint32_t *proven) {
        bool less = !p->known || step < p->lag, moved = less || p->run;
        *proven = p->suspects;
        p->lag = less ? step : p->lag;
        p->known = 1;
        p->run = p->suspects = 0;
        return moved ? PACE_MOVED : PACE_STEADY;
}

PaceAnswer pace_step(Pace *p, int64_t lag, int64_t stale, uint32_t *proven) {
        int64_t step = whole_steps(lag);
        *proven = 0;
        if (!p->known || lag - p->lag <= stale / 2) /* half: who creeps towards the bound proves nothing against others */
                return in_time(p, step, proven);
        if (++p->run == PACE_RUN) {
                p->lag = step; /* should it be too much, the next brings it down */
                p->run = p->suspects = 0;
                return PACE_MOVED;
        }
        if (lag - p->lag <= stale + PACE_STEP)
                return PACE_MOVED;
        p->suspects++;
        return PACE_SUSPECT;
}
