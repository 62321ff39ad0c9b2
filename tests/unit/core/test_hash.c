/* SipHash against the vectors of its authors. */
#include "core/hash.h"
#include <criterion/criterion.h>

Test(hash, is_siphash_2_4_by_its_vectors) {
        const uint64_t expected[] = { /* of the paper's reference code: key 00..0f, message 00 01 … of length 0, 1, 7, 8, 15 */
                                      UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd), UINT64_C(0xab0200f58b01d137),
                                      UINT64_C(0x93f5f5799a932462), UINT64_C(0xa129ca6149be45e5)
        };
        const size_t lengths[] = { 0, 1, 7, 8, 15 };
        uint8_t m[16];
        for (uint8_t i = 0; i < 16; i++)
                m[i] = i;
        for (size_t i = 0; i < 5; i++)
                cr_assert_eq(hash_sip(bytes_of(m, lengths[i]), UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908), 2, 4),
                             expected[i], "length %zu", lengths[i]);
}

Test(hash, is_the_same_within_a_process_and_differs_by_content) {
        cr_assert_eq(hash_bytes(bytes_z("loop-1")), hash_bytes(bytes_z("loop-1")));
        cr_assert_neq(hash_bytes(bytes_z("loop-1")), hash_bytes(bytes_z("loop-2")));
}
