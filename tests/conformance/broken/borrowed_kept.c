/* Keeps the key of the last record and reads it at the next. */
#define ON_PROCESS(p, e, loop)                                          \
        if ((p)->kept)                                                  \
                (p)->memory[0] += *(const volatile uint8_t *)(p)->kept; \
        (p)->kept = (loop).ptr
#include "base.h"
