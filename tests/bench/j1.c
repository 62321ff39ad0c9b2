/* Benchmark job J1: keep the TRIGGER events, an alert for each. */
#include "jobs.h"

enum { KIND_TRIGGER = 1 };

static int process(void *inst, const tocsin_event *e) {
        const struct job *j = inst;
        const tocsin_value *kind = tocsin_at(&e->body, j->kind);
        return kind->index == KIND_TRIGGER ? job_alert(j, e) : TOCSIN_OK;
}

static const tocsin_plugin self = {
        .size = sizeof self,
        .abi = TOCSIN_ABI,
        .needs = TOCSIN_ABI,
        .state_version = 1,
        .n_ports = 2,
        .n_metrics = 1,
        .name = "bench_j1",
        .version = "1.0.0",
        .license = "Apache-2.0",
        .summary = "benchmark: an alert for each trigger",
        .ports = job_ports,
        .metrics = job_metrics,
        .create = job_create,
        .destroy = free,
        .process = process,
};

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
