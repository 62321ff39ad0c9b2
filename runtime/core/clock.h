/* Time as a thing handed in, so that tests own it. Any thread. */
#pragma once

#include <stdint.h>
#include <time.h>

typedef struct Clock Clock;
struct Clock {
        int64_t (*wall_us)(const Clock *);   /* microseconds since 1970 UTC */
        int64_t (*mono_us)(const Clock *);   /* monotonic, from any zero */
};

static inline int64_t clock_read_us(clockid_t id) {
        struct timespec t;
        clock_gettime(id, &t);
        return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

extern const Clock clock_system;             /* the machine's */

/* A clock that stands until it is moved: wall and mono show the same number. */
typedef struct VirtualClock {
        Clock clock;
        int64_t now_us;
} VirtualClock;
VirtualClock clock_virtual(int64_t now_us);
