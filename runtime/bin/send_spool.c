/* Records that wait: in memory, and beyond its bound in a file. */
#include "bin/send.h"

typedef struct Header { /* in front of each record, in memory and in the file */
        uint64_t line;
        int64_t time_us;
        uint32_t file, key_len, value_len; /* ABSENT: null */
        uint32_t reserved;
} Header;

#define ABSENT UINT32_MAX

void spool_deinit(Spool *s) {
        buffer_deinit(&s->memory);
        buffer_deinit(&s->record);
        if (s->rest)
                fclose(s->rest);
        *s = (Spool){ 0 };
}

static int put(Spool *s, const void *p, size_t n) {
        if (!s->rest) {
                buffer_put(&s->memory, p, n);
                return s->memory.failed;
        }
        s->at += n;
        return n == 0 || fwrite(p, 1, n, s->rest) == n ? 0 : errno ? -errno : -EIO;
}

int spool_put(Spool *s, const SpoolRecord *r) {
        const Header h = { .line = r->line,
                           .time_us = r->time_us,
                           .file = r->file,
                           .key_len = r->key.ptr ? (uint32_t)r->key.len : ABSENT,
                           .value_len = r->value.ptr ? (uint32_t)r->value.len : ABSENT };
        size_t n = sizeof h + r->key.len + r->value.len;
        if (!s->rest && s->memory.len + n > SPOOL_MEMORY) {
                s->rest = tmpfile();
                s->at = s->end;
                if (!s->rest)
                        return -errno;
        }
        GUARD(put(s, &h, sizeof h));
        GUARD(put(s, r->key.ptr, r->key.len));
        GUARD(put(s, r->value.ptr, r->value.len));
        s->end += n;
        s->n++;
        s->bytes += r->key.len + r->value.len;
        return 0;
}

static int take(Spool *s, uint64_t at, void *ret, size_t n) {
        if (at < s->memory.len) {
                memcpy(ret, s->memory.ptr + at, n);
                return 0;
        }
        if (s->at != at && fseeko(s->rest, (off_t)(at - s->memory.len), SEEK_SET) != 0)
                return -errno;
        s->at = at + n;
        return n == 0 || fread(ret, 1, n, s->rest) == n ? 0 : -EIO;
}

int spool_get(Spool *s, uint64_t *at, SpoolRecord *ret) {
        Header h;
        if (*at == s->end)
                return SPOOL_E_END;
        if (s->rest && *at >= s->memory.len && fflush(s->rest) != 0) /* what was written must be there before it is read */
                return -errno;
        GUARD(take(s, *at, &h, sizeof h));
        size_t key = h.key_len == ABSENT ? 0 : h.key_len, value = h.value_len == ABSENT ? 0 : h.value_len;
        buffer_clear(&s->record);
        uint8_t *p = buffer_room(&s->record, key + value + 1);
        REQUIRE(p, -ENOMEM);
        if (key + value)
                GUARD(take(s, *at + sizeof h, p, key + value));
        *ret = (SpoolRecord){ .key = h.key_len == ABSENT ? BYTES_NULL : bytes_of(p, key),
                              .value = h.value_len == ABSENT ? BYTES_NULL : bytes_of(p + key, value),
                              .time_us = h.time_us,
                              .line = h.line,
                              .file = h.file };
        *at += sizeof h + key + value;
        return 0;
}
