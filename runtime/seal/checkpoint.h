/* The signed end of a batch: one COSE_Sign1 (RFC 9052) whose protected header carries the facts and whose payload is the root
 * of the batch's tree (schemas/kse1.md, 6.1). A fixed template, compared byte by byte. Pure but for the signature. */
#pragma once

#include "seal/digest.h"
#include "seal/sign.h"

#define KID_LEN 8u
#define CHECKPOINT_LEN 148u              /* the facts */
#define CHECKPOINT_COSE_LEN 277u         /* the whole message, as it stands in `ct` of a checkpoint record */
#define CHECKPOINT_SIGNED_LEN 221u       /* Sig_structure: what the signature is over */

typedef struct Checkpoint {
        uint8_t flags;
        uint8_t ah[DIGEST_LEN];
        uint32_t gen;
        uint8_t commitment[DIGEST_LEN];
        uint32_t lane;
        uint64_t batch, first_seq;
        uint32_t count;                  /* 0: a heartbeat */
        uint64_t void_from;              /* sequence numbers from here to first_seq never existed */
        int64_t time_us;
        uint8_t prev[DIGEST_LEN];        /* head of the batch before in this lane; zero for the first */
} Checkpoint;

typedef struct SignedCheckpoint {
        Checkpoint cp;
        int algorithm;                   /* of the message: to be compared with that of the announcement */
        uint8_t kid[KID_LEN];
        uint8_t root[DIGEST_LEN];
        const uint8_t *signature;        /* SIGN_LEN bytes, borrowed */
        uint8_t head[DIGEST_LEN];        /* what the next checkpoint's `prev` must be */
} SignedCheckpoint;

/* Signs. 0 | -EIO. `ret_head` as above. */
int checkpoint_sign(const Checkpoint *cp, const uint8_t kid[KID_LEN], const uint8_t root[DIGEST_LEN], Signer *signer,
                    uint8_t ret[CHECKPOINT_COSE_LEN], uint8_t ret_head[DIGEST_LEN]);
/* Takes the message apart; nothing in it is proven yet. 0 | CHECKPOINT_E_MALFORMED */
enum { CHECKPOINT_E_MALFORMED = 1 };
int checkpoint_read(Bytes cose, SignedCheckpoint *ret);
/* Did the owner of the key sign it, by the key's own algorithm? */
bool checkpoint_check(const SignedCheckpoint *s, Verifier *verifier);
