/* The key schedule of KSE/1. */
#include "seal/schedule.h"

#include "core/cleanup.h"
#include "seal/hkdf.h"
#include "seal/wire.h"

void chain_wipe(Chain *c) {
        secret_wipe(&c->ck);
}

void chain_begin(const Secret *epoch_key, Chain *ret) {
        hkdf_extract(bytes_z("KSE1 chain"), secret_bytes(epoch_key), &ret->ck);
        ret->gen = 0;
}

void chain_at(uint32_t gen, const Secret *ck, Chain *ret) {
        *ret = (Chain){ .ck = *ck, .gen = gen };
}

void chain_step(Chain *c) {
        _cleanup_(secret_wipe) Secret next;
        Bytes label = bytes_z("KSE1 ratchet");
        hkdf_expand(&c->ck, &label, 1, next.b, SECRET_LEN);
        c->ck = next;
        c->gen++;
}

void chain_seal_key(const Chain *c, uint8_t suite, const uint8_t ah[DIGEST_LEN], uint8_t *ret, size_t len) {
        Bytes info[] = { bytes_z("KSE1 aead"), bytes_of(&suite, 1), bytes_of(ah, DIGEST_LEN) };
        hkdf_expand(&c->ck, info, 3, ret, len);
}

void chain_commitment(const Chain *c, uint8_t ret[DIGEST_LEN]) {
        uint8_t gen[4];
        put_u32(gen, c->gen);
        Bytes info[] = { bytes_z("KSE1 commit"), bytes_of(gen, sizeof gen) };
        hkdf_expand(&c->ck, info, 2, ret, DIGEST_LEN);
}

void chain_mac_key(const Chain *c, const uint8_t ah[DIGEST_LEN], Secret *ret) {
        Bytes info[] = { bytes_z("KSE1 mac"), bytes_of(ah, DIGEST_LEN) };
        hkdf_expand(&c->ck, info, 2, ret->b, SECRET_LEN);
}
