/* The stand-in for librdkafka: a consumer of one partition, and questions about topics. */
#include "fake_inner.h"

#include <stdlib.h>

struct rd_kafka_topic_s fake_in = { "in" };

rd_kafka_resp_err_t __wrap_rd_kafka_poll_set_consumer(rd_kafka_t *rk) {
        rk->grouped = true;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}
rd_kafka_queue_t *__wrap_rd_kafka_queue_get_consumer(rd_kafka_t *rk) {
        fake.queues++;
        return (rd_kafka_queue_t *)rk;
}
void __wrap_rd_kafka_queue_destroy(rd_kafka_queue_t *q) {
        (void)q;
        fake.queues--;
}
size_t __wrap_rd_kafka_queue_length(rd_kafka_queue_t *q) {
        (void)q;
        return 0;
}
rd_kafka_resp_err_t __wrap_rd_kafka_subscribe(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *l) {
        (void)rk, (void)l;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}
rd_kafka_resp_err_t __wrap_rd_kafka_assign(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *l) {
        rk->at = l && l->cnt ? l->elems[0].offset : -1;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_message_t *take(rd_kafka_t *rk) {
        if (rk->at < 0 || rk->at >= FAKE_RECORDS)
                return NULL;
        rd_kafka_message_t *m = calloc(1, sizeof *m + sizeof(int));
        int n = (int)rk->at;
        memcpy(m + 1, &n, sizeof n);
        *m = (rd_kafka_message_t){ .rkt = &fake_in, .payload = m + 1, .len = sizeof n, .offset = rk->at++ };
        fake.messages++;
        return m;
}
rd_kafka_message_t *__wrap_rd_kafka_consumer_poll(rd_kafka_t *rk, int ms) {
        if (!rk->joined) {
                rk->joined = true;
                rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
                rd_kafka_topic_partition_list_add(l, "in", 0);
                rk->rebalance(rk, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, l, rk->opaque);
                rd_kafka_topic_partition_list_destroy(l);
                return NULL;
        }
        rd_kafka_message_t *m = take(rk);
        if (!m)
                fake_wait_ms(ms);
        return m;
}
/* Two records a turn. */
ssize_t __wrap_rd_kafka_consume_batch_queue(rd_kafka_queue_t *q, int ms, rd_kafka_message_t **ret, size_t n) {
        (void)ms, (void)n;
        *ret = take((rd_kafka_t *)q);
        return *ret ? 1 : 0;
}
void __wrap_rd_kafka_message_destroy(rd_kafka_message_t *m) {
        fake.messages--;
        free(m);
}
int64_t __wrap_rd_kafka_message_timestamp(const rd_kafka_message_t *m, rd_kafka_timestamp_type_t *kind) {
        (void)m;
        *kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        return -1;
}
rd_kafka_resp_err_t __wrap_rd_kafka_consumer_close(rd_kafka_t *rk) {
        (void)rk;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}
int __wrap_rd_kafka_assignment_lost(rd_kafka_t *rk) {
        (void)rk;
        return 0;
}
void __wrap_rd_kafka_yield(rd_kafka_t *rk) {
        (void)rk;
}
rd_kafka_resp_err_t __wrap_rd_kafka_committed(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *l, int ms) {
        (void)rk, (void)ms;
        l->elems[0].offset = fake.committed < 0 ? RD_KAFKA_OFFSET_INVALID : fake.committed;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}
rd_kafka_resp_err_t __wrap_rd_kafka_offsets_for_times(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *l, int ms) {
        (void)rk, (void)ms;
        l->elems[0].offset = l->elems[0].offset == RD_KAFKA_OFFSET_BEGINNING ? 0 : FAKE_RECORDS;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}
rd_kafka_consumer_group_metadata_t *__wrap_rd_kafka_consumer_group_metadata(rd_kafka_t *rk) {
        (void)rk;
        return rd_kafka_consumer_group_metadata_new("g");
}
rd_kafka_resp_err_t __wrap_rd_kafka_commit(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *l, int async) {
        fake_rule(!async && l->cnt == 1, "offsets that nobody waits for");
        bool fails = fake_strikes(FAKE_PLAIN_COMMIT);
        if (!fails || fake.fault.after)
                fake.committed = l->elems[0].offset;
        if (fails && fake.fault.class == FAKE_FATAL)
                rk->fatal = fake.fault.code;
        return fails ? fake.fault.code : RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Every topic that is asked for is there; without one, it is asked whether anybody is. */
rd_kafka_resp_err_t __wrap_rd_kafka_metadata(rd_kafka_t *rk, int all, rd_kafka_topic_t *t, const struct rd_kafka_metadata **ret,
                                             int ms) {
        static struct rd_kafka_metadata_topic topic;
        static struct rd_kafka_metadata m = { .topic_cnt = 1, .topics = &topic };
        static char name[16];
        (void)rk, (void)all, (void)ms;
        if (t)
                memcpy(name, t->name, sizeof name);
        topic = (struct rd_kafka_metadata_topic){ .topic = name, .partition_cnt = 1 };
        *ret = &m;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}
void __wrap_rd_kafka_metadata_destroy(const struct rd_kafka_metadata *m) {
        (void)m;
}
