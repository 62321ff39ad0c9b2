/* Believes that the thread that makes it makes all other calls. */
#include <tocsin/plugin.h>
static __thread int ready;
#define ON_CREATE(p) ready = 1
#define ON_PROCESS(p, e, loop) \
        if (!ready)            \
        return -EIO
#include "base.h"
