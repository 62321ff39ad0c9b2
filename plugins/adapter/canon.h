/* The same content, the same bytes: JSON text with the keys of every object sorted by their bytes, no space, integers as
 * integers, other numbers in their shortest form. For identities, and as the payload of an event out of a batch. Pure. */
#pragma once

#include "kit.h"

/* On failure len 0; the kit says why. */
tocsin_bytes canon_text(Kit *k, const tocsin_value *v);
