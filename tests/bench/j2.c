/* Benchmark job J2: count by loop in tumbling windows, an alert when a count reaches the threshold. */
#include "jobs.h"

#define WINDOW_US INT64_C(10000000)
#define THRESHOLD 18

static int process(void *inst, const tocsin_event *e) {
        const struct job *j = inst;
        int64_t count[2] = { e->time_us / WINDOW_US, 0 }; /* window, events in it */
        tocsin_bytes old;
        int r = j->host->get(j->host, e->key, &old);
        if (r != 0)
                return r;
        if (old.len == sizeof count && memcmp(old.ptr, count, sizeof *count) == 0)
                memcpy(count, old.ptr, sizeof count);
        count[1]++;
        r = j->host->put(j->host, e->key, tocsin_bytes_of(count, sizeof count));
        return r == 0 && count[1] == THRESHOLD ? job_alert(j, e) : r;
}

static const tocsin_plugin self = {
        .size = sizeof self,
        .abi = TOCSIN_ABI,
        .needs = TOCSIN_ABI,
        .state_version = 1,
        .n_ports = 2,
        .n_metrics = 1,
        .name = "bench_j2",
        .version = "1.0.0",
        .license = "Apache-2.0",
        .summary = "benchmark: windowed counts by loop",
        .ports = job_ports,
        .metrics = job_metrics,
        .create = job_create,
        .destroy = free,
        .process = process,
};

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
