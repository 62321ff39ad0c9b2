/* The key schedule of KSE/1 (schemas/kse1.md, 4.6): from the random key of an epoch, a ratchet of generations; from each the
 * key that seals, the public commitment to it, and the key of its MACs. Pure but for SHA-256; any thread. */
#pragma once

#include "seal/digest.h"
#include "seal/secret.h"

#define SCHEDULE_GENERATIONS (1u << 16) /* of one epoch: what a cold reader steps through at most, 7 ms */

typedef struct Chain {
        Secret ck;    /* of generation `gen`; earlier ones cannot be had from it */
        uint32_t gen;
} Chain;

void chain_wipe(Chain *c);                            /* for _cleanup_ */
void chain_begin(const Secret *epoch_key, Chain *ret);
/* From a wrap: generation and its chain key. */
void chain_at(uint32_t gen, const Secret *ck, Chain *ret);
/* To the next generation; the elder key is wiped. */
void chain_step(Chain *c);

#define AEAD_KEY_MOST 64u
/* The key that seals under `suite`, for the announcement whose hash is `ah`: `len` bytes, as aead_key_len() says. */
void chain_seal_key(const Chain *c, uint8_t suite, const uint8_t ah[DIGEST_LEN], uint8_t *ret, size_t len);
void chain_commitment(const Chain *c, uint8_t ret[DIGEST_LEN]);
void chain_mac_key(const Chain *c, const uint8_t ah[DIGEST_LEN], Secret *ret);
