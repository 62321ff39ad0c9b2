/* The embedded broker: librdkafka's mock cluster. Its handle is a client of its own, for the cluster lives inside one. */
#include "bus/embedded.h"

#include "core/cleanup.h"
#include "core/limits.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define BROKERS 1 /* the mock moves no leader, so more would only cost threads */

struct Embedded {
        rd_kafka_t *client;
        rd_kafka_mock_cluster_t *cluster;
};

Embedded *embedded_stop(Embedded *e) {
        if (!e)
                return NULL;
        if (e->cluster)
                rd_kafka_mock_cluster_destroy(e->cluster);
        if (e->client)
                rd_kafka_destroy(e->client);
        free(e);
        return NULL;
}
CLEANUP_DEFINE(Embedded, embedded_stop)

static void quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
        (void)rk, (void)level, (void)facility, (void)text;
}

int embedded_start(Embedded **ret, const char **bootstrap, Why *why) {
        _cleanup_(embedded_stopp) Embedded *e = calloc(1, sizeof *e);
        rd_kafka_conf_t *conf = e ? rd_kafka_conf_new() : NULL;
        if (!conf)
                return why_say(why, -ENOMEM, "out of memory");
        rd_kafka_conf_set_log_cb(conf, quiet);
        char text[256] = "";
        e->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
        if (!e->client) {
                rd_kafka_conf_destroy(conf);
                return why_say(why, BUS_E_FATAL, "embedded broker: %s", text);
        }
        e->cluster = rd_kafka_mock_cluster_new(e->client, BROKERS);
        if (!e->cluster)
                return why_say(why, BUS_E_FATAL, "embedded broker: no port on 127.0.0.1 to listen on");
        *bootstrap = rd_kafka_mock_cluster_bootstraps(e->cluster);
        *ret = steal(e);
        return 0;
}

int embedded_topic(Embedded *e, const char *name, int32_t partitions, Why *why) {
        if (partitions < 1 || (uint32_t)partitions > LIMIT_PARTITIONS)
                return why_say(why, BUS_E_CONF, "topic %s: %d partitions; between 1 and %u", name, (int)partitions,
                               LIMIT_PARTITIONS);
        rd_kafka_resp_err_t err = rd_kafka_mock_topic_create(e->cluster, name, partitions, BROKERS);
        return err ? why_say(why, BUS_E_FATAL, "embedded broker: topic %s: %s", name, rd_kafka_err2str(err)) : 0;
}
