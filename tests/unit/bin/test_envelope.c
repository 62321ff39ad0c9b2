/* Lines of input, taken apart. */
#include "bin/envelope.h"

#include <criterion/criterion.h>
#include <tocsin/value.h>

static Arena *a;
static Envelope e;
static JsonPlace place;
static Why why;

static int read_line(const char *z) {
        a = a ? a : arena_new(1u << 20);
        return envelope_read(&e, bytes_z(z), a, &place, &why);
}

Test(envelope, what_is_no_json_is_refused_with_its_column) {
        cr_assert_eq(read_line("{\"a\":1,}"), ENVELOPE_E_BAD);
        cr_assert_eq(place.line, 1);
        cr_assert(place.column >= 7 && place.column <= 9, "%u", place.column);
        cr_assert_null(strstr(why.text, "column"), "the place stands once: %s", why.text);
        cr_assert_eq(read_line("{\"a\":1} trailing"), ENVELOPE_E_BAD);
        cr_assert_eq(read_line(""), ENVELOPE_E_BAD);
        cr_assert_eq(read_line("{\"value\":"), ENVELOPE_E_BAD);
}

Test(envelope, a_wrong_wrapper_is_refused_at_the_member) {
        cr_assert_eq(read_line("{\"port\":7,\"value\":1}"), ENVELOPE_E_BAD);
        cr_assert_eq(place.column, 9);
        cr_assert_eq(read_line("{\"value\":1, \"key\": 4}"), ENVELOPE_E_BAD);
        cr_assert_eq(place.column, 20);
        cr_assert_eq(read_line("{\"value\":1,\"time_us\":1.5}"), ENVELOPE_E_BAD);
        cr_assert(strstr(why.text, "time_us"));
}

Test(envelope, an_object_with_value_and_other_keys_is_a_bare_value) {
        cr_assert_eq(read_line("{\"value\":1,\"unit\":\"ms\"}"), 0);
        cr_assert_not(e.wrapped);
        cr_assert_eq(e.value.kind, TOCSIN_MAP);
        cr_assert_eq(read_line("{\"key\":\"x\"}"), 0);
        cr_assert_not(e.wrapped);
}

Test(envelope, the_value_is_kept_as_it_stands) {
        cr_assert_eq(read_line("  {\"a\": 1.50, \"b\":\"\\u00e4\"}  "), 0);
        cr_assert(bytes_eq_z(e.raw, "{\"a\": 1.50, \"b\":\"\\u00e4\"}"), "%.*s", BYTES_ARG(e.raw));
        cr_assert_eq(e.column, 3);
        cr_assert_eq(read_line("{\"key\":\"}\\\"{\" , \"value\" : {\"a\":[1,{\"x\":\"]\"}], \"v\":1.0} , \"time_us\":5}"), 0);
        cr_assert(bytes_eq_z(e.raw, "{\"a\":[1,{\"x\":\"]\"}], \"v\":1.0}"), "%.*s", BYTES_ARG(e.raw));
        cr_assert_eq(e.time->u.i64, 5);
        cr_assert(bytes_eq_z(tocsin_as_bytes(e.key), "}\"{"));
}

Test(envelope, null_key_null_value_and_scalars) {
        cr_assert_eq(read_line("{\"key\":null,\"value\":null,\"port\":\"registry\"}"), 0);
        cr_assert(e.wrapped);
        cr_assert_eq(e.key->kind, TOCSIN_NULL);
        cr_assert_eq(e.value.kind, TOCSIN_NULL);
        cr_assert(bytes_eq_z(e.raw, "null"));
        cr_assert(bytes_eq_z(e.port, "registry"));
        cr_assert_eq(read_line("{\"value\":17}"), 0);
        cr_assert(bytes_eq_z(e.raw, "17"), "%.*s", BYTES_ARG(e.raw));
        cr_assert_eq(read_line("{\"value\":\"x,}\"}"), 0);
        cr_assert(bytes_eq_z(e.raw, "\"x,}\""), "%.*s", BYTES_ARG(e.raw));
        cr_assert_eq(read_line("\"text\""), 0);
        cr_assert_not(e.wrapped);
}

Test(envelope, a_name_with_escapes_is_still_the_value) {
        cr_assert_eq(read_line("{\"v\\u0061lue\":3}"), 0);
        cr_assert(e.wrapped);
        cr_assert_eq(e.value.u.i64, 3);
        cr_assert_null(e.raw.ptr);
}

static const char *leads(const char *text, const char *pointer, bool key) {
        return text + envelope_place(bytes_z(text), pointer, key);
}

Test(envelope, a_pointer_leads_as_far_as_it_can_be_followed) {
        cr_assert_str_eq(leads("[1]", "/7", false), "[1]");
        cr_assert_str_eq(leads("{\"a\":1}", "/b/c", false), "{\"a\":1}");
        cr_assert_str_eq(leads("{\"a\":{\"x\":2}}", "/a/b", true), "{\"x\":2}}");
        cr_assert_str_eq(leads("7", "/a", false), "7");
        cr_assert_eq(envelope_place(bytes_z(""), "/a", false), 0);
        cr_assert_str_eq(leads("[[],[[1, 2] ,3]]", "/1/0/1", false), "2] ,3]]");
}

Test(envelope, a_pointer_leads_to_the_value_or_to_its_key) {
        static const char text[] = " {\"a\" : {\"b\":\"}\\\"{,\"},\"c\":[ 1 , {\"d/e~\":[true,{\"f\":null}]} ] }";
        cr_assert_str_eq(leads(text, "", false), text + 1);
        cr_assert_str_eq(leads(text, "/a/b", true), text + 9);
        cr_assert(bytes_begin(bytes_z(leads(text, "/a/b", false)), bytes_z("\"}\\")));
        cr_assert_str_eq(leads(text, "/c/0", false), "1 , {\"d/e~\":[true,{\"f\":null}]} ] }");
        cr_assert_str_eq(leads(text, "/c/1/d~1e~0/1/f", false), "null}]} ] }");
        cr_assert_str_eq(leads(text, "/c/1/d~1e~0/1/f", true), "\"f\":null}]} ] }");
}

Test(envelope, a_value_that_goes_on_in_the_next_line_is_told_so) {
        cr_assert_eq(read_line("{"), ENVELOPE_E_BAD);
        cr_assert(strstr(why.text, "one value a line"), "%s", why.text);
        cr_assert_eq(read_line("[ "), ENVELOPE_E_BAD);
        cr_assert(strstr(why.text, "one value a line"), "%s", why.text);
        cr_assert_eq(read_line("{\"a\":}"), ENVELOPE_E_BAD);
        cr_assert_null(strstr(why.text, "one value a line"), "%s", why.text);
}
