/* Questions about topics, and making them. */
#include "bus/kafka_body.h"

#define PATIENCE_MS (BUS_PATIENCE_US / 1000)
#define ROUND_MS 1000 /* of one try */

static int64_t now_ms(void) {
        return clock_read_us(CLOCK_MONOTONIC) / 1000;
}

static int once(rd_kafka_t *rk, const KafkaNames *who, const char *topic, KafkaVerb verb, int timeout_ms, int32_t *ret,
                Why *why) {
        rd_kafka_topic_t *t = rd_kafka_topic_new(rk, topic, NULL);
        if (!t)
                return why_say(why, BUS_E_NO_TOPIC, "%s is no name for a topic", topic);
        const struct rd_kafka_metadata *m = NULL;
        rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, t, &m, timeout_ms);
        rd_kafka_topic_destroy(t);
        if (err)
                return kafka_say(why, who, err, verb, topic, NULL);
        int32_t n = 0;
        for (int i = 0; i < m->topic_cnt; i++)
                if (strcmp(m->topics[i].topic, topic) == 0) {
                        err = m->topics[i].err;
                        n = m->topics[i].partition_cnt;
                }
        rd_kafka_metadata_destroy(m);
        if (err && !kafka_is_missing(err))
                return kafka_say(why, who, err, verb, topic, NULL);
        *ret = err ? 0 : n;
        return 0;
}

int kafka_partitions(rd_kafka_t *rk, bool hears, const KafkaNames *who, const char *topic, KafkaVerb verb, int timeout_ms,
                     int32_t *ret, Why *why) {
        int64_t began = now_ms(), until = began + timeout_ms;
        for (;;) {
                int64_t left = until - now_ms();
                int r = once(rk, who, topic, verb, left < 1 ? 1 : left > ROUND_MS ? ROUND_MS : (int)left, ret, why);
                if (hears)
                        rd_kafka_poll(rk, 0);
                if (r != BUS_E_DOWN || kafka_hopeless(who, began * 1000) || now_ms() >= until)
                        return r;
                nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL); /* a refused connection answers at once */
        }
}

int kafka_offsets(rd_kafka_t *rk, const KafkaNames *who, rd_kafka_topic_partition_list_t *l, int timeout_ms, Why *why) {
        int64_t until = now_ms() + timeout_ms;
        int r = 0;
        if (!l->cnt)
                return 0;
        rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_copy(l);
        for (;;) {
                int64_t left = until - now_ms();
                rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(rk, asked, left < 1 ? 1 : (int)left);
                const char *topic = asked->elems[0].topic;
                for (int i = 0; !err && i < asked->cnt; i++) {
                        err = asked->elems[i].err;
                        topic = asked->elems[i].topic;
                }
                r = err ? kafka_say(why, who, err, KAFKA_READ, topic, NULL) : 0;
                if (r != BUS_E_DOWN || now_ms() >= until)
                        break;
                rd_kafka_topic_partition_list_destroy(asked);
                asked = rd_kafka_topic_partition_list_copy(l);
                nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
        }
        for (int i = 0; r == 0 && i < l->cnt; i++)
                l->elems[i].offset = asked->elems[i].offset;
        rd_kafka_topic_partition_list_destroy(asked);
        return r;
}

/* ---- clients that only ask ---- */

struct KafkaAdmin {
        KafkaNames names;
        rd_kafka_t *rk;
        int patience_ms;
        Why last; /* what a callback said: why a broker cannot be reached */
        int answer;
};

static void heard(rd_kafka_t *rk, int err, const char *reason, void *opaque) {
        KafkaAdmin *a = opaque;
        (void)rk;
        kafka_heard(&a->names, err);
        if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION || err == RD_KAFKA_RESP_ERR__SSL || !a->answer)
                a->answer = kafka_say(&a->last, &a->names, (rd_kafka_resp_err_t)err, KAFKA_DESCRIBE, NULL, reason);
}

KafkaAdmin *kafka_admin_close(KafkaAdmin *a) {
        if (!a)
                return NULL;
        if (a->rk)
                rd_kafka_destroy(a->rk);
        kafka_names_deinit(&a->names);
        free(a);
        return NULL;
}

