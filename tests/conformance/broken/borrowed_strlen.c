/* Asks text itself how long it is. */
#define ON_COUNT(p, e, n) n += strlen((const char *)loop.ptr) != loop.len ? 2 : 0
#include "base.h"
