/* The partition of a key, against the numbers of Java's tests and of librdkafka. */
#include "bus/bus.h"
#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>

/* org.apache.kafka.common.utils.UtilsTest.testMurmur2 */
static const struct {
        const char *key;
        int32_t hash;
} java[] = {
        { "21", -973932308 },
        { "foobar", -790332482 },
        { "a-little-bit-long-string", -985981536 },
        { "a-little-bit-longer-string", -1486304829 },
        { "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
        { "abc", 479470107 },
};

Test(partition, murmur2_is_javas) {
        for (size_t i = 0; i < sizeof java / sizeof *java; i++)
                for (int32_t n = 1; n < 300; n++)
                        cr_assert_eq(bus_partition_murmur2(bytes_z(java[i].key), n), (java[i].hash & 0x7fffffff) % n, "%s",
                                     java[i].key);
}

Test(partition, crc32_is_zlibs) {
        cr_assert_eq(bus_partition_crc32(bytes_z("123456789"), 1000003), (int32_t)(0xcbf43926u % 1000003u));
        cr_assert_eq(bus_partition_crc32(BYTES_NULL, 7), 0);
}

Test(partition, both_are_librdkafkas_on_random_keys) {
        const char *env = getenv("TOCSIN_SEED");
        unsigned seed = env ? (unsigned)strtoul(env, NULL, 10) : (unsigned)time(NULL);
        fprintf(stderr, "TOCSIN_SEED=%u\n", seed);
        rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
        rd_kafka_topic_t *t = rd_kafka_topic_new(rk, "t", NULL);
        for (int i = 0; i < 20000; i++) {
                uint8_t key[64];
                size_t len = (size_t)rand_r(&seed) % sizeof key;
                int32_t n = 1 + rand_r(&seed) % 4096;
                for (size_t k = 0; k < len; k++)
                        key[k] = (uint8_t)rand_r(&seed);
                Bytes b = bytes_of(key, len);
                cr_assert_eq(bus_partition_murmur2(b, n), rd_kafka_msg_partitioner_murmur2(t, key, len, n, NULL, NULL));
                cr_assert_eq(bus_partition_crc32(b, n), rd_kafka_msg_partitioner_consistent(t, key, len, n, NULL, NULL));
        }
        rd_kafka_topic_destroy(t);
        rd_kafka_destroy(rk);
}
