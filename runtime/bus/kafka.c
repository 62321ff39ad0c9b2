/* Kafka as a body of the bus: opening, closing, what is wrong outside. */
#include "bus/kafka_body.h"

#include "core/limits.h"

#define CLOSE_MS 4000 /* of the ten seconds that bus_close may take; leaving the group may take librdkafka five */
#define ASK_MS 300 /* a question whether trouble is over may hold up a turn so long */
#define ASK_EVERY_US 1000000
#define ENDS_MS 300

int kafka_spend(KafkaBus *b, Why *why, const char *format, ...) {
        if (!b->spent) {
                char text[WHY_MAX];
                va_list ap;
                va_start(ap, format);
                vsnprintf(text, sizeof text, format, ap);
                va_end(ap);
                why_say(&b->spent_why, 0, "%s", text);
                b->spent = true;
        }
        return kafka_spent(b, why);
}

int kafka_spent(const KafkaBus *b, Why *why) {
        return why_say(why, BUS_E_FATAL, "%s", b->spent_why.text);
}

/* ---- trouble ---- */

static void heard(KafkaBus *b, KafkaTrouble *t, rd_kafka_t *rk, int err, const char *reason) {
        if (err == RD_KAFKA_RESP_ERR__FATAL) {
                char text[256];
                rd_kafka_resp_err_t code = rd_kafka_fatal_error(rk, text, sizeof text);
                if (kafka_is_denied(code))
                        t->answer = kafka_say(&t->why, &b->names, code, KAFKA_WRITE, b->names.bootstrap, NULL);
                Why end;
                kafka_ended(&end, &b->names, code, text);
                kafka_spend(b, NULL, "%s", end.text);
        } else if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
                if (t->answer != BUS_E_DENIED && t->answer != BUS_E_DOWN)
                        t->answer = kafka_say(&t->why, &b->names, (rd_kafka_resp_err_t)err, KAFKA_DESCRIBE, NULL, reason);
        } else if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION || err == RD_KAFKA_RESP_ERR__SSL ||
                   err == RD_KAFKA_RESP_ERR__RESOLVE) {
                b->names.refused = err == RD_KAFKA_RESP_ERR__AUTHENTICATION;
                t->answer = kafka_say(&t->why, &b->names, (rd_kafka_resp_err_t)err, KAFKA_DESCRIBE, NULL, reason);
        } else if (kafka_is_denied((rd_kafka_resp_err_t)err)) {
                t->answer = kafka_say(&t->why, &b->names, (rd_kafka_resp_err_t)err, t == &b->in ? KAFKA_READ : KAFKA_WRITE,
                                      b->n_topics ? b->topics[0] : "", NULL);
        }
}

static void consumer_error(rd_kafka_t *rk, int err, const char *reason, void *opaque) {
        KafkaBus *b = opaque;
        heard(b, &b->in, rk, err, reason);
}

static void producer_error(rd_kafka_t *rk, int err, const char *reason, void *opaque) {
        KafkaBus *b = opaque;
        heard(b, &b->out, rk, err, reason);
}

/* Is every topic there and may we see it? Also proves that a broker answers. */
static int topics_now(KafkaBus *b, Why *why) {
        for (uint32_t i = 0; b->consumer && i < b->n_topics; i++) {
                int32_t n = 0;
                GUARD(kafka_partitions(b->consumer, false, &b->names, b->topics[i], KAFKA_READ, ASK_MS, &n, why));
                if (!n)
                        return kafka_say(why, &b->names, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, KAFKA_READ, b->topics[i], NULL);
        }
        for (uint32_t i = 0; b->producer && i < b->n_outputs; i++) {
                int32_t n = 0;
                GUARD(kafka_partitions(b->producer, true, &b->names, b->outputs[i].name, KAFKA_WRITE, ASK_MS, &n, why));
                if (!n)
                        return kafka_say(why, &b->names, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, KAFKA_WRITE, b->outputs[i].name,
                                         NULL);
        }
        return 0;
}

