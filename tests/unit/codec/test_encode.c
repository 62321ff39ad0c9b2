/* Encoding: what does not fit is said with its path, and leaves what was written before. */
#include "support.h"
#include <float.h>

#define REC                                                                                                                     \
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":{\"type\":" \
        "\"array\","                                                                                                            \
        "\"items\":{\"type\":\"map\",\"values\":\"string\"}},\"default\":[]},{\"name\":\"c\",\"type\":[\"null\",\"float\","     \
        "\"R\"],"                                                                                                               \
        "\"default\":null}]}"

static int encode(const char *schema, tocsin_value v, Why *why) {
        _cleanup_(schema_freep) Schema *s = schema_of(schema);
        Buffer out = BUFFER_NULL;
        buffer_put_z(&out, "before");
        int r = codec_encode(s, &v, &out, why);
        cr_assert(r == 0 || bytes_eq_z(buffer_bytes(&out), "before"));
        buffer_deinit(&out);
        return r;
}

Test(encode, what_does_not_fit_is_said_with_its_path) {
        tocsin_field bad_key[] = { tocsin_field_n("\xff", 1, tocsin_str("x")) },
                     bad_text[] = { tocsin_field_of("k", tocsin_str("\xc3")) };
        tocsin_value maps[] = { tocsin_map(NULL, 0), tocsin_map(bad_key, 1) }, texts[] = { tocsin_map(bad_text, 1) };
        tocsin_field a = tocsin_field_of("a", tocsin_i64(1)), twice[] = { a, a },
                     extra[] = { a, tocsin_field_of("x", tocsin_null()) };
        tocsin_field wide[] = { tocsin_field_of("a", tocsin_i64(1L << 31)) },
                     key[] = { a, tocsin_field_of("b", tocsin_list(maps, 2)) };
        tocsin_field text[] = { a, tocsin_field_of("b", tocsin_list(texts, 1)) },
                     huge[] = { a, tocsin_field_of("c", tocsin_f64(DBL_MAX)) };
        tocsin_value branch = tocsin_null();
        branch.branch = 4;
        tocsin_field far[] = { a, tocsin_field_of("c", branch) };
        const struct {
                tocsin_value v;
                const char *says;
        } bad[] = {
                { tocsin_record(NULL, 0), "at a: missing" },
                { tocsin_record(twice, 2), "'a' is no field of R, or is there twice" },
                { tocsin_record(extra, 2), "'x' is no field of R" },
                { tocsin_record(wide, 1), "at a: 2147483648 does not fit 32 bits" },
                { tocsin_record(key, 2), "at b[1].\xff" },
                { tocsin_record(text, 2), "at b[0].k: its text is not UTF-8" },
                { tocsin_record(huge, 2), "at c: a number fits no branch" },
                { tocsin_record(far, 2), "at c: branch 3 of a union of 3" },
                { tocsin_map(&a, 1), "a map is no R" },
                { tocsin_none(), "nothing is no R" },
        };
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                Why why = { 0 };
                cr_expect_eq(encode(REC, bad[i].v, &why), CODEC_E_MISFIT, "%zu", i);
                cr_expect(strstr(why.text, bad[i].says), "%zu: %s", i, why.text);
                cr_expect_eq(encode(REC, bad[i].v, NULL), CODEC_E_MISFIT);
        }
}

Test(encode, a_value_without_end_is_a_limit) {
        tocsin_value v = { 0 };
        v = tocsin_list(&v, 1);
        Why why = { 0 };
        cr_assert_eq(encode("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":[\"null\",{\"type\":"
                            "\"array\",\"items\":[\"null\",\"R\"]}]}]}",
                            v, &why),
                     CODEC_E_MISFIT);
        tocsin_field self = tocsin_field_of("next", tocsin_null());
        self.value = tocsin_record(&self, 1);
        static const char recursive[] =
                "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"R\"]}]}";
        cr_assert_eq(encode(recursive, tocsin_record(&self, 1), &why), CODEC_E_LIMIT, "%s", why.text);
        self.value.branch = 2;
        cr_assert_eq(encode(recursive, tocsin_record(&self, 1), &why), CODEC_E_LIMIT);
}

/* Two records that fit until the very end, in unions in each other: trying every way would take 2^60 steps. */
Test(encode, what_takes_too_long_to_fit_is_a_limit) {
        static const char pair[] = "{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"n\",\"type\":[\"null\",\"A\",{"
                                   "\"type\":\"record\",\"name\":\"B\","
                                   "\"fields\":[{\"name\":\"n\",\"type\":[\"null\",\"A\",\"B\"]}]}]}]}";
        tocsin_field level[60];
        level[0] = tocsin_field_of("n", tocsin_str("fits nothing"));
        for (int i = 1; i < 60; i++)
                level[i] = tocsin_field_of("n", tocsin_record(&level[i - 1], 1));
        Why why = { 0 };
        cr_assert_eq(encode(pair, tocsin_record(&level[59], 1), &why), CODEC_E_LIMIT, "%s", why.text);
}

static void gives(const char *schema, tocsin_value v, const char *hex) {
        _cleanup_(schema_freep) Schema *s = schema_of(schema);
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 16);
        Buffer out = BUFFER_NULL;
        Why why = { 0 };
        cr_assert_eq(codec_encode(s, &v, &out, &why), 0, "%s", why.text);
        cr_assert(bytes_eq(buffer_bytes(&out), bytes_of_hex(a, hex)), "%s", hex);
        buffer_deinit(&out);
}

