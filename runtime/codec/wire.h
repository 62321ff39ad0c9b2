/* Avro's bytes: varints read and written. Inside the room only. */
#pragma once

#include "codec/codec.h"

/* p behind what was read; NULL: it failed, and v is the CODEC_E_…. Two registers. */
typedef struct Varint {
        const uint8_t *p;
        uint64_t v;
} Varint;

/* max: bytes; last: greatest value of the last of them. */
Varint wire_varint_slow(const uint8_t *p, const uint8_t *end, unsigned max, uint8_t last);

static inline Varint wire_long(const uint8_t *p, const uint8_t *end) {
        if (__builtin_expect(p < end && *p < 0x80, 1))
                return (Varint){ p + 1, *p };
        if (__builtin_expect(end - p >= 2 && p[1] < 0x80, 1))
                return (Varint){ p + 2, (uint64_t)(p[0] & 0x7f) | (uint64_t)p[1] << 7 };
        return wire_varint_slow(p, end, 10, 1);
}
static inline Varint wire_int(const uint8_t *p, const uint8_t *end) {
        if (__builtin_expect(p < end && *p < 0x80, 1))
                return (Varint){ p + 1, *p };
        return wire_varint_slow(p, end, 5, 0x0f);
}
static inline int64_t wire_zigzag(uint64_t v) {
        return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}
/* Room for WIRE_LONG_MAX bytes at p, though fewer may count. */
static inline uint8_t *wire_put_long_wide(uint8_t *p, uint64_t n) {
        if (n < UINT64_C(1) << 56) { /* groups of seven bits pulled apart in pairs, then written as one word */
                unsigned more = (unsigned)(63 - __builtin_clzll(n | 1)) / 7;
                n = (n & UINT64_C(0x000000000fffffff)) | (n & UINT64_C(0x00fffffff0000000)) << 4;
                n = (n & UINT64_C(0x00003fff00003fff)) | (n & UINT64_C(0x0fffc0000fffc000)) << 2;
                n = (n & UINT64_C(0x007f007f007f007f)) | (n & UINT64_C(0x3f803f803f803f80)) << 1;
                n |= UINT64_C(0x8080808080808080) & ((UINT64_C(1) << 8 * more) - 1);
                memcpy(p, &n, sizeof n);
                return p + more + 1;
        }
        for (; n >= 0x80; n >>= 7)
                *p++ = (uint8_t)(n | 0x80);
        *p++ = (uint8_t)n;
        return p;
}
static inline uint8_t *wire_put_long(uint8_t *p, uint64_t n) {
        for (; n >= 0x80; n >>= 7)
                *p++ = (uint8_t)(n | 0x80);
        *p++ = (uint8_t)n;
        return p;
}
#define WIRE_LONG_MAX 10u
