/* A plugin whose constructors wait until they are called: for the conformance kit, which sees nothing of what ran before it. */
#pragma once

#include "core/bytes.h"

typedef struct Still {
        uint64_t init, array, n;     /* DT_INIT, DT_INIT_ARRAY: virtual addresses, 0: none; entries of the latter */
} Still;

/* Takes the constructors out of the bytes of a shared object that elf_check() has let pass. */
Still still_make(uint8_t *file, size_t n);
/* Runs them, as the dynamic loader would have, in the object that was loaded from those bytes. */
void still_wake(void *so, const Still *s);
