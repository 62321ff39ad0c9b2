/* Takes another function on another machine. */
static long one(void) {
        return 1;
}
static long (*choose(void))(void) {
        return one;
}
static long chosen(void) __attribute__((ifunc("choose")));
#define ON_COUNT(p, e, n) (p)->memory[0] = chosen()
#include "base.h"
