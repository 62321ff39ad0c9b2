/* Wants an executable stack: meson.build links it so. */
#include "base.h"
