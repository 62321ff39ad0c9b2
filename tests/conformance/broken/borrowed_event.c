/* Writes the bytes of an event back as they were. */
#define ON_COUNT(p, e, n) *(volatile uint8_t *)(uintptr_t)(e)->raw.ptr = *(e)->raw.ptr
#include "base.h"
