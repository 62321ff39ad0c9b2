/* Writes where nobody asked it to, now and then. */
#include <stdio.h>
#define ON_COUNT(p, e, n)                                                   \
        do {                                                                \
                if ((n) == 4000)                                            \
                        fprintf(stderr, "%s: four thousand\n", (e)->topic); \
        } while (0)
#include "base.h"
