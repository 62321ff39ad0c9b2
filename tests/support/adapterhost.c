/* The host side: values in, records checked and printed. */
#include "adapterhost.h"
#include "config/config.h"
#include "core/limits.h"
#include "seal/digest.h"
#include "value/value.h"
#include "json/json.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <tocsin/value.h>

static AdapterHost *of(const tocsin_host *host) {
        return host->ctx;
}

static void host_log(const tocsin_host *host, int level, const char *msg, const tocsin_field *kv, uint32_t n) {
        (void)host, (void)kv, (void)n;
        cr_assert(level <= TOCSIN_WARN && msg);
}

static void host_fail(const tocsin_host *host, const char *why) {
        snprintf(of(host)->reason, sizeof of(host)->reason, "%s", why);
}

static void host_fail_at(const tocsin_host *host, const char *pointer, const char *why) {
        snprintf(of(host)->reason, sizeof of(host)->reason, "%s: %s", pointer, why);
}

static void host_metric(const tocsin_host *host, uint32_t index, double v) {
        cr_assert(index < of(host)->plugin->n_metrics && v >= 0);
        of(host)->metrics[index] += v;
}

static void *host_scratch(const tocsin_host *host, size_t n) {
        AdapterHost *h = of(host);
        if (h->scratch_left == 0)
                return NULL;
        h->scratch_left -= h->scratch_left > 0;
        return arena_zalloc(h->scratch, n);
}

static void host_digest(const tocsin_host *host, tocsin_bytes data, uint8_t ret[32]) {
        (void)host;
        digest_sha256(data, ret);
}

static int host_emit(const tocsin_host *host, uint32_t port, tocsin_bytes key, const tocsin_value *body) {
        AdapterHost *h = of(host);
        Buffer wire = BUFFER_NULL;
        Why why = { "" };
        tocsin_value back;
        cr_assert_eq(port, 2);
        cr_assert_eq(codec_encode(h->event, body, &wire, &why), 0, "%s", why.text);
        cr_assert_eq(plan_decode(h->plan, buffer_bytes(&wire), h->arena, &back), 0);
        cr_assert(tocsin_equal(key, tocsin_get_bytes(&back, "loop")), "the key is the loop");
        cr_assert(key.len > 0 && tocsin_get_bytes(&back, "id").len > 0, "a loop and an id");
        value_print(&h->out, &back);
        buffer_put_z(&h->out, "\n");
        h->emits++;
        buffer_deinit(&wire);
        return h->emits <= TOCSIN_EMITS_MAX ? 0 : TOCSIN_E_LIMIT;
}

