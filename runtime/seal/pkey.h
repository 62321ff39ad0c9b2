/* OpenSSL's keys as both signatures and wraps need them. Inside the room only. */
#pragma once

#include "core/bytes.h"
#include "core/error.h"

#include <openssl/evp.h>

#define P256 "prime256v1"
#define P256_POINT_LEN 65u

static inline void pkey_freep(EVP_PKEY **p) {
        EVP_PKEY_free(*p);
}
bool pkey_on_p256(const EVP_PKEY *key);
/* The public key of an uncompressed point; NULL: not one of the curve, or no memory. */
EVP_PKEY *pkey_of_point(Bytes point);
/* The uncompressed point of a key on P-256. false: the library failed */
bool pkey_point(const EVP_PKEY *key, uint8_t ret[P256_POINT_LEN]);
/* A private key in PEM without a password, of P-256 (or, if `edwards`, Ed25519). NULL: `why` says what is wrong with it */
EVP_PKEY *pkey_read(Bytes pem, bool edwards, Why *why);
