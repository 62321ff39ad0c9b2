/* Says why in bytes that are no text. */
#define BAD_LOOP(p)                                        \
        do {                                               \
                (p)->host->fail((p)->host, "no \xff\xfe"); \
                return TOCSIN_POISON;                      \
        } while (0)
#include "base.h"
