/* Text of others made safe to look at. */
#include "bin/tame.h"

/* Bytes that a terminal could take for an order: control characters, those of 8 bits too, and what turns the direction of text.
 * 0: none begin here. s is UTF-8. */
static size_t steers(Bytes s) {
        const uint8_t *p = s.ptr;
        if (p[0] < 0x20 || p[0] == 0x7f)
                return 1;
        if (s.len >= 2 && p[0] == 0xc2 && p[1] < 0xa0)
                return 2;
        if (s.len >= 3 && p[0] == 0xe2 &&
            ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)))
                return 3;
        return 0;
}

void tame(Buffer *out, Bytes s, int width) {
        int n = 0;
        for (size_t i = 0; i < s.len;) {
                size_t order = steers(bytes_of(s.ptr + i, s.len - i));
                buffer_u8(out, order ? '?' : s.ptr[i]);
                n += order || (s.ptr[i] & 0xc0) != 0x80;
                i += order ? order : 1;
        }
        for (; n < width; n++)
                buffer_u8(out, ' ');
}
