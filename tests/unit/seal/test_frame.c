/* Frame and header: one byte layout for one record, and no other is read. */
#include "seal/frame.h"
#include "vectors.h"

static Hex sample(void) {
        return hex_z(
                "c301e399b500f69221c40101000145de9b3c0acdbe4b000000010000000300000000000003e8000000004a66e153dab72268080dec89aa"
                "602374954c92fe1d834f6446e493274d65add95a0a4e42fe7000");
}

Test(frame, every_prefix_and_every_byte_more_is_refused) {
        Hex h = sample();
        Sealed s;
        cr_assert_eq(frame_read(hex_bytes(&h), &s), 0);
        for (size_t n = 0; n < h.len; n++)
                cr_assert_eq(frame_read(bytes_of(h.b, n), &s), FRAME_E_MALFORMED, "%zu", n);
        for (unsigned b = 0; b < 256; b++) {
                h.b[h.len] = (uint8_t)b;
                cr_assert_eq(frame_read(bytes_of(h.b, h.len + 1), &s), FRAME_E_MALFORMED);
        }
}

Test(frame, a_length_that_is_not_minimal_negative_or_huge_is_refused) {
        Hex h = sample();
        Sealed s;
        const char *const lengths[] = {
                "ca00",       "ca8000", "4b", "01", "ffffffffffffffffff01", "feffffffffffffffff01", "80808080808080808080",
                "ffffffff0f", "ff7f"
        };
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
                Hex l = hex_z(lengths[i]), changed = h;
                memcpy(changed.b + 42, l.b, l.len);
                memcpy(changed.b + 42 + l.len, h.b + 43, h.len - 43);
                changed.len = h.len - 1 + l.len;
                cr_assert_eq(frame_read(hex_bytes(&changed), &s), FRAME_E_MALFORMED, "%s", lengths[i]);
        }
}

Test(frame, both_frames_are_read_and_no_third) {
        Hex h = sample();
        Sealed s, t;
        cr_assert_eq(frame_read(hex_bytes(&h), &s), 0);
        uint8_t confluent[128] = { 0, 0, 0, 1, 44 };
        memcpy(confluent + 5, h.b + 10, h.len - 10);
        cr_assert_eq(frame_read(bytes_of(confluent, h.len - 5), &t), 0);
        cr_assert(bytes_eq(s.ct, t.ct) && bytes_eq(s.proof, t.proof) && memcmp(s.hdr, t.hdr, SEAL_HDR_LEN) == 0);
        for (unsigned i = 0; i < 10; i++) {
                Hex other = h;
                other.b[i] ^= 0x10;
                cr_assert_eq(frame_read(hex_bytes(&other), &t), FRAME_E_MALFORMED);
        }
        cr_assert_eq(frame_read(bytes_of(NULL, 0), &t), FRAME_E_MALFORMED);
}

Test(frame, what_is_written_is_read_for_every_length_around_a_varint_s_edges) {
        static uint8_t out[80000], body[40000];
        uint8_t hdr[SEAL_HDR_LEN] = { 1, 1 };
        Sealed s;
        for (size_t i = 0; i < sizeof body; i++)
                body[i] = (uint8_t)(i * 7);
        const size_t edges[] = { 0, 1, 16, 62, 63, 64, 65, 8190, 8191, 8192, 8193, 40000 };
        for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
                for (size_t j = 0; j < sizeof edges / sizeof *edges - 1; j++) {
                        size_t len = frame_write(hdr, bytes_of(body, edges[i]), bytes_of(body, edges[j]), out, NULL);
                        cr_assert_leq(len, frame_most(edges[i], edges[j]));
                        cr_assert_eq(frame_read(bytes_of(out, len), &s), 0);
                        cr_assert(bytes_eq(s.ct, bytes_of(body, edges[i])) && bytes_eq(s.proof, bytes_of(body, edges[j])));
                }
}

Test(frame, a_header_comes_back_and_none_has_two_forms) {
        SealHeader h = { .suite = 2,
                         .kind = KIND_DELETE,
                         .flags = FLAG_AUTH | FLAG_COMPRESSED | FLAG_PADDED | FLAG_PSEUDONYM,
                         .gen = 0x01020304,
                         .lane = 0x7ffffffe,
                         .seq = 0xfedcba9876543210,
                         .bidx = 0x8001,
                         .eid = { 1, 2, 3, 4, 5, 6, 7, 8 } },
                   back;
        uint8_t b[SEAL_HDR_LEN], again[SEAL_HDR_LEN];
        header_write(&h, b);
        cr_assert_eq(header_read(b, &back), 0);
        header_write(&back, again);
        cr_assert_arr_eq(b, again, SEAL_HDR_LEN);
        for (unsigned bit = 0; bit < 8 * SEAL_HDR_LEN; bit++) {
                b[bit / 8] ^= (uint8_t)(1u << bit % 8);
                if (header_read(b, &back) == 0) {
                        header_write(&back, again);
                        cr_assert_arr_eq(b, again, SEAL_HDR_LEN, "a bit that is read but not told");
                }
                b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        const unsigned must_be_zero[] = { 8 * 3 + 5, 8 * 3 + 6, 8 * 3 + 7, 8 * 30, 8 * 31 + 7 };
        for (size_t i = 0; i < sizeof must_be_zero / sizeof *must_be_zero; i++) {
                memcpy(again, b, sizeof again);
                again[must_be_zero[i] / 8] ^= (uint8_t)(1u << must_be_zero[i] % 8);
                cr_assert_eq(header_read(again, &back), FRAME_E_MALFORMED);
        }
        const uint8_t version[] = { 0, 2, 255 };
        for (size_t i = 0; i < sizeof version; i++) {
                memcpy(again, b, sizeof again);
                again[0] = version[i];
                cr_assert_eq(header_read(again, &back), FRAME_E_MALFORMED);
        }
}
