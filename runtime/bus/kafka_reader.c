/* Readers on Kafka: whole topics from their beginning, without a group, through librdkafka's simple consumer. */
#include "bus/kafka_body.h"

#define PATIENCE_MS 10000

typedef struct KafkaSource {
        rd_kafka_topic_t *handle; /* one for all partitions of a topic; owned by the first of them */
        const char *name; /* of the handle */
        uint32_t topic;
        int32_t partition;
        int64_t first, end, from, next; /* end: as last asked; from: where reading began */
        bool ended; /* next reached it, or librdkafka said so */
        bool whole; /* turns that were open when it was asked lie before the end, too */
        bool started, owns;
} KafkaSource;

typedef struct KafkaReader {
        BusReader reader;
        KafkaNames names;
        rd_kafka_t *rk;
        rd_kafka_queue_t *queue;
        KafkaSource *sources; /* in the order of topic, partition */
        size_t n, n_ended, hint; /* hint: whose records came last */
        bool told; /* the end, since the last record */
        bool follows; /* the first end was told */
        KafkaBatch batch;
        Why last;
        int answer;
        size_t high, queue_records;
        bool waker;
} KafkaReader;

static void heard(rd_kafka_t *rk, int err, const char *reason, void *opaque) {
        KafkaReader *r = opaque;
        (void)rk;
        kafka_heard(&r->names, err);
        if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION || err == RD_KAFKA_RESP_ERR__SSL || !r->answer)
                r->answer = kafka_say(&r->last, &r->names, (rd_kafka_resp_err_t)err, KAFKA_READ, NULL, reason);
}

static KafkaSource *source(KafkaReader *r, const rd_kafka_message_t *m) {
        KafkaSource *last = &r->sources[r->hint];
        if (last->handle == m->rkt && last->partition == m->partition)
                return last;
        for (size_t i = 0; i < r->n; i++)
                if (r->sources[i].handle == m->rkt && r->sources[i].partition == m->partition)
                        return &r->sources[r->hint = i];
        const char *name = m->rkt ? rd_kafka_topic_name(m->rkt) : "";
        for (size_t i = 0; i < r->n; i++)
                if (r->sources[i].partition == m->partition && strcmp(r->sources[i].name, name) == 0)
                        return &r->sources[i];
        return NULL;
}

static void reaches_end(KafkaReader *r, KafkaSource *s) {
        r->n_ended += !s->ended;
        s->ended = true;
}

/* The end that was asked for is that of what had been committed, and the mark of a turn comes to each partition in its own
 * time: the offsets of the inputs may be in force before it. The first fetch tells where everything ends. */
static void learn_end(const KafkaReader *r, KafkaSource *s) {
        int64_t low, high;
        if (rd_kafka_get_watermark_offsets(r->rk, s->name, s->partition, &low, &high) != 0 || high < s->end)
                return;
        s->end = high;
        s->whole = true;
}

static int take(KafkaReader *r, rd_kafka_message_t *m) {
        KafkaSource *s = source(r, m);
        if (!s)
                return 0;
        if (!s->whole)
                learn_end(r, s);
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                if (m->offset > s->next)
                        s->next = m->offset; /* past the marks of ended transactions */
                if (r->follows || (s->whole && s->next >= s->end))
                        reaches_end(r, s);
                return 0;
        }
        if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || m->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
                return BUS_E_FATAL; /* what was to come next is gone: whoever reads must begin anew */
        if (m->err || m->offset < s->next)
                return 0;
        kafka_batch_add(&r->batch, m, s->topic);
        s->next = m->offset + 1;
        if (r->follows && s->ended) { /* new ones after the end: librdkafka will say when these are all */
                s->ended = false;
                r->n_ended--;
        } else if (!r->follows && s->whole && s->next >= s->end) {
                reaches_end(r, s);
        }
        return 0;
}

/* As in kafka_consume.c. */
static void wake(KafkaReader *r) {
        size_t now = rd_kafka_queue_length(r->queue);
        if (now > r->high)
                r->high = now;
        if (r->high < r->queue_records / 8 || now > r->high / 2)
                return;
        r->high = now;
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)r->n);
        for (size_t i = 0; i < r->n; i++)
                rd_kafka_topic_partition_list_add(l, r->sources[i].name, r->sources[i].partition)->offset = RD_KAFKA_OFFSET_END;
        rd_kafka_offsets_for_times(r->rk, l, 0);
        rd_kafka_topic_partition_list_destroy(l);
}

