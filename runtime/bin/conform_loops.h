/* Closed loops as they might be: a few of them, with producers that count, causes that exist and targets they share. */
#pragma once

#include "bin/conform_random.h"

#define LOOPS 3u
#define PRODUCERS 2u

typedef struct Loops {
        int64_t now_us;              /* event time of the next event */
        int64_t sequence[LOOPS][PRODUCERS];
        uint64_t made;               /* ids e1 .. */
        uint32_t loop, producer;     /* of the event being made */
} Loops;

/* Before each event. */
void loops_next(Loops *l, Random *r);
/* For random_value() of tocsin.ClosedLoopEvent; arg: Loops. */
bool loops_at(void *arg, const char *path, Random *r, Arena *a, tocsin_value *ret);
