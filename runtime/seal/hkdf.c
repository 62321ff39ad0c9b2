/* HMAC and HKDF: seldom called (at a ratchet, a wrap, a policy), so plain and whole. */
#include "seal/hkdf.h"

#include "core/cleanup.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

static _Thread_local EVP_MAC *algorithm; /* fetched once: an implicit fetch costs more than the work */

static void mac_freep(EVP_MAC_CTX **c) {
        EVP_MAC_CTX_free(*c);
}

void hmac_sha256(Bytes key, const Bytes *parts, size_t n, Secret *ret) {
        if (!algorithm)
                algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
        _cleanup_(mac_freep) EVP_MAC_CTX *c = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
        char digest[] = "SHA256"; /* the library takes it as if it might write it */
        OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END };
        static const uint8_t nothing; /* an empty key is a key, NULL would be none */
        if (!c || EVP_MAC_init(c, key.len ? key.ptr : &nothing, key.len, params) != 1)
                abort();
        for (size_t i = 0; i < n; i++)
                if (EVP_MAC_update(c, parts[i].ptr, parts[i].len) != 1)
                        abort();
        size_t len = 0;
        if (EVP_MAC_final(c, ret->b, &len, SECRET_LEN) != 1 || len != SECRET_LEN)
                abort();
}

void hkdf_extract(Bytes salt, Bytes ikm, Secret *ret) {
        hmac_sha256(salt, &ikm, 1, ret);
}

void hkdf_expand(const Secret *prk, const Bytes *info, size_t n, uint8_t *ret, size_t len) {
        enum { PARTS = 6 };
        if (len == 0 || len > HKDF_MOST || n > PARTS)
                abort();
        _cleanup_(secret_wipe) Secret t = { 0 };
        for (size_t done = 0; done < len; done += SECRET_LEN) {
                uint8_t count = (uint8_t)(done / SECRET_LEN + 1);
                Bytes parts[PARTS + 2];
                size_t m = 0;
                if (done > 0)
                        parts[m++] = secret_bytes(&t);
                for (size_t i = 0; i < n; i++)
                        parts[m++] = info[i];
                parts[m++] = bytes_of(&count, 1);
                hmac_sha256(secret_bytes(prk), parts, m, &t);
                memcpy(ret + done, t.b, len - done < SECRET_LEN ? len - done : SECRET_LEN);
        }
}
