/* Waits for a letter that never comes. */
#define ON_PROCESS(p, e, loop)                                   \
        for (volatile unsigned at_ = 0; (loop).len > 100; at_++) \
        continue
#include "base.h"
