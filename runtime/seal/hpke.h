/* HPKE (RFC 9180) in base mode, one message: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. It wraps keys for one
 * reader; who wrapped them it does not say, the signature around it does. By hand over OpenSSL's primitives, since 3.0 has no
 * HPKE. Any thread; one thread for each key. */
#pragma once

#include "seal/secret.h"

#define HPKE_KEM_P256 0x0010u
#define HPKE_POINT_LEN 65u       /* an uncompressed point: a public key, and `enc` */
#define HPKE_TAG_LEN 16u
enum { HPKE_AES_128_GCM = 1, HPKE_AES_256_GCM = 2 }; /* the first only for RFC 9180's own vectors */

typedef struct KemKey KemKey;    /* the private key of a reader */
int kem_generate(KemKey **ret);                         /* 0 | -EIO */
/* From the private scalar, 32 bytes big-endian. 0 | HPKE_E_KEY: not in the group | -ENOMEM */
enum { HPKE_E_KEY = 1, HPKE_E_REFUSED = 2 };
int kem_from_scalar(Bytes scalar, KemKey **ret);
/* From PEM (PKCS#8, no password), P-256. 0 | HPKE_E_KEY with the reason | -ENOMEM */
int kem_read(Bytes pem, KemKey **ret, Why *why);
KemKey *kem_free(KemKey *k);
int kem_public(const KemKey *k, uint8_t ret[HPKE_POINT_LEN]);   /* 0 | -EIO */

/* enc ‖ ct: HPKE_POINT_LEN + plain.len + HPKE_TAG_LEN bytes into `ret`.
 * 0 | HPKE_E_KEY: `reader` is no point of the curve | -EIO */
int hpke_seal(const uint8_t reader[HPKE_POINT_LEN], Bytes info, Bytes aad, Bytes plain, uint8_t *ret);
/* The same with a given ephemeral key and cipher: for vectors. */
int hpke_seal_with(const KemKey *ephemeral, int aead, const uint8_t reader[HPKE_POINT_LEN], Bytes info, Bytes aad, Bytes plain,
                   uint8_t *ret);
/* wrapped.len - HPKE_POINT_LEN - HPKE_TAG_LEN bytes into `ret`, wiped unless 0 is returned. 0 | HPKE_E_REFUSED | -EIO */
int hpke_open(const KemKey *k, int aead, Bytes info, Bytes aad, Bytes wrapped, uint8_t *ret);
