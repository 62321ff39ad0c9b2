/* Numbers as text, by the grammar of JSON. */
#include "number.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_BYTES_MAX 64u /* longer is no measurement */

typedef struct Scan {
        const uint8_t *at, *end;
} Scan;

static bool digit(const Scan *s) {
        return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

/* The digits go to `ret` without a point; *scale is how many of them stood behind it. */
static bool scan_number(Scan *s, char *ret, int *scale, int *exponent) {
        size_t n = 0;
        if (s->at < s->end && *s->at == '-')
                ret[n++] = (char)*s->at++;
        if (!digit(s) || (*s->at == '0' && s->at + 1 < s->end && s->at[1] >= '0' && s->at[1] <= '9'))
                return false;
        while (digit(s))
                ret[n++] = (char)*s->at++;
        if (s->at < s->end && *s->at == '.') {
                s->at++;
                if (!digit(s))
                        return false;
                for (; digit(s); (*scale)++)
                        ret[n++] = (char)*s->at++;
        }
        if (s->at < s->end && (*s->at | 0x20) == 'e') {
                s->at++;
                bool minus = s->at < s->end && *s->at == '-';
                if (minus || (s->at < s->end && *s->at == '+'))
                        s->at++;
                if (!digit(s))
                        return false;
                for (; digit(s); s->at++)
                        *exponent = *exponent > 9999 ? *exponent : *exponent * 10 + (*s->at - '0');
                if (minus)
                        *exponent = -*exponent;
        }
        ret[n] = 0;
        return s->at == s->end;
}

bool number_of_text(tocsin_bytes text, double *ret) {
        char digits[NUMBER_BYTES_MAX + 2], all[NUMBER_BYTES_MAX + 20];
        int scale = 0, exponent = 0;
        Scan s = { text.ptr, text.ptr + text.len };
        if (text.len == 0 || text.len > NUMBER_BYTES_MAX || !scan_number(&s, digits, &scale, &exponent))
                return false;
        snprintf(all, sizeof all, "%se%d", digits, exponent - scale); /* without a point no locale can misread it */
        double d = strtod(all, NULL);
        if (!isfinite(d))
                return false;
        *ret = d;
        return true;
}

bool integer_of_text(tocsin_bytes text, int64_t *ret) {
        bool minus = text.len > 0 && text.ptr[0] == '-';
        uint64_t n = 0, limit = (uint64_t)INT64_MAX + minus;
        if (text.len == minus || text.len > 20)
                return false;
        for (size_t i = minus; i < text.len; i++) {
                unsigned d = (unsigned)text.ptr[i] - '0';
                if (d > 9 || n > (limit - d) / 10)
                        return false;
                n = n * 10 + d;
        }
        *ret = minus ? (int64_t)(0 - n) : (int64_t)n;
        return true;
}

bool integer_of_value(const tocsin_value *v, bool text, int64_t *ret) {
        if (tocsin_is(v, TOCSIN_I64)) {
                *ret = v->u.i64;
                return true;
        }
        if (tocsin_is(v, TOCSIN_F64) && fabs(v->u.f64) <= 0x1p53 && trunc(v->u.f64) == v->u.f64) {
                *ret = (int64_t)v->u.f64;
                return true;
        }
        return text && tocsin_is(v, TOCSIN_STR) && integer_of_text(tocsin_as_bytes(v), ret);
}

bool number_of_value(const tocsin_value *v, bool text, double *ret) {
        if (tocsin_is(v, TOCSIN_I64) || tocsin_is(v, TOCSIN_F64)) {
                double d = tocsin_as_f64(v, 0);
                if (!isfinite(d))
                        return false;
                *ret = d;
                return true;
        }
        return text && tocsin_is(v, TOCSIN_STR) && number_of_text(tocsin_as_bytes(v), ret);
}

size_t number_text(double d, char *buf, size_t size) {
        int n = 0;
        for (int precision = 15; precision <= 17; precision++) {
                n = snprintf(buf, size, "%.*g", precision, d);
                if (strtod(buf, NULL) == d)
                        break;
        }
        for (char *p = buf; *p; p++)
                if (*p == ',') /* another locale's point */
                        *p = '.';
        return (size_t)n;
}
