/* Mends its settings where they lie. */
#define ON_CREATE(p) ((tocsin_field *)(uintptr_t)config->u.fields)[0].value.u.i64 = (p)->limit
#include "base.h"
