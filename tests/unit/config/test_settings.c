/* The documented subset of JSON Schema: what a plugin may ask for, what an operator may answer. */
#include "complaints.h"
#include "value/value.h"
#include <tocsin/value.h>

#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"

static char said[8192];

static void each(void *arg, const char *pointer, bool key, const char *text) {
        (void)arg;
        size_t n = strlen(said);
        snprintf(said + n, sizeof said - n, "%s%s: %s\n", pointer, key ? " (key)" : "", text);
}

static int check(Arena *a, const char *schema, const tocsin_value *v, tocsin_value *ret) {
        said[0] = 0;
        return settings_check(bytes_z(schema), v, a, ret, each, NULL);
}

static tocsin_value yaml(Arena *a, const char *text) {
        tocsin_value v = { 0 };
        Complaints complaints = { 0 };
        cr_assert_eq(yaml_load("x", bytes_z(text), a, &v, NULL, &complaints), 0, "%s", text);
        complaints_deinit(&complaints);
        return v;
}

static void refused(const char *schema, const char *settings, const char *expected) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        tocsin_value v = yaml(a, settings), out = tocsin_i64(7);
        cr_assert_eq(check(a, schema, &v, &out), CONFIG_E_BAD, "%s", settings);
        cr_assert_str_eq(said, expected, "%s says\n%s", settings, said);
        cr_assert_eq(out.u.i64, 7);
}

static void becomes(const char *schema, const char *settings, const char *expected) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        tocsin_value v = yaml(a, settings), once, twice;
        cr_assert_eq(check(a, schema, v.kind == TOCSIN_NULL ? NULL : &v, &once), 0, "%s says\n%s", settings, said);
        Buffer b = BUFFER_NULL;
        value_print(&b, &once);
        cr_assert(bytes_eq_z(buffer_bytes(&b), expected), "%s is %.*s", settings, BYTES_ARG(buffer_bytes(&b)));
        buffer_deinit(&b);
        cr_assert_eq(check(a, schema, &once, &twice), 0);
        cr_assert(value_equal(&once, &twice), "checked once or twice is the same");
}

Test(settings, a_schema_outside_the_subset_is_refused_with_pointer_and_keyword) {
        static const struct {
                const char *schema, *says;
        } cases[] = {
                { "[]", "config_schema at \"\": `schema` must be an object" },
                { "{}", "config_schema at \"\": `type` of the whole must be object" },
                { "{\"type\":\"string\"}", "config_schema at \"\": `type` of the whole must be object" },
                { "{\"type\":[\"object\"]}",
                  "config_schema at \"\": `type` must be one of object, array, string, integer, number, boolean" },
                { "{\"type\":\"object\",\"$ref\":\"#\"}", "config_schema at \"\": `$ref` is no keyword of the subset" },
                { OBJECT("\"a\":{\"oneOf\":[]}"), "config_schema at \"/properties/a\": `oneOf` is no keyword of the subset" },
                { OBJECT("\"a\":{\"minimun\":1}"),
                  "config_schema at \"/properties/a\": `minimun` is no keyword of the subset; did you mean `minimum`?" },
                { OBJECT("\"a\":{\"type\":\"text\"}"),
                  "config_schema at \"/properties/a\": `type` must be one of object, array, string, integer, number, boolean" },
                { OBJECT("\"a\":{\"type\":\"string\",\"minimum\":1}"),
                  "config_schema at \"/properties/a\": `minimum` says nothing about this type" },
                { OBJECT("\"a\":{\"type\":\"integer\",\"minimum\":2,\"maximum\":1}"),
                  "config_schema at \"/properties/a\": `minimum` is more than its maximum" },
                { OBJECT("\"a\":{\"type\":\"integer\",\"minimum\":\"1\"}"),
                  "config_schema at \"/properties/a\": `minimum` must be a number" },
                { OBJECT("\"a\":{\"type\":\"array\",\"minItems\":-1}"),
                  "config_schema at \"/properties/a\": `minItems` must be a whole number, 0 or more" },
                { OBJECT("\"a\":{\"type\":\"array\",\"items\":[]}"),
                  "config_schema at \"/properties/a/items\": `schema` must be an object" },
                { OBJECT("\"a\":{\"type\":\"array\",\"items\":{\"not\":{}}}"),
                  "config_schema at \"/properties/a/items\": `not` is no keyword of the subset" },
                { OBJECT("\"a\":{\"enum\":[]}"),
                  "config_schema at \"/properties/a\": `enum` must be a list that holds something" },
                { OBJECT("\"a\":{\"type\":\"string\",\"enum\":[\"x\",1]}"),
                  "config_schema at \"/properties/a\": `enum` holds what is not of the type, or not a scalar" },
                { OBJECT("\"a\":{\"type\":\"string\",\"pattern\":\"(\"}"),
                  "config_schema at \"/properties/a\": `pattern` is no POSIX extended expression" },
                { OBJECT("\"a\":{\"type\":\"string\",\"pattern\":\"((a{99}){99}){99}\"}"),
                  "config_schema at \"/properties/a\": `pattern` repeats more than a thousand times" },
                { OBJECT("\"a\":{\"type\":\"string\",\"default\":5}"),
                  "config_schema at \"/properties/a\": `default` does not fit its own schema" },
                { OBJECT("\"a/b~\":{\"type\":\"string\",\"title\":5}"),
                  "config_schema at \"/properties/a~1b~0\": `title` must be a text" },
                { "{\"type\":\"object\",\"required\":[\"a\"]}",
                  "config_schema at \"\": `required` names what is not among the properties" },
                { "{\"type\":\"object\",\"properties\":[]}", "config_schema at \"\": `properties` must be an object" },
                { "{\"type\":\"object\",\"additionalProperties\":1}",
                  "config_schema at \"\": `additionalProperties` must be true, false or a schema" },
                { "{\"type\":\"object\",\"additionalProperties\":{\"const\":1}}",
                  "config_schema at \"/additionalProperties\": `const` is no keyword of the subset" },
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Why why = { 0 };
                cr_assert_eq(settings_lint(bytes_z(cases[i].schema), &why), CONFIG_E_BAD, "%s", cases[i].schema);
                cr_assert_str_eq(why.text, cases[i].says, "%s says %s", cases[i].schema, why.text);
        }
        Why why = { 0 };
        cr_assert_eq(settings_lint(bytes_z("{\"type\":"), &why), CONFIG_E_BAD);
        cr_assert_not_null(strstr(why.text, "config_schema: "));
}

