/* Spans to an OpenTelemetry collector: OTLP/HTTP with JSON, in a process of its own, so that a collector that is slow, dead or
 * hostile is nobody's trouble but its. */
#pragma once

#include "core/buffer.h"
#include "core/error.h"
#include "core/metric.h"
#include "task/span.h"

typedef struct OtlpSource {          /* one worker */
        const char *pipeline;
        uint32_t ordinal;
        SpanRing *ring;
} OtlpSource;

typedef struct Otlp {                /* borrowed */
        const char *url, *app;
        const OtlpSource *sources;
        size_t n;
        Metrics *metrics;            /* the exporter's own page */
} Otlp;

#define OTLP_BATCH 512u              /* spans in one request: some hundred kilobytes of text */

/* The request for at most OTLP_BATCH spans that wait; none is taken. take[]: how many of each source. Returns their number. */
size_t otlp_print(Buffer *out, const Otlp *o, uint64_t *take);

/* Until SIGTERM, then what waits once more. For process_start(). */
int otlp_run(void *otlp);

/* POST of JSON; blocks for `wait_ms` at most. 0: *status, and what was answered in `ret` (its max is the bound) | 1: no answer,
 * *why */
int otlp_post(const char *url, const char *path, Bytes body, int wait_ms, unsigned *status, Buffer *ret, Why *why);
