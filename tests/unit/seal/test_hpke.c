/* HPKE against RFC 9180's own vector, wraps made elsewhere, and every flipped bit. */
#include "seal/hpke.h"
#include "vectors.h"

Test(hpke, is_that_of_rfc_9180_a_3_1) {
        Hex info = hex_z("4f6465206f6e2061204772656369616e2055726e"), aad = hex_z("436f756e742d30"),
            sk_e = hex_z("4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb"),
            sk_r = hex_z("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"),
            pk_e = hex_z("04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c4"
                         "03ce65c9b"
                         "fcb9382657222d18c4"),
            pk_r = hex_z("04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8"
                         "f80e30f1d"
                         "128aafd68a2ce72ea0"),
            plain = hex_z("4265617574792069732074727574682c20747275746820626561757479"),
            ct = hex_z("5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434");
        KemKey *e = NULL, *r = NULL;
        uint8_t out[256], point[HPKE_POINT_LEN];
        cr_assert_eq(kem_from_scalar(hex_bytes(&sk_e), &e), 0);
        cr_assert_eq(kem_from_scalar(hex_bytes(&sk_r), &r), 0);
        cr_assert_eq(kem_public(r, point), 0);
        cr_assert_arr_eq(point, pk_r.b, HPKE_POINT_LEN);
        cr_assert_eq(hpke_seal_with(e, HPKE_AES_128_GCM, pk_r.b, hex_bytes(&info), hex_bytes(&aad), hex_bytes(&plain), out), 0);
        cr_assert_arr_eq(out, pk_e.b, HPKE_POINT_LEN);
        cr_assert_arr_eq(out + HPKE_POINT_LEN, ct.b, ct.len);
        uint8_t back[64];
        cr_assert_eq(
                hpke_open(r, HPKE_AES_128_GCM, hex_bytes(&info), hex_bytes(&aad), bytes_of(out, HPKE_POINT_LEN + ct.len), back),
                0);
        cr_assert_arr_eq(back, plain.b, plain.len);
        kem_free(e), kem_free(r);
}

Test(hpke, wraps_of_the_vectors_open_and_no_bit_of_them_may_differ) {
        _cleanup_(arena_freep) Arena *a = arena_new(1u << 24);
        tocsin_value all = vectors(a);
        Hex scalar = vector_hex(&all, "reader");
        KemKey *k = NULL;
        cr_assert_eq(kem_from_scalar(hex_bytes(&scalar), &k), 0);
        const tocsin_value *wraps = vector_at(&all, "wraps");
        cr_assert_gt(wraps->len, 0);
        for (uint32_t i = 0; i < wraps->len; i++) {
                Hex info = vector_hex(&wraps->u.items[i], "info"), plain = vector_hex(&wraps->u.items[i], "plain"),
                    wrapped = vector_hex(&wraps->u.items[i], "wrapped");
                uint8_t out[64];
                cr_assert_eq(hpke_open(k, HPKE_AES_256_GCM, hex_bytes(&info), BYTES_NULL, hex_bytes(&wrapped), out), 0);
                cr_assert_arr_eq(out, plain.b, plain.len);
                for (size_t bit = 0; bit < 8 * wrapped.len; bit++) {
                        wrapped.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        cr_assert_eq(hpke_open(k, HPKE_AES_256_GCM, hex_bytes(&info), BYTES_NULL, hex_bytes(&wrapped), out),
                                     HPKE_E_REFUSED);
                        wrapped.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
                }
                for (size_t n = 0; n < wrapped.len; n++)
                        cr_assert_eq(hpke_open(k, HPKE_AES_256_GCM, hex_bytes(&info), BYTES_NULL, bytes_of(wrapped.b, n), out),
                                     HPKE_E_REFUSED);
                info.b[0] ^= 1;
                cr_assert_eq(hpke_open(k, HPKE_AES_256_GCM, hex_bytes(&info), BYTES_NULL, hex_bytes(&wrapped), out),
                             HPKE_E_REFUSED);
        }
        kem_free(k);
}

Test(hpke, what_is_wrapped_for_one_opens_for_nobody_else) {
        KemKey *one = NULL, *other = NULL;
        uint8_t point[HPKE_POINT_LEN], wrapped[256], out[64];
        cr_assert_eq(kem_generate(&one), 0);
        cr_assert_eq(kem_generate(&other), 0);
        cr_assert_eq(kem_public(one, point), 0);
        Bytes plain = bytes_z("a chain key"), info = bytes_z("KSE1 wrap"), aad = bytes_z("");
        cr_assert_eq(hpke_seal(point, info, aad, plain, wrapped), 0);
        Bytes all = bytes_of(wrapped, HPKE_POINT_LEN + plain.len + HPKE_TAG_LEN);
        cr_assert_eq(hpke_open(one, HPKE_AES_256_GCM, info, aad, all, out), 0);
        cr_assert(bytes_eq(bytes_of(out, plain.len), plain));
        cr_assert_eq(hpke_open(other, HPKE_AES_256_GCM, info, aad, all, out), HPKE_E_REFUSED);
        for (size_t i = 0; i < plain.len; i++)
                cr_assert_eq(out[i], 0);
        point[1] ^= 1;
        cr_assert_eq(hpke_seal(point, info, aad, plain, wrapped), HPKE_E_KEY);
        kem_free(one), kem_free(other);
}

Test(hpke, a_scalar_outside_the_group_is_no_key) {
        Hex zero = { .len = 32 }, order = hex_z("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"), most = order;
        KemKey *k = NULL;
        cr_assert_eq(kem_from_scalar(hex_bytes(&zero), &k), HPKE_E_KEY);
        cr_assert_eq(kem_from_scalar(hex_bytes(&order), &k), HPKE_E_KEY);
        cr_assert_eq(kem_from_scalar(bytes_of(most.b, 31), &k), HPKE_E_KEY);
        most.b[31]--;
        cr_assert_eq(kem_from_scalar(hex_bytes(&most), &k), 0);
        kem_free(k);
}
