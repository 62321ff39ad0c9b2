/* Schemas: what is refused and where, canonical forms, fingerprints, and many together. */
#include "support.h"
#include <stdlib.h>

#define REC(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"

static const struct {
        const char *text, *says;
} bad[] = {
        { "", "line 1" },
        { "\"in\"", "'in' is not defined" },
        { "7", "a type is a name" },
        { "[]", "1 to 254 branches" },
        { "[\"int\",[\"null\"]]", "union directly in a union" },
        { "[\"int\",\"int\"]", "two branches" },
        { "{\"name\":\"R\"}", "'type'" },
        { "{\"type\":\"record\",\"fields\":[]}", "'name'" },
        { "{\"type\":\"record\",\"name\":\"9\",\"fields\":[]}", "'name'" },
        { "{\"type\":\"record\",\"name\":\"a..b\",\"fields\":[]}", "'name'" },
        { "{\"type\":\"record\",\"name\":\"R\"}", "'fields'" },
        { "{\"type\":\"record\",\"name\":\"int\",\"fields\":[]}", "primitive" },
        { REC("{\"type\":\"int\"}"), "/fields/0" },
        { REC("{\"name\":\"a\"}"), "needs a 'type'" },
        { REC("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"}"), "there twice" },
        { REC("{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"Nope\"}}"), "/fields/0/type/items" },
        { REC("{\"name\":\"a\",\"type\":{\"type\":\"fixed\",\"name\":\"R\",\"size\":1}}"), "defined twice" },
        { REC("{\"name\":\"a\",\"type\":\"int\",\"default\":\"1\"}"), "R.a" },
        { REC("{\"name\":\"a\",\"type\":\"int\",\"default\":2147483648}"), "R.a" },
        { REC("{\"name\":\"a\",\"type\":[\"null\",\"int\"],\"default\":1}"), "R.a" },
        { REC("{\"name\":\"a\",\"type\":\"bytes\",\"default\":\"\\u0100\"}"), "R.a" },
        { REC("{\"name\":\"a\",\"type\":\"R\",\"default\":{}}"), "contains itself" },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}", "symbols" },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}", "there twice" },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A-\"]}", "symbol" },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"],\"default\":\"B\"}", "default" },
        { "{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}", "'size'" },
        { "{\"type\":\"fixed\",\"name\":\"F\"}", "'size'" },
        { "{\"type\":\"array\"}", "'items'" },
        { "{\"type\":\"map\"}", "'values'" },
        { "{\"type\":\"record\",\"name\":\"R\",\"aliases\":\"x\",\"fields\":[]}", "'aliases'" },
};

Test(schema, what_is_wrong_is_said_with_its_place) {
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                Schema *s = NULL;
                Why why = { 0 };
                cr_expect_eq(schema_parse(&s, bytes_z(bad[i].text), NULL, &why), SCHEMA_E_BAD, "%s", bad[i].text);
                cr_expect(strstr(why.text, bad[i].says) && !s, "%s: '%s' does not say '%s'", bad[i].text, why.text, bad[i].says);
        }
}

Test(schema, is_bounded_in_length_types_fields_and_the_size_of_defaults) {
        Schema *s = NULL;
        Why why;
        Buffer b = BUFFER_NULL;
        while (b.len <= LIMIT_SCHEMA_BYTES)
                buffer_put_z(&b, "\"int\"                                     ");
        cr_assert_eq(schema_parse(&s, buffer_bytes(&b), NULL, &why), SCHEMA_E_BAD);
        buffer_clear(&b);
        buffer_put_z(&b, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[");
        for (unsigned i = 0; i <= LIMIT_RECORD_FIELDS; i++)
                buffer_printf(&b, "%s{\"name\":\"f%u\",\"type\":\"int\"}", i ? "," : "", i);
        buffer_put_z(&b, "]}");
        cr_assert_eq(schema_parse(&s, buffer_bytes(&b), NULL, &why), SCHEMA_E_BAD);
        buffer_clear(&b);
        /* Defaults that default: thirty levels, each twice the one below. */
        buffer_put_z(&b, "[{\"type\":\"record\",\"name\":\"R0\",\"fields\":[{\"name\":\"a\",\"type\":\"int\",\"default\":1}]}");
        for (int i = 1; i <= 30; i++)
                buffer_printf(
                        &b,
                        ",{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[{\"name\":\"a\",\"type\":\"R%d\",\"default\":{}},"
                        "{\"name\":\"b\",\"type\":\"R%d\",\"default\":{}}]}",
                        i, i - 1, i - 1);
        buffer_put_z(&b, "]");
        cr_assert_eq(schema_parse(&s, buffer_bytes(&b), NULL, &why), SCHEMA_E_BAD);
        cr_assert(strstr(why.text, "65536 values"), "%s", why.text);
        buffer_deinit(&b);
}

Test(schema, fingerprints_of_the_primitives_are_those_of_avros_own_tests) {
        static const struct {
                const char *text;
                uint64_t fingerprint;
        } known[] = {
                { "\"null\"", UINT64_C(0x63dd24e7cc258f8a) },   { "\"boolean\"", UINT64_C(0x9f42fc78a4d4f764) },
                { "\"int\"", UINT64_C(0x7275d51a3f395c8f) },    { "{\"type\":\"long\"}", UINT64_C(0xd054e14493f41db7) },
                { " \"float\"", UINT64_C(0x4d7c02cb3ea8d790) }, { "\"double\"", UINT64_C(0x8e7535c032ab957e) },
                { "\"bytes\"", UINT64_C(0x4fc016dac3201965) },  { "\"string\"", UINT64_C(0x8f014872634503c7) },
        };
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
                _cleanup_(schema_freep) Schema *s = schema_of(known[i].text);
                cr_expect_eq(schema_fingerprint(s), known[i].fingerprint, "%s", known[i].text);
        }
}

Test(schema, the_canonical_form_drops_what_does_not_matter_and_names_in_full) {
        _cleanup_(schema_freep) Schema *s = schema_of(
                "{\"doc\":\"d\",\"fields\":[{\"doc\":\"x\",\"type\":{\"type\":\"string\",\"x\":1},\"name\":\"a\",\"default\":"
                "\"\",\"order\":\"ignore\"},"
                "{\"name\":\"b\",\"type\":{\"symbols\":[\"Y\"],\"name\":\"E\",\"type\":\"enum\",\"default\":\"Y\"}},"
                "{\"name\":\"c\",\"type\":[\"null\",\"E\",\"n.s.R\",{\"type\":\"fixed\",\"size\":16,\"name\":\"o.F\"}]},"
                "{\"name\":\"d\",\"type\":{\"type\":\"map\",\"values\":\"o.F\"}}],\"name\":\"R\",\"namespace\":\"n.s\",\"type\":"
                "\"record\"}");
        cr_assert(bytes_eq_z(schema_canonical(s),
                             "{\"name\":\"n.s.R\",\"type\":\"record\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"},"
                             "{\"name\":\"b\",\"type\":{\"name\":\"n.s.E\",\"type\":\"enum\",\"symbols\":[\"Y\"]}},"
                             "{\"name\":\"c\",\"type\":[\"null\",\"n.s.E\",\"n.s.R\",{\"name\":\"o.F\",\"type\":\"fixed\","
                             "\"size\":16}]},"
                             "{\"name\":\"d\",\"type\":{\"type\":\"map\",\"values\":\"o.F\"}}]}"),
                  "%.*s", BYTES_ARG(schema_canonical(s)));
        cr_assert_str_eq(schema_name(s), "n.s.R");
        _cleanup_(schema_freep) Schema *again = NULL;
        cr_assert_eq(schema_parse(&again, schema_canonical(s), NULL, NULL), 0);
        cr_assert(bytes_eq(schema_canonical(s), schema_canonical(again)));
}

