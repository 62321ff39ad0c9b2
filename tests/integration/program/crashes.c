/* A plugin that passes on what it gets and dies, really, of a record that says so; or, built so, of being loaded or created. */
#include <stdlib.h>
#include <tocsin/value.h>

#ifdef DIES_LOADED
__attribute__((constructor)) static void die(void) {
        abort();
}
#endif

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        (void)config;
#ifdef DIES_CREATED
        abort();
#endif
        *ret = malloc(sizeof host);
        if (!*ret)
                return TOCSIN_E_NOMEM;
        *(const tocsin_host **)*ret = host;
        return 0;
}

static void destroy(void *inst) {
        free(inst);
}

static int process(void *inst, const tocsin_event *e) {
        const tocsin_host *host = *(const tocsin_host **)inst;
        if (tocsin_get_i64(&e->body, "crash", 0))
                abort();
        if (tocsin_get_i64(&e->body, "exit", 0))
                exit((int)tocsin_get_i64(&e->body, "exit", 0));
        return host->emit(host, 1, e->key, &e->body);
}

static const tocsin_port in = {
        .size = sizeof in, .role = TOCSIN_STREAM, .direction = TOCSIN_IN, .format = TOCSIN_JSON, .name = "in", .help = "Anything."
};
static const tocsin_port out = { .size = sizeof out,
                                 .role = TOCSIN_STREAM,
                                 .direction = TOCSIN_OUT,
                                 .format = TOCSIN_JSON,
                                 .name = "out",
                                 .help = "The same." };
static const tocsin_port *const ports[] = { &in, &out };

static const tocsin_plugin self = { .size = sizeof self,
                                    .abi = TOCSIN_ABI,
                                    .needs = TOCSIN_ABI,
                                    .state_version = 1,
                                    .n_ports = 2,
                                    .name = "crashes",
                                    .version = "1.0.0",
                                    .license = "Apache-2.0",
                                    .summary = "Dies when told to.",
                                    .ports = ports,
                                    .create = create,
                                    .destroy = destroy,
                                    .process = process };

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
