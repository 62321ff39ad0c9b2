/* L4: gaps in the numbers of one producer. */
#include "gap.h"

static uint64_t count(int64_t from, int64_t to) {
        return (uint64_t)to - (uint64_t)from + 1;
}

uint32_t gaps_open(Gaps *g, uint32_t life, int64_t from, int64_t to, int64_t deadline) {
        uint32_t at = GAPS, oldest = GAPS, youngest = 0;
        for (uint32_t i = 0; i < GAPS; i++) {
                if (g->gap[i].state == GAP_FREE && at == GAPS)
                        at = i;
                if (g->gap[i].state == GAP_RAISED && (oldest == GAPS || g->gap[i].deadline < g->gap[oldest].deadline))
                        oldest = i;
                if (g->gap[i].deadline > g->gap[youngest].deadline)
                        youngest = i;
        }
        if (at == GAPS)
                at = oldest; /* it has been told; that it fills is no longer noticed */
        if (at != GAPS) {
                g->gap[at] = (Gap){ from, to, deadline, count(from, to), GAP_WAITING, life };
                return at;
        }
        Gap *y = &g->gap[youngest];
        y->from = base_min(y->from, from);
        y->to = base_max(y->to, to);
        y->left += count(from, to);
        y->deadline = base_min(y->deadline, deadline);
        return youngest;
}

int gaps_fill(Gaps *g, uint32_t life, int64_t number, GapState *was) {
        for (uint32_t i = 0; i < GAPS; i++) {
                Gap *gap = &g->gap[i];
                if (gap->state == GAP_FREE || gap->life != life || number < gap->from || number > gap->to)
                        continue;
                if (--gap->left > 0)
                        return -1;
                *was = (GapState)gap->state;
                *gap = (Gap){ 0 };
                return (int)i;
        }
        return -1;
}

int gaps_due(Gaps *g, int64_t watermark) {
        int at = -1;
        for (uint32_t i = 0; i < GAPS; i++)
                if (g->gap[i].state == GAP_WAITING && g->gap[i].deadline <= watermark &&
                    (at < 0 || g->gap[i].deadline < g->gap[at].deadline))
                        at = (int)i;
        if (at >= 0)
                g->gap[at].state = GAP_RAISED;
        return at;
}

int64_t gaps_next(const Gaps *g) {
        int64_t next = NEVER;
        for (uint32_t i = 0; i < GAPS; i++)
                if (g->gap[i].state == GAP_WAITING)
                        next = base_min(next, g->gap[i].deadline);
        return next;
}

bool gaps_raised(const Gaps *g) {
        for (uint32_t i = 0; i < GAPS; i++)
                if (g->gap[i].state == GAP_RAISED)
                        return true;
        return false;
}

void gaps_forget(Gaps *g) {
        for (uint32_t i = 0; i < GAPS; i++)
                if (g->gap[i].state == GAP_RAISED)
                        g->gap[i] = (Gap){ 0 };
}
