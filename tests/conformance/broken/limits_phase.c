/* Looks into the table before there is one. */
#define ON_CREATE(p)        \
        tocsin_bytes none_; \
        (void)host->get(host, tocsin_bytes_of("a", 1), &none_)
#include "base.h"
