/* L3: anti-replay window and digest memory. */
#include "window.h"

static uint64_t *word_of(Window *w, int64_t number, uint64_t *bit) {
        uint64_t at = (uint64_t)number % WINDOW_BITS;
        *bit = UINT64_C(1) << (at % 64);
        return &w->bits[at / 64];
}

static void mark(Window *w, int64_t number) {
        uint64_t bit, *word = word_of(w, number, &bit);
        *word |= bit;
}

static bool marked(Window *w, int64_t number) {
        uint64_t bit, *word = word_of(w, number, &bit);
        return *word & bit;
}

/* The window moves up: numbers between are fresh again. */
static void advance(Window *w, int64_t number, int64_t time) {
        uint64_t step = (uint64_t)number - (uint64_t)w->high;
        if (step >= WINDOW_BITS)
                memset(w->bits, 0, sizeof w->bits);
        else
                for (uint64_t i = 1; i < step; i++) {
                        uint64_t bit, *word = word_of(w, (int64_t)((uint64_t)w->high + i), &bit);
                        *word &= ~bit;
                }
        w->high = number;
        w->high_time = time;
        w->leapt = 0;
        mark(w, number);
}

/* A second number just above the leap: the producer is there now. */
static bool confirms(const Window *w, int64_t number) {
        return w->leapt && number > w->leap && (uint64_t)number - (uint64_t)w->leap < WINDOW_BITS;
}

WindowAnswer window_step(Window *w, int64_t number, int64_t time, int64_t missing[2]) {
        if (!w->used) {
                w->used = 1;
                w->high = number;
                w->high_time = time;
                mark(w, number);
                return WINDOW_FIRST;
        }
        if (number > w->high) {
                uint64_t ahead = (uint64_t)number - (uint64_t)w->high;
                if (ahead == 1) {
                        advance(w, number, time);
                        return WINDOW_NEXT;
                }
                if (confirms(w, number)) {
                        int64_t leap = w->leap;
                        advance(w, leap, time);
                        advance(w, number, time);
                        if (number == leap + 1)
                                return WINDOW_NEXT;
                        missing[0] = leap + 1;
                        missing[1] = number - 1;
                        return WINDOW_AHEAD;
                }
                if (w->leapt && number == w->leap)
                        return WINDOW_SEEN;
                missing[0] = w->high + 1;
                missing[1] = number - 1;
                if (ahead > WINDOW_BITS) {
                        w->leapt = 1;
                        w->leap = number;
                        return WINDOW_LEAP;
                }
                advance(w, number, time);
                return WINDOW_AHEAD;
        }
        if ((uint64_t)w->high - (uint64_t)number >= WINDOW_BITS)
                return WINDOW_BELOW;
        if (marked(w, number))
                return WINDOW_SEEN;
        mark(w, number);
        return WINDOW_FILL;
}

Seen seen_of(const uint8_t digest[32], int64_t arrival_us, int64_t now_us) {
        Seen s;
        memcpy(&s.digest, digest, 8);
        s.arrival_ms = (uint32_t)(arrival_us / 1000);
        s.now_ms = (uint32_t)(now_us / 1000);
        return s;
}

const Seen *recent_find(const Recent *r, const Seen *s) {
        for (uint32_t i = 0; i < RECENT_LEN; i++)
                if (r->seen[i].digest == s->digest)
                        return &r->seen[i];
        return NULL;
}

void recent_add(Recent *r, const Seen *s) {
        r->seen[r->next++ % RECENT_LEN] = *s;
}

uint32_t bucket_of(const Seen *s) {
        return (uint32_t)(s->digest % RECENT_BUCKETS);
}

const Seen *bucket_find(const RecentBucket *b, const Seen *s) {
        for (uint32_t i = 0; i < b->n && i < RECENT_WAYS; i++)
                if (b->seen[i].digest == s->digest)
                        return &b->seen[i];
        return NULL;
}

void bucket_add(RecentBucket *b, const Seen *s, int64_t time) {
        uint32_t at = 0;
        if (b->n < RECENT_WAYS)
                at = b->n++;
        else
                for (uint32_t i = 1; i < RECENT_WAYS; i++)
                        if (b->times[i] < b->times[at])
                                at = i;
        b->seen[at] = *s;
        b->times[at] = time;
}

#define SKEW_MS 10000u /* two clocks, each ahead by what the host allows */

bool seen_resend(const Seen *old, const Seen *again, int64_t own_us, uint32_t within_ms) {
        uint32_t by = again->arrival_ms - old->arrival_ms;
        if (by != 0)
                return by <= within_ms || -by <= within_ms;
        return own_us <= (int64_t)within_ms * 1000 && again->now_ms - old->now_ms <= within_ms + SKEW_MS;
}
