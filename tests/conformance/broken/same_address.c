/* Tells where its memory lies. */
#define ON_CREATE(p) (p)->kept = malloc(64)
#define ON_DESTROY(p) free((void *)(uintptr_t)(p)->kept)
#define ON_COUNT(p, e, n) n += (int64_t)(uintptr_t)(p)->kept & 0xffffff
#include "base.h"
