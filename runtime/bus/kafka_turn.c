/* The turn on Kafka: outputs, begin, send, commit, abort; the calls of the transaction itself: kafka_txn.c. */
#include "bus/kafka_body.h"

#define FULL_MS 10 /* a look at the queue while it is full */

static int64_t now_us(void) {
        return clock_read_us(CLOCK_MONOTONIC);
}

uint32_t kafka_output(Bus *bus, const char *topic) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        for (uint32_t i = 0; i < b->n_outputs; i++)
                if (strcmp(b->outputs[i].name, topic) == 0)
                        return i;
        struct KafkaOutput *more = realloc(b->outputs, (b->n_outputs + 1) * sizeof *more);
        REQUIRE(more, UINT32_MAX);
        b->outputs = more;
        char *name = strdup(topic);
        REQUIRE(name, UINT32_MAX);
        b->outputs[b->n_outputs] = (struct KafkaOutput){ .name = name, .handle = rd_kafka_topic_new(b->producer, topic, NULL) };
        return b->n_outputs++;
}

/* Only failures are reported. */
void kafka_delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
        KafkaBus *b = opaque;
        (void)rk;
        if (!m->err || m->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || m->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
                return;
        const char *topic = m->rkt ? rd_kafka_topic_name(m->rkt) : "";
        Why text;
        int answer = kafka_say(&text, &b->names, m->err, KAFKA_WRITE, topic, NULL);
        if (m->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
                why_say(&text, 0, "topic %s partition %d refuses a record of %zu bytes; raise the topic's max.message.bytes",
                        topic, (int)m->partition, m->len + m->key_len);
        else
                kafka_trouble(&b->out, answer, &text);
        if (!b->doomed)
                b->doom = text;
        b->doomed = true;
}

int kafka_begin(Bus *bus, Why *why) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        if (b->spent)
                return kafka_spent(b, why);
        if (!b->exactly_once)
                return 0;
        if (b->open)
                return kafka_spend(b, why, "begin: a transaction is open already");
        const Why *trouble;
        if (b->out.answer == BUS_E_NO_TOPIC)
                kafka_ask(b, &trouble); /* librdkafka learns from the answer that the topic is there now */
        return kafka_txn_begin(b, why);
}

static rd_kafka_headers_t *headers_of(const BusSend *s) {
        rd_kafka_headers_t *h = rd_kafka_headers_new(s->n_headers);
        for (uint32_t i = 0; h && i < s->n_headers; i++)
                if (rd_kafka_header_add(h, s->headers[i].name, -1, s->headers[i].value.ptr, (ssize_t)s->headers[i].value.len)) {
                        rd_kafka_headers_destroy(h);
                        return NULL;
                }
        return h;
}

/* librdkafka takes the headers over on success only. */
static rd_kafka_resp_err_t produce(KafkaBus *b, const BusSend *s, int32_t partition, rd_kafka_headers_t *h) {
        rd_kafka_topic_t *topic = b->outputs[s->output].handle;
        void *key = (void *)(uintptr_t)s->key.ptr, *value = (void *)(uintptr_t)s->value.ptr; /* read only: it copies */
        if (!h && !s->time_us)
                return rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, value, s->value.len, key, s->key.len, NULL)
                               ? rd_kafka_last_error()
                               : RD_KAFKA_RESP_ERR_NO_ERROR;
        int64_t time_ms = s->time_us / 1000;
        if (!h)
                return rd_kafka_producev(b->producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                                         RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, s->key.len),
                                         RD_KAFKA_V_VALUE(value, s->value.len), RD_KAFKA_V_TIMESTAMP(time_ms), RD_KAFKA_V_END);
        return rd_kafka_producev(b->producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, s->key.len),
                                 RD_KAFKA_V_VALUE(value, s->value.len), RD_KAFKA_V_TIMESTAMP(time_ms), RD_KAFKA_V_HEADERS(h),
                                 RD_KAFKA_V_END);
}

static int refused(KafkaBus *b, rd_kafka_resp_err_t err, const BusSend *s, Why *why) {
        const char *topic = b->outputs[s->output].name;
        char text[256];
        rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(b->producer, text, sizeof text);
        if (fatal) {
                Why last;
                kafka_ended(&last, &b->names, fatal, text);
                return kafka_spend(b, why, "%s", last.text);
        }
        if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
                return why_say(why, BUS_E_TOO_BIG, "topic %s: a record of %zu bytes is over message.max.bytes", topic,
                               s->key.len + s->value.len);
        if (!b->doomed) {
                b->doomed = true;
                int answer = kafka_say(&b->doom, &b->names, err, KAFKA_WRITE, topic, NULL);
                if (answer != BUS_E_DOWN)
                        kafka_trouble(&b->out, answer, &b->doom);
        }
        return why_say(why, BUS_E_ABORTED, "%s", b->doom.text);
}

