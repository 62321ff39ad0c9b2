/* GET through libmicrohttpd, driven from outside by epoll. */
#include "http/http.h"

#include "core/cleanup.h"
#include "core/clock.h"

#include <arpa/inet.h>
#include <limits.h>
#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>

#define CLIENTS_MAX 64u /* probes and scrapers, not the public; above it the one that has waited longest gives way */
#define CONNECTIONS_MAX \
        (2u * CLIENTS_MAX) /* the library's own bound, at which it accepts nobody: never reached, since it
                                            * accepts ten at a time and sees between them who has given way */
#define CONNECTION_BYTES 16384u /* of request line and headers */
#define CONNECTION_TIMEOUT_S 10u /* a silent peer holds a place no longer */
#define DEADLINE_US \
        INT64_C(5000000) /* from the accept, or the last answer, to a whole request; and from there to a taken
                                      * answer: a peer that sends or takes a byte now and then is as good as silent */
#define BODY_BYTES (16u << 20) /* of an answer: far above a full set of metrics */

typedef struct Client Client;
struct Client {
        int fd;
        bool gone; /* shut down; the library sees it at its next turn */
        int64_t since_us; /* monotonic: of the step it is at */
        Client *older, *newer; /* in the order of since_us */
};

struct Http {
        struct MHD_Daemon *daemon;
        Client ends; /* of the ring: newer is the oldest, older is the newest */
        size_t n_clients; /* not gone */
        int64_t deadline_us;
        const HttpRoute *routes;
        int epoll;
        uint16_t port;
};

struct HttpRequest {
        struct MHD_Connection *connection;
};

/* ---- who is there, and since when ----------------------------------------------------------------------- */

static int64_t now_us(void) {
        return clock_system.mono_us(&clock_system);
}

static void take_out(Client *c) {
        c->older->newer = c->newer;
        c->newer->older = c->older;
}

static void put_newest(Http *h, Client *c) {
        c->since_us = now_us();
        c->older = h->ends.older;
        c->newer = &h->ends;
        c->older->newer = h->ends.older = c;
}

/* Its descriptor is the library's to close: that it is shut down is what the library sees. */
static void give_way(Http *h, Client *c) {
        shutdown(c->fd, SHUT_RDWR);
        take_out(c);
        c->older = c->newer = c;
        c->gone = true;
        h->n_clients--;
}

static void next_step(Http *h, struct MHD_Connection *m) {
        const union MHD_ConnectionInfo *i = MHD_get_connection_info(m, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        Client *c = i ? i->socket_context : NULL;
        if (!c || c->gone)
                return;
        take_out(c);
        put_newest(h, c);
}

static void on_connection(void *arg, struct MHD_Connection *m, void **context, enum MHD_ConnectionNotificationCode what) {
        Http *h = arg;
        Client *c = *context;
        if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
                if (c && !c->gone) {
                        take_out(c);
                        h->n_clients--;
                }
                free(c);
                *context = NULL;
                return;
        }
        const union MHD_ConnectionInfo *i = MHD_get_connection_info(m, MHD_CONNECTION_INFO_CONNECTION_FD);
        c = calloc(1, sizeof *c);
        if (!i || !c) { /* nobody is served whom nobody watches */
                if (i)
                        shutdown(i->connect_fd, SHUT_RDWR);
                free(c);
                return;
        }
        c->fd = i->connect_fd;
        *context = c;
        if (h->n_clients == CLIENTS_MAX)
                give_way(h, h->ends.newer);
        put_newest(h, c);
        h->n_clients++;
}

static void on_completed(void *arg, struct MHD_Connection *m, void **state, enum MHD_RequestTerminationCode how) {
        (void)state;
        if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK)
                next_step(arg, m);
}

/* ---- requests ------------------------------------------------------------------------------------------- */

const char *http_query(const HttpRequest *q, const char *name) {
        const char *value = NULL;
        size_t n = 0;
        if (MHD_lookup_connection_value_n(q->connection, MHD_GET_ARGUMENT_KIND, name, strlen(name), &value, &n) != MHD_YES)
                return NULL;
        return value ? value : "";
}

/* Takes the body's memory. */
static enum MHD_Result reply(struct MHD_Connection *c, HttpAnswer *a) {
        struct MHD_Response *r = MHD_create_response_from_buffer(a->body.len, a->body.ptr, MHD_RESPMEM_MUST_FREE);
        if (!r) {
                buffer_deinit(&a->body);
                return MHD_NO;
        }
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
        MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
        MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
        if (a->status == MHD_HTTP_METHOD_NOT_ALLOWED)
                MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
        enum MHD_Result done = MHD_queue_response(c, a->status, r);
        MHD_destroy_response(r);
        return done;
}

