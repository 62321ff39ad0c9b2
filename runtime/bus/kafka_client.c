/* One client of librdkafka: our defaults, then the user's properties, then what is not the user's to choose. */
#include "bus/kafka_body.h"

#define MEMORY_LEAST ((size_t)4 << 20) /* a quarter of the least memory.max; below it a fetch of one partition would not fit */
#define MEMORY_DEFAULT ((size_t)64 << 20)
#define QUEUE_LEAST ((size_t)1 << 20)
#define RECORD_OVERHEAD 512u /* what librdkafka keeps for a queued record beside its bytes, about */
#define RECORDS_LEAST 1000u
#define RECORDS_MOST 200000u /* beyond it a longer queue buys nothing */
#define SOCKET_TIMEOUT_MS 15000u /* a broker that stands still is given up after it */
#define FETCH_SHARE 16 /* of the consumer's share: a fetch is compressed and may unfold to many times that */
#define FETCH_LEAST ((size_t)64 << 10)
#define FETCH_MOST ((size_t)1 << 20) /* of one partition at once: librdkafka's default */

static size_t share(const BusConf *conf) {
        size_t memory = conf->memory ? conf->memory : MEMORY_DEFAULT;
        return (memory < MEMORY_LEAST ? MEMORY_LEAST : memory) / 2;
}

size_t kafka_queue_bytes(const BusConf *conf) {
        size_t half = share(conf) / 2; /* the other half: overhead, and the fetch that is under way */
        return half < QUEUE_LEAST ? QUEUE_LEAST : half;
}

size_t kafka_queue_records(const BusConf *conf) {
        size_t n = share(conf) / 2 / RECORD_OVERHEAD;
        return n < RECORDS_LEAST ? RECORDS_LEAST : n > RECORDS_MOST ? RECORDS_MOST : n;
}

static void set(rd_kafka_conf_t *c, const char *name, const char *value) {
        rd_kafka_conf_set(c, name, value, NULL, 0); /* our own names and values; one that this version lacks is left out */
}

static void set_n(rd_kafka_conf_t *c, const char *name, size_t n) {
        char value[32];
        snprintf(value, sizeof value, "%zu", n);
        set(c, name, value);
}

bool kafka_wakes(void) {
        rd_kafka_conf_t *c = rd_kafka_conf_new();
        bool known = rd_kafka_conf_set(c, "fetch.queue.backoff.ms", "10", NULL, 0) == RD_KAFKA_CONF_OK;
        rd_kafka_conf_destroy(c);
        return known;
}

static void quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
        (void)rk, (void)level, (void)facility, (void)text; /* what matters comes as an error with a code */
}

/* What the user may change. */
static void defaults(rd_kafka_conf_t *c, const BusConf *conf, KafkaRole role) {
        set(c, "socket.nagle.disable", "true");
        set_n(c, "socket.timeout.ms", SOCKET_TIMEOUT_MS);
        set(c, "reconnect.backoff.ms", "50");
        set(c, "reconnect.backoff.max.ms", "2000");
        set(c, "topic.metadata.refresh.interval.ms", "10000"); /* a topic made late is seen in that time */
        set(c, "session.timeout.ms", "10000");
        set(c, "heartbeat.interval.ms", "3000");
        set(c, "linger.ms", "5");
        set(c, "client.id", conf->member ? conf->member : conf->group ? conf->group : "tocsin");
        set(c, "fetch.queue.backoff.ms", "10");
        set(c, "topic.metadata.propagation.max.ms", "5000"); /* an output topic that is missing shows after that */
        if (role == KAFKA_RESTORE)
                set(c, "fetch.wait.max.ms", "20"); /* the end behind the last mark shows with the next empty answer */
        if (role != KAFKA_PRODUCER)
                return;
        set(c, "retry.backoff.ms", "20");
        set(c, "message.timeout.ms", "15000");
        if (conf->transactional_id)
                set(c, "transaction.timeout.ms", "20000");
}

static const char *chosen(const BusConf *conf, const char *name) {
        for (uint32_t i = conf->n_properties; i-- > 0;)
                if (strcmp(conf->properties[i].name, name) == 0)
                        return conf->properties[i].value;
        return NULL;
}

/* Whatever the user's transactions may last: messages give up before, and requests not after. */
static void transaction_timeout(rd_kafka_conf_t *c, const BusConf *conf) {
        const char *chose = chosen(conf, "transaction.timeout.ms");
        unsigned long whole = chose ? strtoul(chose, NULL, 10) : 0;
        if (!whole || !conf->transactional_id)
                return;
        if (!chosen(conf, "message.timeout.ms") && !chosen(conf, "delivery.timeout.ms"))
                set_n(c, "message.timeout.ms", whole * 3 / 4);
        if (!chosen(conf, "socket.timeout.ms") && whole < SOCKET_TIMEOUT_MS)
                set_n(c, "socket.timeout.ms", whole);
}