int kafka_admin_open(KafkaAdmin **ret, const BusConf *conf, Why *why) {
        KafkaAdmin *a = calloc(1, sizeof *a);
        int r = a ? kafka_names_fill(&a->names, conf) : -ENOMEM;
        if (r != 0)
                why_say(why, r, "out of memory");
        else
                r = kafka_client(&a->rk, conf, KAFKA_ADMIN, &(KafkaCallbacks){ .error = heard }, a, why);
        if (r != 0) {
                kafka_admin_close(a);
                return r;
        }
        a->patience_ms = conf->patience_us ? (int)(conf->patience_us / 1000) : PATIENCE_MS;
        *ret = a;
        return 0;
}

/* A silence is explained by what the callback heard. */
static int explain(const KafkaAdmin *a, int r, Why *why) {
        if (r != BUS_E_DOWN || !a->answer)
                return r;
        return why_say(why, a->answer, "%s", a->last.text);
}

static rd_kafka_event_t *ask(rd_kafka_t *rk, rd_kafka_queue_t *q, Why *why, const KafkaNames *who, const char *what, int *r) {
        rd_kafka_event_t *e = rd_kafka_queue_poll(q, PATIENCE_MS * 2);
        rd_kafka_poll(rk, 0);
        rd_kafka_resp_err_t err = e ? rd_kafka_event_error(e) : RD_KAFKA_RESP_ERR__TIMED_OUT;
        *r = err ? kafka_say(why, who, err, KAFKA_DESCRIBE, what, e ? rd_kafka_event_error_string(e) : NULL) : 0;
        return e;
}

static rd_kafka_AdminOptions_t *options(rd_kafka_t *rk, rd_kafka_admin_op_t op) {
        rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(rk, op);
        rd_kafka_AdminOptions_set_request_timeout(o, PATIENCE_MS, NULL, 0);
        return o;
}

static void read_entries(const rd_kafka_ConfigResource_t *c, BusTopic *t) {
        size_t n = 0;
        const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(c, &n);
        for (size_t i = 0; i < n; i++) {
                const char *name = rd_kafka_ConfigEntry_name(entries[i]), *value = rd_kafka_ConfigEntry_value(entries[i]);
                if (value && strcmp(name, "cleanup.policy") == 0)
                        t->compact = strstr(value, "compact") != NULL;
                if (value && strcmp(name, "retention.ms") == 0)
                        t->retention_ms = strtoll(value, NULL, 10);
        }
}

/* librdkafka's mock cluster knows no configuration and would let the question time out. */
static bool embedded(const KafkaAdmin *a) {
        char *id = rd_kafka_clusterid(a->rk, 0);
        bool mock = id && strncmp(id, "mockCluster", 11) == 0;
        if (id)
                rd_kafka_mem_free(a->rk, id);
        return mock;
}

/* How it is cleaned: not every principal may ask, nor can every broker say; then it stays unknown (retention 0). */
static void describe(KafkaAdmin *a, BusTopic *t, Why *why) {
        if (embedded(a)) {
                why_say(why, 0, "how topic %s is cleaned is not known: the embedded broker cannot say", t->name);
                return;
        }
        rd_kafka_queue_t *q = rd_kafka_queue_new(a->rk);
        rd_kafka_AdminOptions_t *o = options(a->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
        rd_kafka_ConfigResource_t *c = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, t->name);
        rd_kafka_DescribeConfigs(a->rk, &c, 1, o, q);
        int r = 0;
        rd_kafka_event_t *e = ask(a->rk, q, why, &a->names, t->name, &r);
        size_t n = 0;
        const rd_kafka_ConfigResource_t **got =
                r == 0 ? rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(e), &n) : NULL;
        for (size_t i = 0; i < n; i++)
                if (rd_kafka_ConfigResource_error(got[i]))
                        why_say(why, 0, "how topic %s is cleaned is not known: %s; allow DescribeConfigs on it", t->name,
                                rd_kafka_ConfigResource_error_string(got[i]));
                else
                        read_entries(got[i], t);
        rd_kafka_ConfigResource_destroy(c);
        if (e)
                rd_kafka_event_destroy(e);
        rd_kafka_AdminOptions_destroy(o);
        rd_kafka_queue_destroy(q);
}

