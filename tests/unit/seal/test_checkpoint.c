/* Signatures and the signed end of a batch, against vectors made elsewhere and every flipped bit. */
#include "seal/checkpoint.h"
#include "vectors.h"

static Checkpoint facts_of(const tocsin_value *all, const tocsin_value *v) {
        Checkpoint cp = { .flags = (uint8_t)vector_int(v, "flags"),
                          .gen = (uint32_t)vector_int(v, "gen"),
                          .lane = (uint32_t)vector_int(v, "lane"),
                          .batch = (uint64_t)vector_int(v, "batch"),
                          .first_seq = (uint64_t)vector_int(v, "first_seq"),
                          .count = (uint32_t)vector_int(v, "count"),
                          .void_from = (uint64_t)vector_int(v, "void_from"),
                          .time_us = vector_int(v, "time_us") };
        Hex ah = vector_hex(all, "ah"), kc = vector_hex(v, "commitment"), prev = vector_hex(v, "prev");
        memcpy(cp.ah, ah.b, DIGEST_LEN);
        memcpy(cp.commitment, kc.b, DIGEST_LEN);
        memcpy(cp.prev, prev.b, DIGEST_LEN);
        return cp;
}

static bool same(const Checkpoint *a, const Checkpoint *b) {
        return a->flags == b->flags && a->gen == b->gen && a->lane == b->lane && a->batch == b->batch &&
               a->first_seq == b->first_seq && a->count == b->count && a->void_from == b->void_from && a->time_us == b->time_us &&
               memcmp(a->ah, b->ah, DIGEST_LEN) == 0 && memcmp(a->commitment, b->commitment, DIGEST_LEN) == 0 &&
               memcmp(a->prev, b->prev, DIGEST_LEN) == 0;
}

Test(checkpoint, of_the_vectors_is_read_and_verified_and_no_bit_of_it_may_differ) {
        _cleanup_(arena_freep) Arena *a = arena_new(1u << 24);
        tocsin_value all = vectors(a);
        const tocsin_value *list = vector_at(&all, "checkpoints");
        cr_assert_gt(list->len, 0);
        for (uint32_t i = 0; i < list->len; i++) {
                const tocsin_value *v = &list->u.items[i];
                Hex cose = vector_hex(v, "cose"), head = vector_hex(v, "head"), root = vector_hex(v, "root"),
                    public = vector_hex(v, "public");
                int algorithm = (int)vector_int(v, "algorithm");
                Verifier *key = NULL;
                SignedCheckpoint s;
                Checkpoint want = facts_of(&all, v);
                cr_assert_eq(verifier_new(algorithm, hex_bytes(&public), &key), 0);
                cr_assert_eq(checkpoint_read(hex_bytes(&cose), &s), 0);
                cr_assert(same(&s.cp, &want));
                cr_assert_arr_eq(s.head, head.b, DIGEST_LEN);
                cr_assert_arr_eq(s.root, root.b, DIGEST_LEN);
                cr_assert(checkpoint_check(&s, key));
                for (size_t bit = 0; bit < 8 * cose.len; bit++) {
                        cose.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        cr_assert_not(checkpoint_read(hex_bytes(&cose), &s) == 0 && checkpoint_check(&s, key), "bit %zu", bit);
                        cose.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
                }
                for (size_t n = 0; n < cose.len; n++)
                        cr_assert_eq(checkpoint_read(bytes_of(cose.b, n), &s), CHECKPOINT_E_MALFORMED);
                cr_assert_eq(checkpoint_read(bytes_of(cose.b, cose.len + 1), &s), CHECKPOINT_E_MALFORMED);
                verifier_free(key);
        }
}

