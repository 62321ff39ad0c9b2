/* Named points of a turn where a test lets the process die, as if its power had gone: TOCSIN_FAILPOINT=name[:n],
 * or the first life that finds the file TOCSIN_FAILPOINT_FILE with that text, which it takes away. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "task/inner.h"

static const char *const names[FP_COUNT] = {
        [FP_BEGIN] = "begin",
        [FP_AFTER_RECORD] = "after_record",
        [FP_BEFORE_CHANGELOG] = "before_changelog",
        [FP_AFTER_CHANGELOG] = "after_changelog",
        [FP_BEFORE_OFFSETS] = "before_offsets",
        [FP_BEFORE_COMMIT] = "before_commit",
        [FP_AFTER_COMMIT] = "after_commit",
        [FP_BEFORE_APPLY] = "before_apply",
        [FP_AFTER_APPLY] = "after_apply",
        [FP_BEFORE_REWIND] = "before_rewind",
        [FP_IN_RESTORE] = "in_restore",
};

/* Whoever unlinks it has it. */
static bool from_file(char *ret, size_t size) {
        const char *path = getenv("TOCSIN_FAILPOINT_FILE");
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0)
                return false;
        ssize_t n = read(fd, ret, size - 1);
        close(fd);
        ret[n > 0 ? n : 0] = 0;
        return n > 0 && unlink(path) == 0;
}

void failpoint_arm(Worker *w) {
        char text[64];
        const char *z = from_file(text, sizeof text) ? text : getenv("TOCSIN_FAILPOINT");
        w->fp_point = -1;
        if (!z)
                return;
        size_t n = strcspn(z, ":");
        for (int i = 0; i < FP_COUNT; i++)
                if (strlen(names[i]) == n && !strncmp(names[i], z, n))
                        w->fp_point = i;
        w->fp_left = z[n] ? atoi(z + n + 1) : 1;
}

void failpoint_pass(Worker *w) {
        if (--w->fp_left <= 0)
                raise(SIGKILL);
}
