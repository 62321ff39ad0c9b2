/* Begins to count at what the record's place happens to be. */
#define ON_COUNT(p, e, n) n += (n) == 1 ? (e)->offset % 5 + (e)->partition : 0
#include "base.h"
