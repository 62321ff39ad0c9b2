/* Allocation with a ledger and planned failure; and a note of every call that makes a plugin impure. */

#include "bin/conform_calls.h"
#include "bin/conform_impure.h"
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEDGER_SLOTS (1u << 18) /* blocks one plugin may hold at a time; more are not followed */

static struct {
        void *block[LEDGER_SLOTS]; /* open addressing; TAKEN marks a freed one */
        CallsCount count;
        uint64_t fail_in;
        bool failed;
        uint8_t fill;
        const char *impure;
        char foreign[64];
} calls;
static char taken_mark;
#define TAKEN ((void *)&taken_mark)

CallsCount calls_count(void) {
        return calls.count;
}
void calls_fail(uint64_t n) {
        calls.fail_in = n;
        calls.failed = false;
}
void calls_fill(uint8_t byte) {
        calls.fill = byte;
}
bool calls_failed(void) {
        return calls.failed;
}
const char *calls_impure(void) {
        return calls.impure;
}
void calls_forget(void) {
        calls.impure = NULL;
}
void calls_note(const char *what) {
        calls.impure = calls.impure ? calls.impure : what;
}
const char *calls_foreign(void) {
        return calls.foreign[0] ? calls.foreign : NULL;
}

static size_t slot_of(const void *p) {
        return (size_t)(((uintptr_t)p >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 46);
}
static void enter(void *p) {
        for (size_t i = slot_of(p), n = 0; p && n < LEDGER_SLOTS; i = (i + 1) % LEDGER_SLOTS, n++)
                if (!calls.block[i] || calls.block[i] == TAKEN) {
                        calls.block[i] = p;
                        calls.count.blocks++;
                        calls.count.bytes += malloc_usable_size(p);
                        return;
                }
}
static bool leave(void *p) {
        for (size_t i = slot_of(p), n = 0; p && calls.block[i] && n < LEDGER_SLOTS; i = (i + 1) % LEDGER_SLOTS, n++)
                if (calls.block[i] == p) {
                        calls.block[i] = TAKEN;
                        calls.count.blocks--;
                        calls.count.bytes -= malloc_usable_size(p);
                        return true;
                }
        return false;
}
static void *filled(void *p, size_t n) {
        if (p)
                memset(p, calls.fill, n);
        __asm__ volatile("" : "+r"(p) : : "memory"); /* a compiler leaves out what is written before free() */
        return p;
}
static bool refused(void) {
        calls.count.asked++;
        if (calls.fail_in == 0 || --calls.fail_in != 0)
                return false;
        calls.failed = true;
        errno = ENOMEM;
        return true;
}
static void *entered(void *p) {
        enter(p);
        return p;
}

static void *our_malloc(size_t n) {
        return refused() ? NULL : entered(filled(malloc(n), n));
}
static void *our_calloc(size_t n, size_t each) {
        return refused() ? NULL : entered(calloc(n, each));
}
static void *our_realloc(void *p, size_t n) {
        if (refused())
                return NULL;
        leave(p);
        void *q = realloc(p, n);
        if (q || n == 0)
                return entered(q);
        enter(p);
        return NULL;
}
static void *our_reallocarray(void *p, size_t n, size_t each) {
        size_t bytes;
        if (__builtin_mul_overflow(n, each, &bytes)) {
                errno = ENOMEM;
                return NULL;
        }
        return our_realloc(p, bytes);
}
static void our_free(void *p) {
        if (leave(p))
                filled(p, malloc_usable_size(p));
        free(p);
}
static void *our_aligned_alloc(size_t to, size_t n) {
        return refused() ? NULL : entered(filled(aligned_alloc(to, n), n));
}
static int our_posix_memalign(void **ret, size_t to, size_t n) {
        if (refused())
                return ENOMEM;
        int r = posix_memalign(ret, to, n);
        if (r == 0)
                enter(*ret);
        return r;
}
static char *our_strdup(const char *s) {
        return refused() ? NULL : entered(strdup(s));
}
static char *our_strndup(const char *s, size_t n) {
        return refused() ? NULL : entered(strndup(s, n));
}
__attribute__((format(printf, 2, 0))) static int our_vasprintf(char **ret, const char *format, va_list ap) {
        int n = refused() ? -1 : vasprintf(ret, format, ap);
        if (n >= 0)
                enter(*ret);
        return n;
}
__attribute__((format(printf, 2, 3))) static int our_asprintf(char **ret, const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        int n = our_vasprintf(ret, format, ap);
        va_end(ap);
        return n;
}
__attribute__((format(printf, 3, 4))) static int our_asprintf_chk(char **ret, int flag, const char *format, ...) {
        (void)flag;
        va_list ap;
        va_start(ap, format);
        int n = our_vasprintf(ret, format, ap);
        va_end(ap);
        return n;
}
__attribute__((format(printf, 3, 0))) static int our_vasprintf_chk(char **ret, int flag, const char *format, va_list ap) {
        (void)flag;
        return our_vasprintf(ret, format, ap);
}

/* Noted, then done: six words of arguments are what any of these takes. */
typedef long Word;
typedef Word Call(Word, Word, Word, Word, Word, Word);

#define FORWARD(name)                                                               \
        static Call *real_##name;                                                   \
        static Word impure_##name(Word a, Word b, Word c, Word d, Word e, Word f) { \
                calls_note("calls " #name "()");                                    \
                return real_##name(a, b, c, d, e, f);                               \
        }
CONFORM_IMPURE(FORWARD)

#define NEVER(name)                              \
        static Word never_##name(void) {         \
                calls_note("calls " #name "()"); \
                errno = EPERM;                   \
                return -1;                       \
        }
CONFORM_NEVER(NEVER)

/* The one variable that the runtime of C++ looks for when it begins, to find that it is not there. */
static char *our_getenv(const char *name) {
        if (strcmp(name, "GLIBCXX_TUNABLES") != 0)
                calls_note("calls getenv()");
        return NULL;
}

/* printf takes what no six words hold; nobody is to see it anyway. */
static int impure_printf(void) {
        calls_note("calls printf()");
        return 0;
}

typedef struct Replacement {
        const char *name;
        void *ours;
        Call **real;
} Replacement;

#define IMPURE_ROW(name) { #name, (void *)impure_##name, &real_##name },
#define NEVER_ROW(name) { #name, (void *)never_##name, NULL },
static const Replacement table[] = { { "malloc", (void *)our_malloc, NULL },
                                     { "calloc", (void *)our_calloc, NULL },
                                     { "realloc", (void *)our_realloc, NULL },
                                     { "reallocarray", (void *)our_reallocarray, NULL },
                                     { "free", (void *)our_free, NULL },
                                     { "aligned_alloc", (void *)our_aligned_alloc, NULL },
                                     { "memalign", (void *)our_aligned_alloc, NULL },
                                     { "posix_memalign", (void *)our_posix_memalign, NULL },
                                     { "strdup", (void *)our_strdup, NULL },
                                     { "__strdup", (void *)our_strdup, NULL },
                                     { "strndup", (void *)our_strndup, NULL },
                                     { "asprintf", (void *)our_asprintf, NULL },
                                     { "vasprintf", (void *)our_vasprintf, NULL },
                                     { "__asprintf_chk", (void *)our_asprintf_chk, NULL },
                                     { "__vasprintf_chk", (void *)our_vasprintf_chk, NULL },
                                     { "printf", (void *)impure_printf, NULL },
                                     { "vprintf", (void *)impure_printf, NULL },
                                     { "__printf_chk", (void *)impure_printf, NULL },
                                     { "__vprintf_chk", (void *)impure_printf, NULL },
                                     { "getenv", (void *)our_getenv, NULL },
                                     { "secure_getenv", (void *)our_getenv, NULL },
                                     CONFORM_NEVER(NEVER_ROW) CONFORM_IMPURE(IMPURE_ROW) };

void *calls_replacement(const char *name, void *real) {
        if (!real)
                return NULL; /* weak, and nobody answers: it is never called */
        if (!calls.foreign[0] && !calls_pure(name))
                snprintf(calls.foreign, sizeof calls.foreign, "%s", name);
        for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
                if (strcmp(table[i].name, name) != 0)
                        continue;
                if (table[i].real)
                        *table[i].real = (Call *)real;
                return table[i].ours;
        }
        return NULL;
}
