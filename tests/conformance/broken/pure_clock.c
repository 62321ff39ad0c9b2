/* Asks the clock itself. */
#include <time.h>
#define ON_COUNT(p, e, n) (p)->memory[0] = time(NULL)
#include "base.h"
