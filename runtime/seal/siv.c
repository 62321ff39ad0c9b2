/* S2V of RFC 5297, 2.4, whose last string is empty. */
#include "seal/siv.h"

#include "core/error.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

/* dbl() of RFC 5297, 2.3: multiplication by x in GF(2^128), without a branch on what is secret. */
static void twice(uint8_t b[SIV_BLOCK]) {
        uint8_t carry = (uint8_t)(0u - (b[0] >> 7));
        for (unsigned i = 0; i + 1 < SIV_BLOCK; i++)
                b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
        b[SIV_BLOCK - 1] = (uint8_t)((b[SIV_BLOCK - 1] << 1) ^ (carry & 0x87));
}

static bool cmac(EVP_MAC_CTX *c, Bytes in, uint8_t ret[SIV_BLOCK]) {
        size_t len = 0;
        return EVP_MAC_init(c, NULL, 0, NULL) == 1 && EVP_MAC_update(c, in.ptr, in.len) == 1 &&
               EVP_MAC_final(c, ret, &len, SIV_BLOCK) == 1 && len == SIV_BLOCK;
}

static bool chain(EVP_MAC_CTX *c, const Bytes *parts, size_t n, uint8_t ret[SIV_BLOCK]) {
        uint8_t d[SIV_BLOCK] = { 0 }, one[SIV_BLOCK];
        if (!cmac(c, bytes_of(d, sizeof d), d))
                return false;
        for (size_t i = 0; i < n; i++) {
                if (!cmac(c, parts[i], one))
                        return false;
                twice(d);
                for (unsigned k = 0; k < SIV_BLOCK; k++)
                        d[k] ^= one[k];
        }
        twice(d);
        d[0] ^= 0x80; /* pad() of nothing */
        return cmac(c, bytes_of(d, sizeof d), ret);
}

int siv_of_nothing(const uint8_t key[32], const Bytes *parts, size_t n, uint8_t ret[SIV_BLOCK]) {
        char cipher[] = "AES-256-CBC";
        OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0), OSSL_PARAM_construct_end() };
        EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
        EVP_MAC_CTX *c = mac ? EVP_MAC_CTX_new(mac) : NULL;
        int r = c && EVP_MAC_init(c, key, 32, params) == 1 && chain(c, parts, n, ret) ? 0 : -EIO;
        EVP_MAC_CTX_free(c);
        EVP_MAC_free(mac);
        return r;
}
