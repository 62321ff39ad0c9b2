/* Believes that memory never ends. */
#define ON_COUNT(p, e, n)                  \
        volatile char *room_ = malloc(32); \
        room_[0] = (char)n;                \
        free((char *)(uintptr_t)room_)
#include "base.h"
