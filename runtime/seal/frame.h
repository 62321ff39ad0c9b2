/* One sealed record on the wire (schemas/kse1.md, 4.1 to 4.3): frame, header, ciphertext, proof. Pure; nothing is copied. */
#pragma once

#include "core/bytes.h"
#include "core/error.h"
#include "seal/digest.h"

#define SEAL_HDR_LEN 32u
#define SEAL_VALUE_MOST (1u << 24) /* no record of Kafka is larger by far: `message.max.bytes` is 1 MiB */

enum { KIND_DATA, KIND_CHECKPOINT, KIND_BUNDLE, KIND_DELETE };
enum { AUTH_MAC, AUTH_BATCH, AUTH_RECEIPT, AUTH_EACH };
#define FLAG_AUTH 0x03u
#define FLAG_COMPRESSED 0x04u
#define FLAG_PADDED 0x08u
#define FLAG_PSEUDONYM 0x10u

typedef struct SealHeader {
        uint8_t suite, kind, flags;
        uint8_t eid[8];
        uint32_t gen, lane;
        uint64_t seq;
        uint16_t bidx;
} SealHeader;

void header_write(const SealHeader *h, uint8_t ret[SEAL_HDR_LEN]);
/* 0 | FRAME_E_MALFORMED: version, a kind or suite that is none, or bits that must be zero */
int header_read(const uint8_t bytes[SEAL_HDR_LEN], SealHeader *ret);
/* Where the nonce lies in a written header: lane ‖ seq. */
static inline const uint8_t *header_nonce(const uint8_t bytes[SEAL_HDR_LEN]) {
        return bytes + 16;
}

/* What is authenticated beside the ciphertext: header ‖ length of the key ‖ key. A NULL key is not an empty one. */
#define SEAL_AAD_LEN(key) (SEAL_HDR_LEN + 4u + (key).len)
void frame_aad(const uint8_t hdr[SEAL_HDR_LEN], Bytes key, uint8_t *ret);

enum { FRAME_E_MALFORMED = 1 };

typedef struct Sealed { /* all of it borrowed from the value */
        const uint8_t *hdr;
        Bytes ct, proof;
} Sealed;
/* Both frames are read: Avro single-object with the schema's fingerprint, and Confluent's 5 bytes with any id.
 * 0 | FRAME_E_MALFORMED: no frame, a length that is not minimal or beyond the value, bytes left over */
int frame_read(Bytes value, Sealed *ret);
/* Bytes that frame_write() needs at most, for lengths of ct and proof. */
size_t frame_most(size_t ct, size_t proof);
/* The single-object frame; the length written. The bytes of ct may be left out (ptr NULL): they belong at `*ret_ct`. */
size_t frame_write(const uint8_t hdr[SEAL_HDR_LEN], Bytes ct, Bytes proof, uint8_t *ret, uint8_t **ret_ct);