int kafka_ask(KafkaBus *b, const Why **why) {
        KafkaTrouble *t = b->in.answer ? &b->in : &b->out;
        *why = &t->why;
        if (!t->answer || clock_read_us(CLOCK_MONOTONIC) - t->asked_us < ASK_EVERY_US)
                return t->answer;
        Why text;
        int r = topics_now(b, &text);
        t->asked_us = clock_read_us(CLOCK_MONOTONIC);
        /* A right that metadata does not need shows itself over only by working again. */
        if (r != 0 && !(r == BUS_E_DOWN && t->answer == BUS_E_DENIED))
                kafka_trouble(t, r, &text);
        else if (r == 0 && t->answer != BUS_E_DENIED)
                t->answer = 0;
        return t->answer;
}

static int kafka_ends(Bus *bus, uint32_t output, BusPosition *io, size_t n) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        Why why;
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)n);
        for (size_t i = 0; i < n; i++)
                rd_kafka_topic_partition_list_add(l, b->outputs[output].name, io[i].partition)->offset = RD_KAFKA_OFFSET_END;
        int r = kafka_offsets(b->producer, &b->names, l, ENDS_MS, &why) == 0 ? 0 : BUS_E_DOWN;
        for (size_t i = 0; r == 0 && i < n; i++)
                io[i].offset = l->elems[i].offset;
        rd_kafka_topic_partition_list_destroy(l);
        return r;
}

static int kafka_health(Bus *bus, Why *why) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        if (b->spent)
                return kafka_spent(b, why);
        rd_kafka_poll(b->producer, 0);
        const Why *text;
        int r = kafka_ask(b, &text);
        return r ? why_say(why, r, "%s", text->text) : 0;
}

/* ---- life ---- */

/* Out of the group. librdkafka tells a revocation once and then waits for its answer, in rd_kafka_consumer_close() for
 * ever: one that was told and not answered by bus_release() is answered here. What comes after, the callback answers. */
static void leave(KafkaBus *b) {
        b->closing = true;
        if (b->event == BUS_E_REVOKED || b->event == BUS_E_LOST)
                rd_kafka_assign(b->consumer, NULL);
        rd_kafka_consumer_close(b->consumer);
        if (b->queue)
                rd_kafka_queue_destroy(b->queue);
        rd_kafka_destroy(b->consumer);
}

static void bus_free(KafkaBus *b) {
        kafka_batch_deinit(&b->batch);
        for (uint32_t i = 0; i < b->n_outputs; i++) {
                if (b->outputs[i].handle)
                        rd_kafka_topic_destroy(b->outputs[i].handle);
                free(b->outputs[i].name);
        }
        if (b->consumer)
                leave(b);
        if (b->producer)
                rd_kafka_destroy(b->producer);
        for (uint32_t i = 0; b->topics && i < b->n_topics; i++)
                free(b->topics[i]);
        free(b->topics);
        free(b->handles);
        free(b->outputs);
        free(b->owned);
        free(b->positions);
        kafka_names_deinit(&b->names);
        free(b);
}

static Bus *kafka_close(Bus *bus) {
        KafkaBus *b = (KafkaBus *)(void *)bus;
        if (b->producer && b->exactly_once)
                kafka_txn_leave(b);
        else if (b->producer)
                rd_kafka_flush(b->producer, CLOSE_MS);
        if (b->producer)
                rd_kafka_purge(b->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        bus_free(b);
        return NULL;
}

static const BusBody body = { .close = kafka_close,
                              .poll = kafka_poll,
                              .assigned = kafka_assigned,
                              .rewind = kafka_rewind,
                              .release = kafka_release,
                              .hold = kafka_hold,
                              .lag = kafka_lag,
                              .at_end = kafka_at_end,
                              .output = kafka_output,
                              .begin = kafka_begin,
                              .send = kafka_send,
                              .commit = kafka_commit,
                              .abort = kafka_abort,
                              .health = kafka_health,
                              .ends = kafka_ends };

static int fill(KafkaBus *b, const BusConf *conf) {
        GUARD(kafka_names_fill(&b->names, conf));
        GUARD(kafka_batch_init(&b->batch));
        b->topics = calloc(conf->n_topics ? conf->n_topics : 1, sizeof *b->topics);
        b->handles = calloc(conf->n_topics ? conf->n_topics : 1, sizeof *b->handles);
        REQUIRE(b->topics && b->handles, -ENOMEM);
        for (; b->n_topics < conf->n_topics; b->n_topics++) {
                b->topics[b->n_topics] = strdup(conf->topics[b->n_topics]);
                REQUIRE(b->topics[b->n_topics], -ENOMEM);
        }
        b->n_own = conf->n_own;
        b->start = conf->start;
        b->start_us = conf->start_us;
        b->exactly_once = conf->transactional_id != NULL;
        b->midway = conf->midway;
        b->midway_arg = conf->midway_arg;
        b->queue_bytes = kafka_queue_bytes(conf);
        b->queue_records = kafka_queue_records(conf);
        b->waker = !kafka_wakes();
        return 0;
}

static int subscribe(KafkaBus *b, Why *why) {
        rd_kafka_poll_set_consumer(b->consumer);
        b->queue = rd_kafka_queue_get_consumer(b->consumer);
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)b->n_topics);
        for (uint32_t i = 0; i < b->n_topics; i++)
                rd_kafka_topic_partition_list_add(l, b->topics[i], RD_KAFKA_PARTITION_UA);
        rd_kafka_resp_err_t err = b->n_topics ? rd_kafka_subscribe(b->consumer, l) : RD_KAFKA_RESP_ERR_NO_ERROR;
        rd_kafka_topic_partition_list_destroy(l);
        return err ? why_say(why, BUS_E_FATAL, "subscribing failed: %s", rd_kafka_err2str(err)) : 0;
}

