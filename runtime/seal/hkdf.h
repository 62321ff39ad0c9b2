/* HMAC-SHA256 (RFC 2104) and HKDF-SHA256 (RFC 5869) by OpenSSL. Any thread. Like digest.h these abort the process if the
 * library cannot hash: nothing could be trusted after that. */
#pragma once

#include "seal/secret.h"

#define HKDF_MOST (255u * SECRET_LEN)       /* RFC 5869, 2.3 */

/* The parts are one message, in their order. */
void hmac_sha256(Bytes key, const Bytes *parts, size_t n, Secret *ret);
void hkdf_extract(Bytes salt, Bytes ikm, Secret *ret);
/* `len` bytes, 1 to HKDF_MOST, into `ret`; info is the parts in their order. */
void hkdf_expand(const Secret *prk, const Bytes *info, size_t n, uint8_t *ret, size_t len);
