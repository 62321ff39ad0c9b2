/* Compare, copy, find. */
#include "core/limits.h"
#include "value/value.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <tocsin/value.h>

static tocsin_value inner[3];
static tocsin_field fields[3];

static tocsin_value sample(void) {
        inner[0] = tocsin_i64(1);
        inner[1] = tocsin_str("two");
        inner[2] = tocsin_f64(NAN);
        fields[0] = tocsin_field_of("list", tocsin_list(inner, 3));
        fields[1] = tocsin_field_of("raw", tocsin_raw(bytes_of("\0\1", 2)));
        fields[2] = tocsin_field_of("sub", tocsin_map(fields, 2));
        return tocsin_record(fields, 3);
}

Test(value, equality_is_by_kind_content_and_order) {
        tocsin_value a = sample(), one = tocsin_i64(1), yes = tocsin_bool(1), real = tocsin_f64(1);
        cr_assert(value_equal(&a, &a));
        cr_assert_not(value_equal(&one, &yes));
        cr_assert_not(value_equal(&one, &real));
        tocsin_value zero = tocsin_f64(0.0), minus = tocsin_f64(-0.0);
        cr_assert_not(value_equal(&zero, &minus));
        tocsin_field swapped[] = { fields[1], fields[0] }, right[] = { fields[0], fields[1] };
        tocsin_value m = tocsin_map(swapped, 2), n = tocsin_map(right, 2);
        cr_assert_not(value_equal(&m, &n));
        tocsin_value branched = one;
        branched.branch = 2;
        cr_assert(value_equal(&one, &branched));
}

Test(value, a_copy_is_equal_and_shares_nothing) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        char text[] = "gone";
        tocsin_field f[] = { { .name = text, .name_len = 4, .value = tocsin_str(text) } };
        tocsin_value v = tocsin_map(f, 1), c, whole = sample(), d;
        cr_assert_eq(value_copy(a, &v, &c), 0);
        memset(text, 'x', 4);
        memset(f, 0, sizeof f);
        cr_assert(tocsin_equal_z(tocsin_get_bytes(&c, "gone"), "gone"));
        cr_assert_eq(value_copy(a, &whole, &d), 0);
        cr_assert(value_equal(&whole, &d));
        cr_assert_eq(d.u.fields[0].name[d.u.fields[0].name_len], 0);
}

Test(value, a_copy_that_does_not_fit_says_so_and_leaves_ret) {
        tocsin_value v = sample(), c = tocsin_i64(7);
        for (size_t max = 0; max < 700; max += 16) {
                _cleanup_(arena_freep) Arena *a = arena_new(max);
                int r = value_copy(a, &v, &c);
                cr_assert(r == 0 || (r == -ENOMEM && c.kind == TOCSIN_I64));
                if (r == 0)
                        return;
        }
        cr_assert_fail("never fitted");
}

Test(value, a_value_without_end_ends_copy_compare_and_print) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        tocsin_value v = tocsin_list(&v, 1), c;
        Buffer out = BUFFER_NULL;
        cr_assert_eq(value_copy(a, &v, &c), -ENOMEM);
        cr_assert_not(value_equal(&v, &v));
        value_print(&out, &v);
        cr_assert(out.len < 4 * LIMIT_DEPTH);
        buffer_deinit(&out);
}

Test(value, a_path_walks_fields_entries_and_items) {
        tocsin_value v = sample();
        cr_assert_eq(value_path(&v, ""), &v);
        cr_assert_eq(tocsin_as_i64(value_path(&v, "list[0]"), 0), 1);
        cr_assert(tocsin_equal_z(tocsin_as_bytes(value_path(&v, "sub.list[1]")), "two"));
        static const char *const none[] = { "lis",
                                            "list[3]",
                                            "list[",
                                            "list[]",
                                            "list[0",
                                            "list[x]",
                                            "list.0",
                                            ".list",
                                            "raw[0]",
                                            "sub..raw",
                                            "list[99999999999999999999]",
                                            "sub.",
                                            "[0]",
                                            "list0]" };
        for (size_t i = 0; i < sizeof none / sizeof *none; i++)
                cr_assert_null(value_path(&v, none[i]), "%s", none[i]);
}
