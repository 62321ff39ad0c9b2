/* Does not hear what put() answers. */
#define ON_PUT(r) (void)(r)
#include "base.h"
