/* Exports a second symbol. */
#include "base.h"

__attribute__((visibility("default"))) int another(void);
int another(void) {
        return 1;
}
