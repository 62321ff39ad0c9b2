/* What is owned: where it begins, beginning anew, giving up, holding. */
#include "bus/kafka_body.h"

#define PATIENCE_MS 10000
#define ENDS_MS 300 /* the question where partitions end may hold up a turn so long */
#define ENDS_EVERY_US 1000000

static rd_kafka_topic_partition_list_t *list(const KafkaBus *b, int64_t offset) {
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)b->n_owned);
        for (size_t i = 0; i < b->n_owned; i++)
                rd_kafka_topic_partition_list_add(l, b->topics[b->owned[i].topic], b->owned[i].partition)->offset = offset;
        return l;
}

static int committed(KafkaBus *b, rd_kafka_topic_partition_list_t *l, Why *why) {
        int64_t until = clock_read_us(CLOCK_MONOTONIC) + PATIENCE_MS * 1000;
        for (;;) {
                rd_kafka_resp_err_t err = rd_kafka_committed(b->consumer, l, PATIENCE_MS);
                const char *topic = l->cnt ? l->elems[0].topic : "";
                for (int i = 0; !err && i < l->cnt; i++) {
                        err = l->elems[i].err;
                        topic = l->elems[i].topic;
                }
                if (!err)
                        return 0;
                char text[256];
                if (rd_kafka_fatal_error(b->consumer, text, sizeof text))
                        return kafka_spend(b, why, "%s", text);
                if (kafka_is_denied(err) || kafka_is_missing(err) || clock_read_us(CLOCK_MONOTONIC) >= until)
                        return kafka_say(why, &b->names, err, KAFKA_READ, topic, NULL);
                for (int i = 0; i < l->cnt; i++)
                        l->elems[i].err = RD_KAFKA_RESP_ERR_NO_ERROR;
                nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL); /* a predecessor's transaction is being ended */
        }
}

/* Where partitions without a committed offset begin; `first` is overwritten with it. */
static int starts(KafkaBus *b, const rd_kafka_topic_partition_list_t *last, rd_kafka_topic_partition_list_t *ret, Why *why) {
        for (int i = 0; i < ret->cnt; i++)
                ret->elems[i].offset = b->start == BUS_AT_TIME  ? b->start_us / 1000
                                       : b->start == BUS_LATEST ? last->elems[i].offset
                                                                : ret->elems[i].offset;
        if (b->start != BUS_AT_TIME)
                return 0;
        GUARD(kafka_offsets(b->consumer, &b->names, ret, PATIENCE_MS, why));
        for (int i = 0; i < ret->cnt; i++)
                if (ret->elems[i].offset < 0) /* nothing that young */
                        ret->elems[i].offset = last->elems[i].offset;
        return 0;
}

int kafka_assigned(Bus *bus, const BusPosition **ret, size_t *n, Why *why) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        if (b->spent)
                return kafka_spent(b, why);
        rd_kafka_topic_partition_list_t *at = list(b, RD_KAFKA_OFFSET_INVALID), *first = list(b, RD_KAFKA_OFFSET_BEGINNING),
                                        *last = list(b, RD_KAFKA_OFFSET_END), *start = NULL;
        int r = b->n_owned ? committed(b, at, why) : 0;
        if (r == 0)
                r = kafka_offsets(b->consumer, &b->names, first, PATIENCE_MS, why);
        if (r == 0)
                r = kafka_offsets(b->consumer, &b->names, last, PATIENCE_MS, why);
        if (r == 0) {
                start = rd_kafka_topic_partition_list_copy(first);
                r = starts(b, last, start, why);
        }
        for (size_t i = 0; r == 0 && i < b->n_owned; i++) {
                int64_t offset = at->elems[i].offset, low = first->elems[i].offset, high = last->elems[i].offset;
                if (offset < 0 || offset > high) /* never read; or the topic was made anew, then the offset means nothing */
                        offset = b->owned[i].topic + b->n_own >= b->n_topics ? low : start->elems[i].offset;
                b->positions[i] = (BusPosition){ .topic = b->owned[i].topic,
                                                 .partition = b->owned[i].partition,
                                                 .offset = offset < low ? low : offset };
        }
        rd_kafka_topic_partition_list_destroy(at);
        rd_kafka_topic_partition_list_destroy(first);
        rd_kafka_topic_partition_list_destroy(last);
        if (start)
                rd_kafka_topic_partition_list_destroy(start);
        if (r == BUS_E_NO_TOPIC)
                r = BUS_E_DOWN; /* it was there when it was given to us: let it come back */
        if (r == 0) {
                *ret = b->positions;
                *n = b->n_owned;
        } else if (r > 0 && !b->spent) {
                kafka_trouble(&b->in, r, why);
        }
        return r;
}

