/* Plain scalars by the YAML 1.2 core schema: `yes`, `on` and 012 are what they look like to a person of today. */
#include "config/tree.h"

#include <math.h>
#include <tocsin/value.h>

static bool among(Bytes text, const char *const *words) {
        for (; *words; words++)
                if (bytes_eq_z(text, *words))
                        return true;
        return false;
}

static size_t digits(Bytes t, size_t at) {
        size_t from = at;
        while (at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9')
                at++;
        return at - from;
}

/* [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+ */
static int whole(Bytes t, tocsin_value *ret, bool *is) {
        const char *z = (const char *)t.ptr;
        size_t sign = t.len && (z[0] == '-' || z[0] == '+');
        int base = 10;
        *is = t.len > sign && digits(t, sign) == t.len - sign;
        if (t.len > 2 && z[0] == '0' && (z[1] == 'o' || z[1] == 'x')) {
                base = z[1] == 'o' ? 8 : 16;
                *is = strspn(z + 2, base == 8 ? "01234567" : "0123456789abcdefABCDEF") == t.len - 2;
        }
        if (!*is)
                return 0;
        errno = 0;
        long long v = strtoll(base == 10 ? z : z + 2, NULL, base);
        if (errno)
                return SCALAR_E_RANGE;
        *ret = tocsin_i64(v);
        return 0;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_real(Bytes t) {
        size_t at = t.len && (t.ptr[0] == '-' || t.ptr[0] == '+');
        size_t before = digits(t, at), after = 0;
        at += before;
        if (at < t.len && t.ptr[at] == '.') {
                after = digits(t, at + 1);
                at += 1 + after;
        }
        if (!before && !after)
                return false;
        if (at < t.len && (t.ptr[at] == 'e' || t.ptr[at] == 'E')) {
                at++;
                at += at < t.len && (t.ptr[at] == '-' || t.ptr[at] == '+');
                size_t n = digits(t, at);
                if (!n)
                        return false;
                at += n;
        }
        return at == t.len;
}

int scalar_resolve(Bytes t, tocsin_value *ret) {
        static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
        static const char *const yes[] = { "true", "True", "TRUE", NULL };
        static const char *const no[] = { "false", "False", "FALSE", NULL };
        static const char *const inf[] = { ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", NULL };
        static const char *const minus_inf[] = { "-.inf", "-.Inf", "-.INF", NULL };
        static const char *const nan[] = { ".nan", ".NaN", ".NAN", NULL };
        bool is = false;
        int r = whole(t, ret, &is);
        if (is)
                return r;
        if (among(t, nulls)) {
                *ret = tocsin_null();
        } else if (among(t, yes) || among(t, no)) {
                *ret = tocsin_bool(among(t, yes));
        } else if (among(t, inf) || among(t, minus_inf)) {
                *ret = tocsin_f64(among(t, inf) ? (double)INFINITY : -(double)INFINITY);
        } else if (among(t, nan)) {
                *ret = tocsin_f64((double)NAN);
        } else if (looks_real(t)) {
                double d = strtod((const char *)t.ptr, NULL);
                if (!isfinite(d))
                        return SCALAR_E_RANGE;
                *ret = tocsin_f64(d);
        } else {
                *ret = tocsin_str_of(t);
        }
        return 0;
}
