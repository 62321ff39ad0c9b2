/* The shortest decimal that reads back the same. libc rounds correctly, so it is a matter of asking for few digits first. */
#include "value/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The next decimal away from zero with as many digits ("1.25e+02" -> "1.26e+02"). false: all digits are nines. */
static bool bump(char *text) {
        char *e = strchr(text, 'e');
        for (char *c = e ? e - 1 : text; c >= text; c--) {
                if (*c < '0' || *c > '9')
                        continue;
                if (*c != '9') {
                        ++*c;
                        return true;
                }
                *c = '0';
        }
        return false;
}

/* d in `digits` significant digits as text, when that reads back as d. */
static bool reads_back(double d, int digits, char text[NUMBER_TEXT_MAX]) {
        snprintf(text, NUMBER_TEXT_MAX, "%.*g", digits, d);
        if (strtod(text, NULL) == d)
                return true;
        /* Below a power of two doubles lie closer than above it, so the nearest decimal may miss and the next one hit. */
        int exponent;
        if (frexp(fabs(d), &exponent) != 0.5)
                return false;
        char next[NUMBER_TEXT_MAX];
        snprintf(next, sizeof next, "%.*e", digits - 1, d);
        if (!bump(next) || strtod(next, NULL) != d)
                return false;
        memcpy(text, next, sizeof next);
        return true;
}

size_t number_print(double d, char text[NUMBER_TEXT_MAX]) {
        if (fabs(d) < 1e15 && d == (double)(int64_t)d) {
                int n = snprintf(text, NUMBER_TEXT_MAX, "%s%lld.0", d == 0 && signbit(d) ? "-" : "", (long long)d);
                return (size_t)n;
        }
        /* 15 digits tell any two short decimals apart; subnormals have fewer, so they are tried from one up. */
        for (int digits = isnormal(d) ? 15 : 1; digits <= 17 && !reads_back(d, digits, text); digits++)
                continue;
        for (char *c = text; *c; c++)
                if (*c == ',')
                        *c = '.';
        if (!strpbrk(text, ".e"))
                strcat(text, ".0");
        return strlen(text);
}