static const char rules[] =
        OBJECT("\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9,\"default\":3},"
               "\"ratio\":{\"type\":\"number\",\"minimum\":0.5,\"default\":1},"
               "\"mode\":{\"type\":\"string\",\"enum\":[\"low\",\"high\"],\"default\":\"low\"},"
               "\"on\":{\"type\":\"boolean\"},"
               "\"any\":{},"
               "\"names\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":3,"
               "\"items\":{\"type\":\"string\",\"pattern\":\"^[a-zä]+$\",\"minLength\":2,\"maxLength\":4}},"
               "\"sub\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\",\"default\":1},"
               "\"y\":{\"type\":\"integer\"}},\"required\":[\"y\"]},"
               "\"deep\":{\"type\":\"object\",\"default\":{},\"properties\":{\"z\":{\"type\":\"integer\",\"default\":4}}},"
               "\"open\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\",\"maximum\":5}}");

Test(settings, every_wrong_answer_is_told_at_its_pointer) {
        static const struct {
                const char *settings, *says;
        } cases[] = {
                { "{limt: 1}", "/limt (key): unknown setting; did you mean `limit`?\n" },
                { "{zzzzzz: 1}", "/zzzzzz (key): unknown setting\n" },
                { "{a/b~c: 1}", "/a~1b~0c (key): unknown setting\n" },
                { "{limit: 0}", "/limit: must be at least 1\n" },
                { "{limit: 10}", "/limit: must be at most 9\n" },
                { "{limit: 1.5}", "/limit: must be a whole number, not one with a fraction\n" },
                { "{limit: }", "/limit: must be a whole number, not nothing\n" },
                { "{ratio: 0.25}", "/ratio: must be at least 0.5\n" },
                { "{limit: 1e300}", "/limit: must be a whole number, not one beyond 2^53\n" },
                { "{limit: .inf}", "/limit: must be a whole number, not .inf\n" },
                { "{ratio: .nan}", "/ratio: must be a finite number, not .nan\n" },
                { "{ratio: -.inf}", "/ratio: must be a finite number, not -.inf\n" },
                { "{any: .inf}", "/any: must be a finite number, not .inf\n" },
                { "{mode: hgih}", "/mode: must be one of \"low\", \"high\"; did you mean `high`?\n" },
                { "{mode: 5}", "/mode: must be a text, not a number; quote it\n" },
                { "{on: yes}", "/on: must be true or false, not a text\n" },
                { "{names: []}", "/names: must not be empty\n" },
                { "{names: [ab, ab, ab, ab]}", "/names: must have at most 3 items\n" },
                { "{names: [a, ABC, ab1]}", "/names/0: must have at least 2 characters\n"
                                            "/names/1: does not match the pattern ^[a-zä]+$\n"
                                            "/names/2: does not match the pattern ^[a-zä]+$\n" },
                { "{names: [abcde]}", "/names/0: must have at most 4 characters\n" },
                { "{sub: {x: 1}}", "/sub: setting `y` is missing\n" },
                { "{sub: [1]}", "/sub: must be a map, not a list\n" },
                { "{open: {a: 5, b: 6}}", "/open/b: must be at most 5\n" },
                { "[1]", ": must be a map, not a list\n" },
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                refused(rules, cases[i].settings, cases[i].says);
}

Test(settings, defaults_are_filled_in_where_the_object_around_them_is) {
        becomes(rules, "", "{\"limit\":3,\"ratio\":1.0,\"mode\":\"low\",\"deep\":{\"z\":4}}");
        becomes(rules, "{sub: {y: 2}, limit: 5.0, ratio: 2}",
                "{\"sub\":{\"y\":2,\"x\":1},\"limit\":5,\"ratio\":2.0,\"mode\":\"low\",\"deep\":{\"z\":4}}");
        becomes(rules, "{open: {a: 5}, names: [\"ää\"], any: [1, {x: null}], deep: {z: 9}, mode: high, on: true}",
                "{\"open\":{\"a\":5},\"names\":[\"ää\"],\"any\":[1,{\"x\":null}],\"deep\":{\"z\":9},\"mode\":\"high\",\"on\":"
                "true,"
                "\"limit\":3,\"ratio\":1.0}");
        becomes("{\"type\":\"object\"}", "{a: 1}", "{\"a\":1}");
        becomes("{\"type\":\"object\",\"properties\":{\"a\":{}},\"additionalProperties\":true}", "{b: 1}", "{\"b\":1}");
        refused("{\"type\":\"object\",\"additionalProperties\":false}", "{b: 1}", "/b (key): unknown setting\n");
}

/* ---- random schemas and random answers ---- */

static uint64_t state;

static uint32_t roll(uint32_t n) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return (uint32_t)(state >> 33) % n;
}

