/* S2V of RFC 5297 for an empty message, which OpenSSL 3.0's AES-SIV refuses: a sealed delete has none. Inside the room only. */
#pragma once

#include "core/bytes.h"

#define SIV_BLOCK 16u

/* The synthetic IV, which is all there is of an empty message, under the first half of AEAD_AES_SIV_CMAC_512's key.
 * 0 | -EIO */
int siv_of_nothing(const uint8_t key[32], const Bytes *parts, size_t n, uint8_t ret[SIV_BLOCK]);
