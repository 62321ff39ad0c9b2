/* Chooses the folders its libraries come from: meson.build links it so. */
#include "base.h"
