/* Lets a record fall when memory ends, and says nothing. */
#define ON_PROCESS(p, e, loop)      \
        char *room_ = malloc(32);   \
        if (!room_)                 \
                return TOCSIN_SKIP; \
        free(room_)
#include "base.h"
