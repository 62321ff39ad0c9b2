/* Ends what it writes into scratch memory with a byte too many. */
#define ON_PROCESS(p, e, loop)                                  \
        do {                                                    \
                char *text = (p)->host->scratch((p)->host, 16); \
                if (!text)                                      \
                        return -ENOMEM;                         \
                ((volatile char *)text)[16] = 0;                \
        } while (0)
#include "base.h"
