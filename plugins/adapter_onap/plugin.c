/* The glue between Tocsin and onap.c: settings, ports, one message after the other. */
#include "../adapter/glue.h"
#include "config.inc.h" /* CONFIG_SCHEMA: config.schema.json, made by meson.build */
#include "onap.h"
#include <errno.h>
#include <stdlib.h>

typedef struct Instance {
        Adapter adapter;
        OnapOptions options;
} Instance;

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        Instance *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        adapter_init(&p->adapter, host, "adapter_onap");
        p->options.keep_payload = tocsin_as_bool(tocsin_find(config, "keep_payload"), 0);
        *ret = p;
        return TOCSIN_OK;
}

static void destroy(void *inst) {
        Instance *p = inst;
        if (p)
                adapter_deinit(&p->adapter);
        free(p);
}

static int rebuild(void *inst, uint32_t found) {
        (void)found; /* nothing is kept in the table */
        adapter_changed(inst);
        return TOCSIN_OK;
}

static void changed(void *inst, uint32_t port, tocsin_bytes key) {
        (void)port;
        (void)key;
        adapter_changed(inst);
}

static int process(void *inst, const tocsin_event *e) {
        Instance *p = inst;
        const Rules *rules;
        Draft draft;
        int r = adapter_rules(&p->adapter, &rules);
        if (r != 0)
                return r;
        Kit kit = adapter_kit(&p->adapter);
        if (!onap_read(&kit, &p->options, rules, &e->body, e->raw, e->time_us, &draft))
                return adapter_refuse(&p->adapter, &kit);
        return adapter_send(&p->adapter, &kit, &draft, 1);
}

static const tocsin_port in = {
        .size = sizeof in,
        .role = TOCSIN_STREAM,
        .direction = TOCSIN_IN,
        .format = TOCSIN_JSON,
        .name = "in",
        .help = "ONAP control-loop messages as JSON: ONSET and ABATED of DCAE, notifications of POLICY-CL-MGT.",
};
static const tocsin_port *const ports[ADAPTER_PORTS] = { &in, &adapter_registry, &adapter_events };

static const tocsin_plugin self = {
        .size = sizeof self,
        .abi = TOCSIN_ABI,
        .needs = TOCSIN_ABI,
        .state_version = 1,
        .n_ports = ADAPTER_PORTS,
        .n_metrics = ADAPTER_METRICS,
        .name = "adapter_onap",
        .version = "0.1.0",
        .license = "Apache-2.0",
        .summary = "Turns ONAP control-loop messages into closed-loop events.",
        .config_schema = CONFIG_SCHEMA,
        .ports = ports,
        .metrics = adapter_metrics,
        .create = create,
        .destroy = destroy,
        .rebuild = rebuild,
        .process = process,
        .changed = changed,
};

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
