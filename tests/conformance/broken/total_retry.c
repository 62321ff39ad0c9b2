/* Wants another try of what will never be otherwise. */
#define BAD_LOOP(p) return TOCSIN_RETRY
#include "base.h"
