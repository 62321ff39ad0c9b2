/* Real VES events: what is made of each, and that the wrong ones are refused for what is wrong in them. */
#include "adapterhost.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <tocsin/value.h>

#define LOOPS TOCSIN_SOURCE "/tests/fixtures/loops.yaml"

Test(adapter_ves, every_real_sample_becomes_what_its_golden_file_says) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        samples_golden(h, "ves", "adapter_ves");
}

Test(adapter_ves, exactly_the_samples_that_the_format_forbids_are_refused) {
        static const struct {
                const char *file, *reason;
        } refused[] = {
                { "ves7_invalid_30_1_1_event.json", "vesEventListenerVersion" },
                { "ves7_invalid_ip_v4_with_ipv6_format.json", "oamV4IpAddress: is no IPv4 address" },
                { "ves7_invalid_ip_v6_double_colon_more_than_once.json", "oamV6IpAddress: is no IPv6 address" },
                { "ves7_invalid_ip_v6_out_of_range.json", "oamV6IpAddress" },
                { "ves7_invalid_ip_v6_short_with_more_than_two_colons.json", "oamV6IpAddress" },
                { "ves7_invalid_ip_v6_short_with_too_many_colons.json", "oamV6IpAddress" },
                { "ves7_invalid_ip_v6_with_ipv4_format.json", "oamV6IpAddress" },
                { "ves7_invalid_ip_v6_with_one_colon_at_begining.json", "oamV6IpAddress" },
                { "ves7_invalid_ipv4.json", "oamV4IpAddress" },
                { "ves_stdnDefined_empty_namespace_invalid.json", "stndDefinedNamespace" },
                { "ves_stdnDefined_missing_namespace_invalid.json", "stndDefinedNamespace" },
        };
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(samples_freep) char **samples = samples_of("ves");
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        for (char **s = samples; *s; s++) {
                const char *name = strrchr(*s, '/') + 1, *reason = NULL;
                for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
                        if (strcmp(name, refused[i].file) == 0)
                                reason = refused[i].reason;
                int verdict = adapter_host_text(h, sample_read(a, *s), SAMPLE_ARRIVAL);
                cr_expect_eq(verdict, reason ? TOCSIN_POISON : TOCSIN_OK, "%s: %d %s", name, verdict, h->reason);
                if (reason)
                        cr_expect(strstr(h->reason, reason), "%s: %s", name, h->reason);
        }
}

Test(adapter_ves, hostile_json_gives_an_event_or_a_reason, .timeout = 60) {
        _cleanup_(adapter_host_freep) AdapterHost *h =
                adapter_host_new("{\"keep_payload\": true, \"sequence\": \"producer\"}", LOOPS);
        samples_hostile(h, "ves");
}

Test(adapter_ves, memory_that_runs_out_anywhere_is_no_poison) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{\"keep_payload\": true}", LOOPS);
        samples_starved(h, "ves");
}
