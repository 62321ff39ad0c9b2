/* A plugin that counts by key and sets a timer for each: state that can be told from outside. */
#include <stdio.h>
#include <stdlib.h>
#include <tocsin/value.h>

#define HOUR_US INT64_C(3600000000)

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        (void)config;
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
        tocsin_bytes old;
        char text[32] = "";
        long n = 0;
        int r = host->get(host, e->key, &old);
        if (r != 0)
                return r;
        if (old.ptr && old.len < sizeof text) {
                memcpy(text, old.ptr, old.len);
                if (sscanf(text, "{\"n\":%ld}", &n) != 1)
                        return TOCSIN_POISON;
        }
        r = host->put(host, e->key, tocsin_bytes_of(text, (size_t)snprintf(text, sizeof text, "{\"n\":%ld}", n + 1)));
        if (r == 0)
                r = host->timer(host, e->key, e->time_us + HOUR_US, TOCSIN_CLOCK_EVENT);
        if (r != 0)
                return r;
        const tocsin_field f = tocsin_field_of("n", tocsin_i64(n + 1));
        const tocsin_value v = tocsin_map(&f, 1);
        return host->emit(host, 1, e->key, &v);
}

static int timer(void *inst, tocsin_bytes name, int64_t now_us, uint32_t clock) {
        (void)inst;
        (void)name;
        (void)now_us;
        (void)clock;
        return 0;
}

static int rebuild(void *inst, uint32_t found) {
        (void)inst;
        (void)found;
        return 0;
}

static const tocsin_port in = {
        .size = sizeof in, .role = TOCSIN_STREAM, .direction = TOCSIN_IN, .format = TOCSIN_JSON, .name = "in", .help = "Anything."
};
static const tocsin_port out = { .size = sizeof out,
                                 .role = TOCSIN_STREAM,
                                 .direction = TOCSIN_OUT,
                                 .format = TOCSIN_JSON,
                                 .name = "out",
                                 .help = "How many of that key." };
static const tocsin_port *const ports[] = { &in, &out };

static const tocsin_plugin self = { .size = sizeof self,
                                    .abi = TOCSIN_ABI,
                                    .needs = TOCSIN_ABI,
                                    .state_version = 1,
                                    .n_ports = 2,
                                    .name = "keeps",
                                    .version = "1.0.0",
                                    .license = "Apache-2.0",
                                    .summary = "Counts by key.",
                                    .ports = ports,
                                    .create = create,
                                    .destroy = destroy,
                                    .rebuild = rebuild,
                                    .process = process,
                                    .on_timer = timer };

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
