/* librdkafka as a test wants it: linked in its place by --wrap. One broker, one topic that is read ("in", partition 0), one
 * that is written, one group, true transactions, and time that passes only when somebody waits. Any call can be made to fail
 * with any code as any of librdkafka's classes, before or after it took effect. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#define FAKE_RECORDS 6
#define FAKE_PATIENCE 20000u /* so often at most may a call that fails be made again */

typedef enum FakeCall {
        FAKE_INIT, FAKE_BEGIN, FAKE_OFFSETS, FAKE_COMMIT, FAKE_ABORT, /* with an rd_kafka_error_t */
        FAKE_PRODUCE, FAKE_DELIVERY, FAKE_PLAIN_COMMIT,              /* with a code alone: queueing, its report, offsets */
        FAKE_CALLS
} FakeCall;
typedef enum FakeClass { FAKE_RETRIABLE, FAKE_ABORTABLE, FAKE_FATAL, FAKE_UNCLASSIFIED, FAKE_CLASSES } FakeClass;

typedef struct FakeFault {
        FakeCall call;
        FakeClass class;
        rd_kafka_resp_err_t code;
        unsigned nth, times;         /* the nth call and those that follow, so many; 0: for ever */
        bool after;                  /* it took effect, and said that it failed */
        bool slow;                   /* it fails after all the time it was given */
        bool dies;                   /* and meanwhile the client has met its end, with the same code */
} FakeFault;

typedef struct Fake {
        FakeFault fault;
        unsigned calls[FAKE_CALLS], struck;
        int64_t now_us;
        /* the broker */
        int64_t committed;           /* offset of the group; -1: none */
        unsigned out[FAKE_RECORDS];  /* committed records by number */
        unsigned pending[FAKE_RECORDS];
        int64_t pending_offset;
        /* what was made and not destroyed again */
        int clients, topics, messages, errors, queues, headers;
        unsigned broken;             /* rules of librdkafka that were broken; `rule` names the first */
        const char *rule;
} Fake;

extern Fake fake;
void fake_reset(const FakeFault *fault);
