/* The embedded broker: librdkafka's mock cluster in this process, reachable on loopback by any Kafka client. In memory,
 * at least once, no transactions, no compaction, 5 MiB a partition (librdkafka drops the oldest beyond). */
#pragma once

#include "bus/bus.h"

/* What it cannot do, for those who must refuse or say so. */
#define EMBEDDED_PARTITION_BYTES (5u << 20)      /* beyond it the oldest records of a partition are dropped */
#define EMBEDDED_TRANSACTIONS false              /* it shows aborted records and forgets offsets committed with a transaction */
#define EMBEDDED_COMPACTION false
#define EMBEDDED_JOIN_US 3000000                 /* until the first member of a group is given partitions */
#define EMBEDDED_STATIC_MEMBERS false            /* one that comes back waits about 19 s: open a Bus without `member` */
#define EMBEDDED_NO_EXACTLY_ONCE                                                                                        \
        "the embedded broker has no transactions, so exactly_once would be an empty promise; set guarantee: at_least_once " \
        "or give kafka.bootstrap.servers of a real Kafka"

typedef struct Embedded Embedded;
/* 0: serves at once; bootstrap lives with *ret | BUS_E_FATAL */
int embedded_start(Embedded **ret, const char **bootstrap, Why *why);
Embedded *embedded_stop(Embedded *e);
/* Also made when first asked for, then with 4 partitions: so make it before. 0 | BUS_E_CONF | BUS_E_FATAL */
int embedded_topic(Embedded *e, const char *name, int32_t partitions, Why *why);
