/* The life of one worker process, and the child that holds the embedded broker. */
#pragma once

#include "bin/needs.h"
#include "bin/supervisor.h"

/* In the child of a seat: loads schemas and plugin, works until SIGTERM, commits, ends. Plugins are loaded here and not
 * before the fork: what their code does at loading happens to their own process, and a new life takes a new file.
 * The exit code: 0 drained | EX_CONFIG: refused, said | EX_SOFTWARE, EX_OSERR: the next life may fare better */
int work_run(const Config *c, const Seat *seat, const WorkerSkip *skip, size_t n_skip);

/* In the child of a standby: the same, but it follows the pipeline's changelog until it is told to go; then it is that worker. */
int work_stand_by(const Config *c, const Seat *self, const StandbyOrders *orders, const Seat *seats);

/* In a child: checks all, prints complaints and, if `topics` >= 0, writes the topics that pipelines need there, one a line:
 * "NAME PARTITIONS". The exit code. */
int work_preflight(const Config *c, int topics);
/* In a child: says on stderr all that `tocsin check` finds. The exit code. */
int work_check(const char *file);
/* In a child: are the topics there that a run of this configuration waits for? 0: they are, or it makes them, or no broker says |
 * EX_UNAVAILABLE: what is wrong is written to `out`, with the remedy | EX_OSERR. patience_us: for one question. */
int work_topics(const Config *c, int64_t patience_us, int out);
/* In a child: serves until SIGKILL, which loses nothing: it has nothing but memory. Reads such lines from `topics`, writes
 * the address and a newline to `bootstrap`. */
int work_broker(FILE *topics, int bootstrap);
