/* Laws over streams: how each is proved. */
#pragma once

#include "bin/conform_play.h"

int prove_pure(Kit *k, Why *why);
int prove_total(Kit *k, Why *why);
int prove_limits(Kit *k, Why *why);
int prove_same(Kit *k, Why *why);
int prove_place(Kit *k, Why *why);
int prove_borrowed(Kit *k, Why *why);
int prove_cut(Kit *k, Why *why);
int prove_abort(Kit *k, Why *why);
int prove_timers(Kit *k, Why *why);
int prove_batch(Kit *k, Why *why);
int prove_memory(Kit *k, Why *why);
int prove_refusal(Kit *k, Why *why);
int prove_oldest(Kit *k, Why *why);
int prove_elder(Kit *k, Why *why);
int prove_instances(Kit *k, Why *why);

/* Several lives at a time against each alone. */
int law_instances(Kit *k, const Stream *s, Why *why);
