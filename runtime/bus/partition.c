/* Which partition a key belongs to: the two rules in use. */
#include "bus/bus.h"

#define MURMUR_SEED 0x9747b28cu /* org.apache.kafka.common.utils.Utils.murmur2 */
#define MURMUR_M 0x5bd1e995u
#define CRC_POLYNOMIAL 0xedb88320u /* of zlib, reflected */

static uint32_t murmur2(const uint8_t *p, size_t n) {
        uint32_t h = MURMUR_SEED ^ (uint32_t)n;
        for (; n >= 4; p += 4, n -= 4) {
                uint32_t k;
                memcpy(&k, p, sizeof k);
                k *= MURMUR_M;
                k ^= k >> 24;
                k *= MURMUR_M;
                h = (h * MURMUR_M) ^ k;
        }
        if (n > 2)
                h ^= (uint32_t)p[2] << 16;
        if (n > 1)
                h ^= (uint32_t)p[1] << 8;
        if (n > 0)
                h = (h ^ p[0]) * MURMUR_M;
        h = (h ^ (h >> 13)) * MURMUR_M;
        return h ^ (h >> 15);
}

int32_t bus_partition_murmur2(Bytes key, int32_t n) {
        return n > 0 ? (int32_t)((murmur2(key.ptr, key.len) & 0x7fffffffu) % (uint32_t)n) : 0;
}

int32_t bus_partition_crc32(Bytes key, int32_t n) {
        uint32_t c = ~0u;
        for (size_t i = 0; i < key.len; i++) {
                c ^= key.ptr[i];
                for (int bit = 0; bit < 8; bit++)
                        c = (c >> 1) ^ (CRC_POLYNOMIAL & (0u - (c & 1u)));
        }
        return n > 0 ? (int32_t)(~c % (uint32_t)n) : 0;
}
