/* Gives itself up for one bad record. */
#define BAD_LOOP(p) return -EINVAL
#include "base.h"
