/* The request that carries spans. */
#include "bin/otlp.h"
#include "core/cleanup.h"
#include "json/json.h"

#include <criterion/criterion.h>
#include <tocsin/value.h>

static SpanRing rings[2];
static const OtlpSource sources[] = { { "detector", 0, &rings[0] }, { "detector", 1, &rings[1] } };
static const Otlp otlp = { .url = "http://127.0.0.1:4318", .app = "a", .sources = sources, .n = 2 };

static Span span(SpanKind kind, const char *topic) {
        Span s = {
                .kind = kind, .start_us = 1700000000000001, .end_us = 1700000000000002, .partition = 3, .offset = 77, .batch = 1
        };
        memset(s.trace, 0xab, sizeof s.trace);
        memset(s.id, 0x01, sizeof s.id);
        memset(s.parent, 0xf0, sizeof s.parent);
        snprintf(s.topic, sizeof s.topic, "%s", topic);
        return s;
}

static const char *printed(size_t *n, uint64_t take[2]) {
        static char text[4 << 20];
        Buffer b = BUFFER_NULL;
        *n = otlp_print(&b, &otlp, take);
        cr_assert(!b.failed && b.len < sizeof text);
        memcpy(text, b.ptr, b.len);
        text[b.len] = 0;
        buffer_deinit(&b);
        return text;
}

Test(otlp, a_span_is_printed_by_the_conventions) {
        uint64_t take[2];
        size_t n;
        Span s = span(SPAN_PROCESS, "closed-loop.events");
        snprintf(s.error, sizeof s.error, "poison");
        cr_assert(span_put(&rings[1], &s));
        const char *text = printed(&n, take);
        cr_assert(n == 1 && take[0] == 0 && take[1] == 1);
        cr_assert_str_eq(
                text, "{\"resourceSpans\":[{\"resource\":{\"attributes\":["
                      "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"a\"}},"
                      "{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":\"a.detector.1\"}},"
                      "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"" TOCSIN_VERSION "\"}},"
                      "{\"key\":\"tocsin.pipeline\",\"value\":{\"stringValue\":\"detector\"}}]},"
                      "\"scopeSpans\":[{\"scope\":{\"name\":\"tocsin\",\"version\":\"" TOCSIN_VERSION "\"},\"spans\":["
                      "{\"traceId\":\"abababababababababababababababab\",\"spanId\":\"0101010101010101\","
                      "\"parentSpanId\":\"f0f0f0f0f0f0f0f0\",\"name\":\"process closed-loop.events\",\"kind\":5,"
                      "\"startTimeUnixNano\":\"1700000000000001000\",\"endTimeUnixNano\":\"1700000000000002000\",\"attributes\":["
                      "{\"key\":\"messaging.system\",\"value\":{\"stringValue\":\"kafka\"}},"
                      "{\"key\":\"messaging.operation.name\",\"value\":{\"stringValue\":\"process\"}},"
                      "{\"key\":\"messaging.operation.type\",\"value\":{\"stringValue\":\"process\"}},"
                      "{\"key\":\"messaging.destination.name\",\"value\":{\"stringValue\":\"closed-loop.events\"}},"
                      "{\"key\":\"messaging.destination.partition.id\",\"value\":{\"stringValue\":\"3\"}},"
                      "{\"key\":\"messaging.kafka.offset\",\"value\":{\"intValue\":\"77\"}},"
                      "{\"key\":\"messaging.consumer.group.name\",\"value\":{\"stringValue\":\"a.detector\"}},"
                      "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"poison\"}}],\"status\":{\"code\":2}}]}]}]}");
}

/* The page is shared with a process that runs plugins: whatever it writes there, this is one JSON text of a bounded size. */
Test(otlp, whatever_lies_in_the_page_is_json_and_bounded) {
        uint64_t take[2];
        size_t n;
        unsigned seed = 7;
        for (size_t i = 0; i < SPANS_RING; i++) {
                Span s = span(i % 2 ? SPAN_SEND : SPAN_PROCESS, "");
                for (size_t k = 0; k < sizeof s.topic; k++)
                        s.topic[k] = (char)rand_r(&seed);
                s.topic[i % 3 ? i % sizeof s.topic : sizeof s.topic - 1] = 0;
                memset(s.error, (int)i, sizeof s.error);
                cr_assert(span_put(&rings[0], &s));
        }
        rings[0].at[5].topic[SPAN_TOPIC_MAX - 1] = 'x'; /* and no end */
        rings[1].put = 1000;
        _cleanup_(arena_freep) Arena *a = arena_new(64 << 20);
        tocsin_value v;
        Why why = { 0 };
        const char *text = printed(&n, take);
        cr_assert(n == OTLP_BATCH && take[0] == OTLP_BATCH && take[1] == 0);
        cr_assert_eq(json_parse(a, bytes_z(text), &v, NULL, &why), 0, "%s", why.text);
        for (size_t i = 0; i < SPANS_RING / OTLP_BATCH; i++)
                spans_take(&rings[0], OTLP_BATCH);
        text = printed(&n, take);
        cr_assert(n == OTLP_BATCH && take[0] == 0 && take[1] == OTLP_BATCH);
        rings[1].put = UINT64_MAX;
        text = printed(&n, take);
        cr_assert(n == OTLP_BATCH && *text);
        rings[1].put = 0;
        text = printed(&n, take);
        cr_assert_str_eq(text, "{\"resourceSpans\":[]}");
        cr_assert_eq(n, 0);
}
