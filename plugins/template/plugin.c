/* The glue between Tocsin and count.c: what is declared, what is read, what is remembered, what is sent. */
#include "count.h"
#include "embedded.h" /* CONFIG_SCHEMA and ALERT_SCHEMA: the files beside this one, made by meson.build */
#include <errno.h>
#include <stdlib.h>
#include <tocsin/value.h>

#define LOOP_BYTES_MAX 512u /* a timer's name may be no longer */

enum { EVENTS, ALERTS }; /* index of a port in ports[] */
enum { ALERTS_RAISED }; /* index of a metric in metrics[] */

typedef struct Instance {
        const tocsin_host *host;
        CountRules rules;
        int64_t loop; /* where in an event the loop's id stands */
} Instance;

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        Instance *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        p->host = host;
        p->rules = count_rules(tocsin_get_i64(config, "limit", 100), tocsin_get_i64(config, "window_s", 60));
        p->loop = host->field(host, EVENTS, "loop");
        if (p->loop < 0) {
                host->fail(host, "ClosedLoopEvent has no field `loop`");
                free(p);
                return -ENOENT;
        }
        *ret = p;
        return TOCSIN_OK;
}

static int emit_alert(const Instance *p, tocsin_bytes loop, const Count *c, int64_t time_us) {
        const tocsin_field fields[] = {
                tocsin_field_of("loop", tocsin_str_of(loop)),
                tocsin_field_of("count", tocsin_i64(c->n)),
                tocsin_field_of("first_time", tocsin_i64(c->since_us)),
                tocsin_field_of("last_time", tocsin_i64(time_us)),
        };
        const tocsin_value alert = tocsin_record(fields, sizeof fields / sizeof *fields);
        p->host->metric(p->host, ALERTS_RAISED, 1);
        return p->host->emit(p->host, ALERTS, loop, &alert);
}

static int process(void *inst, const tocsin_event *e) {
        const Instance *p = inst;
        tocsin_bytes loop = tocsin_as_bytes(tocsin_at(&e->body, p->loop)), old;
        Count c = { 0, 0 };
        uint8_t bytes[COUNT_BYTES];
        if (loop.len == 0 || loop.len > LOOP_BYTES_MAX) {
                p->host->fail(p->host, "the loop's id must have 1 to 512 bytes");
                return TOCSIN_POISON;
        }
        int r = p->host->get(p->host, loop, &old);
        if (r != 0)
                return r;
        if (old.ptr && !count_read(&c, old.ptr, old.len))
                return -EINVAL; /* not ours: a bug, and going on would hide it */
        int known = old.ptr != NULL; /* what get() lent is gone with the next put() */
        int64_t since_us = c.since_us;
        int reached = count_step(&c, &p->rules, e->time_us);
        count_write(&c, bytes);
        r = p->host->put(p->host, loop, tocsin_bytes_of(bytes, sizeof bytes));
        if (r == 0 && (!known || c.since_us != since_us))
                r = p->host->timer(p->host, loop, count_end_us(&c, &p->rules), TOCSIN_CLOCK_EVENT);
        return r != 0 || !reached ? r : emit_alert(p, loop, &c, e->time_us);
}

/* The window of a loop is over: forget it, so that the table holds only loops that speak. */
static int on_timer(void *inst, tocsin_bytes name, int64_t now_us, uint32_t clock) {
        const Instance *p = inst;
        (void)now_us;
        (void)clock;
        return p->host->del(p->host, name);
}

static const char *const reads[] = { "loop" };
static const tocsin_port events = {
        .size = sizeof events,
        .role = TOCSIN_STREAM,
        .direction = TOCSIN_IN,
        .format = TOCSIN_AVRO,
        .name = "events",
        .schema = "tocsin.ClosedLoopEvent",
        .help = "What the closed loops do.",
        .key = "loop",
        .time = "event_time",
        .reads = reads,
        .n_reads = sizeof reads / sizeof *reads,
};
static const tocsin_port alerts = {
        .size = sizeof alerts,
        .role = TOCSIN_STREAM,
        .direction = TOCSIN_OUT,
        .format = TOCSIN_AVRO,
        .seal = TOCSIN_SEAL_NOTIFY,
        .name = "alerts",
        .schema = ALERT_SCHEMA,
        .help = "One record for each window in which a loop reached the limit.",
};
static const tocsin_port *const ports[] = { &events, &alerts };
static const tocsin_metric raised = {
        .size = sizeof raised,
        .kind = TOCSIN_COUNTER,
        .name = "alerts_raised",
        .unit = "alerts",
        .help = "Windows in which a loop reached the limit.",
};
static const tocsin_metric *const metrics[] = { &raised };

static const tocsin_plugin self = {
        .size = sizeof self,
        .abi = TOCSIN_ABI,
        .needs = TOCSIN_ABI,
        .state_version = 1,
        .n_ports = sizeof ports / sizeof *ports,
        .n_metrics = sizeof metrics / sizeof *metrics,
        .name = "template",
        .version = "0.1.0",
        .license = "Apache-2.0",
        .summary = "Counts the events of each loop and says when one reaches a limit.",
        .config_schema = CONFIG_SCHEMA,
        .ports = ports,
        .metrics = metrics,
        .create = create,
        .destroy = free,
        .process = process,
        .on_timer = on_timer,
};

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
