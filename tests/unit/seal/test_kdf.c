/* HKDF against RFC 5869, the key schedule against vectors made elsewhere. */
#include "seal/aead.h"
#include "seal/hkdf.h"
#include "seal/schedule.h"
#include "vectors.h"

static void rfc5869(const char *ikm, const char *salt, const char *info, const char *prk, const char *okm) {
        Hex i = hex_z(ikm), s = hex_z(salt), f = hex_z(info), p = hex_z(prk), o = hex_z(okm);
        Secret got;
        uint8_t out[128];
        hkdf_extract(hex_bytes(&s), hex_bytes(&i), &got);
        cr_assert_arr_eq(got.b, p.b, SECRET_LEN);
        Bytes part = hex_bytes(&f);
        hkdf_expand(&got, &part, 1, out, o.len);
        cr_assert_arr_eq(out, o.b, o.len);
        Bytes halves[] = { bytes_of(f.b, f.len / 2), bytes_of(f.b + f.len / 2, f.len - f.len / 2) };
        hkdf_expand(&got, halves, 2, out, o.len);
        cr_assert_arr_eq(out, o.b, o.len);
}

Test(kdf, is_hkdf_of_rfc_5869) {
        rfc5869("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
                "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
        rfc5869("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"
                "38"
                "393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
                "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f9091929394959697"
                "9899"
                "9a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
                "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7"
                "e8e9"
                "eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
                "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8"
                "3677"
                "93a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
        rfc5869("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
                "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

Test(kdf, the_schedule_is_that_of_the_vectors) {
        _cleanup_(arena_freep) Arena *a = arena_new(1u << 24);
        tocsin_value all = vectors(a);
        Hex ek = vector_hex(&all, "ek"), ah = vector_hex(&all, "ah");
        Secret epoch;
        memcpy(epoch.b, ek.b, SECRET_LEN);
        Chain c;
        chain_begin(&epoch, &c);
        const tocsin_value *gens = vector_at(&all, "generations");
        cr_assert_gt(gens->len, 1);
        for (uint32_t g = 0; g < gens->len; g++, chain_step(&c)) {
                const tocsin_value *want = &gens->u.items[g];
                Hex ck = vector_hex(want, "ck"), mk1 = vector_hex(want, "mk1"), mk2 = vector_hex(want, "mk2"),
                    kc = vector_hex(want, "kc"), km = vector_hex(want, "km");
                uint8_t key[AEAD_KEY_MOST], commitment[DIGEST_LEN];
                Secret mac;
                cr_assert_eq(c.gen, g);
                cr_assert_arr_eq(c.ck.b, ck.b, SECRET_LEN);
                chain_seal_key(&c, SUITE_GCM, ah.b, key, aead_key_len(SUITE_GCM));
                cr_assert_arr_eq(key, mk1.b, mk1.len);
                chain_seal_key(&c, SUITE_SIV, ah.b, key, aead_key_len(SUITE_SIV));
                cr_assert_arr_eq(key, mk2.b, mk2.len);
                chain_commitment(&c, commitment);
                cr_assert_arr_eq(commitment, kc.b, DIGEST_LEN);
                chain_mac_key(&c, ah.b, &mac);
                cr_assert_arr_eq(mac.b, km.b, SECRET_LEN);
        }
}

Test(kdf, of_the_published_excerpt) {
        Hex ek = hex_z("a39f9fd05175293f7ff2304b2dea394949a776ee06dd6f68eec76fb5b0dab56d"),
            ck1 = hex_z("796b5d25ef8a6f3e14b06714570425cbb4a6d1296e2b5fd4a60f023ed32d52a8"),
            kc1 = hex_z("bf64a5a6e7709c0aa983a8a581d9d68d233e9e764494502f73cd2ba3cba5af6d");
        Secret epoch;
        memcpy(epoch.b, ek.b, SECRET_LEN);
        Chain c, late;
        uint8_t commitment[DIGEST_LEN];
        chain_begin(&epoch, &c);
        chain_step(&c);
        cr_assert_arr_eq(c.ck.b, ck1.b, SECRET_LEN);
        chain_at(1, &c.ck, &late);
        chain_commitment(&late, commitment);
        cr_assert_arr_eq(commitment, kc1.b, DIGEST_LEN);
        chain_wipe(&c);
        cr_assert_arr_eq(c.ck.b, ((uint8_t[SECRET_LEN]){ 0 }), SECRET_LEN);
}

Test(kdf, secrets_differ_and_compare) {
        Secret a, b;
        cr_assert_eq(secret_random(&a), 0);
        cr_assert_eq(secret_random(&b), 0);
        cr_assert(secret_equal(secret_bytes(&a), secret_bytes(&a)));
        cr_assert_not(secret_equal(secret_bytes(&a), secret_bytes(&b)));
        cr_assert_not(secret_equal(secret_bytes(&a), bytes_of(a.b, SECRET_LEN - 1)));
}
