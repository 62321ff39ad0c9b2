/* malloc and its like, wrapped by the linker. */
#include "allocfail.h"

#include <errno.h>
#include <string.h>

static _Thread_local size_t left;
static _Thread_local bool failed;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

void allocfail_arm(size_t n) {
        left = n;
        failed = false;
}

bool allocfail_disarm(void) {
        left = 0;
        return failed;
}

static bool fails(void) {
        if (left == 0 || --left != 0)
                return false;
        failed = true;
        errno = ENOMEM;
        return true;
}

void *__wrap_malloc(size_t n) {
        return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size) {
        return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n) {
        return fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s) {
        size_t n = strlen(s) + 1;
        char *to = __wrap_malloc(n);
        return to ? memcpy(to, s, n) : NULL;
}
