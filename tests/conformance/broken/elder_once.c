/* Takes over an elder table once, and does not notice that this was rolled back. */
static int rebuild(void *inst, unsigned found);
#define REBUILD rebuild
#define STATE 2
#include "base.h"

static int rebuild(void *inst, unsigned found) {
        Instance *p = inst;
        int64_t one = 1;
        if (found != 1 || p->memory[0]++)
                return 0;
        return p->host->put(p->host, tocsin_bytes_of("taken over", 10), tocsin_bytes_of(&one, sizeof one));
}
