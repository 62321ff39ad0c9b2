/* What people are shown: last values by key, YAML, incidents. */
#include "bin/incident_print.h"
#include "bin/latest.h"
#include "bin/yaml_print.h"
#include "config/config.h"
#include "value/value.h"

#include <criterion/criterion.h>
#include <tocsin/value.h>

static int count(void *arg, Bytes key, const tocsin_value *v) {
        int *n = arg;
        cr_assert_eq(v->u.i64, atoi((const char *)key.ptr) * 10 + 9);
        (*n)++;
        return 0;
}

Test(show, of_each_key_the_last_value_stays_and_a_tombstone_takes_it_away) {
        Latest *l = NULL;
        char key[16];
        cr_assert_eq(latest_new(&l), 0);
        cr_assert_null(latest_get(l, bytes_z("0")));
        for (int round = 0; round < 10; round++)
                for (int i = 0; i < 300; i++) {
                        snprintf(key, sizeof key, "%d", i);
                        tocsin_value v = tocsin_i64(i * 10 + round);
                        cr_assert_eq(latest_put(l, bytes_z(key), &v), 0);
                }
        cr_assert_eq(latest_put(l, bytes_z("7"), NULL), 0);
        cr_assert_eq(latest_put(l, bytes_z("never"), NULL), 0);
        int n = 0;
        latest_each(l, count, &n);
        cr_assert_eq(n, 299);
        cr_assert_eq(latest_count(l), 299);
        cr_assert_null(latest_get(l, bytes_z("7")));
        cr_assert_eq(latest_get(l, bytes_z("42"))->u.i64, 429);
        latest_free(l);
        latest_free(NULL);
}

Test(show, what_is_printed_as_yaml_reads_back_the_same) {
        const tocsin_value words[] = { tocsin_str("no"),    tocsin_str("1.5"),  tocsin_str(""),           tocsin_str("a: b #c"),
                                       tocsin_str("- x"),   tocsin_str("~"),    tocsin_str("ä\n"),        tocsin_str("0x1F"),
                                       tocsin_str("plain"), tocsin_i64(-7),     tocsin_f64(1e300),        tocsin_bool(1),
                                       tocsin_null(),       tocsin_str("!tag"), tocsin_str("*a"),         tocsin_str("{"),
                                       tocsin_str("\""),    tocsin_str("@at"),  tocsin_str("2026-01-31"), tocsin_f64(3) };
        const tocsin_value empty = tocsin_list(NULL, 0), list = tocsin_list(words, sizeof words / sizeof *words);
        const tocsin_field inner[] = { tocsin_field_of("the: key", list), tocsin_field_of("none", empty) };
        const tocsin_value map = tocsin_map(inner, 2), nested[] = { map, list, tocsin_map(NULL, 0) };
        const tocsin_field outer[] = { tocsin_field_of("list", tocsin_list(nested, 3)), tocsin_field_of("map", map),
                                       tocsin_field_of("n", tocsin_i64(0)) };
        const tocsin_value all = tocsin_map(outer, 3);
        Buffer b = BUFFER_NULL;
        yaml_print(&b, &all, 0);
        Arena *a = arena_new(1u << 20);
        Complaints c = { 0 };
        tocsin_value back = { 0 };
        cr_assert_eq(yaml_load("test", buffer_bytes(&b), a, &back, NULL, &c), 0, "%s", c.n ? c.at[0].text : "");
        cr_assert(value_equal(&all, &back), "%.*s", BYTES_ARG(buffer_bytes(&b)));
        complaints_deinit(&c);
        arena_free(a);
        buffer_deinit(&b);
}

Test(show, nothing_in_an_incident_steers_the_terminal) {
        const tocsin_field fields[] = {
                tocsin_field_of("id", tocsin_str("\033]0;title\a")), tocsin_field_of("state", tocsin_str("RAISED")),
                tocsin_field_of("severity", tocsin_str("\033[2J")),  tocsin_field_of("loop", tocsin_str("a\nb\r")),
                tocsin_field_of("class", tocsin_str("L3")),          tocsin_field_of("summary", tocsin_str("x\033[31m\177"))
        };
        const tocsin_value v = tocsin_map(fields, sizeof fields / sizeof *fields);
        Buffer b = BUFFER_NULL;
        incident_line(&b, &v, false);
        incident_whole(&b, &v, false);
        size_t lines = 0;
        for (size_t i = 0; i < b.len; i++) {
                cr_assert(b.ptr[i] == '\n' || (b.ptr[i] >= 0x20 && b.ptr[i] != 0x7f));
                lines += b.ptr[i] == '\n';
        }
        cr_assert_gt(lines, 5);
        buffer_deinit(&b);
}

Test(show, a_filter_takes_those_in_which_a_loop_takes_part) {
        const tocsin_value other = tocsin_str("b");
        const tocsin_field fields[] = { tocsin_field_of("class", tocsin_str("L11")), tocsin_field_of("loop", tocsin_str("a")),
                                        tocsin_field_of("state", tocsin_str("RAISED")),
                                        tocsin_field_of("related", tocsin_list(&other, 1)) };
        const tocsin_value v = tocsin_map(fields, 4);
        cr_assert(incident_fits(&(IncidentFilter){ 0 }, &v));
        cr_assert(incident_fits(&(IncidentFilter){ .loop = "b", .class_ = "L11" }, &v));
        cr_assert_not(incident_fits(&(IncidentFilter){ .loop = "c" }, &v));
        cr_assert_not(incident_fits(&(IncidentFilter){ .class_ = "L1" }, &v));
        cr_assert_not(incident_fits(&(IncidentFilter){ .state = "CLEARED" }, &v));
}
