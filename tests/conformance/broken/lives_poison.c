/* Leaks on the way to the dead letters alone. */
#define BAD_LOOP(p)                                           \
        do {                                                  \
                void *volatile lost = malloc(24);             \
                (void)lost;                                   \
                (p)->host->fail((p)->host, "no usable loop"); \
                return TOCSIN_POISON;                         \
        } while (0)
#include "base.h"
