/* SHA-256 (FIPS 180-4) by OpenSSL. Any thread. */
#pragma once

#include "core/bytes.h"

#define DIGEST_LEN 32u

/* Aborts the process if the library cannot hash: nothing could be trusted after that. */
void digest_sha256(Bytes data, uint8_t ret[DIGEST_LEN]);
