/* The bare librdkafka loop: what is left when everything is taken away from a stream processor but the stream.
 *
 * J1, J2 as in workload.h, with a hand-written decoder that walks every field; J2 writes each changed loop to a changelog once a
 * commit. No restart, no rebalance, no restore: nobody could run it, it is the limit of what a C program can come near to.
 *
 * alo  offsets are committed once every output that belongs to them is acknowledged; the next interval does not wait for it
 * eos  one transaction an interval; commit blocks
 *
 * Runs until SIGTERM. BENCH_BREAK=lose|double leaves out, or sends twice, the thousandth alert: a harness must refuse that. */
#include "../tool/kafka.h"
#include "../tool/workload.h"

#include <signal.h>
#include <string.h>

enum { BATCH = 1000, EPOCHS = 64, SLOTS = 1 << 15, MAX_IN_TXN = 200000, PARTITIONS_MAX = 128 };

/* One commit interval in alo: its offsets may be committed when all epochs up to it have no output in flight. */
typedef struct Epoch {
        long in_flight;
        int64_t next[PARTITIONS_MAX];
} Epoch;

/* J2's count of one loop; changed ones are linked and go to the changelog at the next commit. */
typedef struct Count Count;
struct Count {
        char loop[KEY_MAX - 1];
        uint8_t len;
        int16_t partition;
        bool changed;
        int32_t n;
        int64_t window;
        Count *link;
};

static bool stateful, eos;
static rd_kafka_t *consumer, *producer;
static rd_kafka_topic_t *out, *changelog;
static rd_kafka_queue_t *queue;
static const char *in_name, *broken;
static int64_t next[PARTITIONS_MAX]; /* the offset after the last processed record; -1 when none */
static int64_t committed[PARTITIONS_MAX];
static Epoch epochs[EPOCHS];
static unsigned long epoch, oldest; /* the open one, the first one not yet committed; both modulo EPOCHS */
static Count counts[SLOTS], *changed;
static uint64_t alerts;
static int loops;
static volatile sig_atomic_t stopped;

static void stop(int sig) {
        (void)sig;
        stopped = 1;
}

/* ---- out ---- */

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
        (void)rk;
        (void)opaque;
        if (m->err)
                DIE("delivery: %s", rd_kafka_message_errstr(m));
        epochs[(uintptr_t)m->_private].in_flight--;
}

