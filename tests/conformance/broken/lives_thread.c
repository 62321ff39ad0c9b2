/* Leaves a thread behind in each life. */
#include <pthread.h>
#include <unistd.h>
static void *forever(void *arg) {
        for (;;)
                pause();
        return arg;
}
static pthread_t thread;
#define ON_CREATE(p)                                           \
        if (pthread_create(&thread, NULL, forever, NULL) == 0) \
        pthread_detach(thread)
#include "base.h"
