/* The asking end of the control socket. */
#include "bin/ask.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>

static int talk(int fd, const char *verb, Buffer *ret) {
        char line[64];
        int n = snprintf(line, sizeof line, "{\"verb\":\"%s\"}\n", verb);
        if (send(fd, line, (size_t)n, MSG_NOSIGNAL) != n)
                return -1;
        for (;;) {
                char part[4096];
                ssize_t got = recv(fd, part, sizeof part, 0);
                if (got <= 0)
                        return -1;
                const char *end = memchr(part, '\n', (size_t)got);
                buffer_put(ret, part, end ? (size_t)(end - part) : (size_t)got);
                if (ret->failed)
                        return -1;
                if (end)
                        return 0;
        }
}

int ask(const Config *c, const char *verb, Buffer *ret, Why *why) {
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        struct timeval wait = { .tv_sec = ASK_SECONDS };
        const char *shown = config_shown(c, c->run_dir);
        if ((size_t)snprintf(at.sun_path, sizeof at.sun_path, "%s/%s.sock", c->run_dir, c->app) >= sizeof at.sun_path)
                return why_say(why, EX_UNAVAILABLE, "%s/%s.sock is longer than a socket's path may be; set a shorter run_dir",
                               shown, c->app);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return why_say(why, EX_OSERR, "socket: %s", strerror(errno));
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
                int error = errno;
                close(fd);
                if (error == EACCES || error == EPERM)
                        return why_say(why, EX_NOPERM, "%s/%s.sock is not yours; ask as the user that `tocsin run` runs as",
                                       shown, c->app);
                return why_say(why, EX_UNAVAILABLE, "`%s` does not run here (%s/%s.sock: %s); start it with `tocsin run %s`",
                               c->app, shown, c->app, strerror(error), c->file);
        }
        int r = talk(fd, verb, ret);
        close(fd);
        return r == 0 ? 0 : why_say(why, EX_PROTOCOL, "%s/%s.sock broke off", shown, c->app);
}