static void fixed_read(rd_kafka_conf_t *c, const BusConf *conf) {
        size_t bytes = kafka_queue_bytes(conf), whole = share(conf) / FETCH_SHARE, fetch = whole / 2;
        fetch = fetch < FETCH_LEAST ? FETCH_LEAST : fetch > FETCH_MOST ? FETCH_MOST : fetch;
        char value[32] = "0";
        size_t n = sizeof value;
        if (rd_kafka_conf_get(c, "message.max.bytes", value, &n) == RD_KAFKA_CONF_OK && whole < strtoul(value, NULL, 10))
                whole = strtoul(value, NULL, 10);
        set_n(c, "queued.max.messages.kbytes", bytes / 1024);
        set_n(c, "queued.min.messages", kafka_queue_records(conf));
        set_n(c, "fetch.message.max.bytes", fetch);
        set_n(c, "fetch.max.bytes", whole);
        set(c, "isolation.level", "read_committed");
        set(c, "auto.offset.reset", "error"); /* a position that is gone is never skipped in silence */
        set(c, "enable.auto.commit", "false");
        set(c, "enable.auto.offset.store", "false");
        set(c, "enable.partition.eof", "true");
}

static void fixed(rd_kafka_conf_t *c, const BusConf *conf, KafkaRole role) {
        set(c, "log.connection.close", "false");
        set(c, "allow.auto.create.topics", "false");
        if (role == KAFKA_CONSUMER) {
                set(c, "group.id", conf->group);
                if (conf->member)
                        set(c, "group.instance.id", conf->member);
                set(c, "partition.assignment.strategy", "range");
        }
        if (role == KAFKA_CONSUMER || role == KAFKA_READER || role == KAFKA_RESTORE)
                fixed_read(c, conf);
        if (role != KAFKA_PRODUCER)
                return;
        transaction_timeout(c, conf);
        set(c, "enable.idempotence", "true");
        if (conf->transactional_id)
                set(c, "transactional.id", conf->transactional_id);
        set(c, "delivery.report.only.error", "true");
        set(c, "partitioner", "murmur2_random");
        set(c, "sticky.partitioning.linger.ms", "0");
        set_n(c, "queue.buffering.max.kbytes", kafka_queue_bytes(conf) / 1024);
        size_t records = 2 * kafka_queue_records(conf);
        set_n(c, "queue.buffering.max.messages", records);
}

int kafka_client(rd_kafka_t **ret, const BusConf *conf, KafkaRole role, const KafkaCallbacks *on, void *opaque, Why *why) {
        rd_kafka_conf_t *c = rd_kafka_conf_new();
        if (!c)
                return why_say(why, -ENOMEM, "out of memory");
        defaults(c, conf, role);
        char text[WHY_MAX / 2] = "";
        for (uint32_t i = 0; i < conf->n_properties; i++) {
                const BusProperty *p = &conf->properties[i];
                int r = bus_property_check(p, why);
                if (r == 0)
                        r = kafka_property_set(c, p, why);
                if (r != 0) {
                        rd_kafka_conf_destroy(c);
                        return r;
                }
        }
        fixed(c, conf, role);
        rd_kafka_conf_set_log_cb(c, quiet);
        rd_kafka_conf_set_opaque(c, opaque);
        if (on && on->error)
                rd_kafka_conf_set_error_cb(c, on->error);
        if (role == KAFKA_CONSUMER)
                rd_kafka_conf_set_rebalance_cb(c, on->rebalance);
        if (role == KAFKA_PRODUCER)
                rd_kafka_conf_set_dr_msg_cb(c, on->delivered);
        rd_kafka_t *rk = rd_kafka_new(role == KAFKA_PRODUCER || role == KAFKA_ADMIN ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, c,
                                      text, sizeof text);
        if (!rk) {
                rd_kafka_conf_destroy(c);
                for (uint32_t i = 0; i < conf->n_properties; i++)
                        if (conf->properties[i].written && bytes_tell(bytes_z(text), bytes_z(conf->properties[i].value)))
                                return why_say(why, BUS_E_CONF,
                                               "librdkafka refuses the properties, and its words repeat the value of %s"
                                               " (it comes from %s)",
                                               conf->properties[i].name, conf->properties[i].written);
                return why_say(why, BUS_E_CONF, "librdkafka refuses the properties: %s", text);
        }
        *ret = rk;
        return 0;
}
