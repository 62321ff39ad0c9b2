/* Acquire into a guarded local, steal on success. Every destructor accepts its NULL value. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

/* Defines thing_freep() for `Thing *thing_free(Thing *)`, which takes and returns NULL. */
#define CLEANUP_DEFINE(type, function)                          \
        static inline void function##p(type **p) {              \
                if (*p)                                         \
                        (void)function(*p);                     \
        }

/* Hands the pointer over and disarms the guard. */
#define steal(p)                                \
        __extension__({                         \
                __auto_type steal_ = (p);       \
                (p) = NULL;                     \
                steal_;                         \
        })

static inline void freep(void *p) {
        free(*(void **)p);
}
static inline void closep(int *fd) {
        if (*fd >= 0)
                close(*fd);
}
static inline void fclosep(FILE **f) {
        if (*f)
                fclose(*f);
}
