/* The embedded broker: librdkafka's mock cluster in this process, reachable on loopback by any Kafka client. In memory,
 * at least once, no transactions, no compaction, 5 MiB a partition (librdkafka drops the oldest beyond). */
#pragma once

#include "bus/bus.h"

typedef struct Embedded Embedded;
/* 0: serves at once; bootstrap lives with *ret | BUS_E_FATAL */
int embedded_start(Embedded **ret, const char **bootstrap, Why *why);
Embedded *embedded_stop(Embedded *e);
int embedded_topic(Embedded *e, const char *name, int32_t partitions, Why *why);
