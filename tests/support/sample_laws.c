/* What every adapter keeps to on every sample. */
#include "adapterhost.h"
#include "json/json.h"
#include <criterion/criterion.h>
#include <tocsin/value.h>

void samples_golden(AdapterHost *h, const char *folder, const char *plugin) {
        char **samples = samples_of(folder);
        Arena *a = arena_new(4u << 20);
        Buffer text = BUFFER_NULL;
        for (char **s = samples; *s; s++) {
                int verdict = adapter_host_text(h, sample_read(a, *s), SAMPLE_ARRIVAL);
                cr_assert(verdict == TOCSIN_OK || verdict == TOCSIN_POISON, "%s: %d", *s, verdict);
                buffer_clear(&text);
                if (verdict == TOCSIN_POISON)
                        buffer_printf(&text, "POISON %s\n", h->reason);
                else
                        buffer_put(&text, h->out.ptr, h->out.len);
                golden_compare(plugin, *s, buffer_bytes(&text));
        }
        buffer_deinit(&text);
        arena_free(a);
        samples_free(samples);
}

static void hostile(AdapterHost *h, Arena *a, const char *sample) {
        tocsin_value v;
        Why why;
        arena_reset(a);
        Bytes raw = sample_read(a, sample);
        cr_assert_eq(json_parse(a, raw, &v, NULL, &why), 0);
        ArenaMark mark = arena_mark(a);
        uint32_t nodes = tree_nodes(&v);
        for (uint32_t at = 0; at < nodes; at++)
                for (uint32_t k = 0; k <= n_hostile_values; k++) {
                        arena_rewind(a, mark);
                        arena_reset(h->arena);
                        tocsin_value bad = tree_changed(a, &v, at, k < n_hostile_values ? &hostile_values[k] : NULL);
                        int verdict = adapter_host_value(h, &bad, raw, SAMPLE_ARRIVAL);
                        cr_assert((verdict == TOCSIN_OK && h->emits > 0) || (verdict == TOCSIN_SKIP && h->emits == 0) ||
                                          (verdict == TOCSIN_POISON && h->reason[0]),
                                  "%s node %u value %u: %d", sample, at, k, verdict);
                }
}

void samples_hostile(AdapterHost *h, const char *folder) {
        char **samples = samples_of(folder);
        Arena *a = arena_new(64u << 20);
        for (char **s = samples; *s; s++)
                hostile(h, a, *s);
        arena_free(a);
        samples_free(samples);
}

void samples_starved(AdapterHost *h, const char *folder) {
        char **samples = samples_of(folder);
        Arena *a = arena_new(4u << 20);
        for (char **s = samples; *s; s++) {
                Bytes text = sample_read(a, *s);
                h->scratch_left = -1;
                int whole = adapter_host_text(h, text, SAMPLE_ARRIVAL), r;
                for (int64_t n = 0;; n++) {
                        h->scratch_left = n;
                        r = adapter_host_text(h, text, SAMPLE_ARRIVAL);
                        if (h->scratch_left != 0)
                                break;
                        cr_assert(r < 0 || r == whole, "%s call %ld: %d", *s, (long)n, r);
                }
                cr_assert_eq(r, whole);
        }
        arena_free(a);
        samples_free(samples);
}
