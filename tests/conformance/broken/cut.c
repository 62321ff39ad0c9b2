/* Counts in memory that dies with the instance. */
#define ON_COUNT(p, e, n) n = ++(p)->memory[0]
#include "base.h"
