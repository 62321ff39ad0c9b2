/* What both adapters stand on: numbers, times, rules, names, canonical text. */
#include "../../../plugins/adapter/canon.h"
#include "../../../plugins/adapter/draft.h"
#include "../../../plugins/adapter/number.h"
#include "adapterhost.h"
#include "seal/digest.h"
#include "json/json.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static void *take(void *ctx, size_t n) {
        return arena_zalloc(ctx, n);
}

static void digest(void *ctx, tocsin_bytes data, uint8_t ret[32]) {
        (void)ctx;
        digest_sha256(data, ret);
}

static Kit kit_on(Arena *a) {
        return (Kit){ .ctx = a, .take = take, .digest = digest };
}

static tocsin_value parsed(Arena *a, const char *text) {
        tocsin_value v;
        Why why = { "" };
        cr_assert_eq(json_parse(a, bytes_z(text), &v, NULL, &why), 0, "%s: %s", text, why.text);
        return v;
}

Test(number, takes_what_json_takes_and_nothing_else) {
        static const struct {
                const char *text;
                double d;
        } good[] = { { "0", 0 },
                     { "-0", 0 },
                     { "1", 1 },
                     { "-1.5", -1.5 },
                     { "1e3", 1000 },
                     { "1.25E-2", 0.0125 },
                     { "123456789012345678901", 123456789012345678901.0 },
                     { "0.1", 0.1 },
                     { "1e308", 1e308 },
                     { "4.9e-324", 4.9e-324 },
                     { "1e-99999", 0 } };
        static const char *const bad[] = {
                "",    " 1",  "1 ",    "+1",  "01",  "-",   ".5",    "1.", "1e",  "1e+",   "0x10",
                "inf", "nan", "1e999", "1,5", "1_0", "--1", "1.2.3", "00", "-01", "1e5.5", "Infinity"
        };
        double d;
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                cr_expect(number_of_text(bytes_z(good[i].text), &d), "%s", good[i].text);
                cr_expect_eq(d, good[i].d, "%s", good[i].text);
        }
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                cr_expect(!number_of_text(bytes_z(bad[i]), &d), "%s", bad[i]);
}

Test(number, integers_end_where_64_bits_end) {
        int64_t i;
        cr_expect(integer_of_text(bytes_z("9223372036854775807"), &i) && i == INT64_MAX);
        cr_expect(integer_of_text(bytes_z("-9223372036854775808"), &i) && i == INT64_MIN);
        cr_expect(!integer_of_text(bytes_z("9223372036854775808"), &i));
        cr_expect(!integer_of_text(bytes_z("-9223372036854775809"), &i));
        cr_expect(!integer_of_text(bytes_z("-"), &i) && !integer_of_text(bytes_z(""), &i) && !integer_of_text(bytes_z("1a"), &i));
        cr_expect(!integer_of_text(bytes_z("99999999999999999999"), &i));
}

Test(time, reads_what_sources_write_and_refuses_what_is_no_date) {
        static const struct {
                const char *text;
                int64_t us;
        } good[] = { { "1970-01-01T00:00:00Z", 0 },
                     { "2020-04-20 19:12:17.684718+00:00", INT64_C(1587409937684718) },
                     { "2020-04-20T21:12:17.684718+02:00", INT64_C(1587409937684718) },
                     { "2020-04-20T21:12:17.684718+0200", INT64_C(1587409937684718) },
                     { "2020-04-20T21:12:17.684718999+02", INT64_C(1587409937684718) },
                     { "2020-02-29t00:00:00z", INT64_C(1582934400000000) },
                     { "1969-12-31T23:59:59.5Z", -500000 },
                     { "2000-03-01T00:00:00-00:30", INT64_C(951870600000000) } };
        static const char *const bad[] = { "",
                                           "2020",
                                           "2020-04-20",
                                           "2020-04-20T19:12:17",
                                           "2020-13-01T00:00:00Z",
                                           "2020-00-01T00:00:00Z",
                                           "2021-02-29T00:00:00Z",
                                           "2020-04-31T00:00:00Z",
                                           "2020-04-20T24:00:00Z",
                                           "2020-04-20T19:60:17Z",
                                           "2020-04-20T19:12:17.Z",
                                           "2020-04-20T19:12:17Zx",
                                           "2020-04-20T19:12:17+24:00",
                                           "2020-04-20T19:12:17+1",
                                           "2020/04/20T19:12:17Z",
                                           "2020-04-20T19:12:17.1234567890Z",
                                           "1900-02-29T00:00:00Z" };
        int64_t us;
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                cr_expect(time_of_text(bytes_z(good[i].text), &us), "%s", good[i].text);
                cr_expect_eq(us, good[i].us, "%s: %ld", good[i].text, (long)us);
        }
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                cr_expect(!time_of_text(bytes_z(bad[i]), &us), "%s", bad[i]);
}

