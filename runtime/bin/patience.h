/* A question that takes its time says so on a terminal: one line on stderr, gone when the answer is there. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define PATIENCE_SHOW_US 2000000     /* what takes less is not spoken of */

typedef struct Patience {
        pthread_t thread;
        pthread_mutex_t lock;
        pthread_cond_t over;
        const char *whom;
        int fd;
        int64_t show_us, give_up_us; /* after how long it speaks; after how long nobody waits any more */
        bool begun, done;
} Patience;

/* `whom`: addresses of brokers; borrowed. Nothing is shown where stderr is no terminal. */
void patience_begin(Patience *p, const char *whom, int64_t give_up_us);
/* Before anything else is written. Safe to call twice, and on a Patience that is all zeros. */
void patience_end(Patience *p);
/* For tests: to this descriptor, whatever it is. */
void patience_begin_at(Patience *p, int fd, int64_t show_us, const char *whom, int64_t give_up_us);
