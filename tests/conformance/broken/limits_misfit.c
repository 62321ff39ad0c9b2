/* Sends a record that its port's schema does not have. */
#define ON_PROCESS(p, e, loop)                    \
        const tocsin_value odd_ = tocsin_bool(1); \
        (void)(p)->host->emit((p)->host, 1, loop, &odd_)
#include "base.h"
