/* Records against vectors made elsewhere; what was touched does not open. */
#include "seal/aead.h"
#include "seal/frame.h"
#include "seal/tree.h"
#include "vectors.h"

typedef struct Record {
        Hex hdr, key, plain, proof, value, leaf;
        uint8_t suite;
        uint8_t aad[VECTOR_MOST];
        size_t aad_len;
        Aead *seals, *opens;
} Record;

static void record_of(const tocsin_value *all, uint32_t i, Record *r) {
        const tocsin_value *v = &vector_at(all, "records")->u.items[i];
        const tocsin_value *gen = &vector_at(all, "generations")->u.items[vector_int(v, "gen")];
        r->hdr = vector_hex(v, "hdr"), r->key = vector_hex(v, "key"), r->plain = vector_hex(v, "plain");
        r->proof = vector_hex(v, "proof"), r->value = vector_hex(v, "value"), r->leaf = vector_hex(v, "leaf");
        r->suite = (uint8_t)vector_int(v, "suite");
        Hex mk = vector_hex(gen, r->suite == SUITE_GCM ? "mk1" : "mk2");
        frame_aad(r->hdr.b, hex_bytes(&r->key), r->aad);
        r->aad_len = SEAL_AAD_LEN(hex_bytes(&r->key));
        cr_assert_eq(aead_new(r->suite, hex_bytes(&mk), true, &r->seals), 0);
        cr_assert_eq(aead_new(r->suite, hex_bytes(&mk), false, &r->opens), 0);
}
static void record_end(Record *r) {
        aead_free(r->seals);
        aead_free(r->opens);
}

static int open_record(Record *r, Bytes value, const uint8_t *hdr, Bytes aad, uint8_t *out) {
        Sealed s;
        int e = frame_read(value, &s);
        return e ? e : aead_open(r->opens, header_nonce(hdr), aad, s.ct, out);
}

Test(aead, seals_and_opens_the_vectors) {
        _cleanup_(arena_freep) Arena *a = arena_new(1u << 24);
        tocsin_value all = vectors(a);
        static Record r;
        static uint8_t out[2 * VECTOR_MOST], made[2 * VECTOR_MOST];
        for (uint32_t i = 0; i < vector_at(&all, "records")->len; i++) {
                record_of(&all, i, &r);
                uint8_t *ct, leaf[DIGEST_LEN];
                Bytes shape = bytes_of(NULL, r.plain.len + AEAD_TAG_LEN);
                size_t len = frame_write(r.hdr.b, shape, hex_bytes(&r.proof), made, &ct);
                cr_assert_leq(len, frame_most(shape.len, r.proof.len));
                cr_assert_eq(aead_seal(r.seals, header_nonce(r.hdr.b), bytes_of(r.aad, r.aad_len), hex_bytes(&r.plain), ct), 0);
                cr_assert_eq(len, r.value.len);
                cr_assert_arr_eq(made, r.value.b, len);
                tree_leaf(bytes_of(r.aad, r.aad_len), bytes_of(ct, shape.len), leaf);
                cr_assert_arr_eq(leaf, r.leaf.b, DIGEST_LEN);
                Sealed s;
                cr_assert_eq(frame_read(hex_bytes(&r.value), &s), 0);
                cr_assert(bytes_eq(s.proof, hex_bytes(&r.proof)));
                cr_assert_eq(open_record(&r, hex_bytes(&r.value), s.hdr, bytes_of(r.aad, r.aad_len), out), 0);
                cr_assert(bytes_eq(bytes_of(out, r.plain.len), hex_bytes(&r.plain)));
                record_end(&r);
        }
}

