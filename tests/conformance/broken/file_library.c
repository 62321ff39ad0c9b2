/* Needs a library that is not libc: meson.build links it. */
#include "base.h"
