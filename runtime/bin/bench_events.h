/* Closed-loop events to measure with: 232 bytes on average, single-object framing, the shape of a monitoring stream. Each
 * loop's producer numbers its events without gaps, values walk quietly, so that a detector finds nothing and does its
 * ordinary work. The same index gives the same event in every run. */
#pragma once

#include "codec/codec.h"

#define BENCH_LOOPS 1000u

typedef struct BenchLoop { uint64_t sequence, trigger; } BenchLoop; /* last number given; last TRIGGER, which its CLEAR cites */
typedef struct BenchEvents {
        BenchLoop *loop;                 /* so many, zeroed at first; the caller's */
        unsigned loops;
        uint64_t n;                      /* events made */
        int64_t from_us;                 /* event time of the first */
        int64_t step_us;                 /* event time between two */
} BenchEvents;

/* Appends the next event, framed, in `schema` (tocsin.ClosedLoopEvent or a schema with its fields); *loop: its number. */
int bench_event(BenchEvents *b, const Schema *schema, Buffer *out, unsigned *loop, Why *why);
/* The key of a loop, "loop-00042", NUL-terminated. */
void bench_loop(unsigned loop, char ret[16]);
/* The registry entry of a loop in `schema` (tocsin.Loop), framed. */
int bench_loop_entry(unsigned loop, const Schema *schema, Buffer *out, Why *why);
