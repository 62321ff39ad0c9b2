/* Leaves a file open in each life. */
#include <fcntl.h>
#define ON_CREATE(p) (p)->memory[0] = open("/dev/null", O_RDONLY)
#include "base.h"
