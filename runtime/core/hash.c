/* SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012). */
#include "core/hash.h"

#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static uint64_t key[2];
static pthread_once_t drawn = PTHREAD_ONCE_INIT;

static void draw(void) {
        if (getrandom(key, sizeof key, GRND_NONBLOCK) != (ssize_t)sizeof key)
                key[0] = (uint64_t)getpid() * UINT64_C(0x9e3779b97f4a7c15); /* early boot: any key beats none */
}

static inline uint64_t load64(const uint8_t *p) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        return v; /* little-endian hosts only, as the build checks */
}

static inline void round_(uint64_t v[4]) {
        v[0] += v[1];
        v[1] = ROTL(v[1], 13) ^ v[0];
        v[0] = ROTL(v[0], 32);
        v[2] += v[3];
        v[3] = ROTL(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = ROTL(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = ROTL(v[1], 17) ^ v[2];
        v[2] = ROTL(v[2], 32);
}

static inline uint64_t sip(Bytes b, uint64_t k0, uint64_t k1, int c, int d) {
        uint64_t v[4] = { k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d), k0 ^ UINT64_C(0x6c7967656e657261),
                          k1 ^ UINT64_C(0x7465646279746573) };
        const uint8_t *p = b.ptr;
        size_t left = b.len;
        for (; left >= 8; p += 8, left -= 8) {
                uint64_t m = load64(p);
                v[3] ^= m;
                for (int i = 0; i < c; i++)
                        round_(v);
                v[0] ^= m;
        }
        uint64_t last = (uint64_t)b.len << 56;
        for (size_t i = 0; i < left; i++)
                last |= (uint64_t)p[i] << (8 * i);
        v[3] ^= last;
        for (int i = 0; i < c; i++)
                round_(v);
        v[0] ^= last;
        v[2] ^= 0xff;
        for (int i = 0; i < d; i++)
                round_(v);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_sip(Bytes b, uint64_t k0, uint64_t k1, int c, int d) {
        return sip(b, k0, k1, c, d);
}

uint64_t hash_bytes(Bytes b) {
        pthread_once(&drawn, draw);
        return sip(b, key[0], key[1], 1, 3);
}
