/* Text of failures. */
#include "core/error.h"

#include <string.h>

static void tame(char *s) {
        for (; *s; s++)
                if ((unsigned char)*s < 0x20 || *s == 0x7f)
                        *s = '?';
}

int why_say(Why *why, int r, const char *format, ...) {
        if (!why)
                return r;
        va_list ap;
        va_start(ap, format);
        vsnprintf(why->text, sizeof why->text, format, ap);
        va_end(ap);
        tame(why->text);
        return r;
}

int why_in(Why *why, int r, const char *format, ...) {
        if (!why)
                return r;
        char old[WHY_MAX];
        memcpy(old, why->text, sizeof old);
        va_list ap;
        va_start(ap, format);
        int n = vsnprintf(why->text, sizeof why->text, format, ap);
        va_end(ap);
        if (n >= 0 && (size_t)n < sizeof why->text)
                snprintf(why->text + n, sizeof why->text - (size_t)n, ": %s", old);
        tame(why->text);
        return r;
}
