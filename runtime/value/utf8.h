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

/* Most text is short ASCII: eight bytes a step, the last step overlapping the one before. */
static inline bool utf8_valid(const uint8_t *p, size_t n) {
        uint64_t high = 0;
        if (__builtin_expect(n >= 8, 1)) {
                size_t i = 0;
                for (; i + 16 <= n; i += 16)
                        high |= utf8_load(p + i) | utf8_load(p + i + 8);
                if (i + 8 < n)
                        high |= utf8_load(p + i);
                high |= utf8_load(p + n - 8);
        } else if (n >= 4) {
                uint32_t a, b;
                memcpy(&a, p, 4);
                memcpy(&b, p + n - 4, 4);
                high = a | b;
        } else if (n) {
                high = (uint64_t)(p[0] | p[n / 2] | p[n - 1]);
        }
        return __builtin_expect((high & UTF8_HIGH) == 0, 1) || utf8_valid_slow(p, n);
}
