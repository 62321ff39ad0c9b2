/* A plugin for `takeover`: keeps what is large under its key, and answers what is small with the process it runs in, so that
 * whoever watches knows which life committed it. */
#include <stdlib.h>
#include <tocsin/value.h>
#include <unistd.h>

#define SMALL 64u

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        (void)config;
        *ret = malloc(sizeof host);
        if (!*ret)
                return TOCSIN_E_NOMEM;
        *(const tocsin_host **)*ret = host;
        return 0;
}

static int process(void *inst, const tocsin_event *e) {
        const tocsin_host *host = *(const tocsin_host **)inst;
        const tocsin_bytes value = tocsin_as_bytes(&e->body);
        const tocsin_field f = tocsin_field_of("pid", tocsin_i64(getpid()));
        const tocsin_value v = tocsin_map(&f, 1);
        int r = host->put(host, e->key, value);
        return r || value.len >= SMALL ? r : host->emit(host, 1, e->key, &v);
}

static const tocsin_port in = {
        .size = sizeof in, .role = TOCSIN_STREAM, .direction = TOCSIN_IN, .format = TOCSIN_RAW, .name = "in", .help = "Anything."
};
static const tocsin_port out = {
        .size = sizeof out, .role = TOCSIN_STREAM, .direction = TOCSIN_OUT, .format = TOCSIN_JSON, .name = "out", .help = "Who."
};
static const tocsin_port *const ports[] = { &in, &out };

static const tocsin_plugin self = { .size = sizeof self,
                                    .abi = TOCSIN_ABI,
                                    .needs = TOCSIN_ABI,
                                    .state_version = 1,
                                    .n_ports = 2,
                                    .name = "hoard",
                                    .version = "1.0.0",
                                    .license = "Apache-2.0",
                                    .summary = "Keeps what is large, answers what is small.",
                                    .ports = ports,
                                    .create = create,
                                    .destroy = free,
                                    .process = process };

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
