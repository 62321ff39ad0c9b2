/* Kafka as a body of the bus. */
#include "bus/body.h"

int kafka_open(Bus **ret, const BusConf *conf, Why *why) {
        (void)ret, (void)conf;
        return why_say(why, -ENOSYS, "not in this build");
}

int kafka_reader_open(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, int32_t partition,
                      Why *why) {
        (void)ret, (void)conf, (void)topics, (void)n_topics, (void)partition;
        return why_say(why, -ENOSYS, "not in this build");
}

int kafka_topic_get(const BusConf *conf, const char *name, BusTopic *ret, Why *why) {
        (void)ret, (void)conf, (void)name;
        return why_say(why, -ENOSYS, "not in this build");
}

int kafka_topic_make(const BusConf *conf, const BusTopic *t, Why *why) {
        (void)t, (void)conf;
        return why_say(why, -ENOSYS, "not in this build");
}
