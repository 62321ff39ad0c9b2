/* The tables are the schema: every definition, property, type, requirement and symbol of ONAP's file, and no other. */
#include "../../../plugins/adapter_ves/schema.h"
#include "adapterhost.h"
#include "json/json.h"
#include <criterion/criterion.h>
#include <tocsin/value.h>

static const tocsin_value *definitions;

static const tocsin_value *definition(const tocsin_value *ref) {
        tocsin_bytes text = tocsin_as_bytes(ref);
        size_t n = sizeof "#/definitions/" - 1;
        cr_assert(text.len > n);
        return tocsin_find_n(definitions, (const char *)text.ptr + n, text.len - n);
}

static void compare(const Shape *s, const tocsin_value *def, unsigned depth);

static void compare_list(const ShapeField *f, const tocsin_value *items, unsigned depth) {
        const tocsin_value *ref = tocsin_find(items, "$ref");
        if (ref) {
                cr_assert_eq(f->type, SHAPE_LIST, "%s", f->name);
                compare(f->of, definition(ref), depth);
        } else if (tocsin_find(items, "oneOf")) {
                cr_assert_eq(f->type, SHAPE_ONES, "%s", f->name);
        } else {
                bool text = tocsin_equal_z(tocsin_get_bytes(items, "type"), "string");
                cr_assert_eq(f->type, text ? SHAPE_STRS : SHAPE_INTS, "%s", f->name);
        }
}

static void compare_alternatives(const ShapeField *f, const tocsin_value *list, unsigned depth) {
        const Shape *const *s = f->of;
        for (uint32_t i = 0; i < list->len; i++, s++) {
                cr_assert(*s != NULL);
                compare(*s, definition(tocsin_find(&list->u.items[i], "$ref")), depth);
        }
        cr_assert(!*s);
}

static void compare_symbols(const ShapeField *f, const tocsin_value *list) {
        const char *const *s = f->of;
        cr_assert_eq(f->type, SHAPE_ENUM, "%s", f->name);
        for (uint32_t i = 0; i < list->len; i++, s++)
                cr_assert(*s && tocsin_equal_z(tocsin_as_bytes(&list->u.items[i]), *s), "%s", f->name);
        cr_assert(!*s);
}

static unsigned simple_type(const tocsin_value *property) {
        static const struct {
                const char *type, *format;
                unsigned shape;
        } types[] = { { "string", "ipv4", SHAPE_IPV4 }, { "string", "ipv6", SHAPE_IPV6 }, { "string", "uri", SHAPE_URI },
                      { "string", "", SHAPE_STR },      { "number", "", SHAPE_NUM },      { "integer", "", SHAPE_INT },
                      { "object", "", SHAPE_OPEN } };
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
                if (tocsin_equal_z(tocsin_get_bytes(property, "type"), types[i].type) &&
                    tocsin_equal_z(tocsin_get_bytes(property, "format"), types[i].format))
                        return types[i].shape;
        return SHAPE_HASH;
}

static void compare_property(const ShapeField *f, const tocsin_value *property, unsigned depth) {
        const tocsin_value *ref = tocsin_find(property, "$ref"), *one = tocsin_find(property, "oneOf"),
                           *symbols = tocsin_find(property, "enum");
        if (ref) {
                const tocsin_value *def = definition(ref);
                if (tocsin_equal_z(tocsin_get_bytes(def, "type"), "array"))
                        compare_list(f, tocsin_find(def, "items"), depth);
                else if (f->type == SHAPE_OBJ)
                        compare(f->of, def, depth);
                else
                        cr_assert(f->type == SHAPE_HASH ? tocsin_find(tocsin_find(def, "additionalProperties"), "type") != NULL
                                                        : f->type == SHAPE_OPEN,
                                  "%s", f->name);
        } else if (one) {
                cr_assert_eq(f->type, SHAPE_ONE);
                compare_alternatives(f, one, depth);
        } else if (symbols) {
                compare_symbols(f, symbols);
        } else if (tocsin_equal_z(tocsin_get_bytes(property, "type"), "array")) {
                compare_list(f, tocsin_find(property, "items"), depth);
                if (f->type == SHAPE_ONES)
                        compare_alternatives(f, tocsin_find(tocsin_find(property, "items"), "oneOf"), depth);
        } else {
                cr_assert_eq(f->type, simple_type(property), "%s", f->name);
        }
}

