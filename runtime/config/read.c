/* A file as text, never more of it than the bound. */
#include "config/config.h"

#include "core/buffer.h"
#include "core/limits.h"
#include <fcntl.h>
#include <sys/stat.h>

/* `/dev/stdin`, whatever it is: a pipe that somebody else fills. */
static bool is_stdin(const struct stat *st) {
        struct stat in;
        return fstat(STDIN_FILENO, &in) == 0 && in.st_dev == st->st_dev && in.st_ino == st->st_ino;
}

int config_read(const char *file, Arena *a, Bytes *ret, Why *why) {
        _cleanup_(closep) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;
        if (fd < 0 || fstat(fd, &st) < 0)
                return why_say(why, CONFIG_E_FILE, "cannot be opened: %s", strerror(errno));
        if (S_ISDIR(st.st_mode))
                return why_say(why, CONFIG_E_FILE, "is a folder, not a file");
        if (!S_ISREG(st.st_mode) && !is_stdin(&st))
                return why_say(why, CONFIG_E_FILE, "is no regular file, and might never end; give it on /dev/stdin");
        if (fcntl(fd, F_SETFL, 0) < 0) /* only to open it had to be at once */
                return why_say(why, CONFIG_E_FILE, "cannot be read: %s", strerror(errno));
        Buffer b = { .max = LIMIT_CONFIG_BYTES + 8192 };
        int r = 0;
        for (ssize_t n = 1; n != 0 && r == 0;) {
                uint8_t *p = buffer_room(&b, 4096);
                n = p ? read(fd, p, 4096) : 0;
                if (!p)
                        r = b.failed;
                else if (n < 0 && errno != EINTR)
                        r = why_say(why, CONFIG_E_FILE, "cannot be read: %s", strerror(errno));
                else if (n > 0)
                        b.len += (size_t)n;
                if (b.len > LIMIT_CONFIG_BYTES)
                        r = why_say(why, CONFIG_E_FILE, "larger than %u bytes", LIMIT_CONFIG_BYTES);
        }
        if (r == 0) {
                Bytes copy = arena_dup(a, buffer_bytes(&b));
                if (copy.ptr)
                        *ret = copy;
                else
                        r = -ENOMEM;
        }
        buffer_deinit(&b);
        return r;
}
