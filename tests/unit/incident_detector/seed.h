/* Random tests: the seed is printed when a law breaks, and taken from TOCSIN_SEED. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t seed_of(void) {
        const char *given = getenv("TOCSIN_SEED");
        return given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
}

static inline uint64_t draw(uint64_t *state) { /* splitmix64 */
        uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}
static inline uint64_t below(uint64_t *state, uint64_t n) {
        return draw(state) % n;
}
/* Roughly normal, mean 0, deviation 1. */
static inline double bell(uint64_t *state) {
        double sum = 0;
        for (int i = 0; i < 12; i++)
                sum += (double)(draw(state) >> 11) / 9007199254740992.0;
        return sum - 6;
}
