/* Keeps a copy of the table that no rollback reaches. */
static int rebuild(void *inst, unsigned found);
#define REBUILD rebuild
#define ON_COUNT(p, e, n)                                                                       \
        n = ++(p)->memory[1];                                                                   \
        r = (p)->host->put((p)->host, tocsin_bytes_of("\1", 1), tocsin_bytes_of(&n, sizeof n)); \
        if (r != 0)                                                                             \
        return r
#include "base.h"

static int rebuild(void *inst, unsigned found) {
        Instance *p = inst;
        tocsin_bytes old;
        (void)found;
        if (p->memory[0]++)
                return 0; /* it has read it once: that is the fault */
        int r = p->host->get(p->host, tocsin_bytes_of("\1", 1), &old);
        if (r == 0 && old.len == sizeof p->memory[1])
                memcpy(&p->memory[1], old.ptr, sizeof p->memory[1]);
        return r;
}