static int at_end(KafkaReader *r) {
        if (r->n_ended < r->n || r->told)
                return BUS_E_IDLE;
        r->told = r->follows = true;
        return BUS_E_END;
}

static int take_some(KafkaReader *r, int64_t wait_us) {
        kafka_batch_clear(&r->batch);
        ssize_t got = rd_kafka_consume_batch_queue(r->queue, (int)((wait_us + 999) / 1000), r->batch.messages, 1);
        r->batch.n_messages = got > 0 ? (size_t)got : 0;
        if (got > 0) {
                got = rd_kafka_consume_batch_queue(r->queue, 0, r->batch.messages + 1, KAFKA_BATCH - 1);
                r->batch.n_messages += got > 0 ? (size_t)got : 0;
        }
        for (size_t i = 0; i < r->batch.n_messages; i++)
                GUARD(take(r, r->batch.messages[i]));
        return 0;
}

static int reader_poll(BusReader *reader, int64_t wait_us, const BusRecord **ret, size_t *n) {
        KafkaReader *r = (KafkaReader *)(void *)reader;
        int64_t until = clock_read_us(CLOCK_MONOTONIC) + wait_us;
        rd_kafka_poll(r->rk, 0);
        int end = at_end(r);
        while (end == BUS_E_IDLE) {
                int64_t left = until - clock_read_us(CLOCK_MONOTONIC);
                GUARD(take_some(r, left > 0 ? left : 0));
                if (r->batch.n_records)
                        break;
                end = at_end(r);
                if (left <= 0)
                        return end;
        }
        if (end == BUS_E_END)
                return end;
        r->told = false;
        if (r->waker)
                wake(r);
        *ret = r->batch.records;
        *n = r->batch.n_records;
        return 0;
}

/* As the last fetch told it, once the first end is behind. */
static int64_t end_of(const KafkaReader *r, const KafkaSource *s) {
        int64_t low, high;
        if (!r->follows || rd_kafka_get_watermark_offsets(r->rk, s->name, s->partition, &low, &high) != 0 || high < s->end)
                return s->end;
        return high;
}

static void reader_progress(const BusReader *reader, int64_t *done, int64_t *total) {
        const KafkaReader *r = (const KafkaReader *)(const void *)reader;
        *done = *total = 0;
        for (size_t i = 0; i < r->n; i++) {
                const KafkaSource *s = &r->sources[i];
                int64_t end = end_of(r, s);
                *done += s->next - s->from;
                *total += (end > s->next ? end : s->next) - s->from;
        }
}

static int64_t reader_first(const BusReader *reader, uint32_t topic, int32_t partition) {
        const KafkaReader *r = (const KafkaReader *)(const void *)reader;
        for (size_t i = 0; i < r->n; i++)
                if (r->sources[i].topic == topic && r->sources[i].partition == partition)
                        return r->sources[i].first;
        return -1;
}

static BusReader *reader_close(BusReader *reader) {
        KafkaReader *r = (KafkaReader *)(void *)reader;
        kafka_batch_deinit(&r->batch);
        for (size_t i = 0; i < r->n; i++)
                if (r->sources[i].started)
                        rd_kafka_consume_stop(r->sources[i].handle, r->sources[i].partition);
        if (r->queue)
                rd_kafka_queue_destroy(r->queue);
        for (size_t i = 0; i < r->n; i++)
                if (r->sources[i].owns)
                        rd_kafka_topic_destroy(r->sources[i].handle);
        free(r->sources);
        if (r->rk)
                rd_kafka_destroy(r->rk);
        kafka_names_deinit(&r->names);
        free(r);
        return NULL;
}

static const BusReaderBody body = {
        .close = reader_close, .poll = reader_poll, .progress = reader_progress, .first = reader_first
};

static int add_topic(KafkaReader *r, uint32_t topic, const char *name, int32_t partition, Why *why) {
        int32_t n = 0;
        GUARD(kafka_partitions(r->rk, true, &r->names, name, KAFKA_READ, PATIENCE_MS, &n, why));
        if (!n)
                return kafka_say(why, &r->names, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, KAFKA_READ, name, NULL);
        if (partition >= n)
                return why_say(why, BUS_E_NO_TOPIC, "topic %s has no partition %d, only %d", name, (int)partition, (int)n);
        int32_t from = partition < 0 ? 0 : partition, to = partition < 0 ? n : partition + 1;
        KafkaSource *more = realloc(r->sources, (r->n + (size_t)(to - from)) * sizeof *more);
        if (!more)
                return why_say(why, -ENOMEM, "out of memory");
        r->sources = more;
        rd_kafka_topic_t *handle = rd_kafka_topic_new(r->rk, name, NULL);
        if (!handle)
                return why_say(why, BUS_E_NO_TOPIC, "%s is no name for a topic", name);
        for (int32_t p = from; p < to; p++)
                r->sources[r->n++] = (KafkaSource){ .handle = handle,
                                                    .name = rd_kafka_topic_name(handle),
                                                    .topic = topic,
                                                    .partition = p,
                                                    .owns = p == from,
                                                    .whole = partition < 0 };
        return 0;
}

