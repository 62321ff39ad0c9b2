/* The benchmarks behind `tocsin bench`. Each prints its figures and returns an exit code; none judges. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct BenchTask {
        const char *plugin;          /* name, or path with a '/' */
        const char *schemas;         /* a folder besides the built-in ones, or NULL */
        bool own;                    /* a path: it has the ports events and alerts, in this order, and its own schema */
        int64_t events, rounds, loops;
        bool one_turn;               /* the events twice, the second time counted, each in one turn and without its commit */
        bool json;
} BenchTask;

int bench_codec(bool json);
int bench_task(const BenchTask *b);
int bench_kafka(const char *plugin);

/* One figure of several rounds: median, least and greatest, on one line. v is sorted by the call. */
void bench_print(bool json, const char *name, const char *unit, double *v, int n);
/* CPU time of this process, all threads, in nanoseconds. */
int64_t bench_cpu_ns(void);
