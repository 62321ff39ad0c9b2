/* The Merkle tree of one batch. */
#include "seal/tree.h"

#include "core/cleanup.h"

#include <openssl/sha.h>
#include <stdlib.h>

/* The low-level calls: EVP would add a third to every leaf, and here are two hashes for each record. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void hash(uint8_t prefix, Bytes a, Bytes b, uint8_t *ret) {
        SHA256_CTX c;
        if (SHA256_Init(&c) != 1 || SHA256_Update(&c, &prefix, 1) != 1 || SHA256_Update(&c, a.ptr, a.len) != 1 ||
            SHA256_Update(&c, b.ptr, b.len) != 1 || SHA256_Final(ret, &c) != 1)
                abort();
}

void tree_leaf(Bytes aad, Bytes ct, uint8_t ret[DIGEST_LEN]) {
        hash(0, aad, ct, ret);
}

void tree_node(const uint8_t left[DIGEST_LEN], const uint8_t right[DIGEST_LEN], uint8_t ret[DIGEST_LEN]) {
        hash(1, bytes_of(left, DIGEST_LEN), bytes_of(right, DIGEST_LEN), ret);
}

/* The largest power of two below n; n > 1. */
static size_t split(size_t n) {
        size_t k = 1;
        while (k << 1 < n)
                k <<= 1;
        return k;
}

/* Depth is log2 of TREE_MOST. */
void tree_root(const uint8_t *leaves, size_t n, uint8_t ret[DIGEST_LEN]) {
        if (n == 0) {
                digest_sha256(BYTES_NULL, ret);
                return;
        }
        if (n == 1) {
                memcpy(ret, leaves, DIGEST_LEN);
                return;
        }
        uint8_t left[DIGEST_LEN], right[DIGEST_LEN];
        size_t k = split(n);
        tree_root(leaves, k, left);
        tree_root(leaves + k * DIGEST_LEN, n - k, right);
        tree_node(left, right, ret);
}

size_t tree_path(const uint8_t *leaves, size_t n, size_t i, uint8_t ret[][DIGEST_LEN]) {
        if (n <= 1)
                return 0;
        size_t k = split(n), m;
        if (i < k) {
                m = tree_path(leaves, k, i, ret);
                tree_root(leaves + k * DIGEST_LEN, n - k, ret[m]);
        } else {
                m = tree_path(leaves + k * DIGEST_LEN, n - k, i - k, ret);
                tree_root(leaves, k, ret[m]);
        }
        return m + 1;
}

bool tree_from_path(const uint8_t leaf[DIGEST_LEN], size_t n, size_t i, const uint8_t path[][DIGEST_LEN], size_t n_path,
                    uint8_t ret[DIGEST_LEN]) {
        uint8_t at[DIGEST_LEN];
        memcpy(at, leaf, DIGEST_LEN);
        if (i >= n)
                return false;
        size_t fn = i, sn = n - 1;
        for (size_t p = 0; p < n_path; p++, fn >>= 1, sn >>= 1) {
                if (sn == 0)
                        return false;
                if ((fn & 1) || fn == sn) {
                        tree_node(path[p], at, at);
                        while (!(fn & 1) && fn != 0) {
                                fn >>= 1;
                                sn >>= 1;
                        }
                } else
                        tree_node(at, path[p], at);
        }
        if (sn != 0)
                return false;
        memcpy(ret, at, DIGEST_LEN);
        return true;
}
