/* JSON in: what is refused, where, and that the rest comes back. */
#include "core/limits.h"
#include "value/value.h"
#include "json/json.h"
#include <criterion/criterion.h>
#include <tocsin/value.h>

static int parse(Arena *a, Bytes text, tocsin_value *v, JsonPlace *place) {
        Why why = { 0 };
        int r = json_parse(a, text, v, place, &why);
        cr_assert_eq(r != 0, why.text[0] != 0, "%d: %s", r, why.text);
        return r;
}

Test(json, refuses_at_the_byte_that_is_wrong) {
        static const struct {
                const char *text;
                unsigned line, column;
        } bad[] = {
                { "", 1, 1 },
                { "{\"a\":1,\n \"b\":tru}", 2, 6 },
                { "[1,2\n,]", 2, 2 },
                { "{\"a\":1,\"a\":2}", 1, 8 },
                { "[123456789012345678901]", 1, 2 },
                { "[12345678901234567890]", 1, 2 },
                { "[1] 2", 1, 5 },
                { "\"ab", 1, 1 },
                { "[\"\xff\"]", 1, 3 },
                { "nul", 1, 1 },
                { "[1e999]", 1, 2 },
                { "[\n\xc3\xa4]", 2, 1 },
                { "{\"a\" 1}", 1, 6 },
                { "[01]", 1, 2 },
                { "[.5]", 1, 2 },
        };
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                tocsin_value v = tocsin_i64(7);
                JsonPlace p = { 0 };
                cr_assert_eq(parse(a, bytes_z(bad[i].text), &v, &p), JSON_E_SYNTAX, "%s", bad[i].text);
                cr_expect(p.line == bad[i].line && p.column <= bad[i].column && p.column + 2 > bad[i].column,
                          "%s: %u:%u, not %u:%u", bad[i].text, p.line, p.column, bad[i].line, bad[i].column);
                cr_assert_eq(v.u.i64, 7);
        }
}

Test(json, is_no_deeper_than_the_limit_and_says_where) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        static char text[200002];
        JsonPlace p;
        tocsin_value v;
        for (size_t deep = LIMIT_DEPTH; deep <= 100000; deep = deep == LIMIT_DEPTH ? deep + 1 : deep * 10) {
                memset(text, '[', deep);
                memset(text + deep, ']', deep);
                int r = parse(a, bytes_of(text, 2 * deep), &v, &p);
                cr_assert_eq(r, deep == LIMIT_DEPTH ? 0 : JSON_E_LIMIT);
                if (r)
                        cr_assert_eq(p.column, LIMIT_DEPTH + 1);
        }
        cr_assert_eq(
                parse(a, bytes_z("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\""), &v, &p),
                0);
}

Test(json, keeps_to_the_arenas_bound_and_gives_back_what_it_took) {
        const char *text = "{\"a\":[1,2,3,{\"b\":\"some text\"}],\"c\":null}";
        size_t fitted = 0;
        for (size_t max = 0; max < 1000; max += 16) {
                _cleanup_(arena_freep) Arena *a = arena_new(max);
                tocsin_value v;
                int r = parse(a, bytes_z(text), &v, NULL);
                cr_assert(r == 0 || (r == JSON_E_LIMIT && arena_used(a) == 0));
                fitted += r == 0;
        }
        cr_assert(fitted > 10);
}

Test(json, numbers_strings_and_order_come_as_they_are) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        const char *text = "{\"z\":-9223372036854775808,\"a\":[1.5,1e3,true,false,null,\"\\u00e4\\u0000\"],\"\":{}}";
        tocsin_value v;
        cr_assert_eq(parse(a, bytes_z(text), &v, NULL), 0);
        cr_assert_eq(v.kind, TOCSIN_MAP);
        cr_assert_eq(tocsin_get_i64(&v, "z", 0), INT64_MIN);
        cr_assert_eq(value_path(&v, "a[1]")->kind, TOCSIN_F64);
        Buffer out = BUFFER_NULL;
        value_print(&out, &v);
        cr_assert(bytes_eq_z(buffer_bytes(&out), "{\"z\":-9223372036854775808,\"a\":[1.5,1000.0,true,false,null,"
                                                 "\"\xc3\xa4\\u0000\"],\"\":{}}"));
        buffer_deinit(&out);
}
