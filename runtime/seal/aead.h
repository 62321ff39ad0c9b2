/* Authenticated encryption of one record: the suites of KSE/1 that seal. One key and one direction in each Aead, whose context is
 * keyed once and only given a new nonce (a context for each record costs three times the work). One thread at a time. */
#pragma once

#include "core/bytes.h"
#include "core/error.h"

enum {
        SUITE_GCM = 1, /* AES-256-GCM */
        SUITE_SIV = 2, /* AEAD_AES_SIV_CMAC_512 (RFC 5297): a nonce used twice tells no more than that two records are equal */
        SUITE_CLEAR = 16, /* signed only: there is no Aead for it */
};

#define AEAD_NONCE_LEN 12u
#define AEAD_TAG_LEN 16u

enum { SEAL_E_REFUSED = 1 }; /* no such key, no such bytes, not by this sender: from outside all of them look alike */

typedef struct Aead Aead;
size_t aead_key_len(uint8_t suite);     /* 32 or 64; 0: a suite that seals nothing, or none of ours */
/* 0 | -ENOMEM | -ENOTSUP: the library has no such cipher | -EINVAL: the key's length is not the suite's */
int aead_new(uint8_t suite, Bytes key, bool seals, Aead **ret);
Aead *aead_free(Aead *a);               /* wipes what it holds; takes and returns NULL */
/* ciphertext ‖ tag: plain.len + AEAD_TAG_LEN bytes into `ret`, which must not overlap `plain` unless equal to it.
 * 0 | -EIO: the library failed, nothing may be sent */
int aead_seal(Aead *a, const uint8_t nonce[AEAD_NONCE_LEN], Bytes aad, Bytes plain, uint8_t *ret);
/* sealed.len - AEAD_TAG_LEN bytes into `ret`, a buffer apart. Unless 0 is returned `ret` is wiped.
 * 0 | SEAL_E_REFUSED */
int aead_open(Aead *a, const uint8_t nonce[AEAD_NONCE_LEN], Bytes aad, Bytes sealed, uint8_t *ret);
