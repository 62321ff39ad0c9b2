/* Refuses a setting that its schema allows, and does not say why. */
#define ON_CREATE(p)            \
        if ((p)->limit > 500) { \
                free(p);        \
                return -EINVAL; \
        }
#include "base.h"
