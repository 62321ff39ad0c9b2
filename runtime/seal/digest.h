/* SHA-256 (FIPS 180-4) by OpenSSL. Any thread. */
#pragma once

#include "core/bytes.h"

#define DIGEST_LEN 32u

/* Aborts the process if the library cannot hash: nothing could be trusted after that. */
void digest_sha256(Bytes data, uint8_t ret[DIGEST_LEN]);

/* The same of bytes that come one after the other. */
typedef struct Digest Digest;
int digest_new(Digest **ret);        /* 0 | -ENOMEM */
Digest *digest_free(Digest *d);
void digest_add(Digest *d, Bytes data);
void digest_end(Digest *d, uint8_t ret[DIGEST_LEN]);   /* of all that was added; then begins anew */
