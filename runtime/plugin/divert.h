/* The calls of a plugin that was loaded and has not run yet. */
#pragma once

#include "plugin/loader.h"

/* Offers each foreign function to watch->replace(), and tells watch->begin() where the object's code lies. 0 | -ENOSYS */
int divert(void *so, LoaderWatch *watch);
