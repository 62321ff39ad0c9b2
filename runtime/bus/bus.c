/* The door: each call goes to the body that was opened. */
#include "bus/body.h"

const char *bus_answer(int r) {
        static const char *const words[] = { "done",  "idle",           "assigned", "revoked", "lost",           "aborted",
                                             "fatal", "record too big", "no topic", "denied",  "broker is away", "bad property",
                                             "end" };
        if (r < 0)
                return strerror(-r);
        return (size_t)r < sizeof words / sizeof *words ? words[r] : "unknown answer";
}

int bus_open(Bus **ret, const BusConf *conf, Why *why) {
        return conf->mem ? mem_open(ret, conf, why) : kafka_open(ret, conf, why);
}

Bus *bus_close(Bus *b) {
        return b ? b->body->close(b) : NULL;
}

int bus_poll(Bus *b, int64_t wait_us, const BusRecord **ret, size_t *n) {
        return b->body->poll(b, wait_us < 0 ? 0 : wait_us, ret, n);
}

bool bus_header(const BusRecord *r, uint32_t i, BusHeader *ret) {
        if (r->message)
                return kafka_header(r->message, i, ret);
        if (i >= r->n_headers)
                return false;
        *ret = r->headers[i];
        return true;
}

int bus_assigned(Bus *b, const BusPosition **ret, size_t *n, Why *why) {
        return b->body->assigned(b, ret, n, why);
}

int bus_rewind(Bus *b, const BusPosition *at, size_t n, Why *why) {
        return b->body->rewind(b, at, n, why);
}

int bus_release(Bus *b) {
        return b->body->release(b);
}

int bus_hold(Bus *b, int32_t partition, bool held) {
        return b->body->hold(b, partition, held);
}

int64_t bus_lag(Bus *b, uint32_t topic, int32_t partition) {
        return b->body->lag(b, topic, partition);
}

bool bus_at_end(Bus *b, uint32_t topic, int32_t partition) {
        return b->body->at_end(b, topic, partition);
}

uint32_t bus_output(Bus *b, const char *topic) {
        return b->body->output(b, topic);
}

int bus_begin(Bus *b, Why *why) {
        return b->body->begin(b, why);
}

int bus_send(Bus *b, const BusSend *s, Why *why) {
        return b->body->send(b, s, why);
}

int bus_commit(Bus *b, const BusPosition *next, size_t n, int64_t deadline_us, Why *why) {
        return b->body->commit(b, next, n, deadline_us, why);
}

int bus_abort(Bus *b, Why *why) {
        return b->body->abort(b, why);
}

int bus_health(Bus *b, Why *why) {
        return b->body->health(b, why);
}

int bus_ends(Bus *b, uint32_t output, BusPosition *io, size_t n) {
        return b->body->ends(b, output, io, n);
}

static int reader_open(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, const ReaderFrom *from,
                       Why *why) {
        return conf->mem ? mem_reader_open(ret, conf, topics, n_topics, from, why)
                         : kafka_reader_open(ret, conf, topics, n_topics, from, why);
}

int bus_reader_open(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, int32_t partition,
                    Why *why) {
        return reader_open(ret, conf, topics, n_topics, &(ReaderFrom){ .partition = partition, .start = BUS_EARLIEST }, why);
}

int bus_reader_open_at(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, BusStart start,
                       int64_t start_us, Why *why) {
        const ReaderFrom from = { .partition = -1, .start = start, .start_us = start_us };
        return reader_open(ret, conf, topics, n_topics, &from, why);
}

int bus_reader_open_from(BusReader **ret, const BusConf *conf, const char *topic, int32_t partition, int64_t offset, Why *why) {
        const ReaderFrom from = { .partition = partition, .at = true, .offset = offset };
        return reader_open(ret, conf, &topic, 1, &from, why);
}

BusReader *bus_reader_close(BusReader *r) {
        return r ? r->body->close(r) : NULL;
}

int bus_reader_poll(BusReader *r, int64_t wait_us, const BusRecord **ret, size_t *n) {
        return r->body->poll(r, wait_us < 0 ? 0 : wait_us, ret, n);
}

void bus_reader_progress(const BusReader *r, int64_t *done, int64_t *total) {
        r->body->progress(r, done, total);
}

int64_t bus_reader_first(const BusReader *r, uint32_t topic, int32_t partition) {
        return r->body->first(r, topic, partition);
}

struct BusAdmin {
        BusMemLog *mem;
        KafkaAdmin *kafka; /* NULL: mem */
};

int bus_admin_open(BusAdmin **ret, const BusConf *conf, Why *why) {
        BusAdmin *a = calloc(1, sizeof *a);
        if (!a)
                return why_say(why, -ENOMEM, "out of memory");
        a->mem = conf->mem;
        int r = a->mem ? 0 : kafka_admin_open(&a->kafka, conf, why);
        if (r != 0) {
                free(a);
                return r;
        }
        *ret = a;
        return 0;
}

BusAdmin *bus_admin_close(BusAdmin *a) {
        if (a)
                kafka_admin_close(a->kafka);
        free(a);
        return NULL;
}

int bus_admin_get(BusAdmin *a, const char *name, BusTopic *ret, Why *why) {
        return a->mem ? mem_topic_get(a->mem, name, ret, why) : kafka_topic_get(a->kafka, name, ret, why);
}

int bus_admin_make(BusAdmin *a, const BusTopic *t, Why *why) {
        return a->mem ? mem_topic_make(a->mem, t, why) : kafka_topic_make(a->kafka, t, why);
}

int bus_topic_get(const BusConf *conf, const char *name, BusTopic *ret, Why *why) {
        BusAdmin *a;
        GUARD(bus_admin_open(&a, conf, why));
        int r = bus_admin_get(a, name, ret, why);
        bus_admin_close(a);
        return r;
}

int bus_topic_make(const BusConf *conf, const BusTopic *t, Why *why) {
        BusAdmin *a;
        GUARD(bus_admin_open(&a, conf, why));
        int r = bus_admin_make(a, t, why);
        bus_admin_close(a);
        return r;
}

int bus_group_get(const BusConf *conf, BusGroup *ret, Why *why) {
        return conf->mem ? mem_group_get(conf, ret, why) : kafka_group_get(conf, ret, why);
}

int bus_group_offsets(const BusConf *conf, BusOffsets *io, size_t n, int64_t at_us, Why *why) {
        return conf->mem ? mem_group_offsets(conf, io, n, at_us, why) : kafka_group_offsets(conf, io, n, at_us, why);
}
