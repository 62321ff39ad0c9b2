/* Counts in the bytes that get() lent, too. */
#define ON_COUNT(p, e, n)        \
        if (old.len == sizeof n) \
        *(volatile uint8_t *)(uintptr_t)old.ptr = *old.ptr
#include "base.h"
