/* Signatures of KSE/1: ESP256 (ECDSA on P-256 with SHA-256, r ‖ s of 32 bytes each) and Ed25519, by the ids of COSE (RFC 9864).
 * A key knows its algorithm: a message never chooses it. One thread for each object. */
#pragma once

#include "seal/secret.h"

enum { SIGN_ESP256 = -9, SIGN_ED25519 = -19 };
#define SIGN_LEN 64u             /* both */
#define SIGN_PUBLIC_MOST 65u     /* P-256: the uncompressed point; Ed25519: 32 bytes */

typedef struct Signer Signer;
typedef struct Verifier Verifier;

/* A fresh key. 0 | -EINVAL: no algorithm of ours | -EIO */
int signer_generate(int algorithm, Signer **ret);
/* From PEM (PKCS#8, not encrypted). 0 | SIGN_E_KEY with the reason in `why` | -ENOMEM */
enum { SIGN_E_KEY = 1 };
int signer_read(Bytes pem, Signer **ret, Why *why);
/* The key as PEM, in memory of the caller: `len` holds the room, then what was written. 0 | -ENOSPC | -EIO */
int signer_write(const Signer *s, uint8_t *ret, size_t *len);
Signer *signer_free(Signer *s);
int signer_algorithm(const Signer *s);
/* The raw public key; its length. */
size_t signer_public(const Signer *s, uint8_t ret[SIGN_PUBLIC_MOST]);
int signer_sign(Signer *s, Bytes message, uint8_t ret[SIGN_LEN]);       /* 0 | -EIO */

/* From a raw public key: a point that is not on the curve, or of another length, is refused. 0 | SIGN_E_KEY | -ENOMEM */
int verifier_new(int algorithm, Bytes public, Verifier **ret);
Verifier *verifier_free(Verifier *v);
int verifier_algorithm(const Verifier *v);
/* Is `signature` (SIGN_LEN bytes, r and s in range) that of `message`? */
bool verifier_check(Verifier *v, Bytes message, Bytes signature);
