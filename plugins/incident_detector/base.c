/* Texts, hashes and times that all detectors share. */
#include "base.h"

#include <stdlib.h>

uint64_t base_mix(uint64_t a, uint64_t b) {
        __uint128_t m = (__uint128_t)(a ^ UINT64_C(0x9e3779b97f4a7c15)) * (b ^ UINT64_C(0xd6e8feb86659fd93));
        return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t base_hash(Bytes b) {
        uint64_t h = base_mix(b.len, UINT64_C(0xa0761d6478bd642f));
        size_t i = 0;
        for (; i + 8 <= b.len; i += 8) {
                uint64_t w;
                memcpy(&w, b.ptr + i, 8);
                h = base_mix(h, w);
        }
        uint64_t last = 0;
        if (i < b.len)
                memcpy(&last, b.ptr + i, b.len - i);
        return base_mix(h, last);
}

size_t text_cut(Bytes b, size_t most) {
        if (b.len <= most)
                return b.len;
        while (most > 0 && (b.ptr[most] & 0xc0) == 0x80)
                most--;
        return most;
}

uint32_t base_fit(char *to, uint32_t room, Bytes from) {
        if (from.len <= room) {
                if (from.len)
                        memcpy(to, from.ptr, from.len);
                return (uint32_t)from.len;
        }
        char tail[18];
        snprintf(tail, sizeof tail, "~%016llx", (unsigned long long)base_hash(from));
        uint32_t keep = (uint32_t)text_cut(from, room - 17);
        memcpy(to, from.ptr, keep);
        memcpy(to + keep, tail, 17);
        return keep + 17;
}

Name name_of(Bytes b) {
        Name n = { 0 };
        n.len = base_fit(n.text, NAME_TEXT, b);
        return n;
}

Label label_of(Bytes b) {
        Label l = { 0 };
        l.len = base_fit(l.text, LABEL_TEXT, b);
        return l;
}

bool name_is(const Name *n, Bytes b) {
        if (b.len <= NAME_TEXT)
                return tocsin_equal(name_bytes(n), b);
        Name other = name_of(b);
        return tocsin_equal(name_bytes(n), name_bytes(&other));
}

int base_order(Bytes a, Bytes b) {
        size_t n = a.len < b.len ? a.len : b.len;
        int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
        return c ? c : a.len < b.len ? -1 : a.len > b.len;
}

bool text_match(Bytes pattern, Bytes text) {
        if (pattern.len && pattern.ptr[pattern.len - 1] == '*')
                return text.len >= pattern.len - 1 && (pattern.len == 1 || memcmp(pattern.ptr, text.ptr, pattern.len - 1) == 0);
        return tocsin_equal(pattern, text);
}

bool text_number(Bytes b, double *ret) {
        char text[48], *end;
        if (b.len == 0 || b.len >= sizeof text)
                return false;
        for (size_t i = 0; i < b.len; i++) /* decimal only: no "nan", "0x", no locale's own marks */
                if (!memchr("0123456789+-.eE", b.ptr[i], 15))
                        return false;
        memcpy(text, b.ptr, b.len);
        text[b.len] = 0;
        double d = strtod(text, &end);
        if (*end || !(d - d == 0))
                return false;
        *ret = d;
        return true;
}

int64_t base_later(int64_t t, int64_t by) {
        return t > INT64_MAX - by ? INT64_MAX : t + by;
}

int64_t base_behind(int64_t high, int64_t t) {
        return high == NO_TIME ? 0 : high - t;
}
