/* The request: spans by OpenTelemetry's conventions for messaging, as protobuf's JSON with ids in hexadecimal digits. */
#include "bin/otlp.h"

#include "value/value.h"

enum { KIND_PRODUCER = 4, KIND_CONSUMER = 5, STATUS_ERROR = 2 };

static void text(Buffer *out, const char *key, const char *z) {
        buffer_printf(out, "{\"key\":\"%s\",\"value\":{\"stringValue\":", key);
        value_print_string(out, bytes_z(z));
        buffer_put_z(out, "}}");
}

static void number(Buffer *out, const char *key, int64_t v) {
        buffer_printf(out, ",{\"key\":\"%s\",\"value\":{\"intValue\":\"%lld\"}}", key, (long long)v);
}

static void id(Buffer *out, const char *name, const uint8_t *p, size_t n) {
        buffer_printf(out, "\"%s\":\"", name);
        for (size_t i = 0; i < n; i++)
                buffer_printf(out, "%02x", p[i]);
        buffer_put_z(out, "\",");
}

static void attributes(Buffer *out, const Span *s, const char *group) {
        const char *operation = s->kind == SPAN_SEND ? "send" : "process";
        char partition[16];
        text(out, "messaging.system", "kafka");
        buffer_u8(out, ',');
        text(out, "messaging.operation.name", operation);
        buffer_u8(out, ',');
        text(out, "messaging.operation.type", operation);
        buffer_u8(out, ',');
        text(out, "messaging.destination.name", s->topic);
        if (s->partition >= 0) {
                snprintf(partition, sizeof partition, "%d", (int)s->partition);
                buffer_u8(out, ',');
                text(out, "messaging.destination.partition.id", partition);
        }
        if (s->offset >= 0)
                number(out, "messaging.kafka.offset", s->offset);
        if (s->kind == SPAN_PROCESS) {
                buffer_u8(out, ',');
                text(out, "messaging.consumer.group.name", group);
        }
        if (s->batch > 1)
                number(out, "messaging.batch.message_count", s->batch);
        if (s->error[0]) {
                buffer_u8(out, ',');
                text(out, "error.type", s->error);
        }
}

static void span(Buffer *out, const Span *s, const char *group) {
        char name[SPAN_TOPIC_MAX + 16];
        buffer_u8(out, '{');
        id(out, "traceId", s->trace, sizeof s->trace);
        id(out, "spanId", s->id, sizeof s->id);
        id(out, "parentSpanId", s->parent, sizeof s->parent);
        snprintf(name, sizeof name, "%s %s", s->kind == SPAN_SEND ? "send" : "process", s->topic);
        buffer_put_z(out, "\"name\":");
        value_print_string(out, bytes_z(name));
        buffer_printf(out, ",\"kind\":%d,\"startTimeUnixNano\":\"%lld000\",\"endTimeUnixNano\":\"%lld000\",\"attributes\":[",
                      s->kind == SPAN_SEND ? KIND_PRODUCER : KIND_CONSUMER, (long long)s->start_us, (long long)s->end_us);
        attributes(out, s, group);
        buffer_u8(out, ']');
        if (s->error[0])
                buffer_printf(out, ",\"status\":{\"code\":%d}", STATUS_ERROR);
        buffer_u8(out, '}');
}

static void resource(Buffer *out, const Otlp *o, const OtlpSource *from) {
        char instance[128];
        snprintf(instance, sizeof instance, "%s.%s.%u", o->app, from->pipeline, from->ordinal);
        buffer_put_z(out, "{\"resource\":{\"attributes\":[");
        text(out, "service.name", o->app);
        buffer_u8(out, ',');
        text(out, "service.instance.id", instance);
        buffer_u8(out, ',');
        text(out, "service.version", TOCSIN_VERSION);
        buffer_u8(out, ',');
        text(out, "tocsin.pipeline", from->pipeline);
        buffer_put_z(out, "]},\"scopeSpans\":[{\"scope\":{\"name\":\"tocsin\",\"version\":\"" TOCSIN_VERSION "\"},\"spans\":[");
}

size_t otlp_print(Buffer *out, const Otlp *o, uint64_t *take) {
        size_t left = OTLP_BATCH;
        const char *between = "";
        buffer_put_z(out, "{\"resourceSpans\":[");
        for (size_t i = 0; i < o->n; i++) {
                uint64_t n = spans_ready(o->sources[i].ring);
                char group[160];
                take[i] = n = n < left ? n : left;
                if (!n)
                        continue;
                left -= n;
                snprintf(group, sizeof group, "%s.%s", o->app, o->sources[i].pipeline);
                buffer_put_z(out, between);
                between = ",";
                resource(out, o, &o->sources[i]);
                for (uint64_t k = 0; k < n; k++) {
                        if (k)
                                buffer_u8(out, ',');
                        Span s = *span_look(o->sources[i].ring, k); /* whose page others write: it is looked at once */
                        s.topic[sizeof s.topic - 1] = s.error[sizeof s.error - 1] = 0;
                        span(out, &s, group);
                }
                buffer_put_z(out, "]}]}");
        }
        buffer_put_z(out, "]}");
        return OTLP_BATCH - left;
}
