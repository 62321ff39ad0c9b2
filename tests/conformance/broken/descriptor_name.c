/* Its name cannot be part of a topic. */
#define NAME "Base-1"
#include "base.h"
