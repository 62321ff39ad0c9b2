/* The door for GET, spoken to over a real socket on loopback. */
#include "core/clock.h"
#include "http/http.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static void hello(void *arg, const HttpRequest *q, HttpAnswer *ret) {
        const char *v = http_query(q, "verbose");
        buffer_printf(&ret->body, "%s %s\n", (const char *)arg, v ? v[0] ? v : "bare" : "absent");
}

static void sick(void *arg, const HttpRequest *q, HttpAnswer *ret) {
        (void)arg;
        (void)q;
        ret->status = 503;
        ret->type = "application/json";
        buffer_put_z(&ret->body, "{}");
}

static void endless(void *arg, const HttpRequest *q, HttpAnswer *ret) {
        (void)arg;
        (void)q;
        while (!ret->body.failed)
                buffer_put_z(&ret->body, "0123456789012345678901234567890123456789012345678901234567890123");
}

static char who[] = "hello";
static const HttpRoute routes[] = { { "/hello", hello, who }, { "/sick", sick, NULL }, { "/endless", endless, NULL }, { 0 } };

static int dial(const Http *h) {
        struct sockaddr_in to = { .sin_family = AF_INET,
                                  .sin_port = htons(http_port(h)),
                                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        cr_assert(fd >= 0);
        cr_assert(connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS);
        return fd;
}

/* Sends all of `request` and serves until the peer has closed; the answer, NUL-terminated. */
static void ask(Http *h, const char *request, char *ret, size_t size) {
        int fd = dial(h);
        size_t sent = 0, len = strlen(request), got = 0;
        for (int i = 0; i < 2000; i++) {
                struct pollfd p[] = { { http_fd(h), POLLIN, 0 }, { fd, (short)(POLLIN | (sent < len ? POLLOUT : 0)), 0 } };
                poll(p, 2, http_wait_ms(h) == 0 ? 0 : 20);
                http_serve(h);
                if (sent < len && (p[1].revents & POLLOUT)) {
                        ssize_t n = send(fd, request + sent, len - sent, MSG_NOSIGNAL);
                        sent += n > 0 ? (size_t)n : 0;
                }
                ssize_t n = recv(fd, ret + got, size - 1 - got, 0);
                if (n == 0 || (n < 0 && errno == ECONNRESET) || got == size - 1)
                        break;
                got += n > 0 ? (size_t)n : 0;
        }
        ret[got] = 0;
        close(fd);
}

static Http *start(void) {
        Http *h = NULL;
        Why why = { 0 };
        cr_assert_eq(http_start(&h, "127.0.0.1", 0, routes, &why), 0, "%s", why.text);
        return h;
}

#define CLOSE " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

Test(http, what_is_no_http_is_refused_and_the_door_stays_open) {
        Http *h = start();
        char a[4096];
        ask(h, "\x16\x03\x01 this is not http\r\n\r\n", a, sizeof a);
        static char long_line[40000];
        memset(long_line, 'a', sizeof long_line - 1);
        memcpy(long_line, "GET /", 5);
        ask(h, long_line, a, sizeof a);
        cr_assert_null(strstr(a, "200 OK"));
        ask(h, "GET /hello" CLOSE, a, sizeof a);
        cr_assert(strstr(a, "200 OK"), "%s", a);
        http_stop(h);
}

Test(http, only_get_and_head_are_answered) {
        Http *h = start();
        char a[4096];
        ask(h, "POST /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", a, sizeof a);
        cr_assert(strstr(a, " 405 "), "%s", a);
        cr_assert(strstr(a, "Allow: GET, HEAD"), "%s", a);
        ask(h, "DELETE /hello" CLOSE, a, sizeof a);
        cr_assert(strstr(a, " 405 "), "%s", a);
        ask(h, "HEAD /hello" CLOSE, a, sizeof a);
        cr_assert(strstr(a, "200 OK"), "%s", a);
        cr_assert_null(strstr(a, "hello absent"));
        http_stop(h);
}

Test(http, an_unknown_path_says_which_there_are) {
        Http *h = start();
        char a[4096];
        ask(h, "GET /../etc/passwd" CLOSE, a, sizeof a);
        cr_assert(strstr(a, " 404 ") && strstr(a, "/hello\n") && strstr(a, "/sick\n"), "%s", a);
        http_stop(h);
}

Test(http, a_query_is_told_apart_absent_bare_and_with_a_value) {
        Http *h = start();
        char a[4096];
        ask(h, "GET /hello" CLOSE, a, sizeof a);
        cr_assert(strstr(a, "hello absent\n"), "%s", a);
        ask(h, "GET /hello?verbose" CLOSE, a, sizeof a);
        cr_assert(strstr(a, "hello bare\n"), "%s", a);
        ask(h, "GET /hello?x=1&verbose=2" CLOSE, a, sizeof a);
        cr_assert(strstr(a, "hello 2\n"), "%s", a);
        http_stop(h);
}

Test(http, status_and_type_are_the_callbacks) {
        Http *h = start();
        char a[4096];
        ask(h, "GET /sick" CLOSE, a, sizeof a);
        cr_assert(strstr(a, " 503 ") && strstr(a, "application/json"), "%s", a);
        ask(h, "GET /endless" CLOSE, a, sizeof a);
        cr_assert(strstr(a, " 500 ") && strstr(a, "too large"), "%.300s", a);
        http_stop(h);
}

Test(http, a_silent_peer_keeps_nobody_else_waiting) {
        Http *h = start();
        int silent[70];
        for (size_t i = 0; i < 70; i++) {
                silent[i] = i < 40 ? dial(h) : -1;
                http_serve(h);
        }
        char a[4096];
        ask(h, "GET /hello" CLOSE, a, sizeof a);
        cr_assert(strstr(a, "200 OK"), "%s", a);
        for (size_t i = 0; i < 40; i++)
                close(silent[i]);
        http_stop(h);
}

static int64_t now_us(void) {
        return clock_system.mono_us(&clock_system);
}

/* As long as it takes, at most `ms`; how many of them the door has closed. */
static size_t dripped(Http *h, const int *fd, size_t n, int ms) {
        size_t closed = 0;
        char b[512];
        bool *gone = calloc(n, sizeof *gone);
        for (int64_t until = now_us() + ms * 1000; closed < n && now_us() < until;) {
                struct pollfd p = { http_fd(h), POLLIN, 0 };
                poll(&p, 1, 10);
                http_serve(h);
                usleep(2000);
                for (size_t i = 0; i < n; i++)
                        if (!gone[i] && (send(fd[i], "a", 1, MSG_NOSIGNAL) < 0 || recv(fd[i], b, sizeof b, 0) == 0)) {
                                gone[i] = true;
                                closed++;
                        }
        }
        free(gone);
        return closed;
}

static void open_slow(Http *h, int *fd, size_t n) {
        static const char half[] = "GET /hello HTTP/1.1\r\nX: ";
        for (size_t i = 0; i < n; i++) {
                fd[i] = dial(h);
                for (int t = 0; t < 100 && send(fd[i], half, sizeof half - 1, MSG_NOSIGNAL) < 0; t++)
                        http_serve(h);
                http_serve(h);
        }
}

Test(http, whoever_sends_a_byte_now_and_then_is_closed_at_the_deadline) {
        Http *h = start();
        int slow[20];
        http_deadline(h, 200000);
        open_slow(h, slow, 20);
        cr_assert(http_wait_ms(h) >= 0 && http_wait_ms(h) <= 200);
        cr_assert_eq(dripped(h, slow, 20, 2000), 20);
        for (size_t i = 0; i < 20; i++)
                close(slow[i]);
        http_stop(h);
}

Test(http, a_probe_gets_through_however_many_drip) {
        Http *h = start();
        int slow[300];
        char a[4096];
        open_slow(h, slow, 300);
        for (int i = 0; i < 5; i++) {
                ask(h, "GET /hello" CLOSE, a, sizeof a);
                cr_assert(strstr(a, "200 OK"), "%s", a);
        }
        size_t closed = dripped(h, slow, 300, 300);
        cr_assert(closed >= 300 - 64 && closed < 300, "%zu gave way", closed);
        for (size_t i = 0; i < 300; i++)
                close(slow[i]);
        ask(h, "GET /hello" CLOSE, a, sizeof a);
        cr_assert(strstr(a, "200 OK"), "%s", a);
        http_stop(h);
}

Test(http, a_kept_connection_has_the_whole_deadline_for_each_request) {
        Http *h = start();
        http_deadline(h, 300000);
        int fd = dial(h);
        char a[4096];
        for (int i = 0; i < 4; i++) { /* 800 ms in all */
                static const char again[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
                ssize_t n = -1;
                for (int t = 0; t < 50 && send(fd, again, sizeof again - 1, MSG_NOSIGNAL) < 0; t++)
                        usleep(1000);
                for (int64_t until = now_us() + 200000; now_us() < until;) {
                        struct pollfd p = { http_fd(h), POLLIN, 0 };
                        poll(&p, 1, 10);
                        http_serve(h);
                        ssize_t got = recv(fd, a, sizeof a - 1, 0);
                        n = got > 0 ? got : n;
                }
                cr_assert(n > 0, "request %d was not answered", i);
        }
        close(fd);
        http_stop(h);
}

Test(http, a_taken_port_and_a_name_are_refused_with_the_reason) {
        Http *h = start(), *second = NULL;
        Why why = { 0 };
        cr_assert_eq(http_start(&second, "127.0.0.1", http_port(h), routes, &why), HTTP_E_LISTEN);
        cr_assert(strstr(why.text, "in use"), "%s", why.text);
        cr_assert_eq(http_start(&second, "example.org", 0, routes, &why), HTTP_E_LISTEN);
        cr_assert(strstr(why.text, "example.org"), "%s", why.text);
        cr_assert_null(second);
        http_stop(h);
        http_stop(NULL);
}

Test(http, ipv6_loopback_and_localhost_are_addresses) {
        Http *h = NULL;
        Why why = { 0 };
        cr_assert_eq(http_start(&h, "localhost", 0, routes, &why), 0, "%s", why.text);
        cr_assert(http_port(h) != 0);
        http_stop(h);
        h = NULL;
        if (http_start(&h, "::1", 0, routes, &why) == 0)
                http_stop(h); /* a machine without IPv6 says so instead */
        else
                cr_assert(strstr(why.text, "::1"));
}
