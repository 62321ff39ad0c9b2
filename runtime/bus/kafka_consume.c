/* Taking records, and being told which partitions are ours.
 *
 * The rebalance callback runs inside the poll. On an assignment it assigns nothing at once, so that librdkafka counts the
 * rebalance as done and goes on with heartbeats while the app restores; bus_rewind() assigns for real, at explicit
 * offsets. A revocation is told by the next poll, and librdkafka waits for bus_release().
 *
 * Records come in batches: wait for one, then take what is there. Re-assigning raises the version of each partition
 * before the call returns, so what was fetched under an older one never leaves librdkafka's queue. */
#include "bus/kafka_body.h"

#define WAKE_SHARE 0.5 /* of its bounds: a queue that was fuller than that may have put its broker thread to sleep */

static void assign_nothing(rd_kafka_t *rk) {
        rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
        rd_kafka_assign(rk, none);
        rd_kafka_topic_partition_list_destroy(none);
}

static int by_place(const void *a, const void *b) {
        const KafkaOwned *x = a, *y = b;
        return x->topic != y->topic ? (x->topic > y->topic) - (x->topic < y->topic)
                                    : (x->partition > y->partition) - (x->partition < y->partition);
}

static int take_share(KafkaBus *b, const rd_kafka_topic_partition_list_t *l) {
        size_t n = (size_t)l->cnt;
        KafkaOwned *owned = calloc(n ? n : 1, sizeof *owned);
        BusPosition *positions = calloc(n ? n : 1, sizeof *positions);
        if (!owned || !positions) {
                free(owned);
                free(positions);
                return -ENOMEM;
        }
        free(b->owned);
        free(b->positions);
        b->owned = owned;
        b->positions = positions;
        b->n_owned = 0;
        b->ends_us = 0;
        memset(b->handles, 0, b->n_topics * sizeof *b->handles); /* they live as long as what is assigned */
        for (int i = 0; i < l->cnt; i++)
                for (uint32_t t = 0; t < b->n_topics; t++)
                        if (strcmp(b->topics[t], l->elems[i].topic) == 0)
                                b->owned[b->n_owned++] =
                                        (KafkaOwned){ .topic = t, .partition = l->elems[i].partition, .end = -1 };
        qsort(b->owned, b->n_owned, sizeof *b->owned, by_place);
        return 0;
}

KafkaOwned *kafka_owned(KafkaBus *b, uint32_t topic, int32_t partition) {
        const KafkaOwned key = { .topic = topic, .partition = partition };
        return b->n_owned ? bsearch(&key, b->owned, b->n_owned, sizeof key, by_place) : NULL;
}

void kafka_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *l, void *opaque) {
        KafkaBus *b = opaque;
        if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !b->closing) {
                if (take_share(b, l) != 0)
                        kafka_spend(b, NULL, "out of memory at an assignment");
                b->event = BUS_E_ASSIGNED;
                b->in.answer = 0;
                assign_nothing(rk);
        } else if (b->closing || b->event == BUS_E_ASSIGNED || !b->n_owned) { /* nobody was told of what is taken away again */
                b->event = 0;
                b->n_owned = 0;
                rd_kafka_assign(rk, NULL);
        } else {
                b->event = rd_kafka_assignment_lost(rk) ? BUS_E_LOST : BUS_E_REVOKED;
        }
        rd_kafka_yield(rk);
}

/* ---- records ---- */

static int topic_of(KafkaBus *b, const rd_kafka_message_t *m, uint32_t *ret) {
        for (uint32_t i = 0; i < b->n_topics; i++)
                if (b->handles[i] == m->rkt) {
                        *ret = i;
                        return 0;
                }
        for (uint32_t i = 0; m->rkt && i < b->n_topics; i++)
                if (strcmp(b->topics[i], rd_kafka_topic_name(m->rkt)) == 0) {
                        b->handles[i] = m->rkt;
                        *ret = i;
                        return 0;
                }
        return -ENOENT;
}

/* A message that carries an error instead of a record. */
static void trouble(KafkaBus *b, const rd_kafka_message_t *m) {
        uint32_t topic = 0;
        bool known = topic_of(b, m, &topic) == 0;
        KafkaOwned *o = known ? kafka_owned(b, topic, m->partition) : NULL;
        const char *name = known ? b->topics[topic] : m->rkt ? rd_kafka_topic_name(m->rkt) : "";
        char text[256];
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                if (o)
                        o->end = m->offset;
        } else if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || m->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
                kafka_spend(b, NULL, "topic %s partition %d: offset %lld is not there any more (%s)", name, (int)m->partition,
                            (long long)(o ? o->next : m->offset), rd_kafka_message_errstr(m));
        } else if (rd_kafka_fatal_error(b->consumer, text, sizeof text)) {
                kafka_spend(b, NULL, "%s", text);
        } else if (kafka_is_missing(m->err) || kafka_is_denied(m->err)) {
                if (!known) /* librdkafka names the topic in its text only */
                        for (uint32_t i = 0; i < b->n_topics && !known; i++)
                                if (strstr(rd_kafka_message_errstr(m), b->topics[i])) {
                                        name = b->topics[i];
                                        known = true;
                                }
                b->in.answer = kafka_say(&b->in.why, &b->names, m->err, KAFKA_READ, name, NULL);
        } /* the rest passes by itself; when all brokers are away the error callback says it */
}

