/* Keeps its settings as they were lent, and reads them later. */
#include <tocsin/value.h>
#define ON_CREATE(p) (p)->kept = config
#define ON_PROCESS(p, e, loop) (p)->memory[0] += ((const tocsin_value *)(p)->kept)->len
#include "base.h"
