/* Properties of librdkafka: which pass through, and what a client of ours is made of. */
#include "bus/kafka_body.h"

#include <strings.h>

typedef struct Rule {
        const char *name, *instead;
} Rule;

/* They make the process load or run foreign code, or hold pointers. */
static const char *const code[] = { "plugin.library.paths",
                                    "ssl.engine.location",
                                    "ssl.engine.id",
                                    "ssl.providers",
                                    "ssl_engine_callback_data",
                                    "sasl.kerberos.kinit.cmd",
                                    "interceptors",
                                    "opaque",
                                    "default_topic_conf",
                                    "open_cb",
                                    "socket_cb",
                                    "connect_cb",
                                    "closesocket_cb",
                                    "test.mock.broker.rtt",
                                    "ssl_key",
                                    "ssl_certificate",
                                    "ssl_ca" };

/* They belong to the runtime, for its promises rest on them. */
static const Rule ours[] = {
        { "group.id", "it is made of `app` and the pipeline's name" },
        { "group.instance.id", "it is made of the pipeline's name and the worker's number" },
        { "group.protocol.type", "it is always consumer" },
        { "transactional.id", "it is made of `app`, the pipeline's name and the worker's number; see `guarantee`" },
        { "enable.idempotence", "it is always on; see `guarantee`" },
        { "enable.gapless.guarantee", "see `guarantee`" },
        { "enable.auto.commit", "offsets are committed with each turn; see `commit.interval`" },
        { "auto.commit.enable", "offsets are committed with each turn; see `commit.interval`" },
        { "auto.commit.interval.ms", "see `commit.interval`" },
        { "enable.auto.offset.store", "offsets are committed with each turn" },
        { "offset.store.method", "offsets are committed with each turn" },
        { "auto.offset.reset", "see `start`" },
        { "isolation.level", "only committed records are read" },
        { "partition.assignment.strategy", "it is always range: ports of a pipeline must meet in one worker" },
        { "enable.partition.eof", "the runtime needs it" },
        { "partitioner", "see the port's `partitioner`" },
        { "sticky.partitioning.linger.ms", "the runtime chooses partitions" },
        { "acks", "it is always all" },
        { "request.required.acks", "it is always all" },
        { "delivery.report.only.error", "the runtime needs it" },
        { "queued.min.messages", "see `memory.max`" },
        { "queued.max.messages.kbytes", "see `memory.max`" },
        { "queue.buffering.max.messages", "see `memory.max`" },
        { "queue.buffering.max.kbytes", "see `memory.max`" },
        { "allow.auto.create.topics", "see `topics.create`" },
        { "test.mock.num.brokers", "see `kafka: embedded`" },
};

static bool ends(const char *z, const char *tail) {
        size_t n = strlen(z), m = strlen(tail);
        return n >= m && strcmp(z + n - m, tail) == 0;
}

bool bus_property_secret(const char *name) {
        return strcasestr(name, "password") || strcasestr(name, "secret") || strcasestr(name, "key.pem") ||
               strcmp(name, "sasl.oauthbearer.config") == 0;
}

static size_t distance(const char *a, const char *b) {
        enum { MOST = 64 };
        size_t n = strlen(a), m = strlen(b), row[MOST + 1];
        if (n > MOST || m > MOST)
                return MOST;
        for (size_t j = 0; j <= m; j++)
                row[j] = j;
        for (size_t i = 1; i <= n; i++) {
                size_t corner = row[0];
                row[0] = i;
                for (size_t j = 1; j <= m; j++) {
                        size_t best = corner + (a[i - 1] != b[j - 1]);
                        corner = row[j];
                        if (row[j] + 1 < best)
                                best = row[j] + 1;
                        if (row[j - 1] + 1 < best)
                                best = row[j - 1] + 1;
                        row[j] = best;
                }
        }
        return row[m];
}

static void nearest(const char **words, size_t n, const char *name, const char **best, size_t *least) {
        for (size_t i = 0; i < n; i += 2) {
                size_t d = distance(name, words[i]);
                if (d < *least) {
                        *least = d;
                        *best = words[i];
                }
        }
}

static int unknown(const char *name, Why *why) {
        size_t n = 0, m = 0, least = strlen(name) / 3 + 1;
        rd_kafka_conf_t *c = rd_kafka_conf_new();
        rd_kafka_topic_conf_t *t = rd_kafka_topic_conf_new();
        const char **global = rd_kafka_conf_dump(c, &n), **topic = rd_kafka_topic_conf_dump(t, &m);
        static const char *unset[] = {
                "bootstrap.servers",        "", "sasl.username",    "", "sasl.password",    "", "ssl.ca.location", "",
                "ssl.certificate.location", "", "ssl.key.location", "", "ssl.key.password", "", "client.rack",     ""
        };
        const char *best = NULL;
        nearest(global, n, name, &best, &least);
        nearest(topic, m, name, &best, &least);
        nearest(unset, sizeof unset / sizeof *unset, name, &best, &least);
        int r = why_say(why, BUS_E_CONF, "%s is no property of librdkafka%s%s%s", name, best ? "; did you mean " : "",
                        best ? best : "", best ? "?" : "");
        rd_kafka_conf_dump_free(global, n);
        rd_kafka_conf_dump_free(topic, m);
        rd_kafka_conf_destroy(c);
        rd_kafka_topic_conf_destroy(t);
        return r;
}

/* librdkafka's words hold the value, cut and cleaned as it likes: they are not looked through but left out. */
static int refused(const BusProperty *p, const char *text, Why *why) {
        if (p->written)
                return why_say(why, BUS_E_CONF, "librdkafka refuses the value of %s (it comes from %s)", p->name, p->written);
        if (bus_property_secret(p->name))
                return why_say(why, BUS_E_CONF, "%s has a bad value", p->name);
        return why_say(why, BUS_E_CONF, "%s: %s", p->name, text);
}

int kafka_property_set(rd_kafka_conf_t *c, const BusProperty *p, Why *why) {
        char text[WHY_MAX / 2] = "";
        rd_kafka_conf_res_t r = rd_kafka_conf_set(c, p->name, p->value, text, sizeof text);
        if (r == RD_KAFKA_CONF_UNKNOWN)
                return unknown(p->name, why);
        return r == RD_KAFKA_CONF_OK ? 0 : refused(p, text, why);
}

int bus_property_check(const BusProperty *p, Why *why) {
        const char *name = p->name;
        for (size_t i = 0; i < sizeof code / sizeof *code; i++)
                if (strcmp(name, code[i]) == 0)
                        return why_say(why, BUS_E_CONF, "%s is refused: it would load or run foreign code", name);
        if (ends(name, "_cb"))
                return why_say(why, BUS_E_CONF, "%s is refused: it is a pointer, not a setting", name);
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
                if (strcmp(name, ours[i].name) == 0)
                        return why_say(why, BUS_E_CONF, "%s is set by Tocsin: %s", name, ours[i].instead);
        if (strcmp(name, "sasl.oauthbearer.method") == 0 && strcasecmp(p->value, "oidc") == 0)
                return why_say(why, BUS_E_CONF, "%s=oidc is not in this librdkafka", name);
        rd_kafka_conf_t *c = rd_kafka_conf_new();
        int r = kafka_property_set(c, p, why);
        rd_kafka_conf_destroy(c);
        return r;
}
