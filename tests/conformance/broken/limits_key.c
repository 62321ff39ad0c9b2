/* Puts what it is given into a key, however long. */
#define LEAST 0u
#define MOST 100000u
#define BAD_LOOP(p) return TOCSIN_SKIP
#include "base.h"