Test(schemas, are_found_by_name_fingerprint_and_id_and_clash_when_they_differ) {
        _cleanup_(schemas_freep) Schemas *r = schemas_new();
        Schema *one = schema_of(REC("{\"name\":\"a\",\"type\":\"int\"}")),
               *same = schema_of(REC("{\"name\":\"a\",\"type\":\"int\",\"doc\":\"x\"}"));
        Schema *old = schema_of(REC("{\"name\":\"a\",\"type\":\"long\"}")),
               *clash = schema_of(REC("{\"name\":\"b\",\"type\":\"int\"}"));
        Why why = { 0 };
        uint64_t f = schema_fingerprint(old);
        cr_assert_eq(schemas_add(r, one, &why), 0);
        cr_assert_eq(schemas_add(r, same, &why), 0);
        cr_assert_eq(schemas_add(r, clash, &why), SCHEMA_E_CLASH);
        cr_assert_eq(schemas_add_writer(r, old, 17, &why), 0);
        cr_assert_eq(schemas_add_writer(r, clash, 17, &why), SCHEMA_E_CLASH);
        schema_free(clash);
        cr_assert_eq(schemas_by_name(r, "R"), one);
        cr_assert_eq(schemas_by_fingerprint(r, f), old);
        cr_assert_eq(schemas_by_id(r, 17), old);
        cr_assert(!schemas_by_id(r, 18) && !schemas_by_id(r, -1) && !schemas_by_name(r, "S") && !schemas_by_fingerprint(r, 1));
}

Test(schemas, a_type_of_another_schema_becomes_part_of_the_one_that_names_it) {
        Schemas *r = schemas_new();
        Schema *user = NULL, *wrong = NULL;
        Why why = { 0 };
        cr_assert_eq(
                schemas_add(
                        r,
                        schema_of("{\"type\":\"record\",\"name\":\"o.A\",\"fields\":[{\"name\":\"e\",\"type\":{\"type\":\"enum\","
                                  "\"name\":\"E\",\"symbols\":[\"X\"]}},{\"name\":\"me\",\"type\":[\"null\",\"A\"]}]}"),
                        &why),
                0);
        cr_assert_eq(schema_parse(&user,
                                  bytes_z("{\"type\":\"record\",\"name\":\"p.B\",\"fields\":[{\"name\":\"e\",\"type\":\"o.E\"},"
                                          "{\"name\":\"a\",\"type\":\"o.A\"}]}"),
                                  r, &why),
                     0, "%s", why.text);
        cr_assert_eq(schema_parse(&wrong, bytes_z("{\"type\":\"array\",\"items\":\"o.Z\"}"), r, &why), SCHEMA_E_BAD);
        schemas_free(r);
        cr_assert(bytes_eq_z(schema_canonical(user),
                             "{\"name\":\"p.B\",\"type\":\"record\",\"fields\":[{\"name\":\"e\",\"type\":{\"name\":\"o.E\","
                             "\"type\":\"enum\","
                             "\"symbols\":[\"X\"]}},{\"name\":\"a\",\"type\":{\"name\":\"o.A\",\"type\":\"record\",\"fields\":["
                             "{\"name\":\"e\",\"type\":\"o.E\"},{\"name\":\"me\",\"type\":[\"null\",\"o.A\"]}]}}]}"),
                  "%.*s", BYTES_ARG(schema_canonical(user)));
        schema_free(user);
}
