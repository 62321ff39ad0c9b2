/* A group looked at from outside: who is in it, and how far it has come. */
#include "bus/kafka_body.h"

#define PATIENCE_MS (BUS_PATIENCE_US / 1000)
#define ROUND_MS 2000 /* of one try */
#define PAUSE_NS 20000000

typedef struct Asker {
        KafkaNames names;
        rd_kafka_t *rk;
        Why last; /* what a callback said: why a broker cannot be reached */
        int answer;
} Asker;

static void heard(rd_kafka_t *rk, int err, const char *reason, void *opaque) {
        Asker *a = opaque;
        (void)rk;
        kafka_heard(&a->names, err);
        if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION || err == RD_KAFKA_RESP_ERR__SSL || !a->answer)
                a->answer = kafka_say(&a->last, &a->names, (rd_kafka_resp_err_t)err, KAFKA_DESCRIBE, NULL, reason);
}

static int asker_open(Asker *a, const BusConf *conf, KafkaRole role, Why *why) {
        int r = kafka_names_fill(&a->names, conf);
        if (r != 0)
                return why_say(why, r, "out of memory");
        free(a->names.group); /* it is not joined: nothing will be tried again */
        a->names.group = NULL;
        return kafka_client(&a->rk, conf, role, &(KafkaCallbacks){ .error = heard }, a, why);
}

static void asker_deinit(Asker *a) {
        if (a->rk)
                rd_kafka_destroy(a->rk);
        kafka_names_deinit(&a->names);
}

/* A silence is explained by what the callback heard. */
static int explain(const Asker *a, int r, Why *why) {
        return r == BUS_E_DOWN && a->answer ? why_say(why, a->answer, "%s", a->last.text) : r;
}

/* Does anybody answer at all? librdkafka's mock cluster does not know the questions below and would let them time out. */
static int meet(const Asker *a, bool *ret_mock, Why *why) {
        int64_t began = clock_read_us(CLOCK_MONOTONIC), until = began + BUS_PATIENCE_US;
        char *id = NULL;
        while (!id && !kafka_hopeless(&a->names, began) && clock_read_us(CLOCK_MONOTONIC) < until) {
                id = rd_kafka_clusterid(a->rk, ROUND_MS / 10);
                rd_kafka_poll(a->rk, 0);
        }
        if (!id)
                return explain(a, kafka_say(why, &a->names, RD_KAFKA_RESP_ERR__TIMED_OUT, KAFKA_DESCRIBE, NULL, NULL), why);
        *ret_mock = strncmp(id, "mockCluster", 11) == 0;
        rd_kafka_mem_free(a->rk, id);
        return 0;
}

static void read_members(const rd_kafka_ConsumerGroupDescription_t *d, BusGroup *ret) {
        ret->members = (int64_t)rd_kafka_ConsumerGroupDescription_member_count(d);
        if (!ret->members)
                return;
        const rd_kafka_MemberDescription_t *m = rd_kafka_ConsumerGroupDescription_member(d, 0);
        const char *name = rd_kafka_MemberDescription_group_instance_id(m), *host = rd_kafka_MemberDescription_host(m);
        name = name && *name ? name : rd_kafka_MemberDescription_client_id(m);
        snprintf(ret->who, sizeof ret->who, "%s at %s", name ? name : "a member", host ? host + strspn(host, "/") : "?");
}

static int describe_once(const Asker *a, const char *group, BusGroup *ret, Why *why) {
        rd_kafka_queue_t *q = rd_kafka_queue_new(a->rk);
        rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
        rd_kafka_AdminOptions_set_request_timeout(o, PATIENCE_MS, NULL, 0);
        rd_kafka_DescribeConsumerGroups(a->rk, &group, 1, o, q);
        rd_kafka_event_t *e = rd_kafka_queue_poll(q, PATIENCE_MS * 2);
        rd_kafka_poll(a->rk, 0);
        rd_kafka_resp_err_t err = e ? rd_kafka_event_error(e) : RD_KAFKA_RESP_ERR__TIMED_OUT;
        const char *text = err && e ? rd_kafka_event_error_string(e) : NULL;
        size_t n = 0;
        const rd_kafka_ConsumerGroupDescription_t **d =
                err ? NULL : rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(e), &n);
        const rd_kafka_error_t *own = n ? rd_kafka_ConsumerGroupDescription_error(d[0]) : NULL;
        if (own) {
                err = rd_kafka_error_code(own);
                text = rd_kafka_error_string(own);
        }
        int r = 0;
        BusGroup found = { 0 };
        if (err == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
                err = RD_KAFKA_RESP_ERR_NO_ERROR; /* newer brokers; older ones describe it as dead */
        else if (!err && n)
                read_members(d[0], &found);
        if (err)
                r = kafka_say(why, &a->names, err, KAFKA_GROUP, group, text);
        if (e)
                rd_kafka_event_destroy(e);
        rd_kafka_AdminOptions_destroy(o);
        rd_kafka_queue_destroy(q);
        if (r == 0)
                *ret = found;
        return r;
}

