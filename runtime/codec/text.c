/* base64 and RFC 3339. */
#include "codec/text.h"

static int digit_of(uint8_t c) {
        return c >= 'A' && c <= 'Z'   ? c - 'A'
               : c >= 'a' && c <= 'z' ? c - 'a' + 26
               : c >= '0' && c <= '9' ? c - '0' + 52
               : c == '+'             ? 62
               : c == '/'             ? 63
                                      : -1;
}

bool text_base64(Bytes text, uint8_t *to, size_t *ret_len) {
        size_t n = 0;
        if (text.len % 4)
                return false;
        for (size_t i = 0; i < text.len; i += 4) {
                bool last = i + 4 == text.len;
                int pad = last && text.ptr[i + 3] == '=' ? 1 + (text.ptr[i + 2] == '=') : 0;
                uint32_t v = 0;
                for (int j = 0; j < 4; j++) {
                        int d = j >= 4 - pad ? 0 : digit_of(text.ptr[i + (size_t)j]);
                        if (d < 0)
                                return false;
                        v = v << 6 | (uint32_t)d;
                }
                for (int j = 0; j < 3 - pad; j++)
                        to[n++] = (uint8_t)(v >> (16 - 8 * j));
        }
        *ret_len = n;
        return true;
}

/* n digits at *at as a number of at most `most`. */
static bool number(Bytes t, size_t *at, int n, int least, int most, int *ret) {
        int v = 0;
        for (int i = 0; i < n; i++, ++*at) {
                if (*at >= t.len || t.ptr[*at] < '0' || t.ptr[*at] > '9')
                        return false;
                v = v * 10 + (t.ptr[*at] - '0');
        }
        *ret = v;
        return v >= least && v <= most;
}

static bool one_of(Bytes t, size_t *at, const char *these) {
        return *at < t.len && t.ptr[*at] && strchr(these, t.ptr[*at]) && ++*at;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that leap days come last. */
static int64_t days_of(int y, int m, int d) {
        y -= m <= 2;
        int era = y / 400, of_era = y - era * 400, of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
        return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool zone(Bytes t, size_t *at, int *ret_minutes) {
        int h, m;
        *ret_minutes = 0;
        if (one_of(t, at, "Zz"))
                return true;
        bool minus = *at < t.len && t.ptr[*at] == '-';
        if (!one_of(t, at, "+-") || !number(t, at, 2, 0, 23, &h) || !one_of(t, at, ":") || !number(t, at, 2, 0, 59, &m))
                return false;
        *ret_minutes = minus ? -(h * 60 + m) : h * 60 + m;
        return true;
}

bool text_time(Bytes t, int64_t *ret_us) {
        static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        int y, mo, d, h, mi, s, minutes;
        int64_t us = 0;
        size_t at = 0;
        if (!number(t, &at, 4, 1, 9999, &y) || !one_of(t, &at, "-") || !number(t, &at, 2, 1, 12, &mo) || !one_of(t, &at, "-") ||
            !number(t, &at, 2, 1, lengths[mo - 1], &d) || !one_of(t, &at, "Tt ") || !number(t, &at, 2, 0, 23, &h) ||
            !one_of(t, &at, ":") || !number(t, &at, 2, 0, 59, &mi) || !one_of(t, &at, ":") || !number(t, &at, 2, 0, 60, &s))
                return false;
        if (mo == 2 && d == 29 && (y % 4 || (y % 100 == 0 && y % 400)))
                return false;
        if (one_of(t, &at, ".")) {
                size_t first = at;
                for (int64_t unit = 100000; at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9'; at++, unit /= 10)
                        us += (t.ptr[at] - '0') * unit;
                if (at == first)
                        return false;
        }
        if (!zone(t, &at, &minutes) || at != t.len)
                return false;
        *ret_us = ((days_of(y, mo, d) * 24 + h) * 60 + mi - minutes) * 60000000 + s * INT64_C(1000000) + us;
        return true;
}
