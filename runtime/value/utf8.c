/* UTF-8 byte by byte. */
#include "value/utf8.h"

size_t utf8_sequence(const uint8_t *p, size_t n) {
        uint8_t c = p[0];
        if (c < 0x80)
                return 1;
        size_t len = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
        if (len == 0 || len > n)
                return 0;
        uint8_t least = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80, most = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        if (p[1] < least || p[1] > most)
                return 0;
        for (size_t i = 2; i < len; i++)
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
        return len;
}

bool utf8_valid_slow(const uint8_t *p, size_t n) {
        for (size_t i = 0, len; i < n; i += len)
                if ((len = utf8_sequence(p + i, n - i)) == 0)
                        return false;
        return true;
}
