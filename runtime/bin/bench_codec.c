/* What a whole event, the fields a job declares, and an encoding cost. */
#include "bin/bench.h"
#include "bin/bench_events.h"
#include "bin/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#define EVENTS 2048u /* different ones, so that no branch is learnt by heart; half a MiB: in the second cache */
#define PASSES 60u
#define ROUNDS 7

typedef struct Sample {
        Buffer bytes;
        size_t at[EVENTS + 1];
        tocsin_value value[EVENTS];
        Arena *arena, *values;
} Sample;

int64_t bench_cpu_ns(void) {
        struct timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

void bench_print(bool json, const char *name, const char *unit, double *v, int n) {
        qsort(v, (size_t)n, sizeof *v, by_size);
        if (json)
                printf("{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.6g,\"min\":%.6g,\"max\":%.6g,\"rounds\":%d}\n", name, unit,
                       v[n / 2], v[0], v[n - 1], n);
        else
                printf("%-32s %10.4g %s   (%.4g to %.4g, %d rounds)\n", name, v[n / 2], unit, v[0], v[n - 1], n);
        fflush(stdout);
}

static int fill(Sample *s, const Schema *schema, Why *why) {
        BenchEvents *events = calloc(1, sizeof *events);
        unsigned loop;
        int r = events ? 0 : -ENOMEM;
        for (unsigned i = 0; r == 0 && i < EVENTS; i++) {
                BenchLoop loops[BENCH_LOOPS] = { 0 }; /* each event is its loop's first */
                *events = (BenchEvents){ .loop = loops, .loops = BENCH_LOOPS, .n = events->n };
                events->from_us = INT64_C(1750000000000000);
                events->step_us = 100;
                r = bench_event(events, schema, &s->bytes, &loop, why);
                s->at[i + 1] = s->bytes.len;
        }
        free(events);
        return r;
}

static Bytes event(const Sample *s, unsigned i) { /* without its frame of ten bytes */
        return bytes_of(s->bytes.ptr + s->at[i] + 10, s->at[i + 1] - s->at[i] - 10);
}

static int decode(Sample *s, const Plan *plan, bool json, const char *name) {
        double ns[ROUNDS];
        tocsin_value v;
        for (int round = 0; round < ROUNDS; round++) {
                int64_t begun = bench_cpu_ns();
                for (unsigned pass = 0; pass < PASSES; pass++)
                        for (unsigned i = 0; i < EVENTS; i++) {
                                arena_reset(s->arena);
                                if (plan_decode(plan, event(s, i), s->arena, &v) != 0)
                                        return EX_SOFTWARE;
                        }
                ns[round] = (double)(bench_cpu_ns() - begun) / (PASSES * EVENTS);
        }
        bench_print(json, name, "ns", ns, ROUNDS);
        return 0;
}

static int encode(Sample *s, const Schema *schema, const Plan *plan, bool json) {
        double ns[ROUNDS];
        Buffer out = BUFFER_NULL;
        int r = 0;
        for (unsigned i = 0; r == 0 && i < EVENTS; i++)
                r = plan_decode(plan, event(s, i), s->values, &s->value[i]);
        for (int round = 0; r == 0 && round < ROUNDS; round++) {
                int64_t begun = bench_cpu_ns();
                for (unsigned pass = 0; r == 0 && pass < PASSES; pass++)
                        for (unsigned i = 0; r == 0 && i < EVENTS; i++) {
                                buffer_clear(&out);
                                r = codec_encode(schema, &s->value[i], &out, NULL);
                        }
                ns[round] = (double)(bench_cpu_ns() - begun) / (PASSES * EVENTS);
        }
        buffer_deinit(&out);
        if (r == 0)
                bench_print(json, "encode whole", "ns", ns, ROUNDS);
        return r == 0 ? 0 : EX_SOFTWARE;
}

static int measure(Sample *s, const Schema *schema, bool json, Why *why) {
        static const char *const reads[] = { "id", "loop", "kind", "event_time" };
        _cleanup_(plan_freep) Plan *whole = NULL, *some = NULL;
        double size = (double)s->bytes.len / EVENTS;
        int r = plan_new(&whole, schema, schema, NULL, 0, why);
        if (r == 0)
                r = plan_new(&some, schema, schema, reads, 4, why);
        if (r != 0)
                return EX_SOFTWARE;
        bench_print(json, "event with its frame", "bytes", &size, 1);
        r = decode(s, whole, json, "decode whole");
        if (r == 0)
                r = decode(s, some, json, "decode four declared fields");
        return r == 0 ? encode(s, schema, whole, json) : r;
}

int bench_codec(bool json) {
        _cleanup_(schemas_freep) Schemas *schemas = NULL;
        Why why = { 0 };
        int r = load_schemas(&schemas, NULL);
        Sample *s = r == 0 ? calloc(1, sizeof *s) : NULL;
        if (!s)
                return r ? r : EX_OSERR;
        s->arena = arena_new(1u << 20);
        s->values = arena_new(64u << 20);
        const Schema *schema = schemas_by_name(schemas, "tocsin.ClosedLoopEvent");
        r = s->arena && s->values && schema ? fill(s, schema, &why) : -ENOMEM;
        if (r == 0)
                r = measure(s, schema, json, &why);
        if (r != 0)
                fprintf(stderr, "tocsin bench: %s\n", why.text[0] ? why.text : "out of memory");
        arena_free(s->arena);
        arena_free(s->values);
        buffer_deinit(&s->bytes);
        free(s);
        return r < 0 ? EX_OSERR : r;
}
