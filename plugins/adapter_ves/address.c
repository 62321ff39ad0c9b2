/* Addresses as text. */
#include "shape.h"

bool address_is_ipv4(tocsin_bytes t) {
        unsigned parts = 0;
        for (size_t i = 0; i < t.len; parts++) {
                unsigned n = 0, digits = 0;
                bool zero = t.ptr[i] == '0';
                for (; i < t.len && t.ptr[i] >= '0' && t.ptr[i] <= '9' && digits < 4; i++, digits++)
                        n = n * 10 + (t.ptr[i] - '0');
                if (digits == 0 || n > 255 || (zero && digits > 1) || parts == 4)
                        return false;
                if (i == t.len)
                        continue;
                if (t.ptr[i++] != '.' || i == t.len)
                        return false;
        }
        return parts == 4;
}

static bool hex(uint8_t c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Groups of one to four hex digits with a colon between them, "::" once, perhaps an IPv4 address at the end. */
static bool groups(tocsin_bytes t) {
        unsigned n = 0;
        bool gap = false;
        size_t i = 0;
        if (t.len >= 2 && t.ptr[0] == ':' && t.ptr[1] == ':') {
                gap = true;
                i = 2;
        }
        while (i < t.len) {
                size_t from = i;
                while (i < t.len && hex(t.ptr[i]))
                        i++;
                if (i < t.len && t.ptr[i] == '.') { /* the rest is IPv4, in place of two groups */
                        n += 2;
                        return address_is_ipv4(tocsin_bytes_of(t.ptr + from, t.len - from)) && (gap ? n < 8 : n == 8);
                }
                if (i == from || i - from > 4 || ++n > 8)
                        return false;
                if (i == t.len)
                        break;
                if (t.ptr[i++] != ':' || i == t.len)
                        return false;
                if (t.ptr[i] == ':') {
                        if (gap)
                                return false;
                        gap = true;
                        i++;
                }
        }
        return gap ? n < 8 : n == 8;
}

bool address_is_ipv6(tocsin_bytes t) {
        const uint8_t *percent = t.len ? memchr(t.ptr, '%', t.len) : NULL;
        if (percent) {
                size_t zone = t.len - (size_t)(percent - t.ptr) - 1;
                if (zone == 0 || zone > 64)
                        return false;
                t.len -= zone + 1;
        }
        return groups(t);
}

bool address_is_uri(tocsin_bytes t) {
        size_t i = 0;
        while (i < t.len && ((t.ptr[i] | 0x20) >= 'a' && (t.ptr[i] | 0x20) <= 'z'))
                i++;
        if (i == 0)
                return false;
        while (i < t.len && t.ptr[i] != ':') {
                uint8_t c = t.ptr[i++];
                if (!(((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'))
                        return false;
        }
        if (i == t.len)
                return false;
        for (i++; i < t.len; i++)
                if (t.ptr[i] <= 0x20 || t.ptr[i] >= 0x7f || strchr("<>\"{}|\\^`", t.ptr[i]))
                        return false;
        return true;
}
