/* Times as text. */
#include "number.h"

static bool two(tocsin_bytes t, size_t at, unsigned max, unsigned *ret) {
        if (at + 2 > t.len || t.ptr[at] < '0' || t.ptr[at] > '9' || t.ptr[at + 1] < '0' || t.ptr[at + 1] > '9')
                return false;
        *ret = (unsigned)(t.ptr[at] - '0') * 10 + (unsigned)(t.ptr[at + 1] - '0');
        return *ret <= max;
}

static bool is(tocsin_bytes t, size_t at, char c) {
        return at < t.len && t.ptr[at] == (uint8_t)c;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, after Howard Hinnant's days_from_civil. */
static int64_t days(unsigned year, unsigned month, unsigned day) {
        int64_t y = (int64_t)year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
        int64_t doy = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1,
                doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        return era * 146097 + doe - 719468;
}

static unsigned month_days(unsigned year, unsigned month) {
        static const uint8_t n[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        return n[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* Z, z, +hh:mm, +hhmm, +hh: seconds east of UTC. */
static bool offset_of(tocsin_bytes t, size_t at, int64_t *ret) {
        unsigned h, m = 0;
        if (is(t, at, 'Z') || is(t, at, 'z')) {
                *ret = 0;
                return at + 1 == t.len;
        }
        if (!(is(t, at, '+') || is(t, at, '-')) || !two(t, at + 1, 23, &h))
                return false;
        size_t rest = at + 3;
        if (rest != t.len) {
                rest += is(t, rest, ':');
                if (!two(t, rest, 59, &m) || rest + 2 != t.len)
                        return false;
        }
        *ret = (is(t, at, '-') ? -1 : 1) * ((int64_t)h * 3600 + (int64_t)m * 60);
        return true;
}

bool time_of_text(tocsin_bytes t, int64_t *ret_us) {
        unsigned c, y, mo, d, h, mi, s;
        int64_t offset, fraction = 0;
        if (!two(t, 0, 99, &c) || !two(t, 2, 99, &y) || !is(t, 4, '-') || !two(t, 5, 12, &mo) || !is(t, 7, '-') ||
            !two(t, 8, 31, &d) || !(is(t, 10, 'T') || is(t, 10, 't') || is(t, 10, ' ')) || !two(t, 11, 23, &h) ||
            !is(t, 13, ':') || !two(t, 14, 59, &mi) || !is(t, 16, ':') || !two(t, 17, 60, &s))
                return false;
        unsigned year = c * 100 + y;
        if (mo == 0 || d == 0 || d > month_days(year, mo))
                return false;
        size_t at = 19;
        if (is(t, at, '.') || is(t, at, ',')) {
                int64_t unit = 100000;
                size_t from = ++at;
                for (; at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9'; at++, unit /= 10)
                        fraction += unit * (t.ptr[at] - '0');
                if (at == from || at - from > 9)
                        return false;
        }
        if (!offset_of(t, at, &offset))
                return false;
        *ret_us = ((days(year, mo, d) * 86400 + (int64_t)h * 3600 + (int64_t)mi * 60 + (int64_t)s) - offset) * 1000000 + fraction;
        return true;
}
