/* Keys in memory: a type of their own, wiped on every way out. Any thread; not copied but by these functions. */
#pragma once

#include "core/bytes.h"
#include "core/error.h"

#define SECRET_LEN 32u

typedef struct Secret {
        uint8_t b[SECRET_LEN];
} Secret;

/* For `_cleanup_(secret_wipe) Secret s`; wiping twice is allowed. */
void secret_wipe(Secret *s);
/* Wipes any bytes, also where the compiler sees nobody read them again. */
void secret_wipe_bytes(void *p, size_t len);
/* Fresh random bytes from the library's private generator. 0 | -EIO: there is no randomness, nothing may go on. */
int secret_random(Secret *ret);
/* In time that depends on the lengths only. */
bool secret_equal(Bytes a, Bytes b);

static inline Bytes secret_bytes(const Secret *s) {
        return bytes_of(s->b, SECRET_LEN);
}

/* Once, before the first key: a locked heap for private keys, no core dumps, no ptrace by others of this user.
 * 0 | -errno of what the system refused; `why` says which of them; the others are in force. */
int secret_harden(Why *why);