static bool has(const tocsin_value *list, const char *name) {
        for (uint32_t i = 0; list && i < list->len; i++)
                if (tocsin_equal_z(tocsin_as_bytes(&list->u.items[i]), name))
                        return true;
        return false;
}

static void compare(const Shape *s, const tocsin_value *def, unsigned depth) {
        const tocsin_value *properties = tocsin_find(def, "properties"), *required = tocsin_find(def, "required");
        if (depth > 12) /* jsonObject holds itself */
                return;
        cr_assert(properties != NULL, "%s", s->name);
        cr_assert(tocsin_is(tocsin_find(def, "additionalProperties"), TOCSIN_BOOL), "%s is closed", s->name);
        cr_assert_eq(s->n, properties->len, "%s", s->name);
        for (uint32_t i = 0; i < s->n; i++) {
                const tocsin_value *property = tocsin_find(properties, s->fields[i].name);
                cr_assert(property != NULL, "%s.%s", s->name, s->fields[i].name);
                cr_assert_eq(s->fields[i].len, strlen(s->fields[i].name));
                cr_assert_eq(s->fields[i].required, has(required, s->fields[i].name), "%s.%s", s->name, s->fields[i].name);
                cr_assert(shape_field(s, s->fields[i].name, s->fields[i].len) == &s->fields[i], "%s is sorted", s->name);
                compare_property(&s->fields[i], property, depth + 1);
        }
}

Test(shape, the_tables_are_the_schema) {
        _cleanup_(arena_freep) Arena *a = arena_new(16u << 20);
        tocsin_value schema;
        Why why = { "" };
        Bytes text = sample_read(a, TOCSIN_SOURCE "/tests/fixtures/ves/CommonEventFormat_30.2.1_ONAP.schema.json");
        cr_assert_eq(json_parse(a, text, &schema, NULL, &why), 0, "%s", why.text);
        definitions = tocsin_find(&schema, "definitions");
        compare(&ves_event, tocsin_find(definitions, "event"), 0);
}

Test(address, tells_addresses_from_what_looks_like_them) {
        static const struct {
                const char *text;
                bool v4, v6;
        } cases[] = {
                { "", false, false },
                { "1.2.3.4", true, false },
                { "255.255.255.255", true, false },
                { "256.1.1.1", false, false },
                { "1.2.3", false, false },
                { "1.2.3.4.", false, false },
                { "1.2.3.4.5", false, false },
                { "01.2.3.4", false, false },
                { "0.0.0.0", true, false },
                { "1..2.3", false, false },
                { "::", false, true },
                { "::1", false, true },
                { "1::", false, true },
                { ":", false, false },
                { ":::", false, false },
                { "1:2:3:4:5:6:7:8", false, true },
                { "1:2:3:4:5:6:7", false, false },
                { "1:2:3:4:5:6:7:8:9", false, false },
                { "1:2:3:4:5:6:7::", false, true },
                { "1:2:3:4:5:6:7:8::", false, false },
                { "::ffff:10.0.0.3", false, true },
                { "1:2:3:4:5:6:10.0.0.3", false, true },
                { "1:2:3:4:5:6:7:10.0.0.3", false, false },
                { "12345::", false, false },
                { "g::", false, false },
                { "1::2::3", false, false },
                { "1:", false, false },
                { "fe80::1%eth0", false, true },
                { "fe80::1%", false, false },
                { "%eth0", false, false },
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                cr_expect_eq(address_is_ipv4(bytes_z(cases[i].text)), cases[i].v4, "%s", cases[i].text);
                cr_expect_eq(address_is_ipv6(bytes_z(cases[i].text)), cases[i].v6, "%s", cases[i].text);
        }
        cr_expect(address_is_uri(bytes_z("https://a/b.yaml#/c")));
        cr_expect(!address_is_uri(bytes_z("a b")) && !address_is_uri(bytes_z("")) && !address_is_uri(bytes_z("x y:z")));
}
