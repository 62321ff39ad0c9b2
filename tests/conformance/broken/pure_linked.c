/* Asks for the name of the machine. */
#include <unistd.h>
#define ON_COUNT(p, e, n)                                                 \
        do {                                                              \
                char name[64] = "";                                       \
                n += gethostname(name, sizeof name) == 0 && name[0] == 0; \
        } while (0)
#include "base.h"
