/* The exporter's life: look, send, take; wait when nobody answers. Spans stay in their rings until they are delivered. */
#include "bin/otlp.h"

#include "bin/process.h"
#include "core/cleanup.h"
#include "core/clock.h"
#include "core/log.h"
#include "json/json.h"

#include <poll.h>
#include <stdlib.h>
#include <tocsin/value.h>

#define LOOK_MS 500 /* between two looks: how late a span may be */
#define POST_MS 5000
#define LAST_MS 700 /* of the last one, while the supervisor waits */
#define BACKOFF_MAX_MS 30000
#define ANSWER_BYTES ((size_t)64 << 10)
#define REQUEST_BYTES ((size_t)8 << 20) /* OTLP_BATCH with the longest topics */
#define ARENA_BYTES ((size_t)1 << 20)

typedef struct Exporter {
        const Otlp *o;
        uint64_t *take;
        Buffer body, answer;
        Metric *sent, *refused, *failures;
        bool down;
} Exporter;

static bool again_later(unsigned status) {
        return status == 429 || status == 502 || status == 503 || status == 504;
}

/* How many of a request that went well were not wanted after all. */
static double rejected(Bytes answer) {
        _cleanup_(arena_freep) Arena *a = arena_new(ARENA_BYTES);
        tocsin_value v;
        if (!a || json_parse(a, answer, &v, NULL, NULL) != 0)
                return 0;
        const tocsin_value *n = tocsin_find(tocsin_find(&v, "partialSuccess"), "rejectedSpans");
        if (tocsin_is(n, TOCSIN_I64))
                return n->u.i64 > 0 ? (double)n->u.i64 : 0;
        char text[24];
        Bytes b = tocsin_as_bytes(n);
        snprintf(text, sizeof text, "%.*s", b.len < sizeof text ? (int)b.len : 0, (const char *)b.ptr);
        return b.len ? strtod(text, NULL) : 0;
}

static void take(Exporter *e) {
        for (size_t i = 0; i < e->o->n; i++)
                spans_take(e->o->sources[i].ring, e->take[i]);
}

static void say(Exporter *e, bool down, const char *reason) {
        if (down != e->down)
                LOG(down ? LOG_WARN : LOG_INFO, down ? "spans.down" : "spans.up",
                    down ? "the collector does not take spans; it is tried again, nothing else waits for it"
                         : "the collector takes spans",
                    LOG_S("otlp", e->o->url), LOG_S("reason", reason));
        e->down = down;
}

/* > 0: there may be more at once | 0: nothing waits | < 0: nobody takes it */
static int export(Exporter *e, int wait_ms) {
        unsigned status = 0;
        Why why = { 0 };
        buffer_clear(&e->body);
        size_t n = otlp_print(&e->body, e->o, e->take);
        if (!n)
                return 0;
        if (e->body.failed) {
                take(e);
                metric_add(e->refused, (double)n);
                return 1;
        }
        int r = otlp_post(e->o->url, "/v1/traces", buffer_bytes(&e->body), wait_ms, &status, &e->answer, &why);
        if (r != 0 || again_later(status)) {
                metric_add(e->failures, 1);
                if (r == 0)
                        why_say(&why, 1, "it answers %u", status);
                say(e, true, why.text);
                return -1;
        }
        take(e);
        if (status / 100 == 2) {
                double lost = rejected(buffer_bytes(&e->answer));
                lost = lost > (double)n ? (double)n : lost;
                metric_add(e->sent, (double)n - lost);
                metric_add(e->refused, lost);
                say(e, false, "");
        } else {
                metric_add(e->refused, (double)n);
                why_say(&why, 1, "it answers %u and wants none of them", status);
                say(e, true, why.text);
        }
        return n == OTLP_BATCH;
}

int otlp_run(void *otlp) {
        const Otlp *o = otlp;
        Exporter e = { .o = o,
                       .take = calloc(o->n + 1, sizeof *e.take),
                       .body = { .max = REQUEST_BYTES },
                       .answer = { .max = ANSWER_BYTES } };
        if (!e.take)
                return EXIT_FAILURE;
        e.sent = metric_get(o->metrics, METRIC_COUNTER, "tocsin_spans_exported_total", "", "Spans that the collector took");
        e.refused = metric_get(o->metrics, METRIC_COUNTER, "tocsin_spans_refused_total", "", "Spans that the collector refused");
        e.failures = metric_get(o->metrics, METRIC_COUNTER, "tocsin_span_exports_failed_total", "",
                                "Requests that the collector did not answer, or not now");
        int64_t wait = LOOK_MS;
        while (!process_stopping()) {
                int r = export(&e, POST_MS);
                wait = r < 0 ? (wait < BACKOFF_MAX_MS / 2 ? wait * 2 : BACKOFF_MAX_MS) : LOOK_MS;
                if (r <= 0 && !process_stopping())
                        poll(NULL, 0, (int)wait); /* SIGTERM ends it */
        }
        while (export(&e, LAST_MS) > 0)
                ;
        buffer_deinit(&e.body);
        buffer_deinit(&e.answer);
        free(e.take);
        return 0;
}
