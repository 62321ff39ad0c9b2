/* bench_tool create PARTITIONS TOPIC[:compact]...        make topics
 * bench_tool delete PREFIX...                            delete every topic whose name begins so
 * bench_tool fill TOPIC SHAPE N                          events 0..N-1; prints what each job must make of them
 * bench_tool pace TOPIC SHAPE START_US RATE SECONDS      open loop: event time = the instant the event was meant to be sent;
 *                                                        until SIGTERM at the latest; prints the same
 * bench_tool check TOPIC                                 prints records and checksum of a topic, committed records only
 * bench_tool sink TOPIC FROM_US                          follows a topic until SIGTERM, committed only; prints quantiles of the
 *                                                        latency of events from FROM_US on
 * bench_tool watch TOPIC GROUP...                        follows what the groups have committed, until SIGTERM: instant and sum,
 *                                                        a line each time it grows
 *
 * SHAPE as in workload.h; instants are microseconds of the wall clock. The broker is named by BENCH_BOOTSTRAP. */
#include "tool.h"

#include <string.h>

volatile sig_atomic_t stopped;

static void stop(int sig) {
        (void)sig;
        stopped = 1;
}

/* ---- topics ---- */

static const char *const admin[][2] = { { NULL, NULL } };

static void admin_wait(rd_kafka_queue_t *q) {
        rd_kafka_event_t *e = rd_kafka_queue_poll(q, (int)(GIVE_UP_US / 1000));
        if (!e)
                DIE("no answer to an admin request");
        if (rd_kafka_event_error(e))
                DIE("%s", rd_kafka_event_error_string(e));
        rd_kafka_event_destroy(e);
}

void topics_create(int partitions, char **names, int n) {
        rd_kafka_t *k = client_new(RD_KAFKA_PRODUCER, conf_new(admin));
        rd_kafka_queue_t *q = rd_kafka_queue_new(k);
        char text[256];
        for (int i = 0; i < n; i++) {
                char *compact = strstr(names[i], ":compact");
                if (compact)
                        *compact = 0;
                rd_kafka_NewTopic_t *t = rd_kafka_NewTopic_new(names[i], partitions, 1, text, sizeof text);
                if (!t)
                        DIE("%s", text);
                rd_kafka_NewTopic_set_config(t, "cleanup.policy", compact ? "compact" : "delete");
                rd_kafka_NewTopic_set_config(t, "retention.ms", "-1");
                rd_kafka_CreateTopics(k, &t, 1, NULL, q);
                admin_wait(q);
                rd_kafka_NewTopic_destroy(t);
        }
        rd_kafka_queue_destroy(q);
        rd_kafka_destroy(k);
}

static bool named(const char *topic, char **prefixes, int n) {
        for (int i = 0; i < n; i++)
                if (!strncmp(topic, prefixes[i], strlen(prefixes[i])))
                        return true;
        return false;
}

void topics_delete(char **prefixes, int n) {
        rd_kafka_t *k = client_new(RD_KAFKA_PRODUCER, conf_new(admin));
        rd_kafka_queue_t *q = rd_kafka_queue_new(k);
        const struct rd_kafka_metadata *m;
        if (rd_kafka_metadata(k, 1, NULL, &m, (int)(GIVE_UP_US / 1000)))
                DIE("no metadata");
        for (int i = 0; i < m->topic_cnt; i++)
                if (named(m->topics[i].topic, prefixes, n)) {
                        rd_kafka_DeleteTopic_t *t = rd_kafka_DeleteTopic_new(m->topics[i].topic);
                        rd_kafka_DeleteTopics(k, &t, 1, NULL, q);
                        admin_wait(q);
                        rd_kafka_DeleteTopic_destroy(t);
                }
        rd_kafka_metadata_destroy(m);
        rd_kafka_queue_destroy(q);
        rd_kafka_destroy(k);
}

/* A topic is made before every broker has heard of it. */
int partitions_of(rd_kafka_t *k, const char *topic) {
        rd_kafka_topic_t *t = rd_kafka_topic_new(k, topic, NULL);
        int n = 0;
        for (int64_t until = now_us(CLOCK_MONOTONIC) + GIVE_UP_US; !n && now_us(CLOCK_MONOTONIC) < until;) {
                const struct rd_kafka_metadata *m;
                if (rd_kafka_metadata(k, 0, t, &m, (int)(GIVE_UP_US / 1000)))
                        break;
                n = m->topic_cnt == 1 && !m->topics[0].err ? m->topics[0].partition_cnt : 0;
                rd_kafka_metadata_destroy(m);
                if (!n)
                        nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
        }
        if (!n)
                DIE("topic %s is not there", topic);
        rd_kafka_topic_destroy(t);
        return n;
}

static uint64_t number(const char *text) {
        char *end;
        uint64_t n = strtoull(text, &end, 10);
        if (*end || end == text)
                DIE("%s is no number", text);
        return n;
}

static Shape shape(const char *text) {
        Shape s;
        if (!shape_parse(&s, text))
                DIE("%s is no shape, as 10000/232 is", text);
        return s;
}

int main(int argc, char **argv) {
        signal(SIGTERM, stop);
        const char *verb = argc > 2 ? argv[1] : "";
        if (!strcmp(verb, "create") && argc > 3)
                topics_create((int)number(argv[2]), argv + 3, argc - 3);
        else if (!strcmp(verb, "delete"))
                topics_delete(argv + 2, argc - 2);
        else if (!strcmp(verb, "fill") && argc == 5)
                write_fill(argv[2], &(Shape[]){ shape(argv[3]) }[0], number(argv[4]));
        else if (!strcmp(verb, "pace") && argc == 7)
                write_pace(argv[2], &(Shape[]){ shape(argv[3]) }[0], (int64_t)number(argv[4]), number(argv[5]), number(argv[6]));
        else if (!strcmp(verb, "check") && argc == 3)
                read_check(argv[2]);
        else if (!strcmp(verb, "sink") && argc == 4)
                read_sink(argv[2], (int64_t)number(argv[3]));
        else if (!strcmp(verb, "watch") && argc > 3)
                read_watch(argv[2], argv + 3, argc - 3);
        else
                DIE("bench_tool: its verbs are at the top of tool.c");
        return 0;
}
