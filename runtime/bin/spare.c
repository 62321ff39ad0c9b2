/* Choosing a standby. */
#include "bin/spare.h"

static bool fit(const Spare *s, const char *pipeline) {
        return s->up && s->whole && !s->trouble && s->silent_us < SPARE_SILENT_US && strcmp(s->pipeline, pipeline) == 0;
}

size_t spare_choose(const Spare *s, size_t n, const char *pipeline) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
                if (fit(&s[i], pipeline) && (best == n || s[i].lag < s[best].lag))
                        best = i;
        return best;
}

bool spare_worth(const Life *dead) {
        return dead->backoff_us <= LIFE_BACKOFF_FIRST_US;
}
