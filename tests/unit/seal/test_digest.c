/* SHA-256 against FIPS 180-4's own examples. */
#include "seal/digest.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void expect(Bytes in, const char *hex) {
        uint8_t d[DIGEST_LEN];
        char text[2 * DIGEST_LEN + 1];
        digest_sha256(in, d);
        for (size_t i = 0; i < DIGEST_LEN; i++)
                snprintf(text + 2 * i, 3, "%02x", d[i]);
        cr_assert_str_eq(text, hex);
}

Test(digest, is_sha256) {
        expect(bytes_z(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        expect(bytes_z("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        expect(bytes_z("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        char *million = malloc(1000000);
        memset(million, 'a', 1000000);
        expect(bytes_of(million, 1000000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
        free(million);
}

Test(digest, of_pieces_is_that_of_the_whole_and_begins_anew) {
        uint8_t whole[DIGEST_LEN], pieces[DIGEST_LEN];
        Digest *d = NULL;
        cr_assert_eq(digest_new(&d), 0);
        digest_sha256(bytes_z("abcdef"), whole);
        for (int round = 0; round < 2; round++) {
                digest_add(d, bytes_z("abc"));
                digest_add(d, bytes_z(""));
                digest_add(d, bytes_z("def"));
                digest_end(d, pieces);
                cr_assert_arr_eq(pieces, whole, DIGEST_LEN);
        }
        digest_sha256(bytes_z(""), whole);
        digest_end(d, pieces);
        cr_assert_arr_eq(pieces, whole, DIGEST_LEN);
        digest_free(d);
        digest_free(NULL);
}
