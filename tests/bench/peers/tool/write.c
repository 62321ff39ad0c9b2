/* Events into a topic: a backlog as fast as they go, or an open loop at a rate. */
#include "tool.h"

#include <inttypes.h>

static const char *const producer[][2] = { { "enable.idempotence", "true" },
                                           { "acks", "all" },
                                           { "linger.ms", "5" },
                                           { "compression.codec", "lz4" },
                                           { "partitioner", "murmur2_random" },
                                           { "queue.buffering.max.messages", "500000" },
                                           { "queue.buffering.max.kbytes", "262144" },
                                           { NULL, NULL } };

typedef struct Writer {
        rd_kafka_t *k;
        rd_kafka_topic_t *t;
        const Shape *shape;
        Oracle *oracle;
} Writer;

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
        (void)rk;
        (void)opaque;
        if (m->err)
                DIE("delivery: %s", rd_kafka_message_errstr(m));
}

static void open_writer(Writer *w, const char *topic, const Shape *s) {
        rd_kafka_conf_t *c = conf_new(producer);
        rd_kafka_conf_set_dr_msg_cb(c, delivered);
        w->k = client_new(RD_KAFKA_PRODUCER, c);
        w->t = rd_kafka_topic_new(w->k, topic, NULL);
        w->shape = s;
        w->oracle = oracle_new(s);
        if (!w->t || !w->oracle)
                DIE("cannot write %s", topic);
}

static void put(Writer *w, uint64_t i, int64_t time) {
        uint8_t value[EVENT_MAX];
        char key[KEY_MAX];
        size_t len = event_encode(value, w->shape, i, time), key_len = event_key(key, event_loop(w->shape, i));
        oracle_see(w->oracle, i, value, len);
        while (rd_kafka_produce(w->t, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, len, key, key_len, NULL)) {
                if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                        DIE("%s", rd_kafka_err2str(rd_kafka_last_error()));
                rd_kafka_poll(w->k, 10);
        }
}

/* All is acknowledged; what must become of it is printed. */
static void close_writer(Writer *w) {
        if (rd_kafka_flush(w->k, (int)(GIVE_UP_US / 1000)))
                DIE("not all events were delivered");
        oracle_print(w->oracle);
        oracle_free(w->oracle);
        rd_kafka_topic_destroy(w->t);
        rd_kafka_destroy(w->k);
}

void write_fill(const char *topic, const Shape *s, uint64_t n) {
        Writer w;
        open_writer(&w, topic, s);
        for (uint64_t i = 0; i < n; i++) {
                put(&w, i, EVENT_TIME_ZERO + (int64_t)i * STEP_US);
                if (!(i & 1023))
                        rd_kafka_poll(w.k, 0);
        }
        printf("in %" PRIu64 "\n", n);
        close_writer(&w);
}

void write_pace(const char *topic, const Shape *s, int64_t start_us, uint64_t rate, uint64_t seconds) {
        Writer w;
        uint64_t i = 0, end = rate * seconds;
        int64_t late = 0;
        open_writer(&w, topic, s);
        while (i < end && !stopped) {
                int64_t now = now_us(CLOCK_REALTIME);
                for (int64_t due; i < end && (due = start_us + (int64_t)(i * 1000000 / rate)) <= now; i++) {
                        if (now - due > late)
                                late = now - due;
                        put(&w, i, due);
                }
                rd_kafka_poll(w.k, 0);
                nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
        }
        printf("in %" PRIu64 "\nlate_ms %.1f\n", i, (double)late / 1000);
        close_writer(&w);
}
