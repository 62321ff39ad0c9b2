/* What the two benchmark jobs share: the port they read, the port they write, and the alert.
 *
 * J1: every TRIGGER gives one alert. J2: events are counted by loop in tumbling windows of 10 s of event time; the event
 * that brings a count to 18 gives one alert. The event's schema is the one other stream processors were measured with. */
#pragma once

#include <stdlib.h>
#include <tocsin/value.h>

enum { JOB_EVENTS, JOB_ALERTS };

#define JOB_ALERT_SCHEMA                                                                                                      \
        "{\"type\":\"record\",\"name\":\"Alert\",\"namespace\":\"bench\",\"fields\":["                                          \
        "{\"name\":\"loop\",\"type\":\"string\"},{\"name\":\"event\",\"type\":\"string\"},"                                     \
        "{\"name\":\"event_time\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}},"                          \
        "{\"name\":\"severity\",\"type\":\"int\"}]}"

struct job {
        const tocsin_host *host;
        int64_t id, loop, kind, time, metrics;   /* handles */
};

static const char *const job_reads[] = { "id", "loop", "kind", "event_time", "metrics" };
static const tocsin_port job_events = {
        .size = sizeof job_events, .role = TOCSIN_STREAM, .direction = TOCSIN_IN, .format = TOCSIN_AVRO, .name = "events",
        .schema = "bench.ClosedLoopEvent", .help = "the events", .key = "loop", .time = "event_time",
        .reads = job_reads, .n_reads = 5,
};
static const tocsin_port job_alerts = {
        .size = sizeof job_alerts, .role = TOCSIN_STREAM, .direction = TOCSIN_OUT, .format = TOCSIN_AVRO, .name = "alerts",
        .schema = JOB_ALERT_SCHEMA, .help = "the alerts",
};
static const tocsin_metric job_alerts_metric = {
        .size = sizeof job_alerts_metric, .kind = TOCSIN_COUNTER, .name = "alerts", .unit = "1", .help = "alerts told",
};
static const tocsin_metric *const job_metrics[] = { &job_alerts_metric };
static const tocsin_port *const job_ports[] = { &job_events, &job_alerts };

static inline int job_create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        (void)config;
        struct job *j = calloc(1, sizeof *j);
        if (!j)
                return TOCSIN_E_NOMEM;
        j->host = host;
        j->id = host->field(host, JOB_EVENTS, "id");
        j->loop = host->field(host, JOB_EVENTS, "loop");
        j->kind = host->field(host, JOB_EVENTS, "kind");
        j->time = host->field(host, JOB_EVENTS, "event_time");
        j->metrics = host->field(host, JOB_EVENTS, "metrics");
        *ret = j;
        return TOCSIN_OK;
}

static inline int job_alert(const struct job *j, const tocsin_event *e) {
        const tocsin_value *loop = tocsin_at(&e->body, j->loop);
        double load = tocsin_get_f64(tocsin_at(&e->body, j->metrics), "load", 0);
        const tocsin_field alert[] = {
                tocsin_field_of("loop", *loop), tocsin_field_of("event", *tocsin_at(&e->body, j->id)),
                tocsin_field_of("event_time", tocsin_i64(e->time_us)),
                tocsin_field_of("severity", tocsin_i64((int64_t)(load / 20))),
        };
        const tocsin_value body = tocsin_record(alert, 4);
        j->host->metric(j->host, 0, 1);
        return j->host->emit(j->host, JOB_ALERTS, tocsin_as_bytes(loop), &body);
}
