/* Sends a record to the dead letters without a word. */
#define BAD_LOOP(p) return TOCSIN_POISON
#include "base.h"