Test(encode, takes_fields_in_any_order_defaults_symbols_and_the_first_branch_that_fits) {
        tocsin_field f[] = { tocsin_field_of("c", tocsin_f64(1.5)), tocsin_field_of("b", tocsin_none()),
                             tocsin_field_of("a", tocsin_i64(-1)) };
        gives(REC, tocsin_record(f, 3), "01 00 02 0000c03f");
        gives(REC, tocsin_record(f + 2, 1), "01 00 00");
        static const char e[] = "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}";
        tocsin_value index = tocsin_symbol("");
        index.index = 1;
        gives(e, tocsin_symbol("B"), "02");
        gives(e, tocsin_str("B"), "02");
        gives(e, index, "02");
        gives("{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", tocsin_str("ab"), "6162");
        gives("[\"int\",\"long\",\"double\"]", tocsin_i64(1L << 40), "02 808080808040");
        gives("\"double\"", tocsin_i64(1), "000000000000f03f");
        gives("\"string\"", tocsin_str_n(NULL, 0), "00");
}

Test(encode, a_buffer_with_a_bound_refuses_and_is_as_before) {
        _cleanup_(schema_freep) Schema *s = schema_of("\"string\"");
        Buffer out = { .max = 10 };
        Why why = { 0 };
        tocsin_value ten = tocsin_str("123456789"), eleven = tocsin_str("1234567890");
        cr_assert_eq(codec_encode(s, &eleven, &out, &why), -EMSGSIZE);
        cr_assert(out.len == 0 && out.failed == 0 && strstr(why.text, "larger"), "%s", why.text);
        cr_assert_eq(codec_encode(s, &ten, &out, &why), 0);
        cr_assert_eq(out.len, 10);
        cr_assert_eq(codec_encode(s, &ten, &out, &why), -EMSGSIZE);
        cr_assert_eq(out.len, 10);
        buffer_deinit(&out);
        /* To the very byte, whatever the value ends with. */
        _cleanup_(schema_freep) Schema *list = schema_of("{\"type\":\"array\",\"items\":\"long\"}");
        static const int64_t edges[] = { 0, 63, 64, 8191, 8192, 1L << 40, INT64_MAX, INT64_MIN };
        for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
                tocsin_value items[] = { tocsin_i64(edges[i]), tocsin_i64(edges[i]) }, v = tocsin_list(items, 2);
                Buffer free_ = BUFFER_NULL;
                cr_assert_eq(codec_encode(list, &v, &free_, NULL), 0);
                Buffer exact = { .max = free_.len }, less = { .max = free_.len - 1 };
                cr_assert_eq(codec_encode(list, &v, &exact, NULL), 0);
                cr_assert(bytes_eq(buffer_bytes(&exact), buffer_bytes(&free_)));
                cr_assert_eq(codec_encode(list, &v, &less, NULL), -EMSGSIZE);
                buffer_deinit(&free_), buffer_deinit(&exact), buffer_deinit(&less);
        }
}

/* ---- short ways and long ways give the same ----------------------------------------------------------------- */

/* A copy that ends where it ends, so that a read or write beyond it is seen under ASan. */
static uint8_t *alone(const void *from, size_t n) {
        uint8_t *p = malloc(n ? n : 1);
        memcpy(p, from, n);
        return p;
}

static void text_gives(const Schema *s, const uint8_t *text, size_t n, bool fits) {
        uint8_t *own = alone(text, n);
        tocsin_value v = tocsin_str_n(own, n);
        size_t head = n < 64 ? 1 : 2;
        Buffer roomy = BUFFER_NULL, exact = { .max = head + n };
        buffer_room(&roomy, 4096);
        cr_assert_eq(codec_encode(s, &v, &roomy, NULL), fits ? 0 : CODEC_E_MISFIT, "%zu", n);
        cr_assert_eq(codec_encode(s, &v, &exact, NULL), fits ? 0 : CODEC_E_MISFIT, "%zu", n);
        cr_assert(bytes_eq(buffer_bytes(&roomy), buffer_bytes(&exact)));
        cr_assert_eq(roomy.len, fits ? head + n : 0);
        cr_assert(!fits ||
                  (memcmp(roomy.ptr + head, text, n) == 0 && roomy.ptr[0] == (n < 64 ? n << 1 : (n << 1 & 0x7f) | 0x80)));
        buffer_deinit(&roomy), buffer_deinit(&exact);
        free(own);
}