static int host_rows(const tocsin_host *host, uint32_t port, int (*each)(void *, tocsin_bytes, const tocsin_value *), void *arg) {
        AdapterHost *h = of(host);
        cr_assert_eq(port, 1);
        for (uint32_t i = 0; i < h->n_rows; i++) {
                int r = each(arg, tocsin_get_bytes(&h->rows[i], "id"), &h->rows[i]);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int json_of_text(const tocsin_host *host, tocsin_bytes text, tocsin_value *ret) {
        Why why;
        int r = json_parse(of(host)->scratch, text, ret, NULL, &why);
        return r == 0 ? 0 : r == JSON_E_LIMIT ? TOCSIN_E_LIMIT : TOCSIN_E_INVAL;
}

static const void *host_extension(const tocsin_host *host, const char *id) {
        static const tocsin_json json = { .size = sizeof json, .parse = json_of_text };
        (void)host;
        return strcmp(id, "tocsin.json/1") == 0 ? &json : NULL;
}

static int by_id(const void *a, const void *b) {
        return bytes_cmp(tocsin_get_bytes(a, "id"), tocsin_get_bytes(b, "id"));
}

static void set_rows(AdapterHost *h, const tocsin_value *list) {
        const Schema *loop = schemas_by_name(h->schemas, "tocsin.Loop");
        tocsin_value *rows = arena_zalloc(h->fixed, (list->len + 1) * sizeof *rows);
        Why why = { "" };
        cr_assert(tocsin_is(list, TOCSIN_LIST));
        for (uint32_t i = 0; i < list->len; i++)
                cr_assert_eq(natural_read(loop, &list->u.items[i], h->fixed, &rows[i], &why), 0, "entry %u: %s", i, why.text);
        qsort(rows, list->len, sizeof *rows, by_id);
        h->rows = rows;
        h->n_rows = list->len;
}

void adapter_host_registry(AdapterHost *h, const char *json) {
        tocsin_value list;
        Why why = { "" };
        cr_assert_eq(json_parse(h->fixed, bytes_z(json), &list, NULL, &why), 0, "%s", why.text);
        set_rows(h, &list);
        if (h->instance && h->plugin->changed)
                h->plugin->changed(h->instance, 1, bytes_z("any"));
}

AdapterHost *adapter_host_new(const char *settings, const char *loops) {
        AdapterHost *h = calloc(1, sizeof *h);
        Why why = { "" };
        Bytes text;
        tocsin_value list, config;
        Complaints complaints = { 0 };
        cr_assert(h != NULL);
        h->host = (tocsin_host){ .size = sizeof h->host,
                                 .abi = TOCSIN_ABI,
                                 .ctx = h,
                                 .log = host_log,
                                 .fail = host_fail,
                                 .fail_at = host_fail_at,
                                 .metric = host_metric,
                                 .scratch = host_scratch,
                                 .digest = host_digest,
                                 .emit = host_emit,
                                 .rows = host_rows,
                                 .extension = host_extension };
        h->scratch_left = -1;
        h->arena = arena_new(LIMIT_DECODE_BYTES);
        h->scratch = arena_new(LIMIT_SCRATCH_BYTES);
        h->fixed = arena_new(LIMIT_DECODE_BYTES);
        h->schemas = schemas_new();
        cr_assert_eq(schemas_load(h->schemas, TOCSIN_SOURCE "/schemas", &why), 0, "%s", why.text);
        h->event = schemas_by_name(h->schemas, "tocsin.ClosedLoopEvent");
        cr_assert(h->event != NULL);
        cr_assert_eq(plan_new(&h->plan, h->event, h->event, NULL, 0, &why), 0, "%s", why.text);
        cr_assert_eq(config_read(loops, h->fixed, &text, &why), 0, "%s", why.text);
        cr_assert_eq(yaml_load(loops, text, h->fixed, &list, NULL, &complaints), 0);
        set_rows(h, &list);
        complaints_deinit(&complaints);
        h->plugin = tocsin_plugin_entry(TOCSIN_ABI);
        cr_assert(h->plugin != NULL);
        cr_assert_eq(settings_lint(bytes_z(h->plugin->config_schema), &why), 0, "%s", why.text);
        cr_assert_eq(json_parse(h->fixed, bytes_z(settings), &list, NULL, &why), 0, "%s", why.text);
        cr_assert_eq(settings_check(bytes_z(h->plugin->config_schema), &list, h->fixed, &config, NULL, NULL), 0);
        cr_assert_eq(h->plugin->create(&h->instance, &h->host, &config), 0);
        return h;
}

AdapterHost *adapter_host_free(AdapterHost *h) {
        if (h) {
                h->plugin->destroy(h->instance);
                plan_free(h->plan);
                schemas_free(h->schemas);
                arena_free(h->arena);
                arena_free(h->scratch);
                arena_free(h->fixed);
                buffer_deinit(&h->out);
                free(h);
        }
        return NULL;
}

int adapter_host_value(AdapterHost *h, const tocsin_value *body, Bytes raw, int64_t time_us) {
        tocsin_event e = { .size = sizeof e,
                           .time_us = time_us,
                           .arrival_us = time_us,
                           .now_us = time_us,
                           .raw = raw,
                           .topic = "raw",
                           .body = *body };
        arena_reset(h->scratch);
        buffer_clear(&h->out);
        h->emits = 0;
        h->reason[0] = 0;
        int r = h->plugin->process(h->instance, &e);
        if (r != TOCSIN_OK && r != TOCSIN_SKIP) {
                buffer_clear(&h->out);
                cr_assert(r < 0 || h->emits == 0, "POISON leaves nothing behind");
        }
        return r;
}

int adapter_host_text(AdapterHost *h, Bytes text, int64_t time_us) {
        tocsin_value body;
        Why why;
        arena_reset(h->arena);
        if (json_parse(h->arena, text, &body, NULL, &why) != 0)
                return -1000;
        return adapter_host_value(h, &body, text, time_us);
}
