/* Real ONAP control-loop messages: what is made of each, and of each made wrong. */
#include "adapterhost.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <tocsin/value.h>

#define LOOPS TOCSIN_SOURCE "/tests/fixtures/loops.yaml"

Test(adapter_onap, every_real_sample_becomes_what_its_golden_file_says) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        samples_golden(h, "onap", "adapter_onap");
}

Test(adapter_onap, every_real_sample_is_read) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(samples_freep) char **samples = samples_of("onap");
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        for (char **s = samples; *s; s++)
                cr_expect_eq(adapter_host_text(h, sample_read(a, *s), SAMPLE_ARRIVAL), TOCSIN_OK, "%s: %s", *s, h->reason);
}

Test(adapter_onap, hostile_json_gives_an_event_or_a_reason, .timeout = 60) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{\"keep_payload\": true}", LOOPS);
        samples_hostile(h, "onap");
}

Test(adapter_onap, memory_that_runs_out_anywhere_is_no_poison) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{\"keep_payload\": true}", LOOPS);
        samples_starved(h, "onap");
}