Test(encode, text_of_every_length_is_looked_at_in_every_byte) {
        _cleanup_(schema_freep) Schema *s = schema_of("\"string\"");
        uint8_t text[140];
        for (size_t i = 0; i < sizeof text; i++)
                text[i] = (uint8_t)('a' + i % 26);
        for (size_t n = 0; n <= sizeof text; n++) {
                text_gives(s, text, n, true);
                for (size_t i = 0; i < n; i++) {
                        uint8_t was = text[i], next = i + 1 < n ? text[i + 1] : 0;
                        text[i] = 0xff;
                        text_gives(s, text, n, false);
                        text[i] = 0xc3; /* the first half of a letter */
                        text_gives(s, text, n, false);
                        if (i + 1 < n) {
                                text[i + 1] = 0xa4;
                                text_gives(s, text, n, true);
                                text[i + 1] = next;
                        }
                        text[i] = was;
                }
        }
}

Test(encode, a_name_that_differs_in_one_byte_is_another_name) {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
        for (size_t n = 1; n <= 26; n++) {
                char schema[160];
                snprintf(
                        schema, sizeof schema,
                        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"%.*s\",\"type\":{\"type\":\"enum\",\"name\":"
                        "\"E\",\"symbols\":[\"%.*s\"]}}]}",
                        (int)n, letters, (int)n, letters);
                _cleanup_(schema_freep) Schema *s = schema_of(schema);
                char *name = (char *)alone(letters, n), *symbol = (char *)alone(letters, n);
                tocsin_field f = tocsin_field_n(name, n, tocsin_str_n(symbol, n));
                f.value.kind = TOCSIN_ENUM;
                tocsin_value v = tocsin_record(&f, 1);
                Buffer out = BUFFER_NULL;
                cr_assert_eq(codec_encode(s, &v, &out, NULL), 0);
                for (size_t i = 0; i < n; i++) {
                        char *const in[] = { name, symbol };
                        for (int j = 0; j < 2; j++) {
                                in[j][i] = '_';
                                cr_assert_eq(codec_encode(s, &v, &out, NULL), CODEC_E_MISFIT, "%zu of %zu", i, n);
                                in[j][i] = letters[i];
                        }
                }
                cr_assert_eq(codec_encode(s, &v, &out, NULL), 0);
                buffer_deinit(&out);
                free(name), free(symbol);
        }
}

/* Every order of five fields, each of them left out or unsaid in turn, within a record that goes on after it. */
Test(encode, fields_give_the_same_bytes_in_every_order) {
        _cleanup_(schema_freep) Schema *s = schema_of(
                "{\"type\":\"record\",\"name\":\"O\",\"fields\":[{\"name\":\"in\",\"type\":{\"type\":\"record\",\"name\":"
                "\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"long\",\"default\":0},{\"name\":\"bb\",\"type\":\"long\","
                "\"default\":0},{\"name\":\"ccccc\",\"type\":\"long\",\"default\":0},{\"name\":\"dddddddddd\",\"type\":"
                "\"long\",\"default\":0},{\"name\":\"eeeeeeeeeeeeeeeeee\",\"type\":\"long\",\"default\":0}]}},{\"name\":"
                "\"after\",\"type\":\"long\"}]}");
        static const char *const names[] = { "a", "bb", "ccccc", "dddddddddd", "eeeeeeeeeeeeeeeeee" };
        unsigned orders = 0;
        for (unsigned code = 0; code < 3125; code++) {
                unsigned at[5], seen = 0;
                for (unsigned i = 0, c = code; i < 5; i++, c /= 5)
                        seen |= 1u << (at[i] = c % 5);
                orders += seen == 31;
                for (unsigned out = 0; seen == 31 && out <= 10; out++) { /* 10: all are there; below 5 unsaid, else left out */
                        tocsin_field fields[5], outer[2];
                        uint32_t n = 0;
                        for (unsigned i = 0; i < 5; i++)
                                if (out < 5 || at[i] != out - 5)
                                        fields[n++] = tocsin_field_of(names[at[i]],
                                                                      at[i] == out ? tocsin_none() : tocsin_i64(at[i] + 1));
                        outer[0] = tocsin_field_of("in", tocsin_record(fields, n));
                        outer[1] = tocsin_field_of("after", tocsin_i64(7));
                        uint8_t expected[] = { 2, 4, 6, 8, 10, 14 };
                        if (out < 10)
                                expected[out % 5] = 0;
                        tocsin_value v = tocsin_record(outer, 2);
                        Buffer bytes = BUFFER_NULL;
                        Why why = { 0 };
                        cr_assert_eq(codec_encode(s, &v, &bytes, &why), 0, "%s", why.text);
                        cr_assert(bytes_eq(buffer_bytes(&bytes), bytes_of(expected, 6)), "order %u, out %u", code, out);
                        fields[0] = tocsin_field_of("f", tocsin_i64(1));
                        cr_assert_eq(codec_encode(s, &v, &bytes, &why), CODEC_E_MISFIT);
                        cr_assert(strstr(why.text, "at in: 'f' is no field of R"), "%s", why.text);
                        buffer_deinit(&bytes);
                }
        }
        cr_assert_eq(orders, 120);
}
