/* sd_notify(3), spoken by ourselves: datagrams of NAME=value lines. */
#include "bin/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BEAT_US INT64_C(10000000) /* while the phase has a time limit: its end is put off this often … */
#define EXTEND_US INT64_C(60000000) /* … by so much, so that a main loop that stands still is found */
#define AGAIN_US INT64_C(100000) /* after a socket that was full */
#define DELAY_MAX_US INT64_C(86400000000) /* nobody waits a day for the end */

/* 0, without a watchdog: what stands there is not a number, or is not for this process. */
static int64_t watchdog(void) {
        const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
        char *end = NULL;
        if (!usec || !usec[0] || (pid && strtoll(pid, NULL, 10) != getpid()))
                return 0;
        errno = 0;
        long long us = strtoll(usec, &end, 10);
        return errno || *end || us <= 0 ? 0 : us;
}

static int reach(Notify *n, const char *path, Why *why) {
        size_t len = strlen(path);
        if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof n->to.sun_path)
                return why_say(why, NOTIFY_E_ADDRESS, "NOTIFY_SOCKET=%s is neither the path of a socket nor an abstract name",
                               path);
        memcpy(n->to.sun_path, path, len);
        if (path[0] == '@')
                n->to.sun_path[0] = 0; /* an abstract name ends with its length, not with a NUL */
        n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
        n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        return n->fd < 0 ? why_say(why, NOTIFY_E_ADDRESS, "no socket for NOTIFY_SOCKET: %s", strerror(errno)) : 0;
}

int notify_open(Notify *ret, Why *why) {
        *ret = (Notify){ .fd = -1, .to.sun_family = AF_UNIX };
        const char *path = getenv("NOTIFY_SOCKET");
        int r = path && path[0] ? reach(ret, path, why) : 0;
        if (ret->fd >= 0)
                ret->watchdog_us = watchdog();
        unsetenv("NOTIFY_SOCKET");
        unsetenv("WATCHDOG_USEC");
        unsetenv("WATCHDOG_PID");
        return r;
}

void notify_close(Notify *n) {
        if (n->fd >= 0)
                close(n->fd);
        n->fd = -1;
}

static bool say(const Notify *n, const char *text) {
        return sendto(n->fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&n->to, n->to_len) >= 0;
}

/* A line's end in it would begin an assignment of somebody else's making. */
static void one_line(char ret[NOTIFY_STATUS_MAX], const char *text) {
        snprintf(ret, NOTIFY_STATUS_MAX, "%s", text);
        for (char *c = ret; *c; c++)
                if ((unsigned char)*c < ' ' || *c == 127)
                        *c = ' ';
}

static bool tell_phase(Notify *n, NotifyPhase phase, int64_t grace_us, int64_t now_us) {
        char text[128] = "READY=1";
        if (phase == NOTIFY_RELOADING)
                snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)now_us);
        if (phase == NOTIFY_STOPPING)
                snprintf(text, sizeof text, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%lld",
                         (long long)(grace_us < DELAY_MAX_US ? grace_us : DELAY_MAX_US));
        return say(n, text);
}

static bool beat(Notify *n, NotifyPhase phase, int64_t now_us) {
        bool waits = phase == NOTIFY_STARTING || phase == NOTIFY_RELOADING, sent = true;
        char text[64];
        snprintf(text, sizeof text, "EXTEND_TIMEOUT_USEC=%lld", (long long)EXTEND_US);
        if (waits)
                sent = say(n, text);
        if (n->watchdog_us)
                sent = say(n, "WATCHDOG=1") && sent;
        int64_t every = waits ? BEAT_US : INT64_MAX;
        if (n->watchdog_us && n->watchdog_us / 2 < every)
                every = n->watchdog_us / 2;
        n->beat_us = every == INT64_MAX ? every : now_us + every;
        return sent;
}

void notify_turn(Notify *n, NotifyPhase phase, const char *status, int64_t grace_us, int64_t now_us) {
        char line[NOTIFY_STATUS_MAX], text[NOTIFY_STATUS_MAX + 8];
        bool sent = true;
        if (n->fd < 0)
                return;
        one_line(line, status);
        if (strcmp(line, n->status) != 0) {
                snprintf(text, sizeof text, "STATUS=%s", line);
                sent = say(n, text);
                if (sent)
                        memcpy(n->status, line, sizeof line);
        }
        if (phase != n->told) {
                bool told = tell_phase(n, phase, grace_us, now_us);
                if (told) {
                        n->told = phase;
                        n->beat_us = now_us; /* each phase has its own rhythm */
                }
                sent &= told;
        }
        if (now_us >= n->beat_us)
                sent &= beat(n, phase, now_us);
        if (!sent && n->beat_us > now_us + AGAIN_US)
                n->beat_us = now_us + AGAIN_US;
}

int64_t notify_due_us(const Notify *n) {
        return n->fd < 0 ? INT64_MAX : n->beat_us;
}
