/* Errors of librdkafka -> answers of the bus, with sentences that say what, where and what to do. */
#include "bus/kafka_body.h"

bool kafka_is_denied(rd_kafka_resp_err_t err) {
        return err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
               err == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
               err == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR__AUTHENTICATION;
}

bool kafka_is_missing(rd_kafka_resp_err_t err) {
        return err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
               err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

/* The ACL that is missing, as kafka-acls wants it. */
static int denied(Why *why, const KafkaNames *who, rd_kafka_resp_err_t err, KafkaVerb verb, const char *what) {
        static const char *const operations[] = { "Read", "Write", "Describe", "Create", "Read", "Write" };
        const char *operation = operations[verb], *kind = "topic";
        if (err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
                operation = "Read";
                kind = "group";
                what = who->group ? who->group : what;
        } else if (err == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED) {
                operation = "Write";
                kind = "transactional-id";
                what = who->transactional_id ? who->transactional_id : what;
        } else if (err == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) {
                operation = verb == KAFKA_CREATE ? "Create" : "IdempotentWrite";
                kind = "cluster";
                what = "kafka-cluster";
        }
        const char *name = who->principal ? who->principal : "NAME";
        return why_say(
                why, BUS_E_DENIED,
                "%s%s at %s may not %s %s %s; allow it: kafka-acls --add --allow-principal User:%s --operation %s --%s%s%s",
                who->principal ? "user " : "this client", who->principal ? who->principal : "", who->bootstrap, operation, kind,
                what, name, operation, kind, strcmp(kind, "cluster") == 0 ? "" : " ", strcmp(kind, "cluster") == 0 ? "" : what);
}

int kafka_say(Why *why, const KafkaNames *who, rd_kafka_resp_err_t err, KafkaVerb verb, const char *what, const char *detail) {
        if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION)
                return why_say(why, BUS_E_DENIED,
                               "broker %s refuses to log in %s%s: %s; check sasl.mechanism, user name and password",
                               who->bootstrap, who->principal ? "user " : "this client", who->principal ? who->principal : "",
                               detail ? detail : rd_kafka_err2str(err));
        if (kafka_is_denied(err))
                return denied(why, who, err, verb, what);
        if (kafka_is_missing(err))
                return why_say(why, BUS_E_NO_TOPIC, "topic %s does not exist at %s (or not that partition); make it", what,
                               who->bootstrap);
        /* Who is in a group goes on trying; who only asks needs the remedy, too. */
        return why_say(why, BUS_E_DOWN,
                       "no answer from broker %s%s%s: %s; check that it is up, that kafka.bootstrap.servers names it and that "
                       "security.protocol is what it speaks there (TLS or plaintext)%s",
                       who->bootstrap, what ? " for " : "", what ? what : "", detail ? detail : rd_kafka_err2str(err),
                       who->group ? "; it is tried again" : "");
}

KafkaVerdict kafka_verdict(rd_kafka_error_t *e, Why *why, rd_kafka_resp_err_t *code) {
        if (!e)
                return KAFKA_OK;
        KafkaVerdict v = rd_kafka_error_is_fatal(e)             ? KAFKA_FATAL
                         : rd_kafka_error_txn_requires_abort(e) ? KAFKA_ABORT
                         : rd_kafka_error_is_retriable(e)       ? KAFKA_AGAIN
                                                                : KAFKA_FATAL; /* unclassified: fail closed */
        *code = rd_kafka_error_code(e);
        why_say(why, 0, "%s", rd_kafka_error_string(e));
        rd_kafka_error_destroy(e);
        return v;
}

void kafka_ended(Why *why, const KafkaNames *who, rd_kafka_resp_err_t code, const char *text) {
        bool fenced = code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
                      code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
        if (fenced)
                why_say(why, 0,
                        "another process took over %s at %s, or the broker gave the turn up: %s; each ordinal may run once",
                        code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ? who->group : who->transactional_id, who->bootstrap, text);
        else
                why_say(why, 0, "%s (%s)", text, rd_kafka_err2name(code));
}

void kafka_trouble(KafkaTrouble *t, int answer, const Why *why) {
        t->answer = answer;
        if (answer && why)
                t->why = *why;
}

/* ---- is it of any use to wait? ---- */

#define HASTE_US INT64_C(2000000) /* some tries of each address: one of a name's is often refused, and a broker may just start */

void kafka_heard(KafkaNames *n, int err) {
        n->refused = n->refused || err == RD_KAFKA_RESP_ERR__AUTHENTICATION;
        if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !n->away_us)
                n->away_us = clock_read_us(CLOCK_MONOTONIC);
}

bool kafka_hopeless(const KafkaNames *n, int64_t since_us) {
        int64_t from = n->away_us > since_us ? n->away_us : since_us;
        return n->refused || (n->hasty && n->away_us && clock_read_us(CLOCK_MONOTONIC) - from >= HASTE_US);
}

/* ---- names ---- */

static const char *property(const BusConf *conf, const char *name) {
        for (uint32_t i = conf->n_properties; i-- > 0;)
                if (strcmp(conf->properties[i].name, name) == 0)
                        return conf->properties[i].value;
        return NULL;
}

static int copy(char **to, const char *z) {
        *to = z ? strdup(z) : NULL;
        return z && !*to ? -ENOMEM : 0;
}

int kafka_names_fill(KafkaNames *n, const BusConf *conf) {
        const char *bootstrap = property(conf, "bootstrap.servers");
        if (!bootstrap)
                bootstrap = property(conf, "metadata.broker.list");
        n->hasty = conf->hasty;
        GUARD(copy(&n->bootstrap, bootstrap ? bootstrap : "(no bootstrap.servers)"));
        GUARD(copy(&n->principal, property(conf, "sasl.username")));
        GUARD(copy(&n->group, conf->group));
        return copy(&n->transactional_id, conf->transactional_id);
}

void kafka_names_deinit(KafkaNames *n) {
        free(n->bootstrap);
        free(n->principal);
        free(n->group);
        free(n->transactional_id);
        *n = (KafkaNames){ 0 };
}
