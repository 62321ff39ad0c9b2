/* The workload of all contestants, written without a line of Tocsin. Event i is a pure function of i and the shape, so every tool
 * can make it again and no state is kept.
 *
 * J1  every event of kind TRIGGER gives one alert.
 * J2  events are counted by loop in tumbling windows of event time; the event that brings a count to THRESHOLD gives one alert.
 * Both alerts hold the loop, the id and the time of that event, and a severity taken from its metric "load". */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        STEP_US = 100, /* event time between two events: with 10,000 loops 10 events a loop and window on average */
        WINDOW_US = 10000000,
        THRESHOLD = 18, /* P(Poisson(10) >= 18) = 1.4 % of the windows alert */
        HOT_LOOPS = 1000,
        HOT_SHARE = 10, /* where loops are many, one event in ten is of a few hot ones: so there are alerts with any number */
        KIND_TELEMETRY = 0,
        KIND_TRIGGER = 1,
        HEADER = 10, /* single-object encoding: C3 01, fingerprint */
        EVENT_MAX = 4096,
        ALERT_MAX = 96,
        KEY_MAX = 24,
};
#define EVENT_TIME_ZERO INT64_C(1750000000000000)

/* What a stream is like. */
typedef struct Shape {
        uint64_t loops;              /* 10,000 usually */
        bool hot;                    /* see HOT_SHARE */
        size_t bytes;                /* of an event on average, about: 232 usually; below 200 what is optional is left out */
} Shape;
/* LOOPS[h]/BYTES, as in 10000/232 and 1000000h/232; false: it is not one. */
bool shape_parse(Shape *ret, const char *text);

typedef struct Span { const char *at; size_t len; } Span;

/* What the jobs use of an event. The spans point into the decoded bytes. */
typedef struct Event {
        Span id, loop;
        int kind;
        int64_t time;
        double load;
} Event;

uint64_t event_loop(const Shape *s, uint64_t i);
size_t event_key(char key[KEY_MAX], uint64_t loop);
size_t event_encode(uint8_t out[EVENT_MAX], const Shape *s, uint64_t i, int64_t time);

/* Walks every field of a framed event with bounds checks; false when the bytes are not one whole event. */
bool event_decode(const uint8_t *in, size_t len, Event *ret);
size_t alert_encode(uint8_t out[ALERT_MAX], const Event *e);
/* Time of a framed event or alert, for latencies; -1 when it is neither. */
int64_t framed_time(const uint8_t *in, size_t len);

/* FNV-1a over key and value. Sums of it do not depend on the order of records. */
uint64_t record_hash(const void *key, size_t key_len, const void *value, size_t len);

/* How many records, and the sum of their hashes. */
typedef struct Total { uint64_t n, sum; } Total;

/* What the jobs must make of the events shown to it, in order. */
typedef struct Oracle Oracle;
Oracle *oracle_new(const Shape *s);
void oracle_free(Oracle *o);
void oracle_see(Oracle *o, uint64_t i, const uint8_t *event, size_t len);
/* One line a job: name, records, checksum. */
void oracle_print(const Oracle *o);
