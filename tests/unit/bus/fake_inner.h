/* Between the files of the stand-in. */
#pragma once

#include "fake_kafka.h"

#include <string.h>

typedef enum State { INIT, READY, OPEN, ABORTABLE, COMMITTED_UNSAID, ABORTED_UNSAID, FATAL } State;

struct rd_kafka_s { /* nobody outside looks in */
        bool producer, told;
        State state;
        rd_kafka_resp_err_t fatal, report; /* report: of a delivery that failed, not heard yet */
        void *opaque;
        void (*rebalance)(rd_kafka_t *, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t *, void *);
        void (*delivered)(rd_kafka_t *, const rd_kafka_message_t *, void *);
        void (*error)(rd_kafka_t *, int, const char *, void *);
        bool joined, grouped;                /* grouped: what is for rd_kafka_poll() goes to the queue of its records, too */
        int64_t at; /* consumer: next offset; -1: nothing assigned */
};
struct rd_kafka_topic_s {
        char name[16];
};

extern struct rd_kafka_topic_s fake_in;

void fake_rule(bool kept, const char *name);
void fake_wait_ms(int ms);                   /* < 0: as long as a transaction may last */
bool fake_strikes(FakeCall call);            /* does the fault strike at this call? */
