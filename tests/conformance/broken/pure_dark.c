/* Lowers the limits of the process in a corner that no stream comes to. */
#include <sys/resource.h>
#define ON_COUNT(p, e, n)                                                     \
        do {                                                                  \
                if ((n) < 0)                                                  \
                        setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 64, 64 }); \
        } while (0)
#include "base.h"
