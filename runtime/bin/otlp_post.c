/* One POST over one connection, within a time. */
#include "bin/otlp.h"

#include "core/bytes.h"
#include "core/cleanup.h"
#include "core/clock.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#define PORT "4318" /* OTLP/HTTP's own */

typedef struct Place {
        char host[256], port[8];
        const char *path; /* behind the host, without a slash at its end */
        int path_len;
        char authority[280];
} Place;

/* Checked when the configuration was read. */
static bool place_read(Place *ret, const char *url) {
        const char *host = strstr(url, "://");
        if (!host)
                return false;
        host += 3;
        size_t len = strcspn(host, "/");
        snprintf(ret->authority, sizeof ret->authority, "%.*s", (int)len, host);
        const char *close = host[0] == '[' ? memchr(host, ']', len) : NULL;
        const char *colon = memchr(close ? close : host, ':', len - (size_t)(close ? close - host : 0));
        size_t name = close ? (size_t)(close - host) - 1 : colon ? (size_t)(colon - host) : len;
        snprintf(ret->host, sizeof ret->host, "%.*s", (int)name, close ? host + 1 : host);
        snprintf(ret->port, sizeof ret->port, "%.*s", colon ? (int)(len - (size_t)(colon + 1 - host)) : 4,
                 colon ? colon + 1 : PORT);
        ret->path = host + len;
        ret->path_len = (int)strlen(ret->path);
        while (ret->path_len && ret->path[ret->path_len - 1] == '/')
                ret->path_len--;
        return ret->host[0];
}

static int64_t now_ms(void) {
        return clock_read_us(CLOCK_MONOTONIC) / 1000;
}

static bool ready(int fd, short events, int64_t until) {
        int64_t left;
        while ((left = until - now_ms()) > 0) {
                struct pollfd p = { fd, events, 0 };
                int n = poll(&p, 1, (int)left);
                if (n > 0)
                        return true;
                if (n < 0 && errno != EINTR)
                        return false;
        }
        errno = ETIMEDOUT;
        return false;
}

static int dial(const struct addrinfo *a, int64_t until) {
        int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;
        socklen_t size = sizeof error;
        if (fd < 0)
                return -1;
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
                return fd;
        if (errno == EINPROGRESS && ready(fd, POLLOUT, until) && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0) {
                if (!error)
                        return fd;
                errno = error;
        }
        error = errno;
        close(fd);
        errno = error;
        return -1;
}

static int reach(const Place *p, int64_t until, Why *why) {
        const struct addrinfo hint = { .ai_socktype = SOCK_STREAM };
        struct addrinfo *at = NULL;
        int r = getaddrinfo(p->host, p->port, &hint, &at), fd = -1;
        if (r != 0) {
                why_say(why, 1, "%s: %s", p->host, gai_strerror(r));
                return -1;
        }
        for (const struct addrinfo *a = at; a && fd < 0; a = a->ai_next)
                fd = dial(a, until);
        if (fd < 0)
                why_say(why, 1, "%s: %s", p->authority, strerror(errno));
        freeaddrinfo(at);
        return fd;
}

static bool send_all(int fd, Bytes b, int64_t until) {
        while (b.len) {
                ssize_t n = send(fd, b.ptr, b.len, MSG_NOSIGNAL);
                if (n < 0 && errno == EAGAIN) {
                        if (!ready(fd, POLLOUT, until))
                                return false;
                } else if (n < 0 && errno != EINTR) {
                        return false;
                } else if (n > 0) {
                        b = bytes_of(b.ptr + n, b.len - (size_t)n);
                }
        }
        return true;
}

/* Until it hangs up, or there is as much as is wanted of it. */
static bool hear(int fd, Buffer *ret, int64_t until) {
        while (ret->len < ret->max) {
                size_t room = ret->max - ret->len < 4096 ? ret->max - ret->len : 4096;
                uint8_t *p = buffer_room(ret, room);
                ssize_t n = p ? recv(fd, p, room, 0) : -1;
                if (n > 0)
                        ret->len += (size_t)n;
                else if (n == 0)
                        return true;
                else if (errno != EINTR && (errno != EAGAIN || !ready(fd, POLLIN, until)))
                        return false;
        }
        return true;
}

/* "HTTP/1.1 200 …", and what follows the empty line stays in *io. */
static bool answer_read(Buffer *io, unsigned *status) {
        if (io->len < 12 || memcmp(io->ptr, "HTTP/1.", 7) != 0 || io->ptr[8] != ' ')
                return false;
        *status = 0;
        for (size_t i = 9; i < 12; i++) {
                if (io->ptr[i] < '0' || io->ptr[i] > '9')
                        return false;
                *status = *status * 10 + (unsigned)(io->ptr[i] - '0');
        }
        uint8_t *end = memmem(io->ptr, io->len, "\r\n\r\n", 4);
        if (!end)
                return false;
        size_t head = (size_t)(end - io->ptr) + 4;
        memmove(io->ptr, io->ptr + head, io->len - head);
        io->len -= head;
        return true;
}

int otlp_post(const char *url, const char *path, Bytes body, int wait_ms, unsigned *status, Buffer *ret, Why *why) {
        Place p;
        int64_t until = now_ms() + wait_ms;
        char head[1024];
        if (!place_read(&p, url))
                return why_say(why, 1, "%s is no address", url);
        _cleanup_(closep) int fd = reach(&p, until, why);
        if (fd < 0)
                return 1;
        int n = snprintf(head, sizeof head,
                         "POST %.*s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: tocsin/" TOCSIN_VERSION
                         "\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                         p.path_len, p.path, path, p.authority, body.len);
        if (n < 0 || (size_t)n >= sizeof head)
                return why_say(why, 1, "%s is too long", url);
        buffer_clear(ret);
        bool heard = send_all(fd, bytes_of(head, (size_t)n), until) && send_all(fd, body, until) && hear(fd, ret, until);
        int error = errno;
        if (answer_read(ret, status)) /* one that does not hang up in time has answered all the same */
                return 0;
        return why_say(why, 1, "%s: %s", p.authority, heard ? "what answers speaks no HTTP" : strerror(error));
}
