/* YAML of others, and schemas of others' plugins. "SCHEMA, NUL, YAML" checks the one by the other; without a NUL the whole
 * is taken for each. */
#include "config/config.h"
#include "core/limits.h"
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nothing(void *arg, const char *pointer, bool key, const char *text) {
        (void)arg;
        (void)key;
        if (!*text || (*pointer && *pointer != '/'))
                abort();
}

static void complained(int r, Complaints *c) {
        if (r > 0 && !c->n)
                abort(); /* refused, and nobody knows why */
        complaints_deinit(c);
}

static void check(Bytes schema, const tocsin_value *v) {
        _cleanup_(arena_freep) Arena *a = arena_new(LIMIT_DECODE_BYTES);
        tocsin_value once, twice;
        Why why = { 0 };
        if (settings_lint(schema, &why) != 0 || settings_check(schema, v, a, &once, nothing, NULL) != 0)
                return;
        if (settings_check(schema, &once, a, &twice, nothing, NULL) != 0 || !value_equal(&once, &twice))
                abort(); /* what passes once passes again, unchanged */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(arena_freep) Arena *a = arena_new(256u << 20);
        const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
        Bytes schema = bytes_of(data, nul ? (size_t)(nul - data) : size);
        Bytes text = nul ? bytes_of(nul + 1, size - schema.len - 1) : schema;
        Complaints complaints = { 0 };
        Config *config = NULL;
        tocsin_value v = { 0 };
        const struct YamlMarks *marks = NULL;
        if (!a)
                return 0;
        int r = yaml_load("fuzz", text, a, &v, &marks, &complaints);
        if (r == 0 && !yaml_mark(marks, "/a/0/b", true).line)
                abort();
        complained(r, &complaints);
        check(schema, r == 0 ? &v : NULL);
        r = config_parse(&config, "fuzz", text, &complaints);
        complained(r, &complaints);
        config_free(config);
        return 0;
}
