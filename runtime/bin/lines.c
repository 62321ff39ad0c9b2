/* Reading by lines. */
#include "bin/lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define FIRST_BYTES (64u << 10)

struct Lines {
        const char *name;
        int fd;
        char *data;
        size_t size, from, to; /* unread: data[from, to) */
        uint64_t number;
        bool ended, skipping; /* skipping: inside a line that was too long */
};

/* A disk, or a device whose bytes never end: no line will. A terminal ends when somebody says so, /dev/null at once. */
static bool endless(const struct stat *st, int fd) {
        return S_ISBLK(st->st_mode) || (S_ISCHR(st->st_mode) && !isatty(fd) && st->st_rdev != makedev(1, 3));
}

int lines_open(Lines **ret, const char *path, Why *why) {
        bool is_stdin = strcmp(path, "-") == 0;
        int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return why_say(why, LINES_E_FILE, "%s: %s", path, strerror(errno));
        struct stat st = { 0 };
        int r = 0;
        if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
                r = why_say(why, LINES_E_FILE, "%s: is a folder, not a file", path);
        else if (endless(&st, fd))
                r = why_say(why, LINES_E_FILE, "%s: is a device that never ends; give a file or a pipe", path);
        if (r != 0) {
                if (!is_stdin)
                        close(fd);
                return r;
        }
        Lines *l = calloc(1, sizeof *l);
        char *data = malloc(FIRST_BYTES);
        if (!l || !data) {
                free(l);
                free(data);
                if (!is_stdin)
                        close(fd);
                return -ENOMEM;
        }
        *l = (Lines){ .name = is_stdin ? "stdin" : path, .fd = fd, .data = data, .size = FIRST_BYTES };
        *ret = l;
        return 0;
}

Lines *lines_close(Lines *l) {
        if (l) {
                if (l->fd != STDIN_FILENO)
                        close(l->fd);
                free(l->data);
                free(l);
        }
        return NULL;
}

/* More bytes behind data[from, to). 0: some, or l->ended */
static int more(Lines *l, Why *why) {
        if (l->from) {
                memmove(l->data, l->data + l->from, l->to - l->from);
                l->to -= l->from;
                l->from = 0;
        }
        if (l->to == l->size) {
                char *data = realloc(l->data, l->size * 2);
                if (!data)
                        return -ENOMEM;
                l->data = data;
                l->size *= 2;
        }
        ssize_t n;
        do
                n = read(l->fd, l->data + l->to, l->size - l->to);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return why_say(why, LINES_E_FILE, "%s: %s", l->name, strerror(errno));
        l->to += (size_t)n;
        l->ended = n == 0;
        return 0;
}

static void hand_out(Lines *l, size_t n, Bytes *ret) {
        const char *p = l->data + l->from;
        if (n && p[n - 1] == '\r')
                n--;
        if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
                p += 3;
                n -= 3;
        }
        *ret = bytes_of(p, n);
}

int lines_next(Lines *l, Bytes *ret, Why *why) {
        size_t seen = 0; /* of the unread bytes: no end of line in them */
        for (;;) {
                char *end = memchr(l->data + l->from + seen, '\n', l->to - l->from - seen);
                size_t n = end ? (size_t)(end - l->data) - l->from : l->to - l->from;
                if (!end && l->ended && n == 0 && !l->skipping)
                        return LINES_E_END;
                bool whole = end || l->ended;
                if (whole && (l->skipping || n > LINES_MAX_BYTES)) {
                        l->number++;
                        l->skipping = false;
                        l->from += n + (end ? 1 : 0);
                        return LINES_E_LONG;
                }
                if (whole) {
                        l->number++;
                        hand_out(l, n, ret);
                        l->from += n + (end ? 1 : 0);
                        return 0;
                }
                if (n > LINES_MAX_BYTES) { /* let go of what it has, look for its end only */
                        l->skipping = true;
                        l->from = l->to;
                        n = 0;
                }
                seen = l->skipping ? 0 : n;
                if (l->skipping)
                        l->from = l->to;
                int r = more(l, why);
                if (r != 0)
                        return r;
        }
}

const char *lines_foreign(Bytes first) {
        static const struct {
                const char *mark, *what;
        } marks[] = { { "\x1f\x8b", "this is gzip: write `zcat FILE |` before, and name - in its place" },
                      { "\x28\xb5\x2f\xfd", "this is zstd: write `zstdcat FILE |` before, and name - in its place" },
                      { "\xff\xfe", "this is UTF-16: make it UTF-8 with `iconv -f UTF-16 -t UTF-8`" },
                      { "\xfe\xff", "this is UTF-16: make it UTF-8 with `iconv -f UTF-16 -t UTF-8`" },
                      { "Obj\1", "this is an Avro container: make it JSON lines with `avro-tools tojson`" } };
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
                if (bytes_begin(first, bytes_z(marks[i].mark)))
                        return marks[i].what;
        return NULL;
}

const char *lines_name(const Lines *l) {
        return l->name;
}

uint64_t lines_number(const Lines *l) {
        return l->number;
}
