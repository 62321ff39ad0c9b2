/* What a body of the bus implements. For the files of this room only. */
#pragma once

#include "bus/bus.h"
#include "bus/mem.h"
#include "core/cleanup.h"

typedef struct BusBody {
        Bus *(*close)(Bus *b);
        int (*poll)(Bus *b, int64_t wait_us, const BusRecord **ret, size_t *n);
        int (*assigned)(Bus *b, const BusPosition **ret, size_t *n, Why *why);
        int (*rewind)(Bus *b, const BusPosition *at, size_t n, Why *why);
        int (*release)(Bus *b);
        int (*hold)(Bus *b, int32_t partition, bool held);
        int64_t (*lag)(Bus *b, uint32_t topic, int32_t partition);
        bool (*at_end)(Bus *b, uint32_t topic, int32_t partition);
        uint32_t (*output)(Bus *b, const char *topic);
        int (*begin)(Bus *b, Why *why);
        int (*send)(Bus *b, const BusSend *s, Why *why);
        int (*commit)(Bus *b, const BusPosition *next, size_t n, int64_t deadline_us, Why *why);
        int (*abort)(Bus *b, Why *why);
        int (*health)(Bus *b, Why *why);
        int (*ends)(Bus *b, uint32_t output, BusPosition *io, size_t n);
} BusBody;

typedef struct BusReaderBody {
        BusReader *(*close)(BusReader *r);
        int (*poll)(BusReader *r, int64_t wait_us, const BusRecord **ret, size_t *n);
        void (*progress)(const BusReader *r, int64_t *done, int64_t *total);
        int64_t (*first)(const BusReader *r, uint32_t topic, int32_t partition);
} BusReaderBody;

struct Bus {
        const BusBody *body; /* the first member of MemBus and KafkaBus */
};
struct BusReader {
        const BusReaderBody *body;
};

int mem_open(Bus **ret, const BusConf *conf, Why *why);
typedef struct ReaderFrom {
        int32_t partition; /* < 0: all */
        BusStart start;
        int64_t start_us;
        bool at; /* not by `start` but at this offset */
        int64_t offset;
} ReaderFrom;
int mem_reader_open(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, const ReaderFrom *from,
                    Why *why);
int mem_topic_get(BusMemLog *log, const char *name, BusTopic *ret, Why *why);
int mem_topic_make(BusMemLog *log, const BusTopic *t, Why *why);
int mem_group_get(const BusConf *conf, BusGroup *ret, Why *why);
int mem_group_offsets(const BusConf *conf, BusOffsets *io, size_t n, int64_t at_us, Why *why);

int kafka_open(Bus **ret, const BusConf *conf, Why *why);
int kafka_reader_open(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, const ReaderFrom *from,
                      Why *why);
bool kafka_header(void *message, uint32_t i, BusHeader *ret);
typedef struct KafkaAdmin KafkaAdmin;
int kafka_admin_open(KafkaAdmin **ret, const BusConf *conf, Why *why);
KafkaAdmin *kafka_admin_close(KafkaAdmin *a);
int kafka_topic_get(KafkaAdmin *a, const char *name, BusTopic *ret, Why *why);
int kafka_topic_make(KafkaAdmin *a, const BusTopic *t, Why *why);
int kafka_group_get(const BusConf *conf, BusGroup *ret, Why *why);
int kafka_group_offsets(const BusConf *conf, BusOffsets *io, size_t n, int64_t at_us, Why *why);
