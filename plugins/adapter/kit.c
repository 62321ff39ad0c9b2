/* Memory, text and identities for one message. */
#include "kit.h"
#include <stdio.h>

#define QUOTE_BYTES 40u

void *kit_take(Kit *k, size_t n) {
        if (n > KIT_BYTES_MAX || k->used > KIT_BYTES_MAX - n) {
                k->too_large = true;
                return NULL;
        }
        n = n ? (n + 15) & ~(size_t)15 : 16; /* nothing has a place too */
        if (n > k->left) {
                size_t chunk = n > KIT_CHUNK_BYTES ? n : KIT_CHUNK_BYTES;
                uint8_t *p = k->take(k->ctx, chunk);
                if (!p) {
                        k->no_memory = true;
                        return NULL;
                }
                if (chunk - n < k->left) { /* a large piece: keep what is left of the chunk before */
                        k->used += n;
                        return p;
                }
                k->at = p;
                k->left = chunk;
        }
        void *ret = k->at;
        k->at += n;
        k->left -= n;
        k->used += n;
        return ret;
}

tocsin_bytes kit_text(Kit *k, const char *format, ...) {
        va_list args, again;
        va_start(args, format);
        va_copy(again, args);
        int n = vsnprintf(NULL, 0, format, args);
        char *text = n < 0 ? NULL : kit_take(k, (size_t)n + 1);
        if (text)
                vsnprintf(text, (size_t)n + 1, format, again);
        va_end(again);
        va_end(args);
        return tocsin_bytes_of(text, text ? (size_t)n : 0);
}

bool kit_refuse(Kit *k, const char *format, ...) {
        va_list args;
        va_start(args, format);
        if (!k->reason[0] && !k->quiet) {
                vsnprintf(k->reason, sizeof k->reason, format, args);
                tocsin_bytes cut = text_cut(tocsin_bytes_of(k->reason, strlen(k->reason)), sizeof k->reason - 2);
                k->reason[cut.len] = 0;
        }
        va_end(args);
        return false;
}

void kit_place(Kit *k, const char *where) {
        char before[KIT_REASON_BYTES];
        memcpy(before, k->reason, sizeof before);
        k->reason[0] = 0;
        kit_refuse(k, "%s.%s", where, before);
}

tocsin_bytes text_cut(tocsin_bytes text, size_t max) {
        if (text.len > max) {
                text.len = max;
                while (text.len > 0 && (text.ptr[text.len] & 0xc0) == 0x80)
                        text.len--;
        }
        return text;
}

const char *kit_quote(Kit *k, tocsin_bytes text) {
        tocsin_bytes cut = text_cut(text, QUOTE_BYTES);
        char *ret = kit_take(k, cut.len + 6);
        if (!ret)
                return "(text)";
        size_t n = 0;
        ret[n++] = '"';
        for (size_t i = 0; i < cut.len; i++)
                ret[n++] = (char)(cut.ptr[i] < 0x20 || cut.ptr[i] == 0x7f ? '?' : cut.ptr[i]);
        strcpy(ret + n, cut.len < text.len ? "...\"" : "\"");
        return ret;
}

tocsin_bytes kit_hex(Kit *k, tocsin_bytes data) {
        static const char digits[] = "0123456789abcdef";
        uint8_t hash[32];
        char *ret = kit_take(k, 33);
        if (!ret)
                return tocsin_bytes_of(NULL, 0);
        k->digest(k->ctx, data, hash);
        for (unsigned i = 0; i < 16; i++) {
                ret[2 * i] = digits[hash[i] >> 4];
                ret[2 * i + 1] = digits[hash[i] & 15];
        }
        return tocsin_bytes_of(ret, 32);
}

tocsin_bytes kit_id(Kit *k, const tocsin_bytes *parts, unsigned n) {
        size_t len = 0, at = 0;
        for (unsigned i = 0; i < n; i++)
                len += 8 + parts[i].len;
        uint8_t *all = kit_take(k, len);
        if (!all)
                return tocsin_bytes_of(NULL, 0);
        for (unsigned i = 0; i < n; i++) {
                for (unsigned b = 0; b < 8; b++)
                        all[at++] = (uint8_t)((uint64_t)parts[i].len >> 8 * b);
                if (parts[i].len)
                        memcpy(all + at, parts[i].ptr, parts[i].len);
                at += parts[i].len;
        }
        return kit_hex(k, tocsin_bytes_of(all, len));
}
