/* Which branch of a union a value takes that names none: the first that fits it whole, however deep the misfit lies. */
#include "support.h"

#define UNION                                                                                                             \
        "[\"null\",\"boolean\",\"int\",\"long\",\"double\",{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}," \
        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":4},\"string\",\"bytes\",{\"type\":\"array\",\"items\":\"int\"},"     \
        "{\"type\":\"map\",\"values\":{\"type\":\"array\",\"items\":\"string\"}},"                                        \
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"E\"}}," \
        "{\"name\":\"b\",\"type\":\"int\",\"default\":1}]}]"

enum { NUL, BOOLEAN, INT, LONG, DOUBLE, ENUM, FIXED, STRING, BYTES, ARRAY, MAP, RECORD, NONE = -1 };

/* The branch that was written; NONE: refused, with nothing written and a reason. */
static int branch(const Schema *s, tocsin_value v) {
        Buffer out = BUFFER_NULL;
        Why why = { 0 };
        int r = codec_encode(s, &v, &out, &why), ret = r == 0 ? out.ptr[0] / 2 : NONE;
        cr_assert(r == 0 || (r == CODEC_E_MISFIT && out.len == 0 && why.text[0]), "%d", r);
        buffer_deinit(&out);
        return ret;
}

Test(fit, a_value_that_names_no_branch_takes_the_first_that_fits) {
        _cleanup_(schema_freep) Schema *s = schema_of(UNION);
        const tocsin_value ints[] = { tocsin_i64(1), tocsin_i64(-5) }, words[] = { tocsin_str("A"), tocsin_str("B") };
        const tocsin_field map[] = { tocsin_field_of("k", tocsin_list(words, 2)) };
        const tocsin_field whole[] = { tocsin_field_of("a", tocsin_list(words, 2)), tocsin_field_of("b", tocsin_i64(7)) };
        const struct {
                tocsin_value v;
                int branch;
        } good[] = {
                { tocsin_null(), NUL },
                { tocsin_bool(1), BOOLEAN },
                { tocsin_i64(INT32_MAX), INT },
                { tocsin_i64(INT64_C(1) << 31), LONG },
                { tocsin_f64(0.5), DOUBLE },
                { tocsin_str("A"), ENUM },
                { tocsin_symbol("B"), ENUM },
                { tocsin_str("four"), FIXED },
                { tocsin_str("longer"), STRING },
                { tocsin_raw(bytes_z("1234")), FIXED },
                { tocsin_raw(bytes_z("\xff")), BYTES },
                { tocsin_list(ints, 2), ARRAY },
                { tocsin_list(NULL, 0), ARRAY },
                { tocsin_map(map, 1), MAP },
                { tocsin_map(NULL, 0), MAP },
                { tocsin_record(whole, 2), RECORD },
                { tocsin_record(whole, 1), RECORD },
        };
        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
                cr_expect_eq(branch(s, good[i].v), good[i].branch, "%zu: %d", i, branch(s, good[i].v));
}

Test(fit, what_fits_no_branch_deep_inside_is_refused) {
        _cleanup_(schema_freep) Schema *s = schema_of(UNION);
        const tocsin_value wide[] = { tocsin_i64(1), tocsin_i64(INT64_C(1) << 40) }, word[] = { tocsin_str("\xff") };
        const tocsin_value symbol[] = { tocsin_str("A"), tocsin_str("C") };
        const tocsin_field map[] = { tocsin_field_of("k", tocsin_list(word, 1)) };
        const tocsin_field flat[] = { tocsin_field_of("k", tocsin_i64(1)) };
        const tocsin_field bad[] = { tocsin_field_of("a", tocsin_list(symbol, 2)) };
        const tocsin_field extra[] = { tocsin_field_of("a", tocsin_list(symbol, 1)), tocsin_field_of("x", tocsin_null()) };
        const tocsin_field missing[] = { tocsin_field_of("b", tocsin_i64(1)) };
        tocsin_value far = tocsin_i64(1), other = tocsin_i64(1), right = tocsin_i64(1);
        far.branch = 13;
        other.branch = STRING + 1;
        right.branch = LONG + 1;
        cr_expect_eq(branch(s, tocsin_list(wide, 2)), NONE);
        cr_expect_eq(branch(s, tocsin_map(map, 1)), NONE);
        cr_expect_eq(branch(s, tocsin_map(flat, 1)), NONE);
        cr_expect_eq(branch(s, tocsin_record(bad, 1)), NONE);
        cr_expect_eq(branch(s, tocsin_record(extra, 2)), NONE);
        cr_expect_eq(branch(s, tocsin_record(missing, 1)), NONE);
        cr_expect_eq(branch(s, tocsin_str("\xff")), NONE);
        cr_expect_eq(branch(s, tocsin_symbol("C")), NONE);
        cr_expect_eq(branch(s, far), NONE);
        cr_expect_eq(branch(s, other), NONE, "the branch it names decides, not the first that would fit");
        cr_expect_eq(branch(s, right), LONG, "the branch it names decides, not the first that would fit");
}
