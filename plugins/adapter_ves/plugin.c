/* The glue between Tocsin and ves.c: settings, ports, one message after the other. */
#include "../adapter/glue.h"
#include "config.inc.h" /* CONFIG_SCHEMA: config.schema.json, made by meson.build */
#include "ves.h"
#include <errno.h>
#include <stdlib.h>

typedef struct Instance {
        Adapter adapter;
        VesOptions options;
} Instance;

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        Instance *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        adapter_init(&p->adapter, host, "adapter_ves");
        p->options.keep_payload = tocsin_as_bool(tocsin_find(config, "keep_payload"), 0);
        p->options.sequence = tocsin_equal_z(tocsin_get_bytes(config, "sequence"), "producer");
        p->options.shape.strict_numbers = !tocsin_as_bool(tocsin_find(config, "numbers_as_text"), 1);
        p->options.shape.ignore_unknown = tocsin_equal_z(tocsin_get_bytes(config, "unknown_fields"), "ignore");
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
        Draft *drafts;
        uint32_t n;
        int r = adapter_rules(&p->adapter, &rules);
        if (r != 0)
                return r;
        Kit kit = adapter_kit(&p->adapter);
        if (!ves_read(&kit, &p->options, rules, &e->body, e->raw, &drafts, &n))
                return adapter_refuse(&p->adapter, &kit);
        return n == 0 ? TOCSIN_SKIP : adapter_send(&p->adapter, &kit, drafts, n);
}

static const tocsin_port in = {
        .size = sizeof in,
        .role = TOCSIN_STREAM,
        .direction = TOCSIN_IN,
        .format = TOCSIN_JSON,
        .name = "in",
        .help = "VES 7.2.1 messages as JSON: one event, or a batch in eventList.",
};
static const tocsin_port *const ports[ADAPTER_PORTS] = { &in, &adapter_registry, &adapter_events };

static const tocsin_plugin self = {
        .size = sizeof self,
        .abi = TOCSIN_ABI,
        .needs = TOCSIN_ABI,
        .state_version = 1,
        .n_ports = ADAPTER_PORTS,
        .n_metrics = ADAPTER_METRICS,
        .name = "adapter_ves",
        .version = "0.1.0",
        .license = "Apache-2.0",
        .summary = "Turns ONAP VES 7.2.1 messages into closed-loop events.",
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
