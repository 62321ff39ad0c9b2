/* Keys in memory. */
#include "seal/secret.h"

#include "core/cleanup.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define HEAP_LEN (1u << 20) /* private keys of one supervisor: some KiB each */
#define HEAP_LEAST 32u /* no smaller piece is worth its bookkeeping */

void secret_wipe_bytes(void *p, size_t len) {
        OPENSSL_cleanse(p, len);
}

void secret_wipe(Secret *s) {
        OPENSSL_cleanse(s->b, sizeof s->b);
}

int secret_random(Secret *ret) {
        _cleanup_(secret_wipe) Secret s;
        if (RAND_priv_bytes(s.b, sizeof s.b) != 1)
                return -EIO;
        *ret = s;
        return 0;
}

bool secret_equal(Bytes a, Bytes b) {
        return a.len == b.len && CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}

int secret_harden(Why *why) {
        int r = 0;
        if (!CRYPTO_secure_malloc_initialized() && CRYPTO_secure_malloc_init(HEAP_LEN, HEAP_LEAST) != 1)
                r = why_say(why, -ENOMEM, "no locked memory for private keys: raise the limit (LimitMEMLOCK=, ulimit -l)");
        if (setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 }) != 0)
                r = why_say(why, -errno, "core dumps cannot be switched off: %m");
        if (prctl(PR_SET_DUMPABLE, 0) != 0)
                r = why_say(why, -errno, "the process stays readable by others of this user: %m");
        return r;
}