static tocsin_bytes field(void *message, tocsin_bytes name) {
        return tocsin_as_bytes(tocsin_find_n(message, (const char *)name.ptr, name.len));
}

Test(rules, all_fields_must_match_and_the_first_loop_wins) {
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        tocsin_value b = parsed(a, "{\"id\": \"b\", \"domain\": \"d\", \"sources\": [{\"adapter\": \"x\", \"match\": {\"n\": "
                                   "\"pre*\", \"k\": \"v\"}},"
                                   "{\"adapter\": \"y\", \"match\": {}}]}");
        tocsin_value c = parsed(a, "{\"id\": \"c\", \"sources\": [{\"adapter\": \"x\", \"match\": {\"n\": \"prefix\"}},"
                                   "{\"adapter\": \"x\", \"match\": {\"any\": \"*\"}}]}");
        static const struct {
                const char *message, *loop;
        } cases[] = { { "{\"n\": \"prefix\", \"k\": \"v\"}", "b" },
                      { "{\"n\": \"prefix\", \"k\": \"w\"}", "c" },
                      { "{\"n\": \"prefix\"}", "c" },
                      { "{\"n\": \"pr\", \"k\": \"v\"}", NULL },
                      { "{\"n\": \"pre\", \"k\": \"v\"}", "b" },
                      { "{\"any\": \"thing\"}", "c" },
                      { "{\"any\": \"\"}", NULL },
                      { "{}", NULL } };
        Rules *r = rules_new();
        cr_expect_null(rules_find(r, field, &b));
        cr_assert_eq(rules_add(r, "x", &b), 0);
        cr_assert_eq(rules_add(r, "x", &c), 0);
        cr_expect_eq(rules_count(r), 3);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                tocsin_value m = parsed(a, cases[i].message);
                const RuleLoop *l = rules_find(r, field, &m);
                cr_expect(cases[i].loop ? l && tocsin_equal_z(l->id, cases[i].loop) : !l, "%s", cases[i].message);
        }
        rules_free(r);
        rules_free(NULL);
}

Test(rules, a_path_may_name_an_entry_that_holds_points) {
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        Kit k = kit_on(a);
        tocsin_value m = parsed(
                a, "{\"AAI\": {\"generic-vnf.vnf-name\": \"fw\", \"a\": {\"b.c\": 7}, \"t\": true}, \"x.y\": \"z\", \"l\": [1]}");
        static const struct {
                const char *path, *text;
        } cases[] = { { "AAI.generic-vnf.vnf-name", "fw" },
                      { "AAI.a.b.c", "7" },
                      { "x.y", "z" },
                      { "AAI.t", "true" },
                      { "AAI", "" },
                      { "AAI.a.b", "" },
                      { "l.0", "" },
                      { "", "" },
                      { ".", "" },
                      { "AAI.", "" } };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                cr_expect(tocsin_equal_z(draft_field(&k, &m, bytes_z(cases[i].path)), cases[i].text), "%s", cases[i].path);
}