static void emit(rd_kafka_topic_t *t, int partition, const void *value, size_t len, const void *key, size_t key_len) {
        void *tag = (void *)(uintptr_t)(epoch % EPOCHS);
        char bytes[ALERT_MAX];
        memcpy(bytes, value, len);
        while (rd_kafka_produce(t, partition, RD_KAFKA_MSG_F_COPY, bytes, len, key, key_len, tag)) {
                if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                        DIE("produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
                rd_kafka_poll(producer, 1);
        }
        epochs[epoch % EPOCHS].in_flight++;
}

/* The output partition is the input's: both topics are keyed by loop and have as many partitions. */
static void emit_alert(const rd_kafka_message_t *m, const Event *e) {
        uint8_t alert[ALERT_MAX];
        size_t len = alert_encode(alert, e);
        int times = ++alerts == 1000 && broken[0] ? broken[0] == 'd' ? 2 : 0 : 1;
        while (times--)
                emit(out, m->partition, alert, len, e->loop.at, e->loop.len);
}

/* ---- the jobs ---- */

static Count *count_of(Span loop) {
        size_t i = record_hash("", 0, loop.at, loop.len) % SLOTS;
        while (counts[i].len && (counts[i].len != loop.len || memcmp(counts[i].loop, loop.at, loop.len)))
                i = (i + 1) % SLOTS;
        if (!counts[i].len) {
                if (++loops > SLOTS / 2)
                        DIE("more than %d loops", SLOTS / 2);
                memcpy(counts[i].loop, loop.at, loop.len);
                counts[i].len = (uint8_t)loop.len;
        }
        return &counts[i];
}

static void count(const rd_kafka_message_t *m, const Event *e) {
        Count *c = count_of(e->loop);
        int64_t window = e->time / WINDOW_US;
        if (c->window != window) {
                c->window = window;
                c->n = 0;
        }
        if (++c->n == THRESHOLD)
                emit_alert(m, e);
        if (!c->changed) {
                c->changed = true;
                c->partition = (int16_t)m->partition;
                c->link = changed;
                changed = c;
        }
}

static void log_changes(void) {
        for (; changed; changed = changed->link) {
                int64_t value[2] = { changed->window, changed->n };
                emit(changelog, changed->partition, value, sizeof value, changed->loop, changed->len);
                changed->changed = false;
        }
}

static void process(const rd_kafka_message_t *m) {
        Event e;
        if (m->err)
                DIE("consume: %s", rd_kafka_message_errstr(m));
        if (!event_decode(m->payload, m->len, &e) || e.loop.len >= KEY_MAX)
                DIE("not an event");
        if (stateful)
                count(m, &e);
        else if (e.kind == KIND_TRIGGER)
                emit_alert(m, &e);
        next[m->partition] = m->offset + 1;
}

/* ---- commits ---- */

static rd_kafka_topic_partition_list_t *offsets(const int64_t at[PARTITIONS_MAX]) {
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(PARTITIONS_MAX);
        for (int p = 0; p < PARTITIONS_MAX; p++)
                if (at[p] > committed[p]) {
                        rd_kafka_topic_partition_list_add(l, in_name, p)->offset = at[p];
                        committed[p] = at[p];
                }
        return l;
}

static void must(rd_kafka_error_t *e, const char *what) {
        if (e)
                DIE("%s: %s", what, rd_kafka_error_string(e));
}

static void commit_transaction(void) {
        log_changes();
        rd_kafka_topic_partition_list_t *l = offsets(next);
        rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(consumer);
        must(rd_kafka_send_offsets_to_transaction(producer, l, group, -1), "send offsets");
        must(rd_kafka_commit_transaction(producer, -1), "commit");
        rd_kafka_consumer_group_metadata_destroy(group);
        rd_kafka_topic_partition_list_destroy(l);
}

static void commit_acknowledged(void) {
        unsigned long last = oldest;
        while (last != epoch && !epochs[last % EPOCHS].in_flight)
                last++;
        if (last == oldest)
                return;
        rd_kafka_topic_partition_list_t *l = offsets(epochs[(last - 1) % EPOCHS].next);
        if (l->cnt && rd_kafka_commit(consumer, l, true))
                DIE("commit failed");
        rd_kafka_topic_partition_list_destroy(l);
        oldest = last;
}

static void close_epoch(void) {
        log_changes();
        if (epoch - oldest == EPOCHS - 1) { /* the broker is far behind: keep it open */
                rd_kafka_poll(producer, 1);
                return;
        }
        memcpy(epochs[epoch % EPOCHS].next, next, sizeof next);
        epoch++;
}

/* ---- the loop ---- */

/* With a timeout rd_kafka_consume_batch_queue would wait for a full batch: wait for one record, take what is there. */
static size_t take(rd_kafka_message_t **batch, int wait_ms) {
        if (!(batch[0] = rd_kafka_consumer_poll(consumer, wait_ms)))
                return 0;
        ssize_t n = rd_kafka_consume_batch_queue(queue, 0, batch + 1, BATCH - 1);
        return 1 + (n > 0 ? (size_t)n : 0);
}

static void open_clients(const char *id) {
        const char *const out_conf[][2] = { { "acks", "all" },
                                            { "linger.ms", "5" },
                                            { "compression.codec", "lz4" },
                                            { "queue.buffering.max.messages", "500000" },
                                            { "enable.idempotence", "true" },
                                            { eos ? "transactional.id" : NULL, id },
                                            { NULL, NULL } };
        const char *const in_conf[][2] = {
                { "group.id", id },
                { "enable.auto.commit", "false" },
                { "auto.offset.reset", "earliest" },
                { "isolation.level", "read_committed" },
                { "queued.min.messages", "100000" },
                { "queued.max.messages.kbytes", "65536" },
                /* librdkafka 2.0.2: when the queue is full the broker thread sleeps up to a second, however fast the queue
                 * drains, unless a request wakes it. A metadata request does; where partitions have several leaders each
                 * needs its own. */
                { "topic.metadata.refresh.interval.ms", "20" },
                { NULL, NULL },
        };
        rd_kafka_conf_t *c = conf_new(out_conf);
        rd_kafka_conf_set_dr_msg_cb(c, delivered);
        producer = client_new(RD_KAFKA_PRODUCER, c);
        consumer = client_new(RD_KAFKA_CONSUMER, conf_new(in_conf));
        queue = rd_kafka_queue_get_consumer(consumer);
        out = rd_kafka_topic_new(producer, env("BENCH_OUT", NULL), NULL);
        if (stateful)
                changelog = rd_kafka_topic_new(producer, env("BENCH_CHANGELOG", NULL), NULL);
        if (eos)
                must(rd_kafka_init_transactions(producer, 60000), "init");
        rd_kafka_topic_partition_list_t *t = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(t, in_name, RD_KAFKA_PARTITION_UA);
        if (rd_kafka_subscribe(consumer, t))
                DIE("subscribe");
        rd_kafka_topic_partition_list_destroy(t);
}

int main(void) {
        int64_t interval = atoi(env("BENCH_COMMIT_MS", "100")) * INT64_C(1000), due = 0;
        rd_kafka_message_t *batch[BATCH];
        uint64_t in_txn = 0;
        bool open = false;
        stateful = !strcmp(env("BENCH_JOB", NULL), "J2");
        eos = !strcmp(env("BENCH_MODE", NULL), "eos");
        in_name = env("BENCH_IN", NULL);
        broken = env("BENCH_BREAK", "");
        memset(next, 0xff, sizeof next);
        memset(committed, 0xff, sizeof committed);
        signal(SIGTERM, stop);
        open_clients(env("BENCH_ID", NULL));
        while (!stopped) {
                size_t n = take(batch, 10);
                if (n && eos && !open) {
                        must(rd_kafka_begin_transaction(producer), "begin");
                        open = true;
                        in_txn = 0;
                }
                for (size_t i = 0; i < n; i++) {
                        process(batch[i]);
                        rd_kafka_message_destroy(batch[i]);
                }
                in_txn += n;
                rd_kafka_poll(producer, 0);
                int64_t now = now_us(CLOCK_MONOTONIC);
                due = due ? due : now + interval;
                if (!eos) {
                        if (now >= due) {
                                close_epoch();
                                due = now + interval;
                        }
                        commit_acknowledged();
                } else if (open && (now >= due || in_txn >= MAX_IN_TXN)) {
                        commit_transaction();
                        open = false;
                        due = now + interval;
                }
        }
        return 0; /* what is open is nobody's: the harness has seen the last commit before it says stop */
}
