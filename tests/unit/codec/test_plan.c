/* Plans: what the rules of schema resolution give, what a port reads, and handles. */
#include "support.h"

#define R(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"
#define F(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define D(name, type, otherwise) "{\"name\":\"" name "\",\"type\":" type ",\"default\":" otherwise "}"

static const struct {
        const char *writer, *reader, *hex, *prints;
} resolved[] = {
        { "\"int\"", "\"double\"", "03", "-2.0" },
        { "\"long\"", "\"float\"", "feffffffffffffffff01", "9.223372036854776e+18" },
        { "\"bytes\"", "\"string\"", "0261", "\"a\"" },
        { "\"string\"", "\"bytes\"", "0261", "\"YQ==\"" },
        { "[\"null\",\"int\"]", "\"long\"", "0206", "3" },
        { "\"int\"", "[\"string\",\"double\",\"int\"]", "06", "3" },
        { "\"int\"", "[\"string\",\"double\"]", "06", "3.0" },
        { R(F("a", "\"int\"") "," F("b", "\"string\"")), R(F("b", "\"string\"") "," D("c", "[\"null\",\"int\"]", "null")),
          "02 02 78", "{\"b\":\"x\",\"c\":null}" },
        { R(F("a", "\"int\"")), R("{\"name\":\"z\",\"aliases\":[\"y\",\"a\"],\"type\":\"long\"}"), "02", "{\"z\":1}" },
        { "{\"type\":\"record\",\"name\":\"o.Old\",\"fields\":[" F("a", "\"int\"") "]}",
          "{\"type\":\"record\",\"name\":\"n.New\",\"aliases\":[\"o.Old\"],\"fields\":[" F("a", "\"int\"") "]}", "02",
          "{\"a\":1}" },
        { "{\"type\":\"record\",\"name\":\"o.Same\",\"fields\":[" F("a", "\"int\"") "]}",
          "{\"type\":\"record\",\"name\":\"n.Same\",\"fields\":[" F("a", "\"int\"") "]}", "02", "{\"a\":1}" },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\",\"C\"]}",
          "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"X\",\"B\"],\"default\":\"X\"}", "04", "\"X\"" },
        { R(""),
          R(D("a", "{\"type\":\"array\",\"items\":\"int\"}", "[1,2]") "," D("b", "{\"type\":\"map\",\"values\":\"double\"}",
                                                                            "{\"k\":1}")),
          "", "{\"a\":[1,2],\"b\":{\"k\":1.0}}" },
        { R(""),
          R(D("s",
              "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" D("x", "\"int\"", "5") "," D("y", "\"bytes\"",
                                                                                              "\"\\u00ff\"") "]}",
              "{\"x\":6}")),
          "", "{\"s\":{\"x\":6,\"y\":\"/w==\"}}" },
        { "{\"type\":\"array\",\"items\":\"int\"}", "{\"type\":\"array\",\"items\":[\"null\",\"long\"]}", "04 02 04 00",
          "[1,2]" },
};

Test(plan, follows_the_rules_of_resolution) {
        for (size_t i = 0; i < sizeof resolved / sizeof *resolved; i++) {
                _cleanup_(desk_deinit) Desk d = desk_new(resolved[i].writer, resolved[i].reader);
                cr_assert_eq(desk_read(&d, resolved[i].hex), 0, "%zu", i);
                prints(&d.v, resolved[i].prints);
        }
}

Test(plan, schemas_that_do_not_resolve_are_refused_at_once_and_values_when_they_come) {
        static const char *const never[][2] = {
                { "\"string\"", "\"int\"" },
                { "\"double\"", "\"float\"" },
                { R(""), R(F("a", "\"int\"")) },
                { "\"int\"", "[\"null\",\"string\"]" },
                { "[\"null\",\"int\"]", "\"string\"" },
                { "{\"type\":\"fixed\",\"name\":\"F\",\"size\":1}", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}" },
                { R(""), "{\"type\":\"record\",\"name\":\"Q\",\"fields\":[]}" },
        };
        for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
                _cleanup_(schema_freep) Schema *w = schema_of(never[i][0]), *r = schema_of(never[i][1]);
                Plan *p = NULL;
                Why why = { 0 };
                cr_expect(plan_new(&p, w, r, NULL, 0, &why) == SCHEMA_E_BAD && why.text[0] && !p, "%zu", i);
        }
        _cleanup_(desk_deinit) Desk d = desk_new("[\"null\",\"int\"]", "\"int\"");
        cr_assert_eq(desk_read(&d, "00"), CODEC_E_UNRESOLVED);
        _cleanup_(desk_deinit) Desk e = desk_new("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}",
                                                 "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"B\"]}");
        cr_assert_eq(desk_read(&e, "00"), CODEC_E_UNRESOLVED);
        cr_assert_eq(desk_read(&e, "02"), 0);
}

