/* What came out: all of it, its latency, and how far the groups have come. */
#include "tool.h"

#include <inttypes.h>

#define LOOK_US INT64_C(5000) /* between two looks at the committed offsets */

static const char *const consumer[][2] = {
        { "group.id", "bench-tool" },       { "enable.auto.commit", "false" }, { "isolation.level", "read_committed" },
        { "enable.partition.eof", "true" }, { "fetch.wait.max.ms", "5" },      { NULL, NULL }
};

/* From the beginning; *ret: how many partitions there are. */
static rd_kafka_t *reader(const char *topic, int *ret) {
        rd_kafka_t *k = client_new(RD_KAFKA_CONSUMER, conf_new(consumer));
        int n = partitions_of(k, topic);
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(n);
        for (int p = 0; p < n; p++)
                rd_kafka_topic_partition_list_add(l, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
        if (rd_kafka_assign(k, l))
                DIE("%s cannot be read", topic);
        rd_kafka_topic_partition_list_destroy(l);
        *ret = n;
        return k;
}

void read_check(const char *topic) {
        Total t = { 0 };
        int open;
        rd_kafka_t *k = reader(topic, &open);
        while (open) {
                rd_kafka_message_t *m = rd_kafka_consumer_poll(k, (int)(GIVE_UP_US / 1000));
                if (!m)
                        DIE("%s: an open transaction, or no answer", topic);
                if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                        open--;
                } else if (m->err) {
                        DIE("%s", rd_kafka_message_errstr(m));
                } else {
                        t.n++;
                        t.sum += record_hash(m->key, m->key_len, m->payload, m->len);
                }
                rd_kafka_message_destroy(m);
        }
        printf("%" PRIu64 " %016" PRIx64 "\n", t.n, t.sum);
        rd_kafka_destroy(k);
}

static int ascending(const void *a, const void *b) {
        int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
        return (x > y) - (x < y);
}

void read_sink(const char *topic, int64_t from_us) {
        size_t n = 0, room = 1 << 16;
        int partitions;
        int64_t *seen = malloc(room * sizeof *seen);
        rd_kafka_t *k = reader(topic, &partitions);
        while (!stopped) {
                rd_kafka_message_t *m = rd_kafka_consumer_poll(k, 100);
                if (!m)
                        continue;
                int64_t time = m->err ? -1 : framed_time(m->payload, m->len);
                if (n == room && !(seen = realloc(seen, (room *= 2) * sizeof *seen)))
                        DIE("out of memory");
                if (time >= from_us)
                        seen[n++] = now_us(CLOCK_REALTIME) - time;
                rd_kafka_message_destroy(m);
        }
        if (!n)
                DIE("nothing arrived in %s", topic);
        qsort(seen, n, sizeof *seen, ascending);
        printf("n %zu\np50 %.2f\np99 %.2f\np999 %.2f\nmax %.2f\n", n, (double)seen[n / 2] / 1000,
               (double)seen[n * 99 / 100] / 1000, (double)seen[n * 999 / 1000] / 1000, (double)seen[n - 1] / 1000);
        free(seen);
        rd_kafka_destroy(k);
}

/* ---- committed offsets, asked for from outside ---- */

/* One group; `sum` is what was known last where the broker does not answer: its coordinator may be moving. */
typedef struct Group {
        rd_kafka_t *k;
        int64_t sum;
} Group;

static void look(Group *g, const rd_kafka_topic_partition_list_t *of) {
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_copy(of);
        int64_t sum = 0;
        if (rd_kafka_committed(g->k, l, (int)(GIVE_UP_US / 1000)) == RD_KAFKA_RESP_ERR_NO_ERROR) {
                for (int p = 0; p < l->cnt; p++)
                        sum += l->elems[p].offset > 0 ? l->elems[p].offset : 0;
                g->sum = sum > g->sum ? sum : g->sum;
        }
        rd_kafka_topic_partition_list_destroy(l);
}

void read_watch(const char *topic, char **groups, int n) {
        Group *g = calloc((size_t)n, sizeof *g);
        for (int i = 0; g && i < n; i++) {
                /* What a transaction has not yet committed is not waited for. */
                const char *const asker[][2] = { { "group.id", groups[i] },
                                                 { "isolation.level", "read_uncommitted" },
                                                 { NULL, NULL } };
                g[i].k = client_new(RD_KAFKA_CONSUMER, conf_new(asker));
        }
        if (!g)
                DIE("out of memory");
        int partitions = partitions_of(g->k, topic);
        rd_kafka_topic_partition_list_t *of = rd_kafka_topic_partition_list_new(partitions);
        for (int p = 0; p < partitions; p++)
                rd_kafka_topic_partition_list_add(of, topic, p);
        int64_t told = 0;
        while (!stopped) {
                int64_t sum = 0;
                for (int i = 0; i < n; i++) {
                        look(&g[i], of);
                        sum += g[i].sum;
                }
                if (sum > told) {
                        told = sum;
                        printf("%" PRId64 " %" PRId64 "\n", now_us(CLOCK_REALTIME), sum);
                        fflush(stdout);
                }
                nanosleep(&(struct timespec){ 0, LOOK_US * 1000 }, NULL);
        }
        rd_kafka_topic_partition_list_destroy(of);
        for (int i = 0; i < n; i++)
                rd_kafka_destroy(g[i].k);
        free(g);
}
