/* A plugin for tests of `tocsin check`: refuses a setting by its pointer, or the whole, or crashes, or leaves, as told; by
 * the environment already while it is loaded. */
#include <stdlib.h>
#include <tocsin/value.h>
#include <unistd.h>

__attribute__((constructor)) static void loaded(void) {
        const char *how = getenv("REFUSES_LOAD");
        if (how && *how == 'c')
                abort();
        if (how && *how == 'l')
                _exit(0);
}

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        (void)ret;
        tocsin_bytes how = tocsin_get_bytes(config, "how");
        if (tocsin_equal_z(how, "pointer"))
                host->fail_at(host, "/rules/1/limit", "two rules with the same limit");
        else if (tocsin_equal_z(how, "whole"))
                host->fail(host, "these settings contradict each other");
        else if (tocsin_equal_z(how, "crash"))
                abort();
        else if (tocsin_equal_z(how, "leave"))
                _exit(0);
        return -22;
}

static int process(void *inst, const tocsin_event *event) {
        (void)inst;
        (void)event;
        return TOCSIN_OK;
}

static void destroy(void *inst) {
        (void)inst;
}

static const tocsin_port in = {
        .size = sizeof in, .role = TOCSIN_STREAM, .direction = TOCSIN_IN, .format = TOCSIN_JSON, .name = "in", .help = "Anything."
};
static const tocsin_port *const ports[] = { &in };
static const tocsin_plugin self = {
        .size = sizeof self,
        .abi = TOCSIN_ABI,
        .needs = TOCSIN_ABI,
        .state_version = 1,
        .n_ports = 1,
        .name = "refuses",
        .version = "0.1.0",
        .license = "Apache-2.0",
        .summary = "Refuses its settings.",
        .config_schema = "{\"type\":\"object\",\"properties\":{\"how\":{\"type\":\"string\"},\"rules\":{\"type\":\"array\"}}}",
        .ports = ports,
        .create = create,
        .destroy = destroy,
        .process = process,
};

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
