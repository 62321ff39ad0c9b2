/* The calls of kafka.h. */
#include "kafka.h"

const char *env(const char *name, const char *otherwise) {
        const char *v = getenv(name);
        if (v && *v)
                return v;
        if (!otherwise)
                DIE("%s is not set", name);
        return otherwise;
}

int64_t now_us(clockid_t clock) {
        struct timespec t;
        clock_gettime(clock, &t);
        return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void set(rd_kafka_conf_t *c, const char *key, const char *value) {
        char text[256];
        if (rd_kafka_conf_set(c, key, value, text, sizeof text))
                DIE("%s", text);
}

rd_kafka_conf_t *conf_new(const char *const pairs[][2]) {
        rd_kafka_conf_t *c = rd_kafka_conf_new();
        set(c, "bootstrap.servers", env("BENCH_BOOTSTRAP", NULL));
        set(c, "log.connection.close", "false");
        for (; (*pairs)[0]; pairs++)
                set(c, (*pairs)[0], (*pairs)[1]);
        return c;
}

rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
        char text[256];
        rd_kafka_t *k = rd_kafka_new(type, conf, text, sizeof text);
        if (!k)
                DIE("%s", text);
        if (type == RD_KAFKA_CONSUMER)
                rd_kafka_poll_set_consumer(k);
        return k;
}
