/* Forgets to free what each instance takes. */
#define ON_CREATE(p) (p)->kept = malloc(100)
#include "base.h"
