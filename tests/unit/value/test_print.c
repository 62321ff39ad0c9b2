/* The natural form: valid JSON, one line, and doubles that come back. */
#include "value/value.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <tocsin/value.h>

static void prints(tocsin_value v, const char *expected) {
        Buffer out = BUFFER_NULL;
        value_print(&out, &v);
        cr_assert(bytes_eq_z(buffer_bytes(&out), expected), "'%.*s' is not '%s'", BYTES_ARG(buffer_bytes(&out)), expected);
        buffer_deinit(&out);
}

Test(print, escapes_what_json_forbids_and_replaces_what_is_not_utf8) {
        prints(tocsin_str_n("a\0\x1f\n\"\\/\x7f", 8), "\"a\\u0000\\u001f\\n\\\"\\\\/\\u007f\"");
        prints(tocsin_str("\xc3\xa4\xff\xe2\x82"), "\"\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

Test(print, leaves_none_fields_out_and_keeps_the_order) {
        tocsin_field f[] = { tocsin_field_of("z", tocsin_none()), tocsin_field_of("b", tocsin_bool(1)),
                             tocsin_field_of("a", tocsin_null()) };
        prints(tocsin_record(f, 3), "{\"b\":true,\"a\":null}");
        prints(tocsin_record(f, 1), "{}");
        tocsin_value items[] = { tocsin_i64(INT64_MIN), tocsin_symbol("RED"), tocsin_list(NULL, 0) };
        prints(tocsin_list(items, 3), "[-9223372036854775808,\"RED\",[]]");
}

Test(print, writes_bytes_in_padded_base64) {
        prints(tocsin_raw(bytes_z("")), "\"\"");
        prints(tocsin_raw(bytes_z("f")), "\"Zg==\"");
        prints(tocsin_raw(bytes_z("fo")), "\"Zm8=\"");
        prints(tocsin_raw(bytes_z("foobar")), "\"Zm9vYmFy\"");
        prints(tocsin_raw(bytes_z("\xff\xef\xbe")), "\"/+++\"");
}

Test(print, knows_the_awkward_doubles) {
        static const struct {
                double d;
                const char *text;
        } known[] = {
                { 0.1, "0.1" },
                { -0.0, "-0.0" },
                { 1, "1.0" },
                { 1e15, "1e+15" },
                { 5e-324, "5e-324" },
                { 0x1p-44, "5.684341886080802e-14" },
                { 9007199254740993.0, "9007199254740992.0" },
                { 1.7976931348623157e308, "1.7976931348623157e+308" },
                { 0x1p-1022, "2.2250738585072014e-308" },
                { 123456789012345680.0, "1.2345678901234568e+17" },
                { NAN, "\"NaN\"" },
                { INFINITY, "\"Infinity\"" },
                { -INFINITY, "\"-Infinity\"" },
                { 100, "100.0" },
                { 0.3, "0.3" },
        };
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
                prints(tocsin_f64(known[i].d), known[i].text);
}

/* No text with fewer digits reads back: rounding to one digit less loses the value. */
static void shortest(double d) {
        Buffer out = BUFFER_NULL;
        tocsin_value v = tocsin_f64(d);
        value_print(&out, &v);
        buffer_u8(&out, 0);
        cr_assert_eq(strtod((const char *)out.ptr, NULL), d, "%a -> %s", d, (const char *)out.ptr);
        int digits = 0, zeros = 0;
        for (const char *c = (const char *)out.ptr; *c && *c != 'e'; c++)
                if (*c >= '0' && *c <= '9' && (digits || *c != '0')) {
                        digits++;
                        zeros = *c == '0' ? zeros + 1 : 0;
                }
        digits -= zeros;
        char less[64];
        snprintf(less, sizeof less, "%.*e", digits > 1 ? digits - 2 : 0, d);
        cr_assert(digits <= 1 || strtod(less, NULL) != d, "%s is longer than %s", (const char *)out.ptr, less);
        buffer_deinit(&out);
}

Test(print, doubles_read_back_the_same_and_are_as_short_as_they_can_be) {
        uint64_t x = getenv("TOCSIN_SEED") ? strtoull(getenv("TOCSIN_SEED"), NULL, 0) : 0x9e3779b97f4a7c15u;
        fprintf(stderr, "# TOCSIN_SEED=%llu\n", (unsigned long long)x);
        for (int i = 0; i < 50000; i++) {
                double d;
                x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                memcpy(&d, &x, sizeof d);
                if (isfinite(d))
                        shortest(d);
                shortest((double)(int64_t)(x >> 20) / 1000.0);
        }
        for (int e = -1074; e < 1024; e++)
                shortest(ldexp(1, e));
}
