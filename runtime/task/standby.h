/* A standby: follows the changelog of a whole pipeline into tables, so that a worker that takes them over has only the tail to
 * read. It reads committed records, without a group; it has no producer, so that it can neither write nor fence anybody, and
 * no instance of the plugin. [one thread]
 *
 * With tables on disk it follows nothing: the store of the worker that died is there, and whoever adopts reads on from it.
 *
 * What it holds is bounded as in a worker that owns every partition: each table by its fixed share of memory.max. A partition
 * that does not fit is left out and said; whoever adopts it restores that one from its beginning. */
#pragma once

#include "state/timers.h"
#include "task/worker.h"

typedef struct StandbyConf {             /* all borrowed for the standby's life */
        const Config *config;
        const ConfigPipeline *pipeline;
        uint32_t number;                 /* of this host's for this pipeline */
        const Clock *clock;
        BusMemLog *mem;                  /* NULL: Kafka */
        Metrics *metrics;
        InFlight *in_flight;             /* its own: ready once it had caught up; restore_done, restore_total: read, to be read */
} StandbyConf;

int standby_new(Standby **ret, const StandbyConf *conf);                           /* 0 | -ENOMEM */
Standby *standby_free(Standby *s);
/* A slice of following. 0: worked | WORKER_E_IDLE | WORKER_E_WAIT: trouble outside, said | < 0: this process cannot go on */
int standby_step(Standby *s, int64_t wait_us);
/* It is about to be handed to worker_new(): no reading any more. */
void standby_halt(Standby *s);

/* For the worker that has it: the table and the timers of a partition, and the offset from which on its changelog is not in
 * them. They are the caller's from then on. False: nothing of it is known, or it was given already. */
bool standby_give(Standby *s, int32_t partition, Table **table, Timers **timers, int64_t *next);
void standby_forget(Standby *s);         /* what is left */
