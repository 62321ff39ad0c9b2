/* Signatures: OpenSSL's, brought to the fixed length that COSE writes. */
#include "seal/sign.h"

#include "core/cleanup.h"
#include "seal/pkey.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define SCALAR_LEN (SIGN_LEN / 2)
#define DER_MOST 80u /* of two scalars of 32 bytes, each with a sign byte */

struct Signer {
        EVP_PKEY *key;
        EVP_MD_CTX *context;
        int algorithm;
};
struct Verifier {
        EVP_PKEY *key;
        EVP_MD_CTX *context;
        int algorithm;
};

static void sig_freep(ECDSA_SIG **p) {
        ECDSA_SIG_free(*p);
}
static void bio_freep(BIO **p) {
        BIO_free(*p);
}

static const char *digest_of(int algorithm) {
        return algorithm == SIGN_ESP256 ? "SHA256" : NULL;
}

Signer *signer_free(Signer *s) {
        if (s) {
                EVP_MD_CTX_free(s->context);
                EVP_PKEY_free(s->key);
                free(s);
        }
        return NULL;
}
CLEANUP_DEFINE(Signer, signer_free)

Verifier *verifier_free(Verifier *v) {
        if (v) {
                EVP_MD_CTX_free(v->context);
                EVP_PKEY_free(v->key);
                free(v);
        }
        return NULL;
}
CLEANUP_DEFINE(Verifier, verifier_free)

static int signer_make(int algorithm, EVP_PKEY *key, Signer **ret) {
        _cleanup_(signer_freep) Signer *s = calloc(1, sizeof *s);
        if (!s) {
                EVP_PKEY_free(key);
                return -ENOMEM;
        }
        s->key = key;
        s->algorithm = algorithm;
        s->context = EVP_MD_CTX_new();
        REQUIRE(s->context, -ENOMEM);
        *ret = steal(s);
        return 0;
}

int signer_generate(int algorithm, Signer **ret) {
        REQUIRE(algorithm == SIGN_ESP256 || algorithm == SIGN_ED25519, -EINVAL);
        EVP_PKEY *key = algorithm == SIGN_ESP256 ? EVP_EC_gen(P256) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        REQUIRE(key, -EIO);
        return signer_make(algorithm, key, ret);
}

int signer_read(Bytes pem, Signer **ret, Why *why) {
        EVP_PKEY *key = pkey_read(pem, true, why);
        REQUIRE(key, SIGN_E_KEY);
        return signer_make(EVP_PKEY_is_a(key, "ED25519") ? SIGN_ED25519 : SIGN_ESP256, key, ret);
}

int signer_write(const Signer *s, uint8_t *ret, size_t *len) {
        _cleanup_(bio_freep) BIO *bio = BIO_new(BIO_s_secmem());
        REQUIRE(bio, -EIO);
        REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio, s->key, NULL, NULL, 0, NULL, NULL) == 1, -EIO);
        char *text;
        long n = BIO_get_mem_data(bio, &text);
        REQUIRE(n > 0, -EIO);
        REQUIRE((size_t)n <= *len, -ENOSPC);
        memcpy(ret, text, (size_t)n);
        *len = (size_t)n;
        return 0;
}

int signer_algorithm(const Signer *s) {
        return s->algorithm;
}

size_t signer_public(const Signer *s, uint8_t ret[SIGN_PUBLIC_MOST]) {
        size_t len = SIGN_PUBLIC_MOST;
        if (s->algorithm == SIGN_ESP256)
                return pkey_point(s->key, ret) ? P256_POINT_LEN : 0;
        return EVP_PKEY_get_raw_public_key(s->key, ret, &len) == 1 ? len : 0;
}

/* DER of two integers to 32 bytes each. */
static bool flatten(const uint8_t *der, size_t len, uint8_t *ret) {
        _cleanup_(sig_freep) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
        return sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, SCALAR_LEN) == SCALAR_LEN &&
               BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + SCALAR_LEN, SCALAR_LEN) == SCALAR_LEN;
}

int signer_sign(Signer *s, Bytes message, uint8_t ret[SIGN_LEN]) {
        uint8_t der[DER_MOST];
        size_t len = sizeof der;
        bool done = EVP_MD_CTX_reset(s->context) == 1 &&
                    EVP_DigestSignInit_ex(s->context, NULL, digest_of(s->algorithm), NULL, NULL, s->key, NULL) == 1 &&
                    EVP_DigestSign(s->context, der, &len, message.ptr, message.len) == 1;
        if (done && s->algorithm == SIGN_ESP256)
                return flatten(der, len, ret) ? 0 : -EIO;
        REQUIRE(done && len == SIGN_LEN, -EIO);
        memcpy(ret, der, SIGN_LEN);
        return 0;
}

int verifier_new(int algorithm, Bytes public, Verifier **ret) {
        _cleanup_(verifier_freep) Verifier *v = calloc(1, sizeof *v);
        REQUIRE(v, -ENOMEM);
        v->algorithm = algorithm;
        v->context = EVP_MD_CTX_new();
        REQUIRE(v->context, -ENOMEM);
        if (algorithm == SIGN_ED25519)
                v->key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public.ptr, public.len);
        else if (algorithm == SIGN_ESP256)
                v->key = pkey_of_point(public);
        REQUIRE(v->key, SIGN_E_KEY);
        *ret = steal(v);
        return 0;
}

int verifier_algorithm(const Verifier *v) {
        return v->algorithm;
}

/* r ‖ s to DER; false: no scalars of the group, which the library refuses. */
static bool to_der(Bytes raw, uint8_t *ret, size_t *len) {
        _cleanup_(sig_freep) ECDSA_SIG *sig = ECDSA_SIG_new();
        BIGNUM *r = BN_bin2bn(raw.ptr, SCALAR_LEN, NULL), *s = BN_bin2bn(raw.ptr + SCALAR_LEN, SCALAR_LEN, NULL);
        if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
                BN_free(r);
                BN_free(s);
                return false;
        }
        int n = i2d_ECDSA_SIG(sig, &ret);
        *len = n > 0 ? (size_t)n : 0;
        return n > 0;
}

bool verifier_check(Verifier *v, Bytes message, Bytes signature) {
        uint8_t der[DER_MOST];
        size_t len = SIGN_LEN;
        const uint8_t *given = signature.ptr;
        REQUIRE(signature.len == SIGN_LEN, false);
        if (v->algorithm == SIGN_ESP256) {
                REQUIRE(to_der(signature, der, &len), false);
                given = der;
        }
        return EVP_MD_CTX_reset(v->context) == 1 &&
               EVP_DigestVerifyInit_ex(v->context, NULL, digest_of(v->algorithm), NULL, NULL, v->key, NULL) == 1 &&
               EVP_DigestVerify(v->context, given, len, message.ptr, message.len) == 1;
}