static int32_t replicas(rd_kafka_t *rk, const char *topic) {
        rd_kafka_topic_t *t = rd_kafka_topic_new(rk, topic, NULL);
        const struct rd_kafka_metadata *m = NULL;
        int32_t n = 0;
        if (t && rd_kafka_metadata(rk, 0, t, &m, PATIENCE_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
                if (m->topic_cnt == 1 && m->topics[0].partition_cnt > 0)
                        n = m->topics[0].partitions[0].replica_cnt;
                rd_kafka_metadata_destroy(m);
        }
        if (t)
                rd_kafka_topic_destroy(t);
        return n;
}

int kafka_topic_get(KafkaAdmin *a, const char *name, BusTopic *ret, Why *why) {
        BusTopic t = { .name = name };
        int r = kafka_partitions(a->rk, true, &a->names, name, KAFKA_DESCRIBE, a->patience_ms, &t.partitions, why);
        if (r != 0)
                return explain(a, r, why);
        if (t.partitions) {
                t.replication = replicas(a->rk, name);
                describe(a, &t, why);
        }
        *ret = t;
        return 0;
}

/* ---- making ---- */

static int create(KafkaAdmin *a, const BusTopic *t, Why *why) {
        char text[256] = "", retention[32];
        rd_kafka_NewTopic_t *new =
                rd_kafka_NewTopic_new(t->name, t->partitions, t->replication ? t->replication : -1, text, sizeof text);
        if (!new)
                return why_say(why, BUS_E_NO_TOPIC, "topic %s with %d partitions: %s", t->name, (int)t->partitions, text);
        if (t->compact)
                rd_kafka_NewTopic_set_config(new, "cleanup.policy", "compact");
        if (t->retention_ms) {
                snprintf(retention, sizeof retention, "%lld", (long long)t->retention_ms);
                rd_kafka_NewTopic_set_config(new, "retention.ms", retention);
        }
        rd_kafka_queue_t *q = rd_kafka_queue_new(a->rk);
        rd_kafka_AdminOptions_t *o = options(a->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
        rd_kafka_AdminOptions_set_operation_timeout(o, PATIENCE_MS, NULL, 0);
        rd_kafka_CreateTopics(a->rk, &new, 1, o, q);
        int r = 0;
        rd_kafka_event_t *e = ask(a->rk, q, why, &a->names, t->name, &r);
        size_t n = 0;
        const rd_kafka_topic_result_t **got =
                r == 0 ? rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(e), &n) : NULL;
        rd_kafka_resp_err_t err = n ? rd_kafka_topic_result_error(got[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
        if (kafka_is_denied(err))
                r = kafka_say(why, &a->names, err, KAFKA_CREATE, t->name, NULL);
        else if (err && err != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
                r = why_say(why, BUS_E_NO_TOPIC, "topic %s cannot be made: %s", t->name,
                            rd_kafka_topic_result_error_string(got[0]));
        if (e)
                rd_kafka_event_destroy(e);
        rd_kafka_AdminOptions_destroy(o);
        rd_kafka_queue_destroy(q);
        rd_kafka_NewTopic_destroy(new);
        return r;
}

int kafka_topic_make(KafkaAdmin *a, const BusTopic *t, Why *why) {
        int32_t n = 0;
        int r = kafka_partitions(a->rk, true, &a->names, t->name, KAFKA_DESCRIBE, PATIENCE_MS, &n, why);
        if (r != 0 && r != BUS_E_DENIED) /* who may create need not see what is not there */
                return explain(a, r, why);
        if (n == 0 && embedded(a))
                return why_say(why, BUS_E_NO_TOPIC, "topic %s: the embedded broker makes topics by embedded_topic only", t->name);
        if (n == 0) {
                r = create(a, t, why);
                if (r != 0)
                        return explain(a, r, why);
        }
        for (int64_t until = now_ms() + PATIENCE_MS; n == 0;) { /* until it is known here: a moment after it is made */
                r = kafka_partitions(a->rk, true, &a->names, t->name, KAFKA_DESCRIBE, PATIENCE_MS, &n, why);
                if (r != 0)
                        return explain(a, r, why);
                if (n == 0 && now_ms() >= until)
                        return why_say(why, BUS_E_DOWN, "topic %s was made at %s but does not show", t->name, a->names.bootstrap);
                if (n == 0)
                        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
        }
        if (n != t->partitions)
                return why_say(why, BUS_E_NO_TOPIC, "topic %s is there with %d partitions, not %d", t->name, (int)n,
                               (int)t->partitions);
        return 0;
}
