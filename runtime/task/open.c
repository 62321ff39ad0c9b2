/* From a configuration to an open Bus: topics looked at or made, the consumer and the producer, outputs by handle. */
#include "core/log.h"
#include "task/inner.h"

#define REOPEN_MAX_US INT64_C(5000000)

static void midway(void *arg) {
        failpoint(arg, FP_BEFORE_COMMIT);
}

int open_conf(Worker *w) {
        const Config *c = w->conf.config;
        static const BusStart start[] = { BUS_EARLIEST, BUS_LATEST, BUS_AT_TIME };
        w->properties = calloc(c->n_kafka + 1, sizeof *w->properties);
        if (!w->properties)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_kafka; i++)
                w->properties[i] = (BusProperty){ c->kafka[i].name, c->kafka[i].value, config_written(c, c->kafka[i].value) };
        snprintf(w->member, sizeof w->member, "%s.%s-%u", c->app, w->pipe->name, w->conf.ordinal);
        snprintf(w->txn_id, sizeof w->txn_id, "%s.%s.%u", c->app, w->pipe->name, w->conf.ordinal);
        w->bus_conf = (BusConf){
                .mem = w->conf.mem,
                .clock = w->conf.clock,
                .group = w->pipe->group,
                .member = w->member,
                .transactional_id = w->pipe->exactly_once ? w->txn_id : NULL,
                .topics = w->topics,
                .start = start[w->pipe->start],
                .start_us = w->pipe->start_us,
                .memory = c->memory_max / 4,
                .midway = midway,
                .midway_arg = w,
                .properties = w->properties,
                .n_properties = (uint32_t)c->n_kafka,
        };
        return 0;
}

/* partitions 0: as many as it has. *ret: how many there are. */
static int topic_want(Worker *w, const char *name, int32_t partitions, bool compact, BusTopic *ret, Why *why) {
        BusTopic t = { .name = name };
        int r = bus_admin_get(w->admin, name, &t, why);
        if (r != 0)
                return r;
        if (t.partitions == 0) {
                if (!w->conf.config->create_topics)
                        return why_say(why, BUS_E_NO_TOPIC,
                                       "topic %s does not exist; make it with `tocsin topics apply`, or set topics.create: true",
                                       name);
                t = (BusTopic){ .name = name, .partitions = partitions ? partitions : w->pipe->partitions, .compact = compact };
                if (compact)
                        t.retention_ms = -1;
                r = bus_admin_make(w->admin, &t, why);
                if (r != 0)
                        return r;
                LOG(LOG_INFO, "topic.made", "topic made", LOG_S("topic", name), LOG_I("partitions", t.partitions));
        }
        if (partitions && t.partitions != partitions)
                return why_say(why, BUS_E_NO_TOPIC,
                               "topic %s has %d partitions, but the inputs of pipeline %s have %d; a task is one partition of "
                               "all of them",
                               name, (int)t.partitions, w->pipe->name, (int)partitions);
        *ret = t;
        return 0;
}

static void source_add(Worker *w, Port *p, const char *topic, SourceKind kind) {
        w->topics[w->n_sources] = topic;
        w->source[w->n_sources++] = (Source){ p, topic, kind };
}

static bool is(const Port *p, uint32_t role, uint32_t direction) {
        return p->bound && p->decl->role == role && p->decl->direction == direction;
}

/* Inputs first: they say how many tasks there are. */
static int inputs_open(Worker *w, Why *why) {
        BusTopic t;
        bool murmur = false, crc = false;
        w->n_sources = w->n_marks = 0;
        w->n_partitions = 0;
        for (uint32_t i = 0; i < w->plugin->n_ports; i++) {
                Port *p = &w->port[i];
                if (!is(p, TOCSIN_STREAM, TOCSIN_IN))
                        continue;
                GUARD(topic_want(w, p->topic, w->n_partitions, false, &t, why));
                w->n_partitions = t.partitions;
                p->mark = w->n_marks++;
                source_add(w, p, p->topic, SOURCE_STREAM);
                crc |= p->decl->key && p->conf->partitioner == PARTITIONER_CRC32;
                murmur |= p->decl->key && p->conf->partitioner == PARTITIONER_MURMUR2;
        }
        w->crc32 = crc && !murmur; /* one rule for the whole pipeline, or equal keys would not meet */
        uint32_t streams = w->n_sources;
        for (uint32_t i = 0; i < w->plugin->n_ports; i++) {
                Port *p = &w->port[i];
                if (p->decl->role == TOCSIN_INTERNAL) {
                        GUARD(topic_want(w, p->topic, w->n_partitions, false, &t, why));
                        w->n_partitions = t.partitions;
                        p->mark = w->n_marks++;
                        source_add(w, p, p->topic, SOURCE_INTERNAL);
                } else if (is(p, TOCSIN_STREAM, TOCSIN_IN) && p->decl->key && w->n_partitions > 1) {
                        GUARD(topic_want(w, p->rekey, w->n_partitions, false, &t, why));
                        source_add(w, p, p->rekey, SOURCE_REKEY);
                }
        }
        if (w->pipe->retry) {
                GUARD(topic_want(w, w->pipe->retry, w->n_partitions, false, &t, why));
                source_add(w, NULL, w->pipe->retry, SOURCE_RETRY);
        }
        w->bus_conf.n_topics = w->n_sources;
        w->bus_conf.n_own = w->n_sources - streams;
        if (w->n_partitions > (int32_t)LIMIT_PARTITIONS)
                return why_say(why, BUS_E_CONF, "%d partitions are more than %u", (int)w->n_partitions, LIMIT_PARTITIONS);
        return 0;
}

