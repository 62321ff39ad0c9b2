/* What comes from outside goes to a terminal: nothing in it may steer it. Pure. */
#pragma once

#include "core/buffer.h"

/* s is UTF-8; every order in it a '?', and blanks up to `width` columns. */
void tame(Buffer *out, Bytes s, int width);
