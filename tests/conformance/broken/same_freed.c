/* Reads what it has given back. */
#define ON_COUNT(p, e, n)                               \
        do {                                            \
                int64_t *volatile spare = malloc(4096); \
                if (!spare)                             \
                        return -ENOMEM;                 \
                spare[100] = n;                         \
                free(spare);                            \
                n = spare[100] & 0xffff;                \
        } while (0)
#include "base.h"
