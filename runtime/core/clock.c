/* The machine's clock and the tests'. */
#include "core/clock.h"

static int64_t system_wall(const Clock *c) {
        (void)c;
        return clock_read_us(CLOCK_REALTIME);
}

static int64_t system_mono(const Clock *c) {
        (void)c;
        return clock_read_us(CLOCK_MONOTONIC);
}

const Clock clock_system = { .wall_us = system_wall, .mono_us = system_mono };

static int64_t still(const Clock *c) {
        return ((const VirtualClock *)(const void *)c)->now_us;
}

VirtualClock clock_virtual(int64_t now_us) {
        return (VirtualClock){ .clock = { .wall_us = still, .mono_us = still }, .now_us = now_us };
}
