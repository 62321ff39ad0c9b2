/* HPKE base mode, one message. The names are RFC 9180's, sections 4 and 5.1. */
#include "seal/hpke.h"

#include "core/cleanup.h"
#include "seal/hkdf.h"
#include "seal/pkey.h"
#include "seal/wire.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#define NONCE_LEN 12u

struct KemKey {
        EVP_PKEY *pkey;
};

static void derive_freep(EVP_PKEY_CTX **p) {
        EVP_PKEY_CTX_free(*p);
}
static void cipher_freep(EVP_CIPHER **p) {
        EVP_CIPHER_free(*p);
}
static void cipher_context_freep(EVP_CIPHER_CTX **p) {
        EVP_CIPHER_CTX_free(*p);
}

KemKey *kem_free(KemKey *k) {
        if (k)
                EVP_PKEY_free(k->pkey);
        free(k);
        return NULL;
}
CLEANUP_DEFINE(KemKey, kem_free)

static int kem_of(EVP_PKEY *pkey, KemKey **ret) {
        KemKey *k = malloc(sizeof *k);
        if (!k) {
                EVP_PKEY_free(pkey);
                return -ENOMEM;
        }
        k->pkey = pkey;
        *ret = k;
        return 0;
}

int kem_generate(KemKey **ret) {
        EVP_PKEY *pkey = EVP_EC_gen(P256);
        return pkey ? kem_of(pkey, ret) : -EIO;
}

/* The point of a scalar: OpenSSL 3.0 does not compute it by itself. */
static bool point_of(const BIGNUM *scalar, uint8_t ret[HPKE_POINT_LEN]) {
        EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_txt2nid(P256));
        EC_POINT *point = group ? EC_POINT_new(group) : NULL;
        bool done = point && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0 && !BN_is_zero(scalar) &&
                    EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
                    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret, HPKE_POINT_LEN, NULL) == HPKE_POINT_LEN;
        EC_POINT_free(point);
        EC_GROUP_free(group);
        return done;
}

static EVP_PKEY *pair_of(const BIGNUM *scalar) {
        uint8_t point[HPKE_POINT_LEN];
        OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
        OSSL_PARAM *params = NULL;
        EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
        EVP_PKEY *pkey = NULL;
        if (c && builder && point_of(scalar, point) &&
            OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, P256, 0) == 1 &&
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1 &&
            (params = OSSL_PARAM_BLD_to_param(builder)) && EVP_PKEY_fromdata_init(c) == 1 &&
            EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
                pkey = NULL;
        OSSL_PARAM_free(params);
        OSSL_PARAM_BLD_free(builder);
        EVP_PKEY_CTX_free(c);
        return pkey;
}

int kem_from_scalar(Bytes scalar, KemKey **ret) {
        REQUIRE(scalar.len == SECRET_LEN, HPKE_E_KEY);
        BIGNUM *bn = BN_secure_new();
        EVP_PKEY *pkey = bn && BN_bin2bn(scalar.ptr, SECRET_LEN, bn) ? pair_of(bn) : NULL;
        BN_clear_free(bn);
        return pkey ? kem_of(pkey, ret) : HPKE_E_KEY;
}

int kem_read(Bytes pem, KemKey **ret, Why *why) {
        EVP_PKEY *pkey = pkey_read(pem, false, why);
        return pkey ? kem_of(pkey, ret) : HPKE_E_KEY;
}

int kem_public(const KemKey *k, uint8_t ret[HPKE_POINT_LEN]) {
        return pkey_point(k->pkey, ret) ? 0 : -EIO;
}

static const uint8_t kem_id[] = { 'K', 'E', 'M', 0x00, 0x10 };
typedef struct SuiteId {
        uint8_t b[10];
} SuiteId;
static SuiteId suite_id(int aead) {
        return (SuiteId){ { 'H', 'P', 'K', 'E', 0x00, 0x10, 0x00, 0x01, 0x00, (uint8_t)aead } };
}

static void labeled_extract(Bytes salt, Bytes suite, const char *label, Bytes ikm, Secret *ret) {
        Bytes parts[] = { bytes_z("HPKE-v1"), suite, bytes_z(label), ikm };
        hmac_sha256(salt, parts, 4, ret);
}

static void labeled_expand(const Secret *prk, Bytes suite, const char *label, Bytes a, Bytes b, uint8_t *ret, uint16_t len) {
        uint8_t length[2];
        put_u16(length, len);
        Bytes info[] = { bytes_of(length, 2), bytes_z("HPKE-v1"), suite, bytes_z(label), a, b };
        hkdf_expand(prk, info, 6, ret, len);
}

/* ECDH of one private key with one point, then ExtractAndExpand. The library checks that the point is on the curve.
 * 0 | HPKE_E_KEY | -EIO */
static int shared_secret(const KemKey *own, const uint8_t *other, const uint8_t *enc, const uint8_t *reader, Secret *ret) {
        _cleanup_(secret_wipe) Secret dh, prk;
        _cleanup_(pkey_freep) EVP_PKEY *peer = pkey_of_point(bytes_of(other, HPKE_POINT_LEN));
        REQUIRE(peer, HPKE_E_KEY);
        _cleanup_(derive_freep) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, own->pkey, NULL);
        size_t len = sizeof dh.b;
        REQUIRE(c && EVP_PKEY_derive_init(c) == 1, -EIO);
        REQUIRE(EVP_PKEY_derive_set_peer_ex(c, peer, 1) == 1, HPKE_E_KEY);
        REQUIRE(EVP_PKEY_derive(c, dh.b, &len) == 1 && len == sizeof dh.b, -EIO);
        Bytes suite = bytes_of(kem_id, sizeof kem_id);
        labeled_extract(BYTES_NULL, suite, "eae_prk", secret_bytes(&dh), &prk);
        labeled_expand(&prk, suite, "shared_secret", bytes_of(enc, HPKE_POINT_LEN), bytes_of(reader, HPKE_POINT_LEN), ret->b,
                       SECRET_LEN);
        return 0;
}