static int pause_held(KafkaBus *b, Why *why) {
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
        for (size_t i = 0; i < b->n_owned; i++)
                if (b->owned[i].held && b->owned[i].flows)
                        rd_kafka_topic_partition_list_add(l, b->topics[b->owned[i].topic], b->owned[i].partition);
        rd_kafka_resp_err_t err = l->cnt ? rd_kafka_pause_partitions(b->consumer, l) : RD_KAFKA_RESP_ERR_NO_ERROR;
        rd_kafka_topic_partition_list_destroy(l);
        return err ? kafka_spend(b, why, "holding partitions failed: %s", rd_kafka_err2str(err)) : 0;
}

int kafka_rewind(Bus *bus, const BusPosition *at, size_t n, Why *why) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        if (b->spent)
                return kafka_spent(b, why);
        if (!b->consumer)
                return n ? kafka_spend(b, why, "rewind: this Bus reads nothing") : 0;
        for (size_t i = 0; i < b->n_owned; i++)
                b->owned[i].flows = false;
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)n);
        int r = 0;
        for (size_t i = 0; r == 0 && i < n; i++) {
                KafkaOwned *o = kafka_owned(b, at[i].topic, at[i].partition);
                if (!o || at[i].offset < 0) {
                        r = kafka_spend(b, why, "rewind: partition %d of topic %u is not ours", (int)at[i].partition,
                                        (unsigned)at[i].topic);
                        break;
                }
                o->next = at[i].offset;
                o->end = -1;
                o->flows = true;
                rd_kafka_topic_partition_list_add(l, b->topics[at[i].topic], at[i].partition)->offset = at[i].offset;
        }
        b->high = 0;
        rd_kafka_resp_err_t err = r == 0 ? rd_kafka_assign(b->consumer, l) : RD_KAFKA_RESP_ERR_NO_ERROR;
        rd_kafka_topic_partition_list_destroy(l);
        if (err)
                r = kafka_spend(b, why, "beginning at given offsets failed: %s", rd_kafka_err2str(err));
        return r == 0 ? pause_held(b, why) : r;
}

int kafka_release(Bus *bus) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        if (b->spent)
                return BUS_E_FATAL;
        if (b->event != BUS_E_REVOKED && b->event != BUS_E_LOST)
                return 0;
        b->event = 0;
        b->n_owned = 0;
        rd_kafka_resp_err_t err = rd_kafka_assign(b->consumer, NULL);
        return err ? kafka_spend(b, NULL, "giving up partitions failed: %s", rd_kafka_err2str(err)) : 0;
}

int kafka_hold(Bus *bus, int32_t partition, bool held) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        if (b->spent)
                return BUS_E_FATAL;
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
        for (size_t i = 0; i < b->n_owned; i++) {
                KafkaOwned *o = &b->owned[i];
                if (o->partition != partition || o->held == held) /* resuming what flows would fetch it twice */
                        continue;
                o->held = held;
                if (o->flows)
                        rd_kafka_topic_partition_list_add(l, b->topics[o->topic], o->partition);
        }
        rd_kafka_resp_err_t err = !l->cnt ? RD_KAFKA_RESP_ERR_NO_ERROR
                                  : held  ? rd_kafka_pause_partitions(b->consumer, l)
                                          : rd_kafka_resume_partitions(b->consumer, l);
        rd_kafka_topic_partition_list_destroy(l);
        return err ? kafka_spend(b, NULL, "holding partition %d failed: %s", (int)partition, rd_kafka_err2str(err)) : 0;
}

int64_t kafka_lag(Bus *bus, uint32_t topic, int32_t partition) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        const KafkaOwned *o = kafka_owned(b, topic, partition);
        int64_t low, high;
        if (!o || !o->flows ||
            rd_kafka_get_watermark_offsets(b->consumer, b->topics[topic], partition, &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
            high < 0)
                return -1;
        int64_t at = o->end > o->next ? o->end : o->next; /* marks behind the last record are no records */
        return high > at ? high - at : 0;
}

/* All that is owned at once: a request to each leader. When one does not answer, none counts. */
static void ask_ends(KafkaBus *b) {
        rd_kafka_topic_partition_list_t *l = list(b, RD_KAFKA_OFFSET_END);
        rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(b->consumer, l, ENDS_MS);
        for (size_t i = 0; i < b->n_owned; i++)
                b->owned[i].last = err || l->elems[i].err ? -1 : l->elems[i].offset;
        rd_kafka_topic_partition_list_destroy(l);
        b->ends_us = clock_read_us(CLOCK_MONOTONIC);
}

bool kafka_at_end(Bus *bus, uint32_t topic, int32_t partition) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        const KafkaOwned *o = kafka_owned(b, topic, partition);
        if (b->spent || b->in.answer == BUS_E_DOWN || !o || !o->flows)
                return false;
        if (!b->ends_us || clock_read_us(CLOCK_MONOTONIC) - b->ends_us >= ENDS_EVERY_US)
                ask_ends(b);
        return o->last >= 0 && (o->end > o->next ? o->end : o->next) >= o->last;
}