/* A coordinator that moves, or is made just now, answers in a moment. */
static int describe(const Asker *a, const char *group, BusGroup *ret, Why *why) {
        int64_t began = clock_read_us(CLOCK_MONOTONIC), until = began + BUS_PATIENCE_US;
        for (;;) {
                int r = describe_once(a, group, ret, why);
                if (r != BUS_E_DOWN || kafka_hopeless(&a->names, began) || clock_read_us(CLOCK_MONOTONIC) >= until)
                        return r;
                nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
        }
}

int kafka_group_get(const BusConf *conf, BusGroup *ret, Why *why) {
        Asker a = { 0 };
        int r = asker_open(&a, conf, KAFKA_ADMIN, why);
        bool mock = false;
        if (r == 0)
                r = meet(&a, &mock, why);
        if (r == 0 && mock)
                *ret = (BusGroup){ .members = -1 };
        else if (r == 0)
                r = explain(&a, describe(&a, conf->group, ret, why), why);
        asker_deinit(&a);
        return r;
}

/* ---- offsets ---- */

static rd_kafka_topic_partition_list_t *list_of(const BusOffsets *io, size_t n, int64_t offset) {
        rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)n);
        for (size_t i = 0; i < n; i++)
                rd_kafka_topic_partition_list_add(l, io[i].topic, io[i].partition)->offset = offset;
        return l;
}

/* A group that we may not see has no coordinator for us: why, librdkafka tells who polls. */
static rd_kafka_resp_err_t why_not(const Asker *a, rd_kafka_resp_err_t err) {
        for (rd_kafka_message_t *m; (m = rd_kafka_consumer_poll(a->rk, 0)); rd_kafka_message_destroy(m))
                if (kafka_is_denied(m->err))
                        err = m->err;
        return err;
}

static int committed(const Asker *a, const char *group, BusOffsets *io, size_t n, Why *why) {
        int64_t began = clock_read_us(CLOCK_MONOTONIC), until = began + BUS_PATIENCE_US;
        for (;;) {
                rd_kafka_topic_partition_list_t *l = list_of(io, n, RD_KAFKA_OFFSET_INVALID);
                rd_kafka_resp_err_t err = rd_kafka_committed(a->rk, l, ROUND_MS);
                for (int i = 0; !err && i < l->cnt; i++) {
                        err = l->elems[i].err;
                        io[i].committed = l->elems[i].offset < 0 ? -1 : l->elems[i].offset;
                }
                rd_kafka_topic_partition_list_destroy(l);
                rd_kafka_poll(a->rk, 0);
                if (!err)
                        return 0;
                int r = kafka_say(why, &a->names, why_not(a, err), KAFKA_GROUP, group, NULL);
                if (r != BUS_E_DOWN || kafka_hopeless(&a->names, began) || clock_read_us(CLOCK_MONOTONIC) >= until)
                        return r;
                nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
        }
}

/* which: RD_KAFKA_OFFSET_BEGINNING, RD_KAFKA_OFFSET_END, or a time in ms; put() has the answers. */
static int ask(const Asker *a, BusOffsets *io, size_t n, int64_t which, void (*put)(BusOffsets *o, int64_t offset), Why *why) {
        rd_kafka_topic_partition_list_t *l = list_of(io, n, which);
        int r = kafka_offsets(a->rk, &a->names, l, PATIENCE_MS, why);
        for (int i = 0; r == 0 && i < l->cnt; i++)
                put(&io[i], l->elems[i].offset);
        rd_kafka_topic_partition_list_destroy(l);
        return r;
}

static void put_first(BusOffsets *o, int64_t offset) {
        o->first = offset;
}
static void put_end(BusOffsets *o, int64_t offset) {
        o->end = o->at = offset;
}
static void put_at(BusOffsets *o, int64_t offset) {
        o->at = offset < 0 || offset > o->end ? o->end : offset; /* nothing is as young */
}

int kafka_group_offsets(const BusConf *conf, BusOffsets *io, size_t n, int64_t at_us, Why *why) {
        Asker a = { 0 };
        if (!n)
                return 0;
        int r = asker_open(&a, conf, conf->group ? KAFKA_CONSUMER : KAFKA_READER, why);
        for (size_t i = 0; i < n; i++)
                io[i].committed = -1;
        if (r == 0 && conf->group)
                r = committed(&a, conf->group, io, n, why);
        if (r == 0)
                r = ask(&a, io, n, RD_KAFKA_OFFSET_BEGINNING, put_first, why);
        if (r == 0)
                r = ask(&a, io, n, RD_KAFKA_OFFSET_END, put_end, why);
        if (r == 0 && at_us >= 0)
                r = ask(&a, io, n, at_us / 1000, put_at, why);
        r = explain(&a, r, why);
        asker_deinit(&a);
        return r;
}
