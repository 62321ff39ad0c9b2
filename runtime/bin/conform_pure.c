/* Is a name among what a pure function can need? */
#include "bin/conform_pure.h"

#include "bin/conform_calls.h"
#include <string.h>

static const char *const names[] = { PURE_TEXT,   PURE_WIDE,    PURE_NUMBERS, PURE_GIVEN,     PURE_ORDER,
                                     PURE_MEMORY, PURE_RUNTIME, PURE_THREADS, PURE_LAST_WORDS };
static const char *const math[] = { PURE_MATH };
static const char *const watched[] = { PURE_WATCHED };

/* `name`, or its kin for float and long double, and with the prefix that -ffast-math gives. */
static bool is_math(const char *name, const char *base) {
        size_t n = strlen(base);
        if (strncmp(name, base, n) == 0)
                return name[n] == 0 || ((name[n] == 'f' || name[n] == 'l') && name[n + 1] == 0) ||
                       strcmp(name + n, "_finite") == 0;
        return strncmp(name, "__", 2) == 0 && strncmp(name + 2, base, n) == 0 && strcmp(name + 2 + n, "_finite") == 0;
}

bool calls_pure(const char *name) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (strcmp(names[i], name) == 0)
                        return true;
        for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
                if (strncmp(name, watched[i], strlen(watched[i])) == 0)
                        return true;
        for (size_t i = 0; i < sizeof math / sizeof *math; i++)
                if (is_math(name, math[i]))
                        return true;
        return false;
}
