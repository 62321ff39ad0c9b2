/* The log of bus_mem: records of partitions, their bytes, what of them is visible. */
#include "bus/mem_log.h"

#include "core/hash.h"
#include "core/limits.h"

#define FIRST_SEGMENT 4096u
#define LARGEST_SEGMENT (1u << 20) /* segments double up to here: small topics stay small, large ones waste little */

MemTopic *mem_topic(const BusMemLog *log, const char *name) {
        for (size_t i = 0; i < log->n_topics; i++)
                if (strcmp(log->topics[i]->name, name) == 0)
                        return log->topics[i];
        return NULL;
}

/* ---- bytes ---- */

static void bury(BusMemLog *log, MemSegment *s) {
        s->buried = log->epoch;
        s->next = log->buried;
        log->buried = s;
}

void mem_hold(BusMemLog *log, MemHolder *h) {
        h->epoch = log->epoch;
        h->next = log->holders;
        h->self = &log->holders;
        if (h->next)
                h->next->self = &h->next;
        log->holders = h;
}

void mem_unhold(MemHolder *h) {
        if (!h->self)
                return;
        *h->self = h->next;
        if (h->next)
                h->next->self = h->self;
        h->self = NULL;
}

void mem_touch(BusMemLog *log, MemHolder *h) {
        if (h->epoch == log->epoch && !log->buried)
                return;
        h->epoch = log->epoch;
        uint64_t oldest = log->epoch;
        for (MemHolder *o = log->holders; o; o = o->next)
                if (o->epoch < oldest)
                        oldest = o->epoch;
        for (MemSegment **at = &log->buried; *at;) {
                MemSegment *s = *at;
                if (s->buried >= oldest) {
                        at = &s->next;
                        continue;
                }
                *at = s->next;
                free(s);
        }
}

static uint8_t *room(MemPartition *p, size_t n) {
        n = (n + 15) & ~(size_t)15;
        MemSegment *s = p->newest;
        if (!s || n > s->size - s->used) {
                size_t size = s ? s->size * 2 : FIRST_SEGMENT;
                if (size > LARGEST_SEGMENT)
                        size = LARGEST_SEGMENT;
                if (size < n)
                        size = n;
                MemSegment *next = malloc(sizeof *next + size);
                if (!next)
                        return NULL;
                *next = (MemSegment){ .size = size };
                if (s)
                        s->next = next;
                else
                        p->oldest = next;
                p->newest = s = next;
        }
        uint8_t *at = s->data + s->used;
        s->used += n;
        s->last = p->next;
        return at;
}

static Bytes put(uint8_t **at, Bytes b) {
        uint8_t *to = *at;
        if (!b.ptr)
                return BYTES_NULL;
        if (b.len)
                memcpy(to, b.ptr, b.len);
        *at += b.len;
        return bytes_of(to, b.len);
}

int mem_append(BusMemLog *log, MemPartition *p, const BusSend *s, int64_t time_us, uint32_t txn) {
        if (p->n == p->size) {
                size_t size = p->size ? p->size * 2 : 16;
                MemRecord *more = realloc(p->records, size * sizeof *more);
                REQUIRE(more, -ENOMEM);
                p->records = more;
                p->size = size;
        }
        size_t bytes = s->key.len + s->value.len + s->n_headers * sizeof(BusHeader);
        for (uint32_t i = 0; i < s->n_headers; i++)
                bytes += strlen(s->headers[i].name) + 1 + s->headers[i].value.len;
        uint8_t *at = room(p, bytes);
        REQUIRE(at, -ENOMEM);
        BusHeader *headers = NULL;
        if (s->n_headers) {
                headers = (BusHeader *)(void *)at;
                at += s->n_headers * sizeof *headers;
                for (uint32_t i = 0; i < s->n_headers; i++) {
                        Bytes name = put(&at, bytes_of(s->headers[i].name, strlen(s->headers[i].name) + 1));
                        headers[i] = (BusHeader){ .name = (const char *)name.ptr, .value = put(&at, s->headers[i].value) };
                }
        }
        MemRecord *r = &p->records[p->n++];
        *r = (MemRecord){ .offset = p->next++, .time_us = time_us, .headers = headers, .n_headers = s->n_headers, .txn = txn };
        r->key = put(&at, s->key);
        r->value = put(&at, s->value);
        (void)log;
        return 0;
}

/* ---- reading ---- */

int64_t mem_end(const MemPartition *p) {
        return p->n_open ? p->open[0].first : p->next;
}

