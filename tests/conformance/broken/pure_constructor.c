/* Says something before anybody has called it. */
#include <unistd.h>
__attribute__((constructor)) static void hello(void) {
        static const char text[] = "{\"injected\":true}\n";
        for (int fd = 1; fd <= 2; fd++)
                if (write(fd, text, sizeof text - 1) < 0)
                        return;
}
#include "base.h"
