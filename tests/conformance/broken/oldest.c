/* Was built for a later minor and calls what only that has. */
#include <tocsin/plugin.h>
typedef struct LaterHost {
        tocsin_host now;
        void (*later)(const tocsin_host *);
} LaterHost;
#define ABI (TOCSIN_ABI + 1)
#define ON_PROCESS(p, e, loop)                             \
        const LaterHost *later_ = (const void *)(p)->host; \
        if (later_->later)                                 \
        later_->later((p)->host)
#include "base.h"
