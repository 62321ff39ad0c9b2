/* Readers and topics of bus_mem. */
#include "bus/mem_log.h"

#define BATCH 256u

typedef struct MemSource {
        MemPartition *part;
        uint32_t topic;
        int32_t partition;
        MemCursor cursor;
        int64_t from; /* where reading began */
        int64_t end; /* where it ended when it was asked */
} MemSource;

typedef struct MemReader {
        BusReader reader;
        MemHolder holder;
        BusMemLog *log;
        MemSource *sources;
        size_t n;
        bool asked, told;
        bool whole; /* open turns lie before the end, too */
        BusRecord batch[BATCH];
} MemReader;

static void ask(MemReader *r) {
        for (size_t i = 0; i < r->n; i++)
                r->sources[i].end = r->whole ? r->sources[i].part->next : mem_end(r->sources[i].part);
        r->asked = true;
}

static int reader_poll(BusReader *reader, int64_t wait_us, const BusRecord **ret, size_t *n) {
        MemReader *r = (MemReader *)(void *)reader;
        (void)wait_us;
        mem_touch(r->log, &r->holder);
        if (!r->asked)
                ask(r);
        size_t have = 0;
        bool ended = true;
        for (size_t i = 0; i < r->n; i++) {
                MemSource *s = &r->sources[i];
                have += mem_read(r->log, s->part, &s->cursor, s->topic, r->batch + have, BATCH - have);
                ended = ended && s->cursor.next >= s->end;
        }
        if (have) {
                *ret = r->batch;
                *n = have;
                r->told = false;
                return 0;
        }
        if (!ended || r->told)
                return BUS_E_IDLE;
        ask(r);
        r->told = true;
        return BUS_E_END;
}

static void reader_progress(const BusReader *reader, int64_t *done, int64_t *total) {
        const MemReader *r = (const MemReader *)(const void *)reader;
        *done = *total = 0;
        for (size_t i = 0; i < r->n; i++) {
                const MemSource *s = &r->sources[i];
                int64_t from = s->from > s->part->first ? s->from : s->part->first, to = r->asked ? s->end : mem_end(s->part);
                *done += s->cursor.next > from ? s->cursor.next - from : 0;
                *total += (s->cursor.next > to ? s->cursor.next : to) - from;
        }
}

static int64_t reader_first(const BusReader *reader, uint32_t topic, int32_t partition) {
        const MemReader *r = (const MemReader *)(const void *)reader;
        for (size_t i = 0; i < r->n; i++)
                if (r->sources[i].topic == topic && r->sources[i].partition == partition)
                        return r->sources[i].part->first;
        return -1;
}

static BusReader *reader_close(BusReader *reader) {
        MemReader *r = (MemReader *)(void *)reader;
        mem_unhold(&r->holder);
        free(r->sources);
        free(r);
        return NULL;
}

static const BusReaderBody body = {
        .close = reader_close, .poll = reader_poll, .progress = reader_progress, .first = reader_first
};

static int64_t begin(const BusMemLog *log, const MemPartition *p, const ReaderFrom *from) {
        if (from->at)
                return from->offset;
        return from->start == BUS_LATEST ? mem_end(p) : from->start == BUS_AT_TIME ? mem_at_time(log, p, from->start_us) : 0;
}

int mem_reader_open(BusReader **ret, const BusConf *conf, const char *const *topics, uint32_t n_topics, const ReaderFrom *from,
                    Why *why) {
        int32_t partition = from->partition;
        size_t n = 0;
        for (uint32_t i = 0; i < n_topics; i++) {
                const MemTopic *t = mem_topic(conf->mem, topics[i]);
                if (!t)
                        return why_say(why, BUS_E_NO_TOPIC, "topic %s does not exist; make it", topics[i]);
                if (partition >= t->n)
                        return why_say(why, BUS_E_NO_TOPIC, "topic %s has no partition %d, only %d", topics[i], (int)partition,
                                       (int)t->n);
                n += partition < 0 ? (size_t)t->n : 1;
        }
        MemReader *r = calloc(1, sizeof *r);
        MemSource *sources = calloc(n ? n : 1, sizeof *sources);
        if (!r || !sources) {
                free(r);
                free(sources);
                return why_say(why, -ENOMEM, "out of memory");
        }
        r->reader.body = &body;
        r->log = conf->mem;
        r->whole = partition >= 0;
        r->sources = sources;
        for (uint32_t i = 0; i < n_topics; i++) {
                MemTopic *t = mem_topic(conf->mem, topics[i]);
                for (int32_t p = partition < 0 ? 0 : partition; p < (partition < 0 ? t->n : partition + 1); p++) {
                        sources[r->n] = (MemSource){
                                .part = &t->parts[p], .topic = i, .partition = p, .from = begin(conf->mem, &t->parts[p], from)
                        };
                        sources[r->n].cursor.next = sources[r->n].from;
                        r->n++;
                }
        }
        mem_hold(r->log, &r->holder);
        const MemPartition *p = r->n ? sources[0].part : NULL;
        if (from->at && p && (from->offset < p->first || from->offset > mem_end(p))) {
                reader_close(&r->reader);
                return BUS_E_END;
        }
        *ret = &r->reader;
        return 0;
}

int mem_topic_get(BusMemLog *log, const char *name, BusTopic *ret, Why *why) {
        (void)why;
        const MemTopic *t = mem_topic(log, name);
        *ret = (BusTopic){
                .name = name, .partitions = t ? t->n : 0, .replication = 1, .compact = t && t->compact, .retention_ms = -1
        };
        return 0;
}

int mem_topic_make(BusMemLog *log, const BusTopic *t, Why *why) {
        int r = bus_mem_topic(log, t->name, t->partitions, t->compact);
        if (r == BUS_E_NO_TOPIC)
                return why_say(why, r, "topic %s is there with %d partitions, not %d", t->name, (int)mem_topic(log, t->name)->n,
                               (int)t->partitions);
        return r ? why_say(why, r, "topic %s cannot be made with %d partitions", t->name, (int)t->partitions) : 0;
}
