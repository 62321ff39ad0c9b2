/* Is it UTF-8? Well-formed sequences only (Unicode 15, table 3-7): no surrogates, nothing overlong. */
#pragma once

#include "core/bytes.h"

/* Length of the well-formed sequence at p, of n > 0 bytes; 0: there is none. */
size_t utf8_sequence(const uint8_t *p, size_t n);
/* utf8_valid() once a byte beyond ASCII has been seen. */
bool utf8_valid_slow(const uint8_t *p, size_t n);

#define UTF8_HIGH UINT64_C(0x8080808080808080)

static inline uint64_t utf8_load(const uint8_t *p) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        return v;
}

static inline uint32_t utf8_load_half(const uint8_t *p) {
        uint32_t v;
        memcpy(&v, p, sizeof v);
        return v;
}

/* Bytes beyond ASCII show in UTF8_HIGH of the answer. Most text is short, and how long is hard to foresee: few cases, each
 * with words that overlap, instead of a loop. */
static inline uint64_t utf8_high_bits(const uint8_t *p, size_t n) {
        if (n >= 8 && n <= 16)
                return utf8_load(p) | utf8_load(p + n - 8);
        if (n > 16) {
                uint64_t high = utf8_load(p) | utf8_load(p + 8) | utf8_load(p + n - 16) | utf8_load(p + n - 8);
                for (size_t i = 16; i + 16 < n; i += 16)
                        high |= utf8_load(p + i) | utf8_load(p + i + 8);
                return high;
        }
        if (n >= 4)
                return utf8_load_half(p) | utf8_load_half(p + n - 4);
        return n ? (uint64_t)(p[0] | p[n / 2] | p[n - 1]) : 0;
}

static inline bool utf8_valid(const uint8_t *p, size_t n) {
        return __builtin_expect((utf8_high_bits(p, n) & UTF8_HIGH) == 0, 1) || utf8_valid_slow(p, n);
}
