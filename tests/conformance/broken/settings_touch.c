/* Refuses and gives an instance all the same. */
#define ON_CREATE(p)                                       \
        if ((p)->limit > 500) {                            \
                host->fail_at(host, "/limit", "too much"); \
                *ret = p;                                  \
                free(p);                                   \
                return -EINVAL;                            \
        }
#include "base.h"
