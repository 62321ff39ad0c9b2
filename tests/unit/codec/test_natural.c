/* The natural JSON form, in and out. */
#include "support.h"

static int natural(const char *schema, const char *json, Arena *a, tocsin_value *v, Why *why) {
        static Schema *kept; /* values borrow their names and symbols */
        schema_free(kept);
        kept = schema_of(schema);
        tocsin_value j = json_of(a, json);
        return natural_read(kept, &j, a, v, why);
}

#define MICROS "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}"
#define MILLIS "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}"
#define ENUM "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}"
#define REC                                                                                                            \
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"t\",\"type\":[" \
        "\"null\"," MICROS "],\"default\":null},{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":" ENUM          \
        "},\"default\":[\"B\"]}]}"

Test(natural, what_does_not_fit_is_said_with_its_path) {
        static const struct {
                const char *schema, *json, *says;
        } bad[] = {
                { REC, "{}", "at a: missing" },
                { REC, "{\"a\":1,\"x\":2}", "'x' is no field of R" },
                { REC, "{\"a\":2147483648}", "at a: 2147483648 does not fit" },
                { REC, "{\"a\":1.0}", "at a: a number is no int" },
                { REC, "{\"a\":1,\"l\":[\"A\",\"C\"]}", "at l[1]: 'C' is no symbol of E" },
                { REC, "{\"a\":1,\"t\":\"yesterday\"}", "at t: 'yesterday' is no time" },
                { REC, "[]", "a list is no R" },
                { "\"bytes\"", "\"AAE\"", "base64" },
                { "\"bytes\"", "\"AA==AA==\"", "base64" },
                { "\"bytes\"", "\"A===\"", "base64" },
                { "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", "\"AAEC\"", "3 bytes, and F has 2" },
                { "[\"null\",\"int\",\"boolean\"]", "\"x\"", "text fits no branch" },
                { "\"float\"", "1e300", "float" },
                { "\"double\"", "\"nan\"", "text is no double" },
                { "\"string\"", "null", "null is no string" },
                { "{\"type\":\"map\",\"values\":\"int\"}", "{\"k\":null}", "at k: null is no int" },
        };
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                tocsin_value v = tocsin_i64(7);
                Why why = { 0 };
                cr_expect_eq(natural(bad[i].schema, bad[i].json, a, &v, &why), CODEC_E_MISFIT, "%s", bad[i].json);
                cr_expect(strstr(why.text, bad[i].says) && v.u.i64 == 7, "%s: %s", bad[i].json, why.text);
        }
}

Test(natural, reads_what_people_write) {
        static const struct {
                const char *schema, *json, *prints;
        } good[] = {
                { REC, "{\"a\":1}", "{\"a\":1,\"t\":null,\"l\":[\"B\"]}" },
                { REC, "{\"l\":[],\"t\":\"1970-01-01T00:00:01Z\",\"a\":-1}", "{\"a\":-1,\"t\":1000000,\"l\":[]}" },
                { MICROS, "\"2024-02-29T23:59:60.1234567+01:30\"", "1709245800123456" },
                { MICROS, "\"1969-12-31t23:59:59.5z\"", "-500000" },
                { MICROS, "\"2000-01-01 00:00:00-00:00\"", "946684800000000" },
                { MILLIS, "\"1969-12-31T23:59:59.9995Z\"", "-1" },
                { MILLIS, "12", "12" },
                { "\"double\"", "1", "1.0" },
                { "\"double\"", "\"NaN\"", "\"NaN\"" },
                { "\"double\"", "\"-Infinity\"", "\"-Infinity\"" },
                { "\"float\"", "0.1", "0.10000000149011612" },
                { "\"bytes\"", "\"/+8=\"", "\"/+8=\"" },
                { "[\"null\",\"string\",\"int\"]", "5", "5" },
                { "{\"type\":\"map\",\"values\":[\"long\",\"boolean\"]}", "{\"y\":true,\"x\":1}", "{\"y\":true,\"x\":1}" },
        };
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                tocsin_value v;
                Why why = { 0 };
                cr_assert_eq(natural(good[i].schema, good[i].json, a, &v, &why), 0, "%s: %s", good[i].json, why.text);
                prints(&v, good[i].prints);
        }
}

Test(natural, knows_the_calendar) {
        static const char *const none[] = {
                "2023-02-29T00:00:00Z",  "1900-02-29T00:00:00Z", "2024-04-31T00:00:00Z",      "2024-00-01T00:00:00Z",
                "2024-13-01T00:00:00Z",  "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",      "2024-01-01T00:00:61Z",
                "2024-01-01T00:00:00",   "2024-01-01",           "2024-01-01T00:00:00+0100",  "2024-01-01T00:00:00.Z",
                "2024-01-01T00:00:00Z ", "24-01-01T00:00:00Z",   "2024-01-01T00:00:00+24:00", ""
        };
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
                char json[64];
                tocsin_value v;
                snprintf(json, sizeof json, "\"%s\"", none[i]);
                cr_expect_eq(natural(MICROS, json, a, &v, NULL), CODEC_E_MISFIT, "%s", none[i]);
        }
        static const int month[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        int64_t day = -719162; /* 0001-01-01 */
        for (int y = 1; y <= 2500; y++)
                for (int m = 1; m <= 12; m++) {
                        char json[64];
                        tocsin_value v;
                        snprintf(json, sizeof json, "\"%04d-%02d-01T00:00:00Z\"", y, m);
                        arena_reset(a);
                        if (y % 100 == 0 || y > 2390 || y < 5) {
                                cr_assert_eq(natural(MICROS, json, a, &v, NULL), 0);
                                cr_assert_eq(v.u.i64, day * INT64_C(86400000000), "%s", json);
                        }
                        day += month[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 || y % 400 == 0));
                }
}
