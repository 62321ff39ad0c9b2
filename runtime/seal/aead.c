/* The suites that seal. */
#include "seal/aead.h"

#include "core/cleanup.h"
#include "seal/secret.h"
#include "seal/siv.h"

#include <limits.h>
#include <openssl/evp.h>

typedef struct Suite {
        uint8_t id, key_len;
        bool synthetic; /* the nonce is made of the message; the context is keyed anew each time (OpenSSL 3.0 demands it) */
        const char *cipher;
} Suite;

static const Suite suites[] = {
        { SUITE_GCM, 32, false, "AES-256-GCM" },
        { SUITE_SIV, 64, true, "AES-256-SIV" },
};

struct Aead {
        const Suite *suite;
        EVP_CIPHER *cipher;
        EVP_CIPHER_CTX *context;
        bool seals;
        uint8_t key[64]; /* of a synthetic suite */
};

static const Suite *suite_of(uint8_t id) {
        for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
                if (suites[i].id == id)
                        return &suites[i];
        return NULL;
}

size_t aead_key_len(uint8_t suite) {
        const Suite *s = suite_of(suite);
        return s ? s->key_len : 0;
}

Aead *aead_free(Aead *a) {
        if (a) {
                EVP_CIPHER_CTX_free(a->context);
                EVP_CIPHER_free(a->cipher);
                secret_wipe_bytes(a, sizeof *a);
                free(a);
        }
        return NULL;
}
CLEANUP_DEFINE(Aead, aead_free)

int aead_new(uint8_t suite, Bytes key, bool seals, Aead **ret) {
        const Suite *s = suite_of(suite);
        REQUIRE(s && key.len == s->key_len, -EINVAL);
        _cleanup_(aead_freep) Aead *a = calloc(1, sizeof *a);
        REQUIRE(a, -ENOMEM);
        a->suite = s;
        a->seals = seals;
        a->cipher = EVP_CIPHER_fetch(NULL, s->cipher, NULL);
        REQUIRE(a->cipher, -ENOTSUP);
        a->context = EVP_CIPHER_CTX_new();
        REQUIRE(a->context, -ENOMEM);
        if (s->synthetic)
                memcpy(a->key, key.ptr, key.len);
        else if (EVP_CipherInit_ex2(a->context, a->cipher, key.ptr, NULL, seals, NULL) != 1)
                return -ENOMEM;
        *ret = steal(a);
        return 0;
}

/* Readies the context for one record and feeds what is not encrypted. */
static bool begin(Aead *a, const uint8_t *nonce, Bytes aad) {
        int n;
        REQUIRE(aad.len <= INT_MAX, false);
        if (!a->suite->synthetic)
                return EVP_CipherInit_ex2(a->context, NULL, NULL, nonce, a->seals, NULL) == 1 &&
                       EVP_CipherUpdate(a->context, NULL, &n, aad.ptr, (int)aad.len) == 1;
        return EVP_CipherInit_ex2(a->context, a->cipher, a->key, NULL, a->seals, NULL) == 1;
}

/* RFC 5297, 3: the nonce is the last component of what is authenticated. After the tag is known, where that is given first. */
static bool components(Aead *a, const uint8_t *nonce, Bytes aad) {
        int n;
        return !a->suite->synthetic || (EVP_CipherUpdate(a->context, NULL, &n, aad.ptr, (int)aad.len) == 1 &&
                                        EVP_CipherUpdate(a->context, NULL, &n, nonce, AEAD_NONCE_LEN) == 1);
}

static bool body(Aead *a, Bytes in, uint8_t *out) {
        int n = 0, rest = 0;
        REQUIRE(in.len <= INT_MAX, false);
        if (in.len && EVP_CipherUpdate(a->context, out, &n, in.ptr, (int)in.len) != 1)
                return false;
        return EVP_CipherFinal_ex(a->context, out + n, &rest) == 1 && (size_t)n + (size_t)rest == in.len;
}

/* The tag of a synthetic suite over an empty message. */
static bool of_nothing(const Aead *a, const uint8_t *nonce, Bytes aad, uint8_t ret[AEAD_TAG_LEN]) {
        Bytes parts[] = { aad, bytes_of(nonce, AEAD_NONCE_LEN) };
        return siv_of_nothing(a->key, parts, 2, ret) == 0;
}

int aead_seal(Aead *a, const uint8_t nonce[AEAD_NONCE_LEN], Bytes aad, Bytes plain, uint8_t *ret) {
        if (a->suite->synthetic && plain.len == 0)
                return of_nothing(a, nonce, aad, ret) ? 0 : -EIO;
        if (begin(a, nonce, aad) && components(a, nonce, aad) && body(a, plain, ret) &&
            EVP_CIPHER_CTX_ctrl(a->context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, ret + plain.len) == 1)
                return 0;
        secret_wipe_bytes(ret, plain.len + AEAD_TAG_LEN); /* half a record may be the text itself */
        return -EIO;
}

int aead_open(Aead *a, const uint8_t nonce[AEAD_NONCE_LEN], Bytes aad, Bytes sealed, uint8_t *ret) {
        REQUIRE(sealed.len >= AEAD_TAG_LEN, SEAL_E_REFUSED);
        Bytes text = bytes_of(sealed.ptr, sealed.len - AEAD_TAG_LEN);
        uint8_t tag[AEAD_TAG_LEN]; /* the library takes it as if it might write it */
        memcpy(tag, sealed.ptr + text.len, sizeof tag);
        if (a->suite->synthetic && text.len == 0) {
                uint8_t own[AEAD_TAG_LEN];
                return of_nothing(a, nonce, aad, own) && secret_equal(bytes_of(own, sizeof own), bytes_of(tag, sizeof tag))
                               ? 0
                               : SEAL_E_REFUSED;
        }
        if (begin(a, nonce, aad) && EVP_CIPHER_CTX_ctrl(a->context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_LEN, tag) == 1 &&
            components(a, nonce, aad) && body(a, text, ret))
                return 0;
        secret_wipe_bytes(ret, text.len);
        return SEAL_E_REFUSED;
}