static int others_want(Worker *w, Why *why) {
        BusTopic t;
        GUARD(topic_want(w, w->pipe->changelog, w->n_partitions, true, &t, why));
        w->changelog_compact = t.compact;
        GUARD(topic_want(w, w->pipe->dlq, 0, false, &t, why));
        for (uint32_t i = 0; i < w->plugin->n_ports; i++) {
                const Port *p = &w->port[i];
                if (p->bound && p->decl->role != TOCSIN_INTERNAL && !is(p, TOCSIN_STREAM, TOCSIN_IN))
                        GUARD(topic_want(w, p->topic, 0, p->decl->role == TOCSIN_TABLE, &t, why));
        }
        return 0;
}

static int output(Worker *w, const char *topic, uint32_t *ret) {
        *ret = bus_output(w->bus, topic);
        return *ret == UINT32_MAX ? -ENOMEM : 0;
}

static int outputs_open(Worker *w) {
        GUARD(output(w, w->pipe->changelog, &w->out_changelog));
        GUARD(output(w, w->pipe->dlq, &w->out_dlq));
        for (uint32_t i = 0; i < w->plugin->n_ports; i++) {
                Port *p = &w->port[i];
                if (p->bound && (p->decl->direction == TOCSIN_OUT || p->decl->role == TOCSIN_INTERNAL))
                        GUARD(output(w, p->topic, &p->output));
                if (p->bound && p->rekey[0] && p->decl->key && w->n_partitions > 1)
                        GUARD(output(w, p->rekey, &p->rekey_output));
        }
        return 0;
}

/* By partition and by source, once for the life of the Bus. */
static int indexes_make(Worker *w) {
        size_t n = (size_t)w->n_partitions, m = n * w->n_sources;
        free(w->task);
        free(w->owned);
        free(w->pos);
        free(w->pos_of);
        free(w->at);
        w->task = calloc(n, sizeof(Task *));
        w->owned = calloc(n, sizeof(Task *));
        w->pos = calloc(m, sizeof *w->pos);
        w->pos_of = calloc(m, sizeof *w->pos_of);
        w->at = calloc(m, sizeof *w->at);
        w->n_owned = w->n_pos = 0;
        /* A fixed share for each partition, whoever owns it: full is full at the same place with any assignment. */
        w->table_bytes = w->conf.config->memory_max / 2 / n;
        return w->task && w->owned && w->pos && w->pos_of && w->at ? 0 : -ENOMEM;
}

int open_wait(Worker *w, const Why *why) {
        trouble_say(w, "worker.trouble", why);
        w->reopen_wait_us = w->reopen_wait_us ? w->reopen_wait_us * 2 : BACKOFF_US;
        if (w->reopen_wait_us > REOPEN_MAX_US)
                w->reopen_wait_us = REOPEN_MAX_US;
        w->reopen_us = w->conf.clock->mono_us(w->conf.clock) + w->reopen_wait_us;
        return WORKER_E_WAIT;
}

/* All topics that are needed, through one client. */
static int topics_open(Worker *w, Why *why) {
        GUARD(bus_admin_open(&w->admin, &w->bus_conf, why));
        int r = inputs_open(w, why);
        if (r == 0)
                r = others_want(w, why);
        w->admin = bus_admin_close(w->admin);
        return r;
}

int open_bus(Worker *w) {
        Why why = { 0 };
        if (w->conf.clock->mono_us(w->conf.clock) < w->reopen_us)
                return WORKER_E_WAIT;
        doing(w, DOING_OPEN);
        int r = topics_open(w, &why);
        if (r == 0)
                r = indexes_make(w);
        if (r == 0)
                r = bus_open(&w->bus, &w->bus_conf, &why);
        if (r == 0)
                r = outputs_open(w);
        if (r == 0)
                r = tables_open(w, &why);
        if (r == 0) {
                doing(w, DOING_NOTHING);
                w->phase = PHASE_TABLES;
                return 0;
        }
        tables_close(w);
        w->bus = bus_close(w->bus);
        doing(w, DOING_NOTHING);
        return r < 0 ? r : open_wait(w, &why);
}

void open_lost(Worker *w, const Why *why) {
        Why said = *why;
        doing(w, DOING_CLOSE);
        assign_drop(w);
        tables_close(w);
        w->bus = bus_close(w->bus);
        doing(w, DOING_NOTHING);
        w->phase = PHASE_DOWN;
        metric_add(w->cell.failed, 1);
        (void)open_wait(w, &said);
}
