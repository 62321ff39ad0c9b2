/* Remembers in the instance what only its five thousandth event shows. */
#define ON_COUNT(p, e, n) n += ++(p)->memory[0] >= 5000
#include "base.h"
