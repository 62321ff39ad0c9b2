/* Nothing is broken: uses what a sound plugin may of libc and libm. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static int by_byte(const void *a, const void *b) {
        return *(const char *)a - *(const char *)b;
}
/* 0, whatever is given. */
static long nothing(double x) {
        char text[64], *end;
        time_t day = 86400;
        struct tm tm;
        snprintf(text, sizeof text, "%.3f", fabs(floor(x)) + sqrt(4) * pow(0, 1 + fabs(x)));
        qsort(text, strlen(text), 1, by_byte);
        if (!gmtime_r(&day, &tm) || timegm(&tm) != day || strcasestr(text, "z") || strtod(text, &end) < -1e9)
                return 1;
        return strtol("0", &end, 10);
}
#define ON_COUNT(p, e, n) n += nothing((double)(n))
#include "base.h"