static bool wanted(KafkaBus *b, const rd_kafka_message_t *m, uint32_t *topic) {
        if (m->err) {
                trouble(b, m);
                return false;
        }
        if (topic_of(b, m, topic) != 0 || b->event == BUS_E_LOST)
                return false;
        KafkaOwned *o = kafka_owned(b, *topic, m->partition);
        if (!o || !o->flows || m->offset < o->next) /* a late fetch from before a rewind */
                return false;
        o->next = m->offset + 1;
        return true;
}

static int take(KafkaBus *b, int wait_ms) {
        KafkaBatch *k = &b->batch;
        rd_kafka_message_t *first = rd_kafka_consumer_poll(b->consumer, wait_ms);
        if (!first)
                return 0;
        k->messages[0] = first;
        ssize_t more = rd_kafka_consume_batch_queue(b->queue, 0, k->messages + 1, KAFKA_BATCH - 1);
        k->n_messages = 1 + (more > 0 ? (size_t)more : 0);
        size_t bytes = 0;
        for (size_t i = 0; i < k->n_messages; i++) {
                uint32_t topic = 0;
                bytes += k->messages[i]->len + k->messages[i]->key_len;
                if (wanted(b, k->messages[i], &topic))
                        kafka_batch_add(k, k->messages[i], topic);
        }
        double mean = (double)bytes / (double)k->n_messages;
        b->record_bytes = b->record_bytes > 0 ? 0.9 * b->record_bytes + 0.1 * mean : mean;
        return 0;
}

/* librdkafka before fetch.queue.backoff.ms: once its queue is full a broker thread sleeps up to a second, however fast the
 * queue drains, unless something wakes it. A request for offsets to each leader does; its answer is not waited for. */
static void wake(KafkaBus *b) {
        size_t now = rd_kafka_queue_length(b->queue);
        if (now > b->high)
                b->high = now;
        double full = (double)b->high / (double)b->queue_records,
               bytes = (double)b->high * b->record_bytes / (double)b->queue_bytes;
        if ((bytes > full ? bytes : full) < WAKE_SHARE || now > b->high / 2)
                return;
        b->high = now;
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)b->n_owned);
        for (size_t i = 0; i < b->n_owned; i++)
                rd_kafka_topic_partition_list_add(l, b->topics[b->owned[i].topic], b->owned[i].partition)->offset =
                        RD_KAFKA_OFFSET_END;
        rd_kafka_offsets_for_times(b->consumer, l, 0);
        rd_kafka_topic_partition_list_destroy(l);
}

static int tell(KafkaBus *b) {
        int event = b->event;
        if (event == BUS_E_ASSIGNED)
                b->event = 0;
        return event;
}

int kafka_poll(Bus *bus, int64_t wait_us, const BusRecord **ret, size_t *n) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        kafka_batch_clear(&b->batch);
        rd_kafka_poll(b->producer, 0);
        if (b->spent)
                return BUS_E_FATAL;
        if (b->event)
                return tell(b);
        if (!b->consumer) {
                rd_kafka_poll(b->producer, (int)(wait_us / 1000));
                return b->spent ? BUS_E_FATAL : BUS_E_IDLE;
        }
        int64_t until = clock_read_us(CLOCK_MONOTONIC) + wait_us, left = wait_us;
        for (;;) { /* an end of a partition is no record, nor is a stale fetch: wait on */
                int64_t wait_ms = (left + 999) / 1000;
                GUARD(take(b, wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms));
                if (b->spent)
                        return BUS_E_FATAL;
                left = until - clock_read_us(CLOCK_MONOTONIC);
                if (b->batch.n_records || b->event || left <= 0)
                        break;
                kafka_batch_clear(&b->batch);
        }
        if (b->batch.n_records) {
                if (b->waker)
                        wake(b);
                b->in.answer = b->in.answer == BUS_E_DOWN ? 0 : b->in.answer;
                *ret = b->batch.records;
                *n = b->batch.n_records;
                return 0;
        }
        return b->event ? tell(b) : BUS_E_IDLE;
}
