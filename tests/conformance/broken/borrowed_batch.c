/* Marks the records of a batch as done. */
#include <tocsin/plugin.h>
static int batch(void *inst, const tocsin_event *const *events, uint32_t n, uint32_t *done);
#define BATCH batch
#include "base.h"

static int batch(void *inst, const tocsin_event *const *events, uint32_t n, uint32_t *done) {
        for (*done = 0; *done < n; ++*done) {
                int r = count(inst, events[*done]);
                if (r != TOCSIN_OK)
                        return r;
                ((tocsin_event *)(uintptr_t)events[*done])->reserved = 1;
        }
        return TOCSIN_OK;
}
