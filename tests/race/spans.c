/* What the ring of spans promises to one writer and one reader: each span whole, once, in order, and what finds no room known to
 * the writer. */
#include "task/span.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPANS 200000

static SpanRing ring;
static _Atomic int done;
static uint64_t dropped;

static void must(bool so, const char *what) {
        if (!so) {
                fprintf(stderr, "%s\n", what);
                exit(1);
        }
}

static void *writer(void *arg) {
        Span s = { 0 };
        (void)arg;
        for (int64_t i = 0; i < SPANS; i++) {
                s.offset = s.start_us = i;
                memset(s.topic, 'a' + (int)(i % 26), sizeof s.topic - 1);
                dropped += !span_put(&ring, &s);
        }
        atomic_store(&done, 1);
        return NULL;
}

int main(void) {
        pthread_t t;
        int64_t last = -1;
        uint64_t taken = 0;
        bool over = false;
        must(pthread_create(&t, NULL, writer, NULL) == 0, "no thread");
        while (!over) {
                over = atomic_load(&done);
                uint64_t n = spans_ready(&ring);
                for (uint64_t i = 0; i < n; i++) {
                        const Span *s = span_look(&ring, i);
                        must(s->offset > last && s->start_us == s->offset, "a span twice, torn or out of order");
                        must(s->topic[0] == 'a' + s->offset % 26 && s->topic[SPAN_TOPIC_MAX - 2] == s->topic[0], "a torn span");
                        last = s->offset;
                }
                spans_take(&ring, n);
                taken += n;
        }
        must(pthread_join(t, NULL) == 0, "no join");
        must(taken + dropped == SPANS, "a span that is neither read nor counted");
        return 0;
}