static void random_value(Buffer *b, unsigned depth) {
        static const char *const scalars[] = { "1", "0", "-3", "7", "2.5", "true", "\"a\"", "\"bb\"", "null" };
        uint32_t kind = roll(depth ? 6 : 4);
        if (kind < 4) {
                buffer_put_z(b, scalars[roll(9)]);
                return;
        }
        buffer_put_z(b, kind == 4 ? "[" : "{");
        for (uint32_t i = 0, n = roll(4); i < n; i++) {
                buffer_put_z(b, i ? "," : "");
                if (kind == 5)
                        buffer_printf(b, "\"%c\":", 'a' + (int)i);
                random_value(b, depth - 1);
        }
        buffer_put_z(b, kind == 4 ? "]" : "}");
}

static void random_schema(Buffer *b, unsigned depth, bool object) {
        static const char *const plain[] = { "\"type\":\"integer\",\"minimum\":0,\"default\":2",
                                             "\"type\":\"number\"",
                                             "\"type\":\"string\",\"maxLength\":1,\"default\":\"a\"",
                                             "\"type\":\"boolean\"",
                                             "\"title\":\"any\"",
                                             "\"enum\":[1,\"a\",true]" };
        uint32_t kind = object ? 7 : roll(depth ? 8 : 6);
        buffer_put_z(b, "{");
        if (kind < 6) {
                buffer_put_z(b, plain[kind]);
        } else if (kind == 6) {
                buffer_put_z(b, "\"type\":\"array\",\"maxItems\":2,\"items\":");
                random_schema(b, depth - 1, false);
        } else {
                buffer_put_z(b, "\"type\":\"object\",\"properties\":{");
                for (uint32_t i = 0, n = roll(4); i < n; i++) {
                        buffer_printf(b, "%s\"%c\":", i ? "," : "", 'a' + (int)i);
                        random_schema(b, depth ? depth - 1 : 0, false);
                }
                buffer_printf(b, "}%s", roll(2) ? ",\"additionalProperties\":true" : "");
        }
        buffer_put_z(b, "}");
}

Test(settings, what_passes_once_passes_again_unchanged) {
        const char *seed = getenv("TOCSIN_SEED");
        state = seed ? strtoull(seed, NULL, 10) : 20261124;
        cr_log_info("TOCSIN_SEED=%llu", (unsigned long long)state);
        state |= 1;
        unsigned passed = 0;
        for (int i = 0; i < 20000; i++) {
                _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
                Buffer schema = BUFFER_NULL, text = BUFFER_NULL;
                random_schema(&schema, 3, true);
                buffer_u8(&schema, 0);
                random_value(&text, 4);
                buffer_u8(&text, 0);
                Why why = { 0 };
                cr_assert_eq(settings_lint(bytes_z((char *)schema.ptr), &why), 0, "%s: %s", schema.ptr, why.text);
                tocsin_value v = yaml(a, (const char *)text.ptr), once, twice;
                int r = check(a, (const char *)schema.ptr, &v, &once);
                cr_assert_eq(r != 0, said[0] != 0);
                if (r == 0) {
                        passed++;
                        cr_assert_eq(check(a, (const char *)schema.ptr, &once, &twice), 0, "%s %s: %s", schema.ptr, text.ptr,
                                     said);
                        cr_assert(value_equal(&once, &twice), "%s %s", schema.ptr, text.ptr);
                }
                buffer_deinit(&schema);
                buffer_deinit(&text);
        }
        cr_assert_gt(passed, 500, "%u", passed);
}