#define EVENT                                                                                                             \
        "{\"type\":\"record\",\"name\":\"Ev\",\"fields\":[" F("id", "\"string\"") "," F(                                  \
                "who", "{\"type\":\"record\",\"name\":\"Who\",\"fields\":[" F("name", "\"string\"") "," F(                \
                               "n", "[\"null\",\"long\"]") "]}") "," F("more",                                            \
                                                                       "[\"null\",\"Who\"]") "," F("list",                \
                                                                                                   "{\"type\":\"array\"," \
                                                                                                   "\"items\":\"Who\"}") "]}"
#define EVENT_HEX "02 61  02 62 02 06  02 02 63 00  02 02 64 02 08 00"

Test(plan, what_is_not_read_is_none_and_the_rest_is_the_same) {
        static const struct {
                const char *reads[3];
                size_t n;
                const char *prints;
        } ports[] = {
                { { NULL }, 0, "{}" },
                { { "id" }, 1, "{\"id\":\"a\"}" },
                { { "who.n", "list" }, 2, "{\"who\":{\"n\":3},\"list\":[{\"name\":\"d\",\"n\":4}]}" },
                { { "list.name", "more.name", "who" },
                  3,
                  "{\"who\":{\"name\":\"b\",\"n\":3},\"more\":{\"name\":\"c\"},\"list\":[{\"name\":\"d\"}]}" },
                { { "who.n", "who", "who.n" }, 3, "{\"who\":{\"name\":\"b\",\"n\":3}}" },
        };
        _cleanup_(desk_deinit) Desk d = desk_new(EVENT, NULL);
        for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
                Why why;
                plan_free(d.plan);
                d.plan = NULL;
                cr_assert_eq(plan_new(&d.plan, d.writer, d.reader, ports[i].reads, ports[i].n, &why), 0, "%s", why.text);
                cr_assert_eq(desk_read(&d, EVENT_HEX), 0);
                prints(&d.v, ports[i].prints);
                cr_assert_eq(d.v.len, 4);
        }
        static const char *const wrong[] = { "nope", "id.x", "who.", "", ".", "who.nope", "list[0]" };
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
                Plan *p = NULL;
                Why why = { 0 };
                cr_expect(plan_new(&p, d.writer, d.reader, &wrong[i], 1, &why) == SCHEMA_E_BAD && strstr(why.text, "no field"),
                          "%s", wrong[i]);
        }
}

Test(plan, a_handle_reaches_the_field_its_path_names) {
        _cleanup_(desk_deinit) Desk d = desk_new(EVENT, NULL);
        cr_assert_eq(desk_read(&d, EVENT_HEX), 0);
        cr_assert_eq(schema_handle(d.reader, "id"), 1);
        cr_assert_eq(tocsin_as_i64(tocsin_at(&d.v, schema_handle(d.reader, "who.n")), 0), 3);
        cr_assert(tocsin_equal_z(tocsin_as_bytes(tocsin_at(&d.v, schema_handle(d.reader, "more.name"))), "c"));
        static const char *const none[] = { "", "x", "list.name", "id.x", "who.", "who.n.x" };
        for (size_t i = 0; i < sizeof none / sizeof *none; i++)
                cr_expect_eq(schema_handle(d.reader, none[i]), -ENOENT, "%s", none[i]);
        _cleanup_(schema_freep) Schema *deep =
                schema_of("{\"type\":\"record\",\"name\":\"L\",\"fields\":[" F("n", "[\"null\",\"L\"]") "]}");
        cr_assert_eq(schema_handle(deep, "n.n.n.n.n.n.n"), INT64_C(0x01010101010101));
        cr_assert_eq(schema_handle(deep, "n.n.n.n.n.n.n.n"), -ENOENT);
}

Test(plan, a_steady_state_asks_the_machine_for_nothing) {
        _cleanup_(desk_deinit) Desk d = desk_new(EVENT, NULL);
        size_t grown = 0;
        for (int i = 0; i < 1000; i++) {
                cr_assert_eq(desk_read(&d, EVENT_HEX), 0);
                if (i == 0)
                        grown = arena_grown(d.arena);
        }
        cr_assert_eq(arena_grown(d.arena), grown);
}
