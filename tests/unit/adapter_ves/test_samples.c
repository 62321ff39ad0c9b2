/* Real VES events: what is made of each, and that the wrong ones are refused for what is wrong in them. */
#include "adapterhost.h"
#include "json/json.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <tocsin/value.h>

#define LOOPS TOCSIN_SOURCE "/tests/fixtures/loops.yaml"
#define ARRIVAL INT64_C(1700000000000000)

/* Verdict, reason, records: what a golden file holds. */
static Bytes outcome(AdapterHost *h, int verdict, Buffer *text) {
        buffer_clear(text);
        if (verdict == TOCSIN_POISON)
                buffer_printf(text, "POISON %s\n", h->reason);
        else
                buffer_put(text, h->out.ptr, h->out.len);
        return buffer_bytes(text);
}

Test(adapter_ves, every_real_sample_becomes_what_its_golden_file_says) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(samples_freep) char **samples = samples_of("ves");
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        Buffer text = BUFFER_NULL;
        for (char **s = samples; *s; s++) {
                int verdict = adapter_host_text(h, sample_read(a, *s), ARRIVAL);
                cr_assert(verdict == TOCSIN_OK || verdict == TOCSIN_POISON, "%s: %d", *s, verdict);
                golden_compare("adapter_ves", *s, outcome(h, verdict, &text));
        }
        buffer_deinit(&text);
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
                int verdict = adapter_host_text(h, sample_read(a, *s), ARRIVAL);
                cr_expect_eq(verdict, reason ? TOCSIN_POISON : TOCSIN_OK, "%s: %d %s", name, verdict, h->reason);
                if (reason)
                        cr_expect(strstr(h->reason, reason), "%s: %s", name, h->reason);
        }
}

/* Each node of each sample, replaced by each kind of value and taken out: an event or a reason, and never half of a batch. */
Test(adapter_ves, hostile_json_gives_an_event_or_a_reason, .timeout = 60) {
        _cleanup_(adapter_host_freep) AdapterHost *h =
                adapter_host_new("{\"keep_payload\": true, \"sequence\": \"producer\"}", LOOPS);
        _cleanup_(samples_freep) char **samples = samples_of("ves");
        _cleanup_(arena_freep) Arena *a = arena_new(64u << 20);
        for (char **s = samples; *s; s++) {
                tocsin_value v;
                Why why;
                arena_reset(a);
                Bytes raw = sample_read(a, *s);
                cr_assert_eq(json_parse(a, raw, &v, NULL, &why), 0);
                ArenaMark mark = arena_mark(a);
                uint32_t nodes = tree_nodes(&v);
                for (uint32_t at = 0; at < nodes; at++)
                        for (uint32_t k = 0; k <= n_hostile_values; k++) {
                                arena_rewind(a, mark);
                                arena_reset(h->arena);
                                tocsin_value bad = tree_changed(a, &v, at, k < n_hostile_values ? &hostile_values[k] : NULL);
                                int verdict = adapter_host_value(h, &bad, raw, ARRIVAL);
                                cr_assert((verdict == TOCSIN_OK && h->emits > 0) || (verdict == TOCSIN_SKIP && h->emits == 0) ||
                                                  (verdict == TOCSIN_POISON && h->reason[0]),
                                          "%s node %u value %u: %d", *s, at, k, verdict);
                        }
        }
}

Test(adapter_ves, memory_that_runs_out_anywhere_is_no_poison) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{\"keep_payload\": true}", LOOPS);
        _cleanup_(samples_freep) char **samples = samples_of("ves");
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        for (char **s = samples; *s; s++) {
                Bytes text = sample_read(a, *s);
                h->scratch_left = -1;
                int whole = adapter_host_text(h, text, ARRIVAL), r;
                for (int64_t n = 0;; n++) {
                        h->scratch_left = n;
                        r = adapter_host_text(h, text, ARRIVAL);
                        if (h->scratch_left != 0)
                                break;
                        cr_assert(r < 0 || r == whole, "%s call %ld: %d", *s, (long)n, r);
                }
                cr_assert_eq(r, whole);
        }
}
