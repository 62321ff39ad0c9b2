/* Counts the first of more than a hundred twice. */
#include <tocsin/plugin.h>
static int batch(void *inst, const tocsin_event *const *events, uint32_t n, uint32_t *done);
#define BATCH batch
#include "base.h"

static int batch(void *inst, const tocsin_event *const *events, uint32_t n, uint32_t *done) {
        for (*done = 0; *done < n; ++*done) {
                int r = n > 100 && *done == 0 ? count(inst, events[0]) : TOCSIN_OK;
                if (r == TOCSIN_OK)
                        r = count(inst, events[*done]);
                if (r != TOCSIN_OK)
                        return r;
        }
        return TOCSIN_OK;
}
