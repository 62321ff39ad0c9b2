/* Takes every loop to have a name. */
#define LEAST 0u
#define ON_PROCESS(p, e, loop) \
        if ((loop).len == 0)   \
        *(volatile char *)(uintptr_t)(p)->memory[3] = 1
#include "base.h"
