/* The Merkle tree against vectors made elsewhere; a path proves its leaf and no other. */
#include "seal/tree.h"
#include "vectors.h"

static size_t leaves_of(size_t n, uint8_t *ret) {
        for (size_t i = 0; i < n; i++) {
                char name[32];
                int len = snprintf(name, sizeof name, "leaf %zu", i);
                digest_sha256(bytes_of(name, (size_t)len), ret + i * DIGEST_LEN);
        }
        return n;
}

Test(tree, roots_and_paths_are_those_of_the_vectors) {
        _cleanup_(arena_freep) Arena *a = arena_new(1u << 24);
        tocsin_value all = vectors(a);
        static uint8_t leaves[TREE_MOST * DIGEST_LEN];
        const tocsin_value *trees = vector_at(&all, "trees");
        for (uint32_t t = 0; t < trees->len; t++) {
                const tocsin_value *v = &trees->u.items[t];
                size_t n = leaves_of((size_t)vector_int(v, "n"), leaves), i = (size_t)vector_int(v, "i");
                Hex root = vector_hex(v, "root");
                uint8_t got[DIGEST_LEN], path[TREE_PATH_MOST][DIGEST_LEN];
                tree_root(leaves, n, got);
                cr_assert_arr_eq(got, root.b, DIGEST_LEN, "%zu leaves", n);
                const tocsin_value *want = vector_at(v, "path");
                if (n == 0)
                        continue;
                cr_assert_eq(tree_path(leaves, n, i, path), want->len);
                for (uint32_t k = 0; k < want->len; k++) {
                        Hex node = hex_of(bytes_of(want->u.items[k].u.str, want->u.items[k].len));
                        cr_assert_arr_eq(path[k], node.b, DIGEST_LEN);
                }
        }
}

Test(tree, a_path_proves_its_leaf_at_its_place_in_its_tree_and_nothing_else) {
        static uint8_t leaves[70 * DIGEST_LEN];
        uint8_t root[DIGEST_LEN], got[DIGEST_LEN], path[TREE_PATH_MOST + 1][DIGEST_LEN];
        for (size_t n = 1; n <= 70; n++) {
                leaves_of(n, leaves);
                tree_root(leaves, n, root);
                for (size_t i = 0; i < n; i++) {
                        const uint8_t *leaf = leaves + i * DIGEST_LEN;
                        size_t m = tree_path(leaves, n, i, path);
                        cr_assert(tree_from_path(leaf, n, i, path, m, got));
                        cr_assert_arr_eq(got, root, DIGEST_LEN);
                        for (size_t other = 0; other < n; other++) {
                                bool same = tree_from_path(leaf, n, other, path, m, got) && memcmp(got, root, DIGEST_LEN) == 0;
                                cr_assert_eq(same, other == i, "%zu of %zu at %zu", i, n, other);
                        }
                        cr_assert_not(m > 0 && tree_from_path(leaf, n, i, path, m - 1, got) &&
                                      memcmp(got, root, DIGEST_LEN) == 0);
                        memset(path[m], 0, DIGEST_LEN);
                        cr_assert_not(tree_from_path(leaf, n, i, path, m + 1, got) && memcmp(got, root, DIGEST_LEN) == 0);
                        cr_assert_not(tree_from_path(leaf, n, n, path, m, got));
                        for (size_t k = 0; k < m; k++) {
                                path[k][k % DIGEST_LEN] ^= 1;
                                cr_assert(tree_from_path(leaf, n, i, path, m, got));
                                cr_assert_neq(memcmp(got, root, DIGEST_LEN), 0);
                                path[k][k % DIGEST_LEN] ^= 1;
                        }
                }
        }
}

Test(tree, leaf_and_node_are_never_taken_for_each_other) {
        uint8_t a[DIGEST_LEN] = { 1 }, b[DIGEST_LEN] = { 2 }, both[2 * DIGEST_LEN], node[DIGEST_LEN], leaf[DIGEST_LEN];
        memcpy(both, a, DIGEST_LEN);
        memcpy(both + DIGEST_LEN, b, DIGEST_LEN);
        tree_node(a, b, node);
        tree_leaf(bytes_of(both, sizeof both), BYTES_NULL, leaf);
        cr_assert_neq(memcmp(node, leaf, DIGEST_LEN), 0);
}