static int ask_offsets(KafkaReader *r, int64_t which, size_t into, Why *why) {
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)r->n);
        for (size_t i = 0; i < r->n; i++)
                rd_kafka_topic_partition_list_add(l, r->sources[i].name, r->sources[i].partition)->offset = which;
        int answer = kafka_offsets(r->rk, &r->names, l, PATIENCE_MS, why);
        for (size_t i = 0; answer == 0 && i < r->n; i++)
                *(int64_t *)(void *)((char *)&r->sources[i] + into) = l->elems[i].offset;
        rd_kafka_topic_partition_list_destroy(l);
        return answer;
}

/* Where to begin: nothing is so young, or nothing is there, and it is the end. */
static int ask_from(KafkaReader *r, const ReaderFrom *from, Why *why) {
        int a = from->start == BUS_AT_TIME ? ask_offsets(r, from->start_us / 1000, offsetof(KafkaSource, from), why) : 0;
        for (size_t i = 0; a == 0 && i < r->n; i++) {
                KafkaSource *s = &r->sources[i];
                if (from->start == BUS_EARLIEST)
                        s->from = s->first;
                else if (from->start == BUS_LATEST || s->from < 0 || s->from > s->end)
                        s->from = s->end;
        }
        return a;
}

static int start(KafkaReader *r, Why *why) {
        r->queue = rd_kafka_queue_new(r->rk);
        for (size_t i = 0; i < r->n; i++) {
                KafkaSource *s = &r->sources[i];
                s->next = s->from;
                if (s->whole && s->end <= s->from)
                        reaches_end(r, s);
                if (rd_kafka_consume_start_queue(s->handle, s->partition, s->from, r->queue))
                        return why_say(why, BUS_E_CONF, "topic %s partition %d cannot be read: %s", s->name, (int)s->partition,
                                       rd_kafka_err2str(rd_kafka_last_error()));
                s->started = true;
        }
        return 0;
}

static int fill(KafkaReader *r, const BusConf *conf, const char *const *topics, uint32_t n_topics, const ReaderFrom *from,
                Why *why) {
        int a = kafka_names_fill(&r->names, conf);
        if (a == 0)
                a = kafka_batch_init(&r->batch);
        if (a != 0)
                return why_say(why, a, "out of memory");
        GUARD(kafka_client(&r->rk, conf, from->partition < 0 ? KAFKA_READER : KAFKA_RESTORE, &(KafkaCallbacks){ .error = heard },
                           r, why));
        r->queue_records = kafka_queue_records(conf);
        r->waker = !kafka_wakes();
        for (uint32_t i = 0; i < n_topics && a == 0; i++)
                a = add_topic(r, i, topics[i], from->partition, why);
        if (a == 0)
                a = ask_offsets(r, RD_KAFKA_OFFSET_BEGINNING, offsetof(KafkaSource, first), why);
        if (a == 0)
                a = ask_offsets(r, RD_KAFKA_OFFSET_END, offsetof(KafkaSource, end), why);
        if (a == 0)
                a = ask_from(r, from, why);
        for (size_t i = 0; a == 0 && from->at && i < r->n; i++) {
                KafkaSource *s = &r->sources[i];
                if (from->offset < s->first || from->offset > s->end)
                        return BUS_E_END;
                s->from = from->offset;
        }
        if (a == BUS_E_DOWN && r->answer)
                return why_say(why, r->answer, "%s", r->last.text);
        return a == 0 ? start(r, why) : a;
}

int kafka_reader_open(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, const ReaderFrom *from,
                      Why *why) {
        KafkaReader *r = calloc(1, sizeof *r);
        if (!r)
                return why_say(why, -ENOMEM, "out of memory");
        r->reader.body = &body;
        int a = fill(r, conf, topics, n_topics, from, why);
        if (a != 0) {
                reader_close(&r->reader);
                return a;
        }
        *ret = &r->reader;
        return 0;
}
