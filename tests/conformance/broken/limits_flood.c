/* A flood for one record. */
#define ON_PROCESS(p, e, loop)                 \
        for (unsigned i_ = 0; i_ < 2000; i_++) \
        (void)tell(p, loop, i_)
#include "base.h"
