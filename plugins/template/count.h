/* How many events one loop sent within a window of event time. Pure: knows no host, no clock, no I/O. */
#ifndef COUNT_H
#define COUNT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct CountRules {
        int64_t limit;           /* events, 1 and up */
        int64_t window_us;       /* microseconds, 1 and up */
} CountRules;

CountRules count_rules(int64_t limit, int64_t window_s);

typedef struct Count {           /* all zero: nothing was seen */
        int64_t since_us;        /* event time of the first event of the window */
        int64_t n;               /* events in the window */
} Count;

/* Takes one event into account; a late one counts into the window that is open. true: it is the one that reached the
 * limit, so each window answers true at most once. */
bool count_step(Count *c, const CountRules *rules, int64_t time_us);
/* When the window ends; the largest time there is, if that is beyond it. */
int64_t count_end_us(const Count *c, const CountRules *rules);

/* The layout in the table: two little-endian 64-bit numbers. That is state_version 1. */
#define COUNT_BYTES 16u
void count_write(const Count *c, uint8_t ret[COUNT_BYTES]);
/* false: not the bytes count_write() makes. */
bool count_read(Count *ret, const uint8_t *bytes, uint64_t len);

#endif
