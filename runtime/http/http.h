/* A small door for GET: paths answered by callbacks. libmicrohttpd lives here and nowhere else.
 *
 * It has no thread of its own, so that its owner may fork: the owner polls http_fd() for reading, at most http_wait_ms()
 * long, and calls http_serve(). Nobody keeps a place by being slow: a request has to be whole, and its answer taken, within
 * a deadline, and when all places are taken the oldest gives way to the newest, so that a probe gets through. [one thread] */
#pragma once

#include "core/buffer.h"
#include "core/error.h"

typedef struct Http Http;
typedef struct HttpRequest HttpRequest;

typedef struct HttpAnswer {
        unsigned status;             /* 200 unless changed */
        const char *type;            /* static; "text/plain; charset=utf-8" unless changed */
        Buffer body;
} HttpAnswer;

typedef struct HttpRoute {           /* borrowed for the life of the door; the last one has path NULL */
        const char *path;            /* "/livez" */
        void (*answer)(void *arg, const HttpRequest *q, HttpAnswer *ret);
        void *arg;
} HttpRoute;

/* The value of ?name=…: "" when it stands there without one, NULL when it does not stand there. */
const char *http_query(const HttpRequest *q, const char *name);

enum { HTTP_E_LISTEN = 1 };          /* not an address, in use, or not ours to take; *why says which */
/* host: numeric IPv4 or IPv6 address, or "localhost"; port 0: any free one. 0 | HTTP_E_LISTEN | -ENOMEM */
int http_start(Http **ret, const char *host, uint16_t port, const HttpRoute *routes, Why *why);
uint16_t http_port(const Http *h);
int http_fd(const Http *h);
int http_wait_ms(const Http *h);     /* -1: as long as you like */
void http_serve(Http *h);
void http_deadline(Http *h, int64_t us); /* 5 s unless set */
Http *http_stop(Http *h);
