/* The incident detector as the host sees it: descriptor, and which flow takes what. */
#include <stdlib.h>
#include <tocsin/plugin.h>

#include "act.h"
#include "duty.h"
#include "govern.h"
#include "measure.h"
#include "observe.h"
#include "speak.h"

static int64_t lateness_of(const tocsin_host *host) {
        const tocsin_time *t = TOCSIN_HAS(tocsin_host, host, extension) ? host->extension(host, "tocsin.time/1") : NULL;
        return t && t->size >= sizeof *t ? base_min(t->lateness_us, TIME_MOST) : LATENESS;
}

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        Detector *d = calloc(1, sizeof *d);
        if (!d)
                return TOCSIN_E_NOMEM;
        d->host = host;
        d->set = settings_read(config);
        d->lateness = lateness_of(host);
        d->at = fields_of(host);
        d->watched = watched_of(host);
        d->clock = NO_TIME;
        *ret = d;
        return 0;
}

static void destroy(void *inst) {
        Detector *d = inst;
        if (d)
                specs_clear(&d->specs);
        free(d);
}

static int rebuild(void *inst, uint32_t found) {
        (void)found; /* one layout so far */
        Detector *d = inst;
        specs_clear(&d->specs);
        return clock_rebuild(d);
}

static void changed(void *inst, uint32_t port, tocsin_bytes key) {
        Detector *d = inst;
        if (port == PORT_REGISTRY)
                specs_drop(&d->specs, key);
}

/* By kind, once it is known that the event is no copy and of its time. */
static int by_kind(Detector *d, const Input *in) {
        int r;
        switch (in->kind) {
        case KIND_TRIGGER:
                return duty_trigger(d, in);
        case KIND_CLEAR:
                return duty_clear(d, in);
        case KIND_PLAN:
                r = act_event(d, in);
                if (r >= 0)
                        r = duty_plan(d, in);
                return r ? r : govern_priority(d, in);
        case KIND_RESULT:
                r = act_event(d, in);
                return r < 0 ? r : duty_result(d, in, r == 0);
        case KIND_STATE:
                return govern_state(d, in);
        case KIND_COORDINATION:
                return govern_coordination(d, in);
        default:
                return 0;
        }
}

static int on_event(Detector *d, const tocsin_event *event) {
        Input in;
        int r;
        bool stop;
        input_read(d, event, &in);
        in.spec = detector_spec(d, in.loop, &r);
        if (r != 0)
                return r;
        if (!in.spec && d->set.ignore_unregistered)
                return TOCSIN_SKIP;
        d->host->digest(d->host, event->raw, in.ref.digest);
        in.who = in.spec ? spec_producer(in.spec, in.producer) : NULL;
        if (!in.who)
                return stranger_event(d, &in);
        r = clock_move(d, &in);
        if (r == 0)
                r = speak_event(d, &in, &stop);
        if (r != 0 || stop)
                return r;
        r = measure_event(d, &in);
        if (r == 0)
                r = by_kind(d, &in);
        return r ? r : observe_causes(d, &in);
}

static int process(void *inst, const tocsin_event *event) {
        if (event->time_us > TIME_MOST || event->time_us < -TIME_MOST) {
                const Detector *d = inst;
                d->host->fail(d->host, "event_time lies more than 36,000 years from 1970: no clock says that");
                return TOCSIN_POISON;
        }
        return event->port == PORT_OBSERVATIONS ? observe_event(inst, event) : on_event(inst, event);
}

static int on_timer(void *inst, tocsin_bytes name, int64_t now_us, uint32_t clock) {
        (void)clock; /* all are on event time */
        switch (name.len ? name.ptr[0] : 0) {
        case 'a':
                return stale_timer(inst, name);
        case 'p':
                return speak_timer(inst, name, now_us);
        case 'i':
                return case_timer(inst, name, now_us);
        case 'o':
                return duty_timer(inst, name, now_us);
        case 'r':
                return result_timer(inst, name, now_us);
        case 'w':
                return conflict_timer(inst, name, now_us);
        case 'f':
                return cause_timer(inst, name, now_us);
        case 'q':
                return priority_timer(inst, name, now_us);
        default:
                return 0;
        }
}

static const char *const reads[] = { "id",
                                     "loop",
                                     "stage",
                                     "kind",
                                     "producer.name",
                                     "producer.incarnation",
                                     "producer.sequence",
                                     "event_time",
                                     "correlation_id",
                                     "causes",
                                     "subject.id",
                                     "metrics",
                                     "attributes" };
static const tocsin_port events = { .size = sizeof events,
                                    .role = TOCSIN_STREAM,
                                    .direction = TOCSIN_IN,
                                    .format = TOCSIN_AVRO,
                                    .name = "events",
                                    .schema = "tocsin.ClosedLoopEvent",
                                    .help = "What the closed loops tell.",
                                    .key = "loop",
                                    .time = "event_time",
                                    .reads = reads,
                                    .n_reads = sizeof reads / sizeof reads[0] };
static const tocsin_port registry = { .size = sizeof registry,
                                      .role = TOCSIN_TABLE,
                                      .direction = TOCSIN_IN,
                                      .format = TOCSIN_AVRO,
                                      .name = "registry",
                                      .schema = "tocsin.Loop",
                                      .key = "id",
                                      .help = "What each loop may do and who speaks for it." };
static const tocsin_port observations = { .size = sizeof observations,
                                          .role = TOCSIN_INTERNAL,
                                          .direction = TOCSIN_IN,
                                          .format = TOCSIN_AVRO,
                                          .name = "observations",
                                          .schema = "tocsin.Observation",
                                          .key = "key",
                                          .time = "event_time",
                                          .help = "What must meet across loops." };
static const tocsin_port incidents = { .size = sizeof incidents,
                                       .role = TOCSIN_STREAM,
                                       .direction = TOCSIN_OUT,
                                       .format = TOCSIN_AVRO,
                                       .name = "incidents",
                                       .schema = "tocsin.Incident",
                                       .help = "Attacks and failures found." };
static const tocsin_port *const ports[] = { &events, &registry, &observations, &incidents };

static const tocsin_metric raised = {
        .size = sizeof raised, .kind = TOCSIN_COUNTER, .name = "incidents", .unit = "1", .help = "Incidents raised."
};
static const tocsin_metric suppressed = { .size = sizeof suppressed,
                                          .kind = TOCSIN_COUNTER,
                                          .name = "incidents_suppressed",
                                          .unit = "1",
                                          .help = "Findings about strangers beyond the bound on open incidents." };
static const tocsin_metric *const metrics[] = { &raised, &suppressed };

static const tocsin_plugin self = {
        .size = sizeof self,
        .abi = TOCSIN_ABI,
        .needs = TOCSIN_ABI,
        .state_version = 1,
        .n_ports = sizeof ports / sizeof ports[0],
        .n_metrics = sizeof metrics / sizeof metrics[0],
        .name = "incident_detector",
        .version = DETECTOR_VERSION,
        .license = "Apache-2.0",
        .summary = "Finds attacks on, and failures in and between, closed loops.",
        .config_schema = settings_schema,
        .ports = ports,
        .metrics = metrics,
        .create = create,
        .destroy = destroy,
        .rebuild = rebuild,
        .process = process,
        .on_timer = on_timer,
        .changed = changed,
};

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
