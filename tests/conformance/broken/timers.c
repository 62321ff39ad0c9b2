/* Does the timers' work only if it set them itself. */
#define ON_COUNT(p, e, n) (p)->memory[0] = 1
#define ON_TIMER(p, name)    \
        if (!(p)->memory[0]) \
        return TOCSIN_OK
#include "base.h"