Test(aead, the_published_excerpt) {
        Hex mk = hex_z("f1d7a419ffbda51486d42db8e0465afa036a1c596c3cf4372c0934d15e1bf276"),
            want = hex_z("c301e399b500f69221c40101000145de9b3c0acdbe4b000000010000000300000000000003e8000000004a66e153dab72268080"
                         "dec89aa"
                         "602374954c92fe1d834f6446e493274d65add95a0a4e42fe7000"),
            leaf0 = hex_z("0cc970f743869afe025f9feb17802ca868e1c488f20ae879d71ff09e681b37f3");
        SealHeader h = { .suite = SUITE_GCM,
                         .kind = KIND_DATA,
                         .flags = AUTH_BATCH,
                         .gen = 1,
                         .lane = 3,
                         .seq = 1000,
                         .eid = { 0x45, 0xde, 0x9b, 0x3c, 0x0a, 0xcd, 0xbe, 0x4b } };
        uint8_t hdr[SEAL_HDR_LEN], aad[64], value[256], *ct, leaf[DIGEST_LEN];
        Bytes plain = bytes_z("event-0event-0event-0"), key = bytes_z("cell-17");
        Aead *a = NULL;
        header_write(&h, hdr);
        frame_aad(hdr, key, aad);
        cr_assert_eq(aead_new(SUITE_GCM, hex_bytes(&mk), true, &a), 0);
        size_t len = frame_write(hdr, bytes_of(NULL, plain.len + AEAD_TAG_LEN), BYTES_NULL, value, &ct);
        cr_assert_eq(aead_seal(a, header_nonce(hdr), bytes_of(aad, SEAL_AAD_LEN(key)), plain, ct), 0);
        cr_assert_eq(len, want.len);
        cr_assert_arr_eq(value, want.b, len);
        tree_leaf(bytes_of(aad, SEAL_AAD_LEN(key)), bytes_of(ct, plain.len + AEAD_TAG_LEN), leaf);
        cr_assert_arr_eq(leaf, leaf0.b, DIGEST_LEN);
        aead_free(a);
}

Test(aead, no_flipped_bit_no_prefix_and_no_other_key_opens) {
        _cleanup_(arena_freep) Arena *a = arena_new(1u << 24);
        tocsin_value all = vectors(a);
        static Record r;
        static uint8_t out[2 * VECTOR_MOST];
        unsigned tried = 0, suites = 0;
        for (uint32_t i = 0; i < vector_at(&all, "records")->len; i++) {
                record_of(&all, i, &r);
                Bytes aad = bytes_of(r.aad, r.aad_len);
                if (r.plain.len > 100 || r.proof.len) {
                        record_end(&r);
                        continue;
                }
                for (size_t bit = 0; bit < 8 * r.value.len; bit++, tried++) {
                        r.value.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        Sealed s;
                        uint8_t now[VECTOR_MOST];
                        if (frame_read(hex_bytes(&r.value), &s) == 0) { /* a flip of the header shows in what is authenticated */
                                frame_aad(s.hdr, hex_bytes(&r.key), now);
                                memset(out, 0x55, r.plain.len + 1);
                                cr_assert_eq(aead_open(r.opens, header_nonce(s.hdr), bytes_of(now, r.aad_len), s.ct, out),
                                             SEAL_E_REFUSED, "record %u bit %zu", i, bit);
                                for (size_t k = 0; k + AEAD_TAG_LEN < s.ct.len; k++)
                                        cr_assert_eq(out[k], 0, "what was refused is wiped");
                        }
                        r.value.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
                }
                for (size_t bit = 0; bit < 8 * r.aad_len; bit++, tried++) {
                        r.aad[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        cr_assert_neq(open_record(&r, hex_bytes(&r.value), r.hdr.b, aad, out), 0);
                        r.aad[bit / 8] ^= (uint8_t)(1u << bit % 8);
                }
                for (size_t n = 0; n < r.value.len; n++)
                        cr_assert_neq(open_record(&r, bytes_of(r.value.b, n), r.hdr.b, aad, out), 0);
                cr_assert_eq(open_record(&r, hex_bytes(&r.value), r.hdr.b, aad, out), 0, "and after all that it opens");
                suites |= 1u << r.suite;
                record_end(&r);
        }
        cr_assert_gt(tried, 10000);
        cr_assert_eq(suites, 1u << SUITE_GCM | 1u << SUITE_SIV);
}

Test(aead, an_absent_key_is_not_an_empty_one) {
        uint8_t hdr[SEAL_HDR_LEN] = { 1 }, null[64], empty[64];
        frame_aad(hdr, BYTES_NULL, null);
        frame_aad(hdr, bytes_z(""), empty);
        cr_assert_eq(SEAL_AAD_LEN(BYTES_NULL), SEAL_AAD_LEN(bytes_z("")));
        cr_assert_neq(memcmp(null, empty, SEAL_HDR_LEN + 4), 0);
}

Test(aead, wants_the_suite_s_own_length_of_key) {
        uint8_t key[65] = { 0 };
        Aead *a = NULL;
        for (unsigned suite = 0; suite < 256; suite++)
                for (size_t n = 0; n <= 65; n++) {
                        bool right = (suite == SUITE_GCM && n == 32) || (suite == SUITE_SIV && n == 64);
                        cr_assert_eq(aead_new((uint8_t)suite, bytes_of(key, n), true, &a), right ? 0 : -EINVAL);
                        a = aead_free(a);
                }
}