#define SOON_TRIES 3 /* clients that ask once for a producer id before one that waits for it */
#define SOON_MS 20 /* besides what their connections take */
#define SOON_MOST_MS 300 /* librdkafka's own pause is 500 */

/* What a producer id should take: as long as two connections and two questions, of which one of each is made here. 0: nobody
 * answers in such a time. */
static int soon_ms(rd_kafka_t *rk) {
        const struct rd_kafka_metadata *m = NULL;
        int64_t from = clock_read_us(CLOCK_MONOTONIC);
        if (rd_kafka_metadata(rk, 0, NULL, &m, SOON_MOST_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
                return 0;
        rd_kafka_metadata_destroy(m);
        int64_t ms = SOON_MS + 2 * (clock_read_us(CLOCK_MONOTONIC) - from) / 1000;
        return ms < SOON_MOST_MS ? (int)ms : SOON_MOST_MS;
}

/* When a predecessor died in mid-turn the coordinator must end that turn first, some ten milliseconds, and refuses us
 * meanwhile; librdkafka 2.0.2 asks again after half a second, a new client at once. */
static int producer_open(KafkaBus *b, const BusConf *conf, Why *why) {
        const KafkaCallbacks on = { .delivered = kafka_delivered, .error = producer_error };
        for (int i = 0; b->exactly_once && i < SOON_TRIES; i++) {
                GUARD(kafka_client(&b->producer, conf, KAFKA_PRODUCER, &on, b, why));
                int ms = soon_ms(b->producer), r = ms ? kafka_init_soon(b, ms, why) : BUS_E_IDLE;
                if (r != BUS_E_IDLE)
                        return r;
                rd_kafka_destroy(b->producer);
                b->producer = NULL;
                if (!ms)
                        break;
        }
        GUARD(kafka_client(&b->producer, conf, KAFKA_PRODUCER, &on, b, why));
        return b->exactly_once ? kafka_init(b, why) : 0;
}

static int open_clients(KafkaBus *b, const BusConf *conf, Why *why) {
        const KafkaCallbacks consume = { .rebalance = kafka_rebalance, .error = consumer_error };
        GUARD(producer_open(b, conf, why));
        if (!conf->group)
                return 0;
        GUARD(kafka_client(&b->consumer, conf, KAFKA_CONSUMER, &consume, b, why));
        return subscribe(b, why);
}

int kafka_open(Bus **ret, const BusConf *conf, Why *why) {
        KafkaBus *b = calloc(1, sizeof *b);
        if (!b)
                return why_say(why, -ENOMEM, "out of memory");
        b->bus.body = &body;
        int r = fill(b, conf);
        if (r != 0)
                why_say(why, r, "out of memory");
        else
                r = open_clients(b, conf, why);
        if (r != 0) {
                bus_free(b);
                return r;
        }
        *ret = &b->bus;
        return 0;
}
