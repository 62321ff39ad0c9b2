/* The Merkle tree hash of RFC 9162, 2.1, over the leaves of one batch, and the path of one leaf. Pure; one thread. */
#pragma once

#include "core/bytes.h"
#include "seal/digest.h"

#define TREE_MOST 4096u         /* leaves of one batch that a reader accepts: 128 KiB while it waits for the checkpoint */
#define TREE_PATH_MOST 12u      /* nodes of a path in a tree of TREE_MOST leaves */

/* SHA-256(0x00 ‖ aad ‖ ct) and SHA-256(0x01 ‖ left ‖ right). */
void tree_leaf(Bytes aad, Bytes ct, uint8_t ret[DIGEST_LEN]);
void tree_node(const uint8_t left[DIGEST_LEN], const uint8_t right[DIGEST_LEN], uint8_t ret[DIGEST_LEN]);
/* Root of n leaves that lie one after the other; of none: SHA-256 of nothing. n <= TREE_MOST. */
void tree_root(const uint8_t *leaves, size_t n, uint8_t ret[DIGEST_LEN]);
/* The nodes from leaf i up to the root; how many were written (at most TREE_PATH_MOST). i < n. */
size_t tree_path(const uint8_t *leaves, size_t n, size_t i, uint8_t ret[][DIGEST_LEN]);
/* The root that leaf i of n and its path give (RFC 9162, 2.1.3.2); false: a path that is too long or too short. */
bool tree_from_path(const uint8_t leaf[DIGEST_LEN], size_t n, size_t i, const uint8_t path[][DIGEST_LEN], size_t n_path,
                    uint8_t ret[DIGEST_LEN]);
