/* bus_mem: topics in memory with partitions, groups, compaction and true transactions. The reference for every law, and
 * what `replay` runs on. All Buses on one log share one thread. */
#pragma once

#include "bus/bus.h"

BusMemLog *bus_mem_new(void);
BusMemLog *bus_mem_free(BusMemLog *log);      /* after the last Bus and reader on it */
/* 0 | BUS_E_NO_TOPIC: there already with another number of partitions | -ENOMEM */
int bus_mem_topic(BusMemLog *log, const char *name, int32_t partitions, bool compact);
/* From outside: committed at once. partition < 0: by murmur2. time_us 0: the log's clock, else as given. */
int bus_mem_put(BusMemLog *log, const char *topic, int32_t partition, Bytes key, Bytes value, int64_t time_us);
/* Committed records of a topic, partition by partition, in order. each() != 0 ends it and is handed back. */
int bus_mem_each(BusMemLog *log, const char *topic, int (*each)(void *arg, const BusRecord *r), void *arg);
/* What compaction would do by now, done: of each key the last committed record stays. */
void bus_mem_compact(BusMemLog *log, const char *topic);
/* What retention would do: committed records of a partition below `before` are gone, and it begins there. */
void bus_mem_drop(BusMemLog *log, const char *topic, int32_t partition, int64_t before);
/* The session of this member ends unnoticed: its partitions go to others, its next poll answers BUS_E_LOST, a commit of
 * offsets BUS_E_ABORTED. */
void bus_mem_evict(Bus *b);
/* Groups give up their partitions and divide them anew at the next poll (a rebalance). Members that were
 * killed or closed and did not come back lose their share here; until then a static one keeps it. */
void bus_mem_rebalance(BusMemLog *log, const char *group);
/* The process of this Bus dies: no abort, no leaving, its open transaction is aborted when its transactional id is
 * opened again. Use instead of bus_close. */
void bus_mem_kill(Bus *b);

/* Faults: the n-th next call (1: the next) of this kind on any Bus of the log answers `answer` (BUS_E_ABORTED,
 * BUS_E_FATAL, BUS_E_DOWN), before or after taking effect. */
typedef enum BusMemCall { BUS_MEM_POLL, BUS_MEM_BEGIN, BUS_MEM_SEND, BUS_MEM_COMMIT, BUS_MEM_ABORT, BUS_MEM_REWIND } BusMemCall;
void bus_mem_fail(BusMemLog *log, BusMemCall call, unsigned n, int answer, bool after);
/* What bus_health answers on every Bus of the log from now on; 0: the truth again. */
void bus_mem_trouble(BusMemLog *log, int answer, const char *text);
/* The brokers are away: on every Bus polls are idle, no turn commits, bus_health says BUS_E_DOWN. false: they are back. */
void bus_mem_away(BusMemLog *log, bool away);
