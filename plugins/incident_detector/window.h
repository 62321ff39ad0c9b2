/* L3: the anti-replay window of RFC 6479, one for each producer and incarnation, and the short memory of digests that
 * tells a resend from a replay. */
#pragma once

#include "base.h"

#define WINDOW_BITS 1024u        /* numbers that may still come out of order: 17 minutes at one event a second */
#define RECENT_LEN 32u           /* digests of a numbered producer's latest events: a batch that is sent twice */
#define RECENT_WAYS 16u          /* entries in one bucket of an unnumbered producer's memory ... */
#define RECENT_BUCKETS 64u       /* ... of so many: 10 minutes at 1.7 events a second */

typedef struct Window {
        uint32_t used, leapt;    /* leapt: `leap` waits for a second number to confirm it */
        int64_t high, high_time; /* highest number, and its event time */
        int64_t leap;
        uint64_t bits[WINDOW_BITS / 64];
} Window;

typedef enum WindowAnswer {
        WINDOW_FIRST, WINDOW_NEXT,
        WINDOW_AHEAD,            /* fresh, and numbers between are missing */
        WINDOW_LEAP,             /* so far ahead that the window waits for a second one before it believes */
        WINDOW_FILL,             /* fresh, below the highest */
        WINDOW_SEEN,             /* this number was here before */
        WINDOW_BELOW             /* older than the window remembers */
} WindowAnswer;

/* missing: for AHEAD and LEAP the first and last number that is missing. */
WindowAnswer window_step(Window *w, int64_t number, int64_t time, int64_t missing[2]);

/* What came lately: the first half of its digest's bytes, and when it came (arrival and wall time, milliseconds). */
typedef struct Seen {
        uint64_t digest;
        uint32_t arrival_ms, now_ms;
} Seen;
typedef struct Recent {
        uint32_t next, spare;
        Seen seen[RECENT_LEN];
} Recent;
typedef struct RecentBucket {
        int64_t times[RECENT_WAYS]; /* event times: the oldest gives way */
        Seen seen[RECENT_WAYS];
        uint32_t n, spare;
} RecentBucket;

Seen seen_of(const uint8_t digest[32], int64_t arrival_us, int64_t now_us);
const Seen *recent_find(const Recent *r, const Seen *s);
void recent_add(Recent *r, const Seen *s);
uint32_t bucket_of(const Seen *s);
const Seen *bucket_find(const RecentBucket *b, const Seen *s);
void bucket_add(RecentBucket *b, const Seen *s, int64_t time);
/* The same bytes came before as `old`: within_ms of each other? Where the arrivals are equal they say nothing (a copied
 * timestamp, or a source that has none): then neither its producer (own_us beyond it by event time) nor, allowing for
 * skewed clocks, the wall time may have moved on. */
bool seen_resend(const Seen *old, const Seen *again, int64_t own_us, uint32_t within_ms);
