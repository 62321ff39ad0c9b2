/* Makes the n-th allocation fail. Depend on `allocfail` in meson: malloc, calloc, realloc and strdup of everything linked
 * statically (the house) go through here; shared libraries keep their own. One thread at a time is armed.
 *
 *   for (size_t n = 1; allocfail_arm(n), r = thing(), allocfail_disarm(); n++)
 *           cr_assert_eq(r, -ENOMEM);      // the n-th failed
 *   cr_assert_eq(r, 0);                    // there were fewer than n */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* From now on the n-th allocation fails, n >= 1, and only that one. */
void allocfail_arm(size_t n);
/* Did it fail? Nothing fails any more. */
bool allocfail_disarm(void);