Test(checkpoint, that_we_sign_is_verified_by_its_key_alone) {
        const int algorithms[] = { SIGN_ESP256, SIGN_ED25519 };
        for (size_t i = 0; i < 2; i++) {
                Signer *own = NULL, *other = NULL;
                Verifier *key = NULL, *foreign = NULL;
                uint8_t public[SIGN_PUBLIC_MOST], cose[CHECKPOINT_COSE_LEN], head[DIGEST_LEN], kid[KID_LEN] = { 7 },
                                                                                               root[DIGEST_LEN] = { 9 };
                Checkpoint cp = { .gen = 3, .lane = 5, .batch = 1, .first_seq = 256, .count = 256, .time_us = -1 };
                SignedCheckpoint s;
                cr_assert_eq(signer_generate(algorithms[i], &own), 0);
                cr_assert_eq(signer_generate(algorithms[i], &other), 0);
                cr_assert_eq(verifier_new(algorithms[i], bytes_of(public, signer_public(own, public)), &key), 0);
                cr_assert_eq(verifier_new(algorithms[i], bytes_of(public, signer_public(other, public)), &foreign), 0);
                cr_assert_eq(checkpoint_sign(&cp, kid, root, own, cose, head), 0);
                cr_assert_eq(checkpoint_read(bytes_of(cose, sizeof cose), &s), 0);
                cr_assert(same(&s.cp, &cp) && memcmp(s.kid, kid, KID_LEN) == 0 && s.algorithm == algorithms[i]);
                cr_assert_arr_eq(s.head, head, DIGEST_LEN);
                cr_assert(checkpoint_check(&s, key));
                cr_assert_not(checkpoint_check(&s, foreign));
                signer_free(own), signer_free(other), verifier_free(key), verifier_free(foreign);
        }
}

Test(sign, a_key_comes_back_from_its_file_and_what_is_none_is_refused_with_the_reason) {
        Signer *own = NULL, *back = NULL;
        uint8_t pem[2048], a[SIGN_PUBLIC_MOST], b[SIGN_PUBLIC_MOST];
        size_t len = sizeof pem, few = 10;
        Why why = { 0 };
        cr_assert_eq(signer_generate(SIGN_ESP256, &own), 0);
        cr_assert_eq(signer_write(own, pem, &few), -ENOSPC);
        cr_assert_eq(signer_write(own, pem, &len), 0);
        cr_assert_eq(signer_read(bytes_of(pem, len), &back, &why), 0, "%s", why.text);
        cr_assert_eq(signer_public(own, a), signer_public(back, b));
        cr_assert_arr_eq(a, b, SIGN_PUBLIC_MOST);
        back = signer_free(back);
        for (size_t n = 0; n < len - 30; n += 7) { /* a cut within the last line's dashes is still the key */
                why.text[0] = 0;
                cr_assert_eq(signer_read(bytes_of(pem, n), &back, &why), SIGN_E_KEY, "%zu", n);
                cr_assert_neq(why.text[0], 0);
        }
        signer_free(own);
        cr_assert_eq(signer_generate(0, &own), -EINVAL);
}

Test(sign, no_point_off_the_curve_no_scalar_out_of_range_and_no_other_length_is_taken) {
        Signer *own = NULL;
        Verifier *key = NULL;
        uint8_t public[SIGN_PUBLIC_MOST], signature[SIGN_LEN + 1] = { 0 };
        cr_assert_eq(signer_generate(SIGN_ESP256, &own), 0);
        size_t len = signer_public(own, public);
        for (size_t n = 0; n < len; n++)
                cr_assert_eq(verifier_new(SIGN_ESP256, bytes_of(public, n), &key), SIGN_E_KEY);
        public[40] ^= 1;
        cr_assert_eq(verifier_new(SIGN_ESP256, bytes_of(public, len), &key), SIGN_E_KEY);
        public[40] ^= 1;
        cr_assert_eq(verifier_new(SIGN_ESP256, bytes_of(public, len), &key), 0);
        Bytes said = bytes_z("said");
        cr_assert_eq(signer_sign(own, said, signature), 0);
        cr_assert(verifier_check(key, said, bytes_of(signature, SIGN_LEN)));
        cr_assert_not(verifier_check(key, said, bytes_of(signature, SIGN_LEN - 1)));
        cr_assert_not(verifier_check(key, said, bytes_of(signature, SIGN_LEN + 1)));
        uint8_t s[32];
        memcpy(s, signature + 32, 32);
        memset(signature + 32, 0, 32);
        cr_assert_not(verifier_check(key, said, bytes_of(signature, SIGN_LEN)));
        memset(signature, 0, 32);
        cr_assert_not(verifier_check(key, said, bytes_of(signature, SIGN_LEN)));
        memset(signature, 0xff, SIGN_LEN);
        cr_assert_not(verifier_check(key, said, bytes_of(signature, SIGN_LEN)));
        signer_free(own);
        verifier_free(key);
}