/* The first record at or after an offset. */
static size_t find(const MemPartition *p, int64_t offset) {
        size_t lo = 0, hi = p->n;
        while (lo < hi) {
                size_t mid = lo + (hi - lo) / 2;
                if (p->records[mid].offset < offset)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return lo;
}

int64_t mem_at_time(const BusMemLog *log, const MemPartition *p, int64_t time_us) {
        (void)log;
        for (size_t i = 0; i < p->n; i++)
                if (p->records[i].time_us >= time_us)
                        return p->records[i].offset;
        return mem_end(p);
}

size_t mem_read(const BusMemLog *log, const MemPartition *p, MemCursor *c, uint32_t topic, BusRecord *ret, size_t max) {
        int64_t end = mem_end(p);
        if (c->next >= end)
                return 0;
        if (c->shape != p->shape || c->at > p->n || (c->at < p->n && p->records[c->at].offset < c->next) ||
            (c->at > 0 && p->records[c->at - 1].offset >= c->next))
                c->at = find(p, c->next);
        c->shape = p->shape;
        size_t n = 0;
        for (; n < max && c->at < p->n && p->records[c->at].offset < end; c->at++) {
                const MemRecord *r = &p->records[c->at];
                c->next = r->offset + 1;
                if (log->states[r->txn] != MEM_COMMITTED)
                        continue;
                ret[n++] = (BusRecord){ .topic = topic,
                                        .partition = (int32_t)(p - p->topic->parts),
                                        .offset = r->offset,
                                        .time_us = r->time_us,
                                        .key = r->key,
                                        .value = r->value,
                                        .headers = r->headers,
                                        .n_headers = r->n_headers };
        }
        if (c->at == p->n || p->records[c->at].offset >= end)
                c->next = end; /* past the marks of ended transactions */
        return n;
}

int bus_mem_each(BusMemLog *log, const char *topic, int (*each)(void *arg, const BusRecord *r), void *arg) {
        MemTopic *t = mem_topic(log, topic);
        for (int32_t i = 0; t && i < t->n; i++) {
                MemCursor c = { 0 };
                BusRecord r;
                while (mem_read(log, &t->parts[i], &c, 0, &r, 1) == 1) {
                        int stop = each(arg, &r);
                        if (stop)
                                return stop;
                }
        }
        return 0;
}

/* ---- removal ---- */

void bus_mem_drop(BusMemLog *log, const char *topic, int32_t partition, int64_t before) {
        MemTopic *t = mem_topic(log, topic);
        if (!t || partition < 0 || partition >= t->n)
                return;
        MemPartition *p = &t->parts[partition];
        int64_t end = mem_end(p);
        before = before < end ? before : end;
        if (before <= p->first)
                return;
        size_t k = find(p, before);
        memmove(p->records, p->records + k, (p->n - k) * sizeof *p->records);
        p->n -= k;
        p->first = before;
        p->shape++;
        log->epoch++;
        while (p->oldest != p->newest && p->oldest->last < before) {
                MemSegment *s = p->oldest;
                p->oldest = s->next;
                bury(log, s);
        }
}

typedef struct Latest {
        uint64_t hash;
        size_t record; /* plus one; 0: free */
} Latest;

/* Marks in `keep` what stays: of each key the last committed record below the end, and all that is not settled. */
static int latest(const BusMemLog *log, const MemPartition *p, bool *keep) {
        size_t size = 16;
        while (size < p->n * 2)
                size *= 2;
        _cleanup_(freep) Latest *table = calloc(size, sizeof *table);
        REQUIRE(table, -ENOMEM);
        int64_t end = mem_end(p);
        for (size_t i = p->n; i-- > 0;) {
                const MemRecord *r = &p->records[i];
                if (r->offset >= end) {
                        keep[i] = true;
                        continue;
                }
                if (log->states[r->txn] != MEM_COMMITTED || !r->key.ptr)
                        continue;
                uint64_t h = hash_bytes(r->key);
                size_t at = h & (size - 1);
                while (table[at].record && !(table[at].hash == h && bytes_eq(p->records[table[at].record - 1].key, r->key)))
                        at = (at + 1) & (size - 1);
                if (table[at].record)
                        continue;
                table[at] = (Latest){ .hash = h, .record = i + 1 };
                keep[i] = true;
        }
        return 0;
}

/* Rewrites a partition in place; without memory it is left as it was, which compaction may do at any time. */
static void compact(BusMemLog *log, MemPartition *p) {
        _cleanup_(freep) bool *keep = calloc(p->n ? p->n : 1, sizeof *keep);
        if (!keep || latest(log, p, keep) != 0)
                return;
        size_t left = 0;
        for (size_t i = 0; i < p->n; i++)
                left += keep[i];
        MemPartition next = { .topic = p->topic, .records = calloc(left ? left : 1, sizeof(MemRecord)), .size = left ? left : 1 };
        int r = next.records ? 0 : -ENOMEM;
        for (size_t i = 0; r == 0 && i < p->n; i++) {
                const MemRecord *o = &p->records[i];
                if (!keep[i])
                        continue;
                const BusSend s = { .key = o->key, .value = o->value, .headers = o->headers, .n_headers = o->n_headers };
                next.next = o->offset;
                r = mem_append(log, &next, &s, o->time_us, o->txn);
        }
        if (r != 0) {
                for (MemSegment *s = next.oldest, *more; s; s = more) {
                        more = s->next;
                        free(s);
                }
                free(next.records);
                return;
        }
        for (MemSegment *s = p->oldest, *more; s; s = more) {
                more = s->next;
                bury(log, s);
        }
        free(p->records);
        p->records = next.records;
        p->n = next.n;
        p->size = next.size;
        p->oldest = next.oldest;
        p->newest = next.newest;
        p->shape++;
        log->epoch++;
}

void bus_mem_compact(BusMemLog *log, const char *topic) {
        MemTopic *t = mem_topic(log, topic);
        for (int32_t i = 0; t && t->compact && i < t->n; i++)
                compact(log, &t->parts[i]);
}

/* ---- life ---- */

static MemTopic *topic_free(MemTopic *t) {
        for (int32_t i = 0; t->parts && i < t->n; i++) {
                MemPartition *p = &t->parts[i];
                for (MemSegment *s = p->oldest, *more; s; s = more) {
                        more = s->next;
                        free(s);
                }
                free(p->records);
                free(p->open);
        }
        free(t->parts);
        free(t->name);
        free(t);
        return NULL;
}
CLEANUP_DEFINE(MemTopic, topic_free)

int bus_mem_topic(BusMemLog *log, const char *name, int32_t partitions, bool compacts) {
        MemTopic *old = mem_topic(log, name);
        if (old)
                return old->n == partitions ? 0 : BUS_E_NO_TOPIC;
        REQUIRE(partitions > 0 && (uint32_t)partitions <= LIMIT_PARTITIONS, -EINVAL);
        MemTopic **more = realloc(log->topics, (log->n_topics + 1) * sizeof *more);
        REQUIRE(more, -ENOMEM);
        log->topics = more;
        _cleanup_(topic_freep) MemTopic *t = calloc(1, sizeof *t);
        REQUIRE(t, -ENOMEM);
        t->n = partitions;
        t->compact = compacts;
        t->name = strdup(name);
        t->parts = calloc((size_t)partitions, sizeof *t->parts);
        REQUIRE(t->name && t->parts, -ENOMEM);
        for (int32_t i = 0; i < partitions; i++)
                t->parts[i].topic = t;
        log->topics[log->n_topics++] = steal(t);
        mem_group_topic(log, name);
        return 0;
}

int bus_mem_put(BusMemLog *log, const char *topic, int32_t partition, Bytes key, Bytes value, int64_t time_us) {
        MemTopic *t = mem_topic(log, topic);
        if (t && partition < 0)
                partition = bus_partition_murmur2(key, t->n);
        if (!t || partition >= t->n)
                return BUS_E_NO_TOPIC;
        const BusSend s = { .key = key, .value = value };
        return mem_append(log, &t->parts[partition], &s, time_us ? time_us : log->clock->wall_us(log->clock), 0);
}

BusMemLog *bus_mem_new(void) {
        BusMemLog *log = calloc(1, sizeof *log);
        uint8_t *states = calloc(16, 1);
        if (!log || !states) {
                free(log);
                free(states);
                return NULL;
        }
        log->clock = &clock_system;
        log->states = states;
        log->size_states = 16;
        log->n_states = 1;
        return log;
}

BusMemLog *bus_mem_free(BusMemLog *log) {
        if (!log)
                return NULL;
        for (size_t i = 0; i < log->n_topics; i++)
                topic_free(log->topics[i]);
        free(log->topics);
        for (MemId *id = log->ids, *next; id; id = next) {
                next = id->next;
                free(id->touched);
                free(id);
        }
        for (MemGroup *g = log->groups; g;)
                g = mem_group_free(g);
        for (MemFault *f = log->faults, *next; f; f = next) {
                next = f->next;
                free(f);
        }
        for (MemSegment *s = log->buried, *next; s; s = next) {
                next = s->next;
                free(s);
        }
        free(log->states);
        free(log);
        return NULL;
}
