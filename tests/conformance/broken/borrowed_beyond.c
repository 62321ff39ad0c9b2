/* Takes text for ended by a NUL. */
#define ON_COUNT(p, e, n) n += (int64_t)((const char *)loop.ptr)[loop.len] & 0xff
#include "base.h"
