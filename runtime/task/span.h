/* What a worker says of the records it traced, and the ring by which the supervisor's exporter hears it. Shared memory, one
 * writer and one reader; the writer never waits: what finds no room is counted and gone. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SPAN_TOPIC_MAX 250u          /* Kafka's 249 and a NUL */
#define SPAN_ERROR_MAX 24u           /* one word */
#define SPANS_RING 2048u             /* of one worker: 700 KiB of address space, touched pages only are resident */

typedef enum SpanKind { SPAN_PROCESS, SPAN_SEND } SpanKind;

typedef struct Span {
        uint8_t trace[16], id[8], parent[8];
        int64_t start_us, end_us;    /* wall */
        int64_t offset;              /* PROCESS */
        int32_t partition;           /* < 0: whoever sends chooses */
        uint32_t batch;              /* records in the same call of the plugin */
        uint8_t kind;
        char error[SPAN_ERROR_MAX];  /* empty: it went well */
        char topic[SPAN_TOPIC_MAX];
} Span;

typedef struct SpanRing {            /* zeroed at first */
        _Atomic uint64_t put, taken; /* counted on for ever */
        Span at[SPANS_RING];
} SpanRing;

/* false: full */
static inline bool span_put(SpanRing *r, const Span *s) {
        uint64_t put = atomic_load_explicit(&r->put, memory_order_relaxed);
        if (put - atomic_load_explicit(&r->taken, memory_order_acquire) >= SPANS_RING)
                return false;
        r->at[put % SPANS_RING] = *s;
        atomic_store_explicit(&r->put, put + 1, memory_order_release);
        return true;
}

static inline uint64_t spans_ready(const SpanRing *r) {
        uint64_t n = atomic_load_explicit(&r->put, memory_order_acquire) - atomic_load_explicit(&r->taken, memory_order_relaxed);
        return n < SPANS_RING ? n : SPANS_RING;
}

/* i < spans_ready(): not taken yet. */
static inline const Span *span_look(const SpanRing *r, uint64_t i) {
        return &r->at[(atomic_load_explicit(&r->taken, memory_order_relaxed) + i) % SPANS_RING];
}

static inline void spans_take(SpanRing *r, uint64_t n) {
        atomic_fetch_add_explicit(&r->taken, n, memory_order_release);
}
