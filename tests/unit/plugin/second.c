/* Another plugin, the least there can be: for tests that need two. */
#include <tocsin/value.h>

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        static char instance;
        (void)host;
        (void)config;
        *ret = &instance;
        return 0;
}
static void destroy(void *inst) {
        (void)inst;
}
static int process(void *inst, const tocsin_event *e) {
        (void)inst;
        (void)e;
        return TOCSIN_SKIP;
}
static const tocsin_port in = { .size = sizeof in, .format = TOCSIN_RAW, .name = "in", .help = "anything" };
static const tocsin_port *const ports[] = { &in };
static const tocsin_plugin self = { .size = sizeof self,
                                    .abi = TOCSIN_ABI,
                                    .needs = TOCSIN_ABI,
                                    .state_version = 1,
                                    .n_ports = 1,
                                    .name = "second",
                                    .version = "1.0.0",
                                    .license = "Apache-2.0",
                                    .summary = "Skips everything.",
                                    .ports = ports,
                                    .create = create,
                                    .destroy = destroy,
                                    .process = process };

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
