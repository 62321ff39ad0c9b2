/* Trouble made to order: a page that the harness writes and every chaos plugin reads. A plugin that did this in earnest would
 * break the contract of plugins; here it is the point. Each count is what is still to be done, taken down by whoever does it. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct Trouble {             /* at TOCSIN_CHAOS_PAGE; int32 each, in the order of faults.py's PAGE */
        _Atomic int32_t crash;       /* records to die on */
        _Atomic int32_t hang;        /* records to hang on */
        _Atomic int32_t leak;        /* MiB to lose, one a record */
        _Atomic int32_t retry;       /* records to answer RETRY to */
        _Atomic int32_t lost;        /* records to answer -EIO to */
} Trouble;

static inline Trouble *trouble_open(void) {
        const char *path = getenv("TOCSIN_CHAOS_PAGE");
        int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
        if (fd < 0)
                return NULL;
        void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        return p == MAP_FAILED ? NULL : p;
}

static inline int trouble_take(_Atomic int32_t *count) {
        return atomic_load_explicit(count, memory_order_relaxed) > 0 && atomic_fetch_sub(count, 1) > 0;
}

/* 0, or what process() is to answer. May not return at all. */
static inline int trouble_now(Trouble *t) {
        if (!t)
                return 0;
        if (trouble_take(&t->crash))
                abort();
        while (trouble_take(&t->hang))
                pause();
        if (trouble_take(&t->leak)) {
                char *p = malloc(1u << 20);
                if (!p)
                        return -ENOMEM;
                memset(p, 1, 1u << 20);
        }
        if (trouble_take(&t->retry))
                return TOCSIN_RETRY;
        return trouble_take(&t->lost) ? -EIO : 0;
}