static void not_found(const Http *h, HttpAnswer *ret) {
        ret->status = MHD_HTTP_NOT_FOUND;
        buffer_put_z(&ret->body, "not here; there is\n");
        for (const HttpRoute *r = h->routes; r->path; r++)
                buffer_printf(&ret->body, "%s\n", r->path);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                                  const char *body, size_t *body_len, void **state) {
        Http *h = arg;
        static int seen;
        (void)version;
        (void)body;
        if (!*state) { /* headers only so far: a body, if there is one, is let pass first */
                *state = &seen;
                return MHD_YES;
        }
        if (*body_len) {
                *body_len = 0;
                return MHD_YES;
        }
        next_step(h, c);
        HttpAnswer a = { .status = MHD_HTTP_OK, .type = "text/plain; charset=utf-8", .body = { .max = BODY_BYTES } };
        const HttpRoute *r = h->routes;
        while (r->path && strcmp(r->path, url) != 0)
                r++;
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
                a.status = MHD_HTTP_METHOD_NOT_ALLOWED;
                buffer_put_z(&a.body, "GET and HEAD only\n");
        } else if (!r->path) {
                not_found(h, &a);
        } else {
                r->answer(r->arg, &(HttpRequest){ c }, &a);
        }
        if (a.body.failed) {
                a.status = MHD_HTTP_INTERNAL_SERVER_ERROR;
                buffer_clear(&a.body);
                buffer_put_z(&a.body, "the answer was too large\n");
        }
        return reply(c, &a);
}

static int listener(const char *host, uint16_t port, uint16_t *bound, Why *why) {
        struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *at = NULL;
        char service[8];
        bool local = !strcmp(host, "localhost");
        if (!local)
                hints.ai_flags |= AI_NUMERICHOST;
        snprintf(service, sizeof service, "%u", port);
        int r = getaddrinfo(local ? "127.0.0.1" : host, service, &hints, &at);
        if (r != 0)
                return why_say(why, -EINVAL, "http: '%s' is no numeric address: %s", host, gai_strerror(r));
        _cleanup_(closep) int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int on = 1;
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || bind(fd, at->ai_addr, at->ai_addrlen) < 0 ||
            listen(fd, 64) < 0) {
                r = -errno;
                freeaddrinfo(at);
                return why_say(why, r, "http: cannot listen on %s port %u: %s; set http.listen or stop what holds it", host, port,
                               strerror(-r));
        }
        freeaddrinfo(at);
        struct sockaddr_storage name;
        socklen_t len = sizeof name;
        if (getsockname(fd, (struct sockaddr *)&name, &len) < 0)
                return -errno;
        *bound = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                                  : ((struct sockaddr_in *)&name)->sin_port);
        r = fd;
        fd = -1;
        return r;
}

int http_start(Http **ret, const char *host, uint16_t port, const HttpRoute *routes, Why *why) {
        uint16_t bound = 0;
        int fd = listener(host, port, &bound, why);
        if (fd < 0)
                return HTTP_E_LISTEN;
        Http *h = calloc(1, sizeof *h);
        if (!h) {
                close(fd);
                return -ENOMEM;
        }
        *h = (Http){ .routes = routes, .port = bound, .deadline_us = DEADLINE_US };
        h->ends.older = h->ends.newer = &h->ends;
        h->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
                                     MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                                     CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
                                     MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
                                     MHD_OPTION_END);
        if (!h->daemon) {
                close(fd);
                free(h);
                return why_say(why, HTTP_E_LISTEN, "http: cannot start on %s port %u", host, port);
        }
        h->epoll = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
        *ret = h;
        return 0;
}

uint16_t http_port(const Http *h) {
        return h->port;
}

int http_fd(const Http *h) {
        return h->epoll;
}

int http_wait_ms(const Http *h) {
        MHD_UNSIGNED_LONG_LONG ms = 0;
        int wait = -1;
        if (MHD_get_timeout(h->daemon, &ms) == MHD_YES)
                wait = ms > INT_MAX ? INT_MAX : (int)ms;
        if (h->n_clients == 0)
                return wait;
        int64_t left = (h->ends.newer->since_us + h->deadline_us - now_us() + 999) / 1000;
        left = left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
        return wait < 0 || left < wait ? (int)left : wait;
}

void http_serve(Http *h) {
        MHD_run(h->daemon);
        bool late = false;
        for (int64_t now = now_us(); h->n_clients && now - h->ends.newer->since_us >= h->deadline_us; late = true)
                give_way(h, h->ends.newer);
        if (late)
                MHD_run(h->daemon);
}

void http_deadline(Http *h, int64_t us) {
        h->deadline_us = us;
}

Http *http_stop(Http *h) {
        if (h) {
                MHD_stop_daemon(h->daemon);
                free(h);
        }
        return NULL;
}
