/* The signed end of a batch. Lengths of the parts are those of the template: see the header. */
#include "seal/checkpoint.h"

#include "seal/wire.h"

#define PROTECTED_LEN 172u

/* CBOR map {1: alg, 4: kid, 395: 1, "kse1": CP}: what stands before and between the parts. ESP256 is -9 (0x28), Ed25519 -19
 * (0x32): both one byte. */
static const uint8_t map_alg[] = { 0xa4, 0x01 };
static const uint8_t map_kid[] = { 0x04, 0x48 };
static const uint8_t map_cp[] = { 0x19, 0x01, 0x8b, 0x01, 0x64, 'k', 's', 'e', '1', 0x58, CHECKPOINT_LEN };
static const uint8_t magic[] = { 'K', 'S', 'E', '1', 'C', 'P', 1 };
static const uint8_t structure[] = { 0x84, 0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1', 0x58, PROTECTED_LEN };
static const uint8_t structure_root[] = { 0x40, 0x58, DIGEST_LEN };
static const uint8_t message[] = { 0xd2, 0x84, 0x58, PROTECTED_LEN };
static const uint8_t message_root[] = { 0xa0, 0x58, DIGEST_LEN };
static const uint8_t message_signature[] = { 0x58, SIGN_LEN };

_Static_assert(sizeof map_alg + 1 + sizeof map_kid + KID_LEN + sizeof map_cp + CHECKPOINT_LEN == PROTECTED_LEN, "the template");
_Static_assert(sizeof structure + PROTECTED_LEN + sizeof structure_root + DIGEST_LEN == CHECKPOINT_SIGNED_LEN, "the template");
_Static_assert(sizeof message + PROTECTED_LEN + sizeof message_root + DIGEST_LEN + sizeof message_signature + SIGN_LEN ==
                       CHECKPOINT_COSE_LEN,
               "the template");

static uint8_t algorithm_byte(int algorithm) {
        return (uint8_t)(0x20 - 1 - algorithm);
}

static uint8_t *put(uint8_t *p, const void *bytes, size_t len) {
        memcpy(p, bytes, len);
        return p + len;
}

static uint8_t *put_facts(uint8_t *p, const Checkpoint *cp) {
        p = put(p, magic, sizeof magic);
        *p++ = cp->flags;
        p = put(p, cp->ah, DIGEST_LEN);
        put_u32(p, cp->gen);
        p = put(p + 4, cp->commitment, DIGEST_LEN);
        put_u32(p, cp->lane);
        put_u64(p + 4, cp->batch);
        put_u64(p + 12, cp->first_seq);
        put_u32(p + 20, cp->count);
        put_u64(p + 24, cp->void_from);
        put_u64(p + 32, (uint64_t)cp->time_us);
        return put(p + 40, cp->prev, DIGEST_LEN);
}

static void put_protected(uint8_t *p, const Checkpoint *cp, int algorithm, const uint8_t *kid) {
        p = put(p, map_alg, sizeof map_alg);
        *p++ = algorithm_byte(algorithm);
        p = put(p, map_kid, sizeof map_kid);
        p = put(p, kid, KID_LEN);
        p = put(p, map_cp, sizeof map_cp);
        put_facts(p, cp);
}

static void put_signed(uint8_t ret[CHECKPOINT_SIGNED_LEN], const uint8_t *protected, const uint8_t *root) {
        uint8_t *p = put(ret, structure, sizeof structure);
        p = put(p, protected, PROTECTED_LEN);
        p = put(p, structure_root, sizeof structure_root);
        put(p, root, DIGEST_LEN);
}

int checkpoint_sign(const Checkpoint *cp, const uint8_t kid[KID_LEN], const uint8_t root[DIGEST_LEN], Signer *signer,
                    uint8_t ret[CHECKPOINT_COSE_LEN], uint8_t ret_head[DIGEST_LEN]) {
        uint8_t protected[PROTECTED_LEN], said[CHECKPOINT_SIGNED_LEN], signature[SIGN_LEN];
        put_protected(protected, cp, signer_algorithm(signer), kid);
        put_signed(said, protected, root);
        int r = signer_sign(signer, bytes_of(said, sizeof said), signature);
        if (r != 0)
                return r;
        digest_sha256(bytes_of(said, sizeof said), ret_head);
        uint8_t *p = put(ret, message, sizeof message);
        p = put(p, protected, PROTECTED_LEN);
        p = put(p, message_root, sizeof message_root);
        p = put(p, root, DIGEST_LEN);
        p = put(p, message_signature, sizeof message_signature);
        put(p, signature, SIGN_LEN);
        return 0;
}

/* Reads from p to its end; takes nothing more once something was not as it must be. */
typedef struct Reader {
        const uint8_t *p;
        bool wrong;
} Reader;

static void expect(Reader *r, const uint8_t *bytes, size_t len) {
        r->wrong |= memcmp(r->p, bytes, len) != 0;
        r->p += len;
}
static void take(Reader *r, uint8_t *ret, size_t len) {
        memcpy(ret, r->p, len);
        r->p += len;
}
static uint32_t take_u32(Reader *r) {
        r->p += 4;
        return get_u32(r->p - 4);
}
static uint64_t take_u64(Reader *r) {
        r->p += 8;
        return get_u64(r->p - 8);
}

static void read_facts(Reader *r, Checkpoint *cp) {
        expect(r, magic, sizeof magic);
        cp->flags = *r->p++;
        take(r, cp->ah, DIGEST_LEN);
        cp->gen = take_u32(r);
        take(r, cp->commitment, DIGEST_LEN);
        cp->lane = take_u32(r);
        cp->batch = take_u64(r);
        cp->first_seq = take_u64(r);
        cp->count = take_u32(r);
        cp->void_from = take_u64(r);
        cp->time_us = (int64_t)take_u64(r);
        take(r, cp->prev, DIGEST_LEN);
}

int checkpoint_read(Bytes cose, SignedCheckpoint *ret) {
        if (cose.len != CHECKPOINT_COSE_LEN)
                return CHECKPOINT_E_MALFORMED;
        SignedCheckpoint s = { 0 };
        Reader r = { .p = cose.ptr };
        expect(&r, message, sizeof message);
        const uint8_t *protected = r.p;
        expect(&r, map_alg, sizeof map_alg);
        s.algorithm = 0x20 - 1 - *r.p;
        r.wrong |= algorithm_byte(SIGN_ESP256) != *r.p && algorithm_byte(SIGN_ED25519) != *r.p;
        r.p++;
        expect(&r, map_kid, sizeof map_kid);
        take(&r, s.kid, KID_LEN);
        expect(&r, map_cp, sizeof map_cp);
        read_facts(&r, &s.cp);
        expect(&r, message_root, sizeof message_root);
        take(&r, s.root, DIGEST_LEN);
        expect(&r, message_signature, sizeof message_signature);
        if (r.wrong)
                return CHECKPOINT_E_MALFORMED;
        s.signature = r.p;
        uint8_t said[CHECKPOINT_SIGNED_LEN];
        put_signed(said, protected, s.root);
        digest_sha256(bytes_of(said, sizeof said), s.head);
        *ret = s;
        return 0;
}

bool checkpoint_check(const SignedCheckpoint *s, Verifier *verifier) {
        uint8_t protected[PROTECTED_LEN], said[CHECKPOINT_SIGNED_LEN];
        put_protected(protected, &s->cp, s->algorithm, s->kid);
        put_signed(said, protected, s->root);
        return verifier_algorithm(verifier) == s->algorithm &&
               verifier_check(verifier, bytes_of(said, sizeof said), bytes_of(s->signature, SIGN_LEN));
}
