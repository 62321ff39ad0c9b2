/* Durations, sizes and points in time as people write them. */
#include "config/keys.h"

#include <inttypes.h>
#include <time.h>

typedef struct Unit {
        const char *name;
        int64_t factor;
} Unit;

static bool number(const char *text, const Unit *units, int64_t *ret) {
        int64_t n = 0;
        const char *p = text;
        for (; *p >= '0' && *p <= '9'; p++)
                if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
                        return false;
        if (p == text)
                return false;
        if (n == 0 && !*p) {
                *ret = 0;
                return true;
        }
        p += *p == ' ';
        for (; units->name; units++)
                if (strcmp(p, units->name) == 0)
                        return !__builtin_mul_overflow(n, units->factor, ret);
        return false;
}

bool unit_time(const char *text, int64_t *ret_us) {
        static const Unit units[] = {
                { "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "m", 60000000 }, { "h", 3600000000 }, { "d", 86400000000 }, { 0 }
        };
        return number(text, units, ret_us);
}

bool unit_size(const char *text, int64_t *ret) {
        static const Unit units[] = { { "B", 1 },         { "kB", 1000 },     { "MB", 1000000 },  { "GB", 1000000000 },
                                      { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { 0 } };
        return number(text, units, ret);
}

/* Exactly n digits. */
static bool digits(const char **p, int n, int *ret) {
        *ret = 0;
        for (; n; n--, (*p)++) {
                if (**p < '0' || **p > '9')
                        return false;
                *ret = *ret * 10 + (**p - '0');
        }
        return true;
}

static bool sign(const char **p, char c) {
        return *(*p)++ == c;
}

static bool zone(const char **p, int64_t *ret_us) {
        *ret_us = 0;
        if (**p == 'Z' || **p == 'z') {
                (*p)++;
                return true;
        }
        int way = **p == '-' ? -1 : **p == '+' ? 1 : 0, h, m;
        if (!way)
                return false;
        (*p)++;
        if (!digits(p, 2, &h) || !sign(p, ':') || !digits(p, 2, &m) || h > 23 || m > 59)
                return false;
        *ret_us = way * (int64_t)(h * 60 + m) * 60000000;
        return true;
}

bool unit_date(const char *p, int64_t *ret_us) {
        struct tm t = { 0 }, back;
        if (!digits(&p, 4, &t.tm_year) || !sign(&p, '-') || !digits(&p, 2, &t.tm_mon) || !sign(&p, '-') ||
            !digits(&p, 2, &t.tm_mday))
                return false;
        if (*p != 'T' && *p != 't' && *p != ' ')
                return false;
        p++;
        if (!digits(&p, 2, &t.tm_hour) || !sign(&p, ':') || !digits(&p, 2, &t.tm_min) || !sign(&p, ':') ||
            !digits(&p, 2, &t.tm_sec))
                return false;
        int64_t us = 0, shift = 0;
        if (*p == '.') {
                int64_t unit = 100000;
                const char *from = ++p;
                for (; *p >= '0' && *p <= '9'; p++, unit /= 10)
                        us += (*p - '0') * unit;
                if (p == from)
                        return false;
        }
        if (!zone(&p, &shift) || *p || t.tm_mon < 1 || t.tm_mon > 12 || t.tm_hour > 23 || t.tm_min > 59 || t.tm_sec > 59)
                return false;
        t.tm_year -= 1900;
        t.tm_mon -= 1;
        back = t;
        int64_t s = timegm(&back);
        if (back.tm_mday != t.tm_mday) /* 31 February */
                return false;
        *ret_us = s * 1000000 + us - shift;
        return true;
}

void unit_print_time(char out[32], int64_t us) {
        static const struct {
                int64_t us;
                const char *unit;
        } units[] = {
                { 86400000000, "d" }, { 3600000000, "h" }, { 60000000, "m" }, { 1000000, "s" }, { 1000, "ms" }, { 1, "us" }
        };
        size_t i = 0;
        while (i < 5 && (us == 0 ? i < 3 : us % units[i].us != 0))
                i++;
        snprintf(out, 32, "%" PRIi64 "%s", us / units[i].us, units[i].unit);
}

void unit_print_size(char out[32], int64_t n) {
        if (n % (1 << 30) == 0 && n)
                snprintf(out, 32, "%" PRIi64 "GiB", n >> 30);
        else if (n % (1 << 20) == 0 && n)
                snprintf(out, 32, "%" PRIi64 "MiB", n >> 20);
        else if (n % (1 << 10) == 0 && n)
                snprintf(out, 32, "%" PRIi64 "KiB", n >> 10);
        else
                snprintf(out, 32, "%" PRIi64 "B", n);
}

bool config_duration(const char *text, int64_t *ret_us) {
        return unit_time(text, ret_us);
}

bool config_date(const char *text, int64_t *ret_us) {
        return unit_date(text, ret_us);
}