Test(canon, is_sorted_escaped_and_reads_back) {
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        Kit k = kit_on(a);
        tocsin_value v = parsed(a, "{\"b\": [1, 1.0, 0.1, 1e300, -0.0, null, true], \"a\\n\": {\"\\u0001\\\"\\\\\": "
                                   "\"\\u00e4\"}, \"aa\": {}, \"a\": []}");
        const char *wanted =
                "{\"a\":[],\"a\\u000a\":{\"\\u0001\\\"\\\\\":\"\xc3\xa4\"},\"aa\":{},\"b\":[1,1,0.1,1e+300,0,null,true]}";
        tocsin_bytes text = canon_text(&k, &v);
        cr_expect(tocsin_equal_z(text, wanted), "%.*s", BYTES_ARG(text));
        tocsin_value back = parsed(a, wanted);
        tocsin_bytes again = canon_text(&k, &back);
        cr_expect(tocsin_equal(again, text), "%.*s", BYTES_ARG(again));
}

Test(flat, is_bounded_and_says_what_did_not_fit) {
        _cleanup_(arena_freep) Arena *a = arena_new(64u << 20);
        Kit k = kit_on(a);
        Flat f = flat_of(&k, true);
        tocsin_field *fields = arena_zalloc(a, 6000 * sizeof *fields);
        for (unsigned i = 0; i < 6000; i++) {
                char *name = arena_zalloc(a, 16);
                fields[i] = tocsin_field_n(name, (size_t)snprintf(name, 16, "m%u", i), tocsin_i64(i));
        }
        tocsin_value v = tocsin_map(fields, 6000);
        flat_tree(&f, &v, false);
        cr_expect_eq(f.metrics.n, FLAT_METRICS_MAX);
        cr_expect_eq(flat_dropped(&f), 6000 - FLAT_METRICS_MAX);
        cr_expect_eq(tocsin_as_f64(bag_find(&f.metrics, "m4095"), -1), 4095);
        cr_expect_null(bag_find(&f.metrics, "m4096"));
        tocsin_value same = parsed(a, "{\"a.b\": \"first\", \"a\": {\"b\": \"second\"}}");
        Flat g = flat_of(&k, true);
        flat_tree(&g, &same, false);
        cr_expect_eq(g.attributes.n, 1);
        cr_expect_eq(flat_dropped(&g), 1);
        cr_expect(!k.too_large && !k.no_memory);
}

Test(kit, a_message_that_unfolds_without_end_is_the_messages_fault) {
        _cleanup_(arena_freep) Arena *a = arena_new(64u << 20);
        Kit k = kit_on(a);
        while (kit_take(&k, 100000))
                ;
        cr_expect(k.too_large && !k.no_memory);
        Kit poor = kit_on(a);
        poor.used = 0;
        while (arena_alloc(a, 1 << 16))
                ;
        while (kit_take(&poor, 1 << 16))
                ;
        cr_expect(poor.no_memory && !poor.too_large);
}

Test(kit, reasons_are_one_line_of_whole_characters) {
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        Kit k = kit_on(a);
        const char *q = kit_quote(&k, bytes_of("a\n\0\x7f\xc3\xa4", 6));
        cr_expect_str_eq(q, "\"a???\xc3\xa4\"");
        char text[400];
        for (size_t i = 0; i < sizeof text; i += 2)
                memcpy(text + i, "\xc3\xa4", 2);
        q = kit_quote(&k, bytes_of(text, sizeof text));
        cr_expect_eq(strlen(q), 45);
        cr_expect(!kit_refuse(&k, "%.399s %.399s", text, text) && strlen(k.reason) < sizeof k.reason);
        cr_expect(((unsigned char)k.reason[strlen(k.reason) - 1] & 0xc0) == 0x80 && strlen(k.reason) % 2 == 0);
        kit_refuse(&k, "second");
        cr_expect(k.reason[0] == '\xc3');
}
