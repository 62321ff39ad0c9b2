/* One sealed record on the wire. */
#include "seal/frame.h"

#include "seal/wire.h"

static const uint8_t single[] = { 0xc3, 0x01, 0xe3, 0x99, 0xb5, 0x00, 0xf6, 0x92, 0x21, 0xc4 }; /* CRC-64-AVRO of Sealed */
#define CONFLUENT_LEN 5u
#define VARINT_MOST 10u
#define VERSION 1u

void header_write(const SealHeader *h, uint8_t ret[SEAL_HDR_LEN]) {
        ret[0] = VERSION;
        ret[1] = h->suite;
        ret[2] = h->kind;
        ret[3] = h->flags;
        memcpy(ret + 4, h->eid, 8);
        put_u32(ret + 12, h->gen);
        put_u32(ret + 16, h->lane);
        put_u64(ret + 20, h->seq);
        put_u16(ret + 28, h->bidx);
        put_u16(ret + 30, 0);
}

int header_read(const uint8_t bytes[SEAL_HDR_LEN], SealHeader *ret) {
        SealHeader h = { .suite = bytes[1],
                         .kind = bytes[2],
                         .flags = bytes[3],
                         .gen = get_u32(bytes + 12),
                         .lane = get_u32(bytes + 16),
                         .seq = get_u64(bytes + 20),
                         .bidx = get_u16(bytes + 28) };
        memcpy(h.eid, bytes + 4, 8);
        if (bytes[0] != VERSION || h.suite == 0 || h.kind > KIND_DELETE || (h.flags & 0xe0) || get_u16(bytes + 30) != 0)
                return FRAME_E_MALFORMED;
        *ret = h;
        return 0;
}

void frame_aad(const uint8_t hdr[SEAL_HDR_LEN], Bytes key, uint8_t *ret) {
        memcpy(ret, hdr, SEAL_HDR_LEN);
        put_u32(ret + SEAL_HDR_LEN, key.ptr ? (uint32_t)key.len : UINT32_MAX);
        if (key.len)
                memcpy(ret + SEAL_HDR_LEN + 4, key.ptr, key.len);
}

/* A length as Avro writes it: zigzag, so an even number, in as few bytes as it needs. */
static bool read_bytes(Bytes *rest, Bytes *ret) {
        uint64_t v = 0;
        for (size_t i = 0; i < rest->len && i < VARINT_MOST; i++) {
                uint8_t b = rest->ptr[i];
                v |= (uint64_t)(b & 0x7f) << (7 * i);
                if (b & 0x80)
                        continue;
                size_t n = v >> 1, left = rest->len - i - 1;
                if ((i > 0 && b == 0) || (v & 1) || n > left)
                        return false;
                *ret = bytes_of(rest->ptr + i + 1, n);
                *rest = bytes_of(rest->ptr + i + 1 + n, left - n);
                return true;
        }
        return false;
}

int frame_read(Bytes value, Sealed *ret) {
        size_t at;
        if (value.len > SEAL_VALUE_MOST)
                return FRAME_E_MALFORMED;
        if (bytes_begin(value, bytes_of(single, sizeof single)))
                at = sizeof single;
        else if (value.len >= CONFLUENT_LEN && value.ptr[0] == 0)
                at = CONFLUENT_LEN;
        else
                return FRAME_E_MALFORMED;
        if (value.len - at < SEAL_HDR_LEN)
                return FRAME_E_MALFORMED;
        Sealed s = { .hdr = value.ptr + at };
        Bytes rest = bytes_of(value.ptr + at + SEAL_HDR_LEN, value.len - at - SEAL_HDR_LEN);
        if (!read_bytes(&rest, &s.ct) || !read_bytes(&rest, &s.proof) || rest.len != 0)
                return FRAME_E_MALFORMED;
        *ret = s;
        return 0;
}

static size_t write_length(uint8_t *p, size_t n) {
        size_t i = 0;
        uint64_t v = (uint64_t)n << 1;
        for (; v > 0x7f; v >>= 7)
                p[i++] = (uint8_t)(v | 0x80);
        p[i++] = (uint8_t)v;
        return i;
}

size_t frame_most(size_t ct, size_t proof) {
        return sizeof single + SEAL_HDR_LEN + VARINT_MOST + ct + VARINT_MOST + proof;
}

size_t frame_write(const uint8_t hdr[SEAL_HDR_LEN], Bytes ct, Bytes proof, uint8_t *ret, uint8_t **ret_ct) {
        uint8_t *p = ret;
        memcpy(p, single, sizeof single);
        p += sizeof single;
        memcpy(p, hdr, SEAL_HDR_LEN);
        p += SEAL_HDR_LEN;
        p += write_length(p, ct.len);
        if (ret_ct)
                *ret_ct = p;
        if (ct.ptr && ct.len)
                memcpy(p, ct.ptr, ct.len);
        p += ct.len;
        p += write_length(p, proof.len);
        if (proof.len)
                memcpy(p, proof.ptr, proof.len);
        return (size_t)(p + proof.len - ret);
}
