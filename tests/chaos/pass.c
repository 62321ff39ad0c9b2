/* First of the chain: hands records on, leaves out those marked so, refuses the poisoned. No state. */
#include <tocsin/value.h>

#include "record.h"
#include "trouble.h"

typedef struct Pass {
        const tocsin_host *host;
        int64_t flag;
        Trouble *trouble;
} Pass;

static int create(void **ret, const tocsin_host *h, const tocsin_value *config) {
        (void)config;
        Pass *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        *p = (Pass){ h, h->field(h, 0, "flag"), trouble_open() };
        *ret = p;
        return 0;
}

static void destroy(void *inst) {
        Pass *p = inst;
        if (p->trouble)
                munmap(p->trouble, 4096);
        free(p);
}

static int process(void *inst, const tocsin_event *e) {
        Pass *p = inst;
        int r = trouble_now(p->trouble);
        if (r != 0)
                return r;
        int64_t flag = tocsin_at(&e->body, p->flag)->u.i64;
        if (flag == FLAG_SKIP)
                return TOCSIN_SKIP;
        if (flag == FLAG_POISON) {
                p->host->fail(p->host, "marked as poison");
                return TOCSIN_POISON;
        }
        return p->host->emit(p->host, 1, e->key, &e->body);
}

static const tocsin_port in = {
        .size = sizeof in, .direction = TOCSIN_IN, .name = "in", .schema = RECORD, .help = "records", .key = "key", .time = "time"
};
static const tocsin_port out = {
        .size = sizeof out, .direction = TOCSIN_OUT, .name = "out", .schema = RECORD, .help = "what passed"
};
static const tocsin_port *const ports[] = { &in, &out };
static const tocsin_plugin self = { .size = sizeof self,
                                    .abi = TOCSIN_ABI,
                                    .needs = TOCSIN_ABI,
                                    .state_version = 1,
                                    .n_ports = 2,
                                    .ports = ports,
                                    .name = "chaos_pass",
                                    .version = "1.0.0",
                                    .license = "Apache-2.0",
                                    .summary = "chaos: passes records on",
                                    .create = create,
                                    .destroy = destroy,
                                    .process = process };

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
