/* A plugin that tells each JSON object it gets as an Incident. */
#include <stdlib.h>
#include <tocsin/value.h>

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

#define MOST 32u /* fields, and events that prove it */

/* JSON has maps where the schema has records. */
static int process(void *inst, const tocsin_event *e) {
        const tocsin_host *host = *(const tocsin_host **)inst;
        tocsin_field fields[MOST];
        tocsin_value proofs[MOST];
        uint32_t n = 0;
        for (; n < e->body.len && n < MOST; n++) {
                fields[n] = e->body.u.fields[n];
                if (fields[n].value.kind != TOCSIN_LIST || !tocsin_find(&e->body, "evidence") ||
                    fields[n].value.u.items != tocsin_find(&e->body, "evidence")->u.items)
                        continue;
                for (uint32_t i = 0; i < fields[n].value.len && i < MOST; i++) {
                        proofs[i] = fields[n].value.u.items[i];
                        proofs[i].kind = TOCSIN_RECORD;
                }
                fields[n].value.u.items = proofs;
        }
        const tocsin_value incident = tocsin_record(fields, n);
        return host->emit(host, 1, tocsin_get_bytes(&e->body, "id"), &incident);
}

static const tocsin_port in = {
        .size = sizeof in, .role = TOCSIN_STREAM, .direction = TOCSIN_IN, .format = TOCSIN_JSON, .name = "in", .help = "Objects."
};
static const tocsin_port out = { .size = sizeof out,
                                 .role = TOCSIN_STREAM,
                                 .direction = TOCSIN_OUT,
                                 .format = TOCSIN_AVRO,
                                 .name = "incidents",
                                 .schema = "tocsin.Incident",
                                 .help = "The same." };
static const tocsin_port *const ports[] = { &in, &out };

static const tocsin_plugin self = { .size = sizeof self,
                                    .abi = TOCSIN_ABI,
                                    .needs = TOCSIN_ABI,
                                    .state_version = 1,
                                    .n_ports = 2,
                                    .name = "tells",
                                    .version = "1.0.0",
                                    .license = "Apache-2.0",
                                    .summary = "Tells what it is told.",
                                    .ports = ports,
                                    .create = create,
                                    .destroy = destroy,
                                    .process = process };

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