int kafka_send(Bus *bus, const BusSend *s, Why *why) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        if (b->spent)
                return kafka_spent(b, why);
        if (b->doomed)
                return why_say(why, BUS_E_ABORTED, "%s", b->doom.text);
        if (s->output >= b->n_outputs || !b->outputs[s->output].handle)
                return kafka_spend(b, why, "send: output %u was never named", (unsigned)s->output);
        if (b->exactly_once && !b->open)
                return kafka_spend(b, why, "send: no transaction is open");
        rd_kafka_headers_t *h = s->n_headers ? headers_of(s) : NULL;
        if (s->n_headers && !h)
                return why_say(why, -ENOMEM, "out of memory");
        int32_t partition = s->partition < 0 ? RD_KAFKA_PARTITION_UA : s->partition;
        rd_kafka_resp_err_t err;
        int64_t until = 0; /* what is not delivered in time fails, which ends it, too; but that time is the user's to set */
        while ((err = produce(b, s, partition, h)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && !b->doomed && !b->spent) {
                until = until ? until : now_us() + KAFKA_UNDO_US;
                if (now_us() >= until)
                        break;
                rd_kafka_poll(b->producer, FULL_MS);
        }
        if (!err)
                return 0;
        if (h)
                rd_kafka_headers_destroy(h);
        return b->spent ? kafka_spent(b, why) : refused(b, err, s, why);
}

/* ---- the end of a turn ---- */

int kafka_patience_ms(int64_t deadline_us) {
        if (!deadline_us)
                return -1; /* librdkafka's own: what is left of the transaction's time */
        int64_t left = (deadline_us - now_us()) / 1000;
        return left < 1 ? 1 : (int)(left < INT32_MAX ? left : INT32_MAX);
}

rd_kafka_topic_partition_list_t *kafka_list(const KafkaBus *b, const BusPosition *next, size_t n) {
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)n);
        for (size_t i = 0; i < n; i++)
                rd_kafka_topic_partition_list_add(l, b->topics[next[i].topic], next[i].partition)->offset = next[i].offset;
        return l;
}

static int commit_at_least_once(KafkaBus *b, const BusPosition *next, size_t n, int64_t deadline_us, Why *why) {
        int64_t until = deadline_us ? deadline_us : now_us() + KAFKA_UNDO_US;
        rd_kafka_flush(b->producer, kafka_patience_ms(until));
        if (rd_kafka_outq_len(b->producer) > 0 && !b->doomed) {
                why_say(&b->doom, 0, "no answer from broker %s: outputs of the turn are not acknowledged", b->names.bootstrap);
                b->doomed = true;
        }
        if (b->spent)
                return kafka_spent(b, why);
        if (b->doomed)
                return why_say(why, BUS_E_ABORTED, "%s", b->doom.text);
        if (!n)
                return 0;
        rd_kafka_topic_partition_list_t *l = kafka_list(b, next, n);
        rd_kafka_resp_err_t err = rd_kafka_commit(b->consumer, l, 0);
        for (int i = 0; !err && i < l->cnt; i++)
                err = l->elems[i].err;
        rd_kafka_topic_partition_list_destroy(l);
        char text[256];
        if (err && rd_kafka_fatal_error(b->consumer, text, sizeof text))
                return kafka_spend(b, why, "%s", text);
        if (!err)
                return 0;
        if (kafka_is_denied(err))
                kafka_trouble(&b->in, kafka_say(&b->in.why, &b->names, err, KAFKA_GROUP, b->names.group, NULL), NULL);
        b->doomed = true;
        return why_say(why, why_say(&b->doom, BUS_E_ABORTED, "offsets of the turn: %s", rd_kafka_err2str(err)), "%s",
                       b->doom.text);
}

int kafka_commit(Bus *bus, const BusPosition *next, size_t n, int64_t deadline_us, Why *why) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        if (b->spent)
                return kafka_spent(b, why);
        rd_kafka_poll(b->producer, 0);
        if (b->spent)
                return kafka_spent(b, why);
        if (b->doomed)
                return why_say(why, BUS_E_ABORTED, "%s", b->doom.text);
        for (size_t i = 0; i < n; i++)
                if (!b->consumer || next[i].topic >= b->n_topics)
                        return kafka_spend(b, why, "commit: an offset of a topic that is not read");
        int r = b->exactly_once ? kafka_txn_commit(b, next, n, deadline_us, why)
                                : commit_at_least_once(b, next, n, deadline_us, why);
        if (r == 0)
                b->out.answer = 0;
        return r;
}

int kafka_abort(Bus *bus, Why *why) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        if (b->spent)
                return kafka_spent(b, why);
        if (b->exactly_once) {
                GUARD(kafka_txn_abort(b, why));
        } else {
                rd_kafka_purge(b->producer, RD_KAFKA_PURGE_F_QUEUE); /* what has not gone out need not */
                rd_kafka_poll(b->producer, 0);
        }
        b->open = false;
        b->doomed = false;
        return b->spent ? kafka_spent(b, why) : 0;
}
