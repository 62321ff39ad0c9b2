/* Named points of a turn where a test lets the process die, as if its power had gone: TOCSIN_FAILPOINT=name[:n],
 * or the first life that finds the file TOCSIN_FAILPOINT_FILE with that text, which it takes away. A file named so with
 * .PIPELINE.ORDINAL behind it is for lives of that worker only. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "core/log.h"
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
static bool take(const char *path, char *ret, size_t size) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        ssize_t n = read(fd, ret, size - 1);
        close(fd);
        ret[n > 0 ? n : 0] = 0;
        return n > 0 && unlink(path) == 0;
}

static bool from_file(const Worker *w, char *ret, size_t size) {
        const char *path = getenv("TOCSIN_FAILPOINT_FILE");
        char own[PATH_MAX];
        if (!path)
                return false;
        snprintf(own, sizeof own, "%s.%s.%u", path, w->pipe->name, w->conf.ordinal);
        return take(own, ret, size) || take(path, ret, size);
}

void failpoint_arm(Worker *w) {
        char text[64];
        const char *z = from_file(w, text, sizeof text) ? text : getenv("TOCSIN_FAILPOINT");
        w->fp_point = -1;
        if (!z)
                return;
        size_t n = strcspn(z, ":");
        for (int i = 0; i < FP_COUNT; i++)
                if (strlen(names[i]) == n && !strncmp(names[i], z, n))
                        w->fp_point = i;
        w->fp_left = z[n] ? atoi(z + n + 1) : 1;
        LOG(LOG_WARN, "failpoint.armed", "this life is to die at a named point", LOG_S("point", z));
}

void failpoint_pass(Worker *w) {
        if (--w->fp_left > 0)
                return;
        LOG(LOG_WARN, "failpoint.died", "this life dies at a named point", LOG_S("point", names[w->fp_point]));
        raise(SIGKILL);
}
