/* OpenSSL's keys. */
#include "seal/pkey.h"

#include "core/cleanup.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#define PEM_MOST 65536u /* a key with every comment that tools put around it */

static void bio_freep(BIO **p) {
        BIO_free(*p);
}

bool pkey_on_p256(const EVP_PKEY *key) {
        char group[32];
        return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
               strcmp(group, P256) == 0;
}

EVP_PKEY *pkey_of_point(Bytes point) {
        if (point.len != P256_POINT_LEN || point.ptr[0] != POINT_CONVERSION_UNCOMPRESSED)
                return NULL;
        char group[] = P256; /* the library takes both as if it might write them */
        uint8_t copy[P256_POINT_LEN];
        memcpy(copy, point.ptr, sizeof copy);
        OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                                OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof copy),
                                OSSL_PARAM_construct_end() };
        EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
        EVP_PKEY *key = NULL;
        if (c && (EVP_PKEY_fromdata_init(c) != 1 || EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params) != 1))
                key = NULL;
        EVP_PKEY_CTX_free(c);
        return key;
}

bool pkey_point(const EVP_PKEY *key, uint8_t ret[P256_POINT_LEN]) {
        size_t len = 0;
        return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, ret, P256_POINT_LEN, &len) == 1 &&
               len == P256_POINT_LEN && ret[0] == POINT_CONVERSION_UNCOMPRESSED;
}

/* A key with a password is refused rather than asked for on the terminal. */
static int no_password(char *buffer, int size, int writes, void *user) {
        (void)buffer, (void)size, (void)writes, (void)user;
        return -1;
}

EVP_PKEY *pkey_read(Bytes pem, bool edwards, Why *why) {
        _cleanup_(bio_freep) BIO *bio = pem.len < PEM_MOST ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
        _cleanup_(pkey_freep) EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
        if (!key)
                why_say(why, 1, "not a private key in PEM without a password (BEGIN PRIVATE KEY)");
        else if (pkey_on_p256(key) || (edwards && EVP_PKEY_is_a(key, "ED25519")))
                return steal(key);
        else
                why_say(why, 1, "a key for %s: it must be one on P-256%s", EVP_PKEY_get0_type_name(key),
                        edwards ? ", or Ed25519" : "");
        return NULL;
}
