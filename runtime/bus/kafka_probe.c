/* Rights, asked for without using them. */
#include "bus/kafka_body.h"
#include "bus/probe.h"

#define PATIENCE_MS 10000 /* a broker that says nothing for so long is away */

typedef struct Probe {
        KafkaNames names;
        rd_kafka_t *rk;
} Probe;

static int probe_open(Probe *p, const BusConf *conf, KafkaRole role, Why *why) {
        int r = kafka_names_fill(&p->names, conf);
        if (r != 0)
                return why_say(why, r, "out of memory");
        return kafka_client(&p->rk, conf, role, &(KafkaCallbacks){ 0 }, p, why);
}

static void probe_deinit(Probe *p) {
        if (p->rk)
                rd_kafka_destroy(p->rk);
        kafka_names_deinit(&p->names);
}

/* *ret: how many there are. librdkafka 2.0.2 takes a broker without an authorizer for one without entries; whoever may list
 * none at all is a super user, so that both mean: everything is allowed. */
static rd_kafka_resp_err_t list_acls(rd_kafka_t *rk, size_t *ret) {
        char text[256] = "";
        rd_kafka_AclBindingFilter_t *all =
                rd_kafka_AclBindingFilter_new(RD_KAFKA_RESOURCE_ANY, NULL, RD_KAFKA_RESOURCE_PATTERN_ANY, NULL, NULL,
                                              RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ANY, text, sizeof text);
        if (!all)
                return RD_KAFKA_RESP_ERR__FAIL;
        rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
        rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBEACLS);
        rd_kafka_AdminOptions_set_request_timeout(o, PATIENCE_MS, NULL, 0);
        rd_kafka_DescribeAcls(rk, all, o, q);
        rd_kafka_event_t *e = rd_kafka_queue_poll(q, PATIENCE_MS * 2);
        rd_kafka_resp_err_t err = e ? rd_kafka_event_error(e) : RD_KAFKA_RESP_ERR__TIMED_OUT;
        *ret = 0;
        if (!err)
                rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(e), ret);
        if (e)
                rd_kafka_event_destroy(e);
        rd_kafka_AdminOptions_destroy(o);
        rd_kafka_queue_destroy(q);
        rd_kafka_AclBinding_destroy(all);
        return err;
}

int bus_probe_rights(const BusConf *conf, bool *ret_asks, Why *why) {
        Probe p = { 0 };
        int r = probe_open(&p, conf, KAFKA_ADMIN, why);
        if (r == 0) {
                size_t n = 0;
                rd_kafka_resp_err_t err = list_acls(p.rk, &n);
                *ret_asks = err ? err != RD_KAFKA_RESP_ERR_SECURITY_DISABLED : n > 0;
                if (err && *ret_asks)
                        r = kafka_say(why, &p.names, err, KAFKA_DESCRIBE, "the cluster", NULL);
        }
        probe_deinit(&p);
        return r;
}

int bus_probe_group(const BusConf *conf, const char *topic, Why *why) {
        Probe p = { 0 };
        int r = probe_open(&p, conf, KAFKA_CONSUMER, why);
        if (r == 0) {
                rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
                rd_kafka_topic_partition_list_add(l, topic, 0);
                rd_kafka_resp_err_t err = rd_kafka_committed(p.rk, l, PATIENCE_MS);
                err = err ? err : l->elems[0].err;
                if (err)
                        r = kafka_say(why, &p.names, err, KAFKA_GROUP, conf->group, NULL);
                rd_kafka_topic_partition_list_destroy(l);
        }
        probe_deinit(&p);
        return r;
}
