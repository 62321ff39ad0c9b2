/* What librdkafka may hold is bounded by what the Bus was given, as librdkafka itself says it. */
#include "bus/kafka_body.h"

#include <criterion/criterion.h>

#define OVERHEAD 512u /* beside a record's bytes, as kafka_client.c reckons */

static size_t of(rd_kafka_t *rk, const char *name) {
        char value[64] = "";
        size_t n = sizeof value;
        cr_assert_eq(rd_kafka_conf_get(rd_kafka_conf(rk), name, value, &n), RD_KAFKA_CONF_OK);
        return (size_t)strtoull(value, NULL, 10);
}

static size_t most(const BusConf *conf, KafkaRole role) {
        rd_kafka_t *rk = NULL;
        Why why;
        KafkaCallbacks on = { .rebalance = kafka_rebalance, .delivered = kafka_delivered };
        cr_assert_eq(kafka_client(&rk, conf, role, &on, NULL, &why), 0, "%s", why.text);
        size_t n = role == KAFKA_PRODUCER
                           ? of(rk, "queue.buffering.max.kbytes") * 1024 + of(rk, "queue.buffering.max.messages") * OVERHEAD
                           : of(rk, "queued.max.messages.kbytes") * 1024 + of(rk, "queued.min.messages") * OVERHEAD +
                                     of(rk, "fetch.max.bytes");
        rd_kafka_destroy(rk);
        return n;
}

/* A worker gives its Bus a quarter of memory.max. All that it may have open at once: the consumer, the producer, a reader of
 * tables and one of the changelog. What is left carries the turn, decoded events and tables that are read whole. */
Test(share, all_clients_of_a_worker_together_stay_under_three_quarters_of_its_memory) {
        static const size_t memory[] = { 16, 32, 64, 128, 256, 512, 1024, 4096 };
        for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
                const BusProperty where = { "bootstrap.servers", "127.0.0.1:1" };
                const BusConf conf = { .group = "g",
                                       .transactional_id = "t",
                                       .memory = memory[i] << 20 >> 2,
                                       .properties = &where,
                                       .n_properties = 1 };
                size_t sum = most(&conf, KAFKA_CONSUMER) + most(&conf, KAFKA_PRODUCER) + most(&conf, KAFKA_READER) +
                             most(&conf, KAFKA_RESTORE);
                cr_log_info("memory.max %zu MiB: at most %zu MiB in librdkafka", memory[i], sum >> 20);
                cr_assert_leq(sum, (memory[i] << 20) / 4 * 3, "of %zu MiB: %zu bytes", memory[i], sum);
        }
}
