/* One reserve of address space; an open run of pages moves through it and leaves nothing readable behind. */
#include "bin/conform_pages.h"

#include <stdint.h>
#include <sys/mman.h>

#define RESERVE (UINT64_C(1) << 33) /* 8 GiB of addresses: hours of events before one comes round again */
#define STEP (16u << 10) /* made writable at a time: a callback seldom needs more */
#define FILL 0xa5
#define PAGE 4096u
#define TIGHT_MAX 8192u /* in one run; each costs two mappings, and a process has 65530 of them */

struct Pages {
        uint8_t *base;
        size_t first, at, end; /* open run: first..at is handed out, ..end is writable but for guards, copies and the sealed */
        size_t sealed; /* first..sealed can only be read */
        size_t n_guards, guard[TIGHT_MAX]; /* of tight pieces in the open run, upwards */
};

Pages *pages_new(void) {
        _cleanup_(freep) Pages *p = calloc(1, sizeof *p);
        if (!p)
                return NULL;
        void *base = mmap(NULL, RESERVE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base == MAP_FAILED)
                return NULL;
        p->base = base;
        return steal(p);
}

Pages *pages_free(Pages *p) {
        if (p)
                munmap(p->base, RESERVE);
        free(p);
        return NULL;
}

void *pages_alloc(Pages *p, size_t n) {
        n = (n + 15) & ~(size_t)15;
        if (n > RESERVE / 4)
                return NULL;
        if (p->at + n > p->end) {
                size_t more = (p->at + n - p->end + STEP - 1) / STEP * STEP;
                if (p->end + more > RESERVE) {
                        if (p->first != p->at)
                                return NULL; /* a run that large is nobody's event */
                        p->first = p->at = p->end = 0;
                        more = (n + STEP - 1) / STEP * STEP;
                }
                if (mprotect(p->base + p->end, more, PROT_READ | PROT_WRITE) != 0)
                        return NULL;
                memset(p->base + p->end, FILL, more);
                p->end += more;
        }
        void *piece = p->base + p->at;
        p->at += n;
        return piece;
}

/* The last n bytes of whole pages, writable, a guard behind them. */
static uint8_t *tight(Pages *p, size_t n) {
        size_t room = (n + PAGE - 1) / PAGE * PAGE;
        if (n > RESERVE / 4 || p->n_guards == TIGHT_MAX)
                return NULL;
        if (p->first == p->at && p->end + room + PAGE > RESERVE)
                p->first = p->at = p->end = 0;
        if (p->end + room + PAGE > RESERVE || (room && mprotect(p->base + p->end, room, PROT_READ | PROT_WRITE) != 0))
                return NULL;
        uint8_t *piece = p->base + p->end + room - n;
        p->guard[p->n_guards++] = p->end + room;
        p->at = p->end += room + PAGE;
        return piece;
}

void *pages_tight(Pages *p, size_t n) {
        return tight(p, (n + 15) & ~(size_t)15);
}

const void *pages_copy(Pages *p, const void *from, size_t n) {
        uint8_t *piece = tight(p, n);
        size_t room = (n + PAGE - 1) / PAGE * PAGE;
        if (!piece || n == 0)
                return piece;
        memcpy(piece, from, n);
        return mprotect(piece + n - room, room, PROT_READ) == 0 ? piece : NULL;
}

void pages_seal(Pages *p) {
        if (p->at == p->first || p->at == p->sealed || p->n_guards)
                return;
        if (mprotect(p->base + p->first, p->end - p->first, PROT_READ) == 0)
                p->sealed = p->at = p->end;
}

/* Where it lies in the open run; SIZE_MAX: not there. */
static size_t in_run(const Pages *p, const void *address) {
        uintptr_t a = (uintptr_t)address, base = (uintptr_t)p->base;
        return a >= base + p->first && a < base + p->end ? a - base : SIZE_MAX;
}

bool pages_beyond(const Pages *p, const void *address) {
        size_t at = in_run(p, address);
        for (size_t i = 0; i < p->n_guards && at != SIZE_MAX; i++)
                if (at >= p->guard[i] && at < p->guard[i] + PAGE)
                        return true;
        return false;
}

bool pages_sealed(const Pages *p, const void *address) {
        return in_run(p, address) != SIZE_MAX && !pages_beyond(p, address);
}

/* Mapped anew, so that the many guards of a run become one mapping again. */
void pages_close(Pages *p) {
        if (p->end == p->first)
                return;
        (void)mmap(p->base + p->first, p->end - p->first, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
                   0);
        p->first = p->at = p->end;
        p->sealed = p->n_guards = 0;
}

bool pages_gone(const Pages *p, const void *address) {
        uintptr_t a = (uintptr_t)address, base = (uintptr_t)p->base;
        return a >= base && a < base + RESERVE && (a < base + p->first || a >= base + p->end);
}