typedef struct Keys {
        Secret key;
        uint8_t nonce[NONCE_LEN];
} Keys;
static void keys_wipe(Keys *k) {
        secret_wipe_bytes(k, sizeof *k);
}

static void key_schedule(const Secret *shared, int aead, Bytes info, Keys *ret) {
        SuiteId id = suite_id(aead);
        Bytes suite = bytes_of(id.b, sizeof id.b);
        uint8_t context[1 + 2 * SECRET_LEN] = { 0 }; /* mode_base */
        Secret hashed;
        labeled_extract(BYTES_NULL, suite, "psk_id_hash", BYTES_NULL, &hashed);
        memcpy(context + 1, hashed.b, SECRET_LEN);
        labeled_extract(BYTES_NULL, suite, "info_hash", info, &hashed);
        memcpy(context + 1 + SECRET_LEN, hashed.b, SECRET_LEN);
        _cleanup_(secret_wipe) Secret secret;
        labeled_extract(secret_bytes(shared), suite, "secret", BYTES_NULL, &secret);
        labeled_expand(&secret, suite, "key", bytes_of(context, sizeof context), BYTES_NULL, ret->key.b,
                       aead == HPKE_AES_128_GCM ? 16 : 32);
        labeled_expand(&secret, suite, "base_nonce", bytes_of(context, sizeof context), BYTES_NULL, ret->nonce, NONCE_LEN);
}

/* One record under keys that are used for nothing else. `tag` is written when sealing, checked when opening. */
static bool cipher(const Keys *k, int aead, bool seals, Bytes aad, Bytes in, uint8_t *out, uint8_t *tag) {
        int n = 0, rest = 0;
        _cleanup_(cipher_freep) EVP_CIPHER *gcm =
                EVP_CIPHER_fetch(NULL, aead == HPKE_AES_128_GCM ? "AES-128-GCM" : "AES-256-GCM", NULL);
        _cleanup_(cipher_context_freep) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        if (!gcm || !c || in.len > INT_MAX || aad.len > INT_MAX ||
            EVP_CipherInit_ex2(c, gcm, k->key.b, k->nonce, seals, NULL) != 1 ||
            (!seals && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, HPKE_TAG_LEN, tag) != 1) ||
            (aad.len && EVP_CipherUpdate(c, NULL, &n, aad.ptr, (int)aad.len) != 1) ||
            (in.len && EVP_CipherUpdate(c, out, &n, in.ptr, (int)in.len) != 1) || EVP_CipherFinal_ex(c, out + n, &rest) != 1)
                return false;
        return !seals || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, HPKE_TAG_LEN, tag) == 1;
}

int hpke_seal_with(const KemKey *ephemeral, int aead, const uint8_t reader[HPKE_POINT_LEN], Bytes info, Bytes aad, Bytes plain,
                   uint8_t *ret) {
        _cleanup_(secret_wipe) Secret shared;
        _cleanup_(keys_wipe) Keys keys;
        GUARD(kem_public(ephemeral, ret));
        GUARD(shared_secret(ephemeral, reader, ret, reader, &shared));
        key_schedule(&shared, aead, info, &keys);
        uint8_t *ct = ret + HPKE_POINT_LEN;
        if (cipher(&keys, aead, true, aad, plain, ct, ct + plain.len))
                return 0;
        secret_wipe_bytes(ct, plain.len + HPKE_TAG_LEN);
        return -EIO;
}

int hpke_seal(const uint8_t reader[HPKE_POINT_LEN], Bytes info, Bytes aad, Bytes plain, uint8_t *ret) {
        _cleanup_(kem_freep) KemKey *ephemeral = NULL;
        GUARD(kem_generate(&ephemeral));
        return hpke_seal_with(ephemeral, HPKE_AES_256_GCM, reader, info, aad, plain, ret);
}

int hpke_open(const KemKey *k, int aead, Bytes info, Bytes aad, Bytes wrapped, uint8_t *ret) {
        _cleanup_(secret_wipe) Secret shared;
        _cleanup_(keys_wipe) Keys keys;
        uint8_t own[HPKE_POINT_LEN], tag[HPKE_TAG_LEN];
        REQUIRE(wrapped.len >= HPKE_POINT_LEN + HPKE_TAG_LEN, HPKE_E_REFUSED);
        Bytes ct = bytes_of(wrapped.ptr + HPKE_POINT_LEN, wrapped.len - HPKE_POINT_LEN - HPKE_TAG_LEN);
        GUARD(kem_public(k, own));
        int r = shared_secret(k, wrapped.ptr, wrapped.ptr, own, &shared);
        if (r == HPKE_E_KEY)
                return HPKE_E_REFUSED;
        GUARD(r);
        key_schedule(&shared, aead, info, &keys);
        memcpy(tag, ct.ptr + ct.len, sizeof tag);
        if (cipher(&keys, aead, false, aad, ct, ret, tag))
                return 0;
        secret_wipe_bytes(ret, ct.len);
        return HPKE_E_REFUSED;
}
