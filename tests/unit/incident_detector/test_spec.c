/* Registry entries: what is left out takes its default, what is absurd does no harm, the cache keeps its bound. */
#include "spec.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static tocsin_value row_of(tocsin_field *f, const char *id) {
        f[0] = tocsin_field_of("id", tocsin_str(id));
        return tocsin_record(f, 1);
}

Test(spec, a_row_with_nothing_but_a_name_knows_nobody_and_may_nothing) {
        tocsin_field f[1];
        tocsin_value row = row_of(f, "a");
        Spec *s = spec_new(&row);
        cr_assert(s && tocsin_equal_z(s->id, "a") && s->n_producers == 0 && s->clear_timeout == -1);
        cr_assert(!spec_producer(s, text_z("x")) && !scope_target(&s->scope, text_z("x")));
        free(s);
}

Test(spec, it_outlives_the_row_it_was_made_from) {
        char name[] = "monitor";
        tocsin_field p[3] = { tocsin_field_of("name", tocsin_str(name)), tocsin_field_of("heartbeat_us", tocsin_i64(INT64_MAX)),
                              tocsin_field_of("incarnation", tocsin_i64(7)) };
        tocsin_value producer = tocsin_record(p, 3);
        tocsin_field f[3] = { tocsin_field_of("id", tocsin_str("a")), tocsin_field_of("producers", tocsin_list(&producer, 1)),
                              tocsin_field_of("clear_timeout_us", tocsin_i64(-5)) };
        tocsin_value row = tocsin_record(f, 3);
        Spec *s = spec_new(&row);
        memset(name, '?', sizeof name - 1);
        const SpecProducer *who = spec_producer(s, text_z("monitor"));
        cr_assert(who && who->incarnation == 7 && who->stage == -1 && who->numbered);
        cr_assert_eq(who->heartbeat, TIME_MOST, "bounded, so that it can be added to a time");
        cr_assert_eq(s->clear_timeout, -1, "a negative time-out is none");
        free(s);
}

Test(spec, values_of_the_wrong_kind_are_as_if_not_there) {
        tocsin_field f[5] = { tocsin_field_of("id", tocsin_i64(3)), tocsin_field_of("producers", tocsin_str("all")),
                              tocsin_field_of("targets", tocsin_null()), tocsin_field_of("metrics", tocsin_f64(1)),
                              tocsin_field_of("maintenance", tocsin_bool(1)) };
        tocsin_value row = tocsin_record(f, 5);
        Spec *s = spec_new(&row);
        cr_assert(s && s->id.len == 0 && s->n_producers == 0 && s->n_maintenance == 0);
        free(s);
}

Test(spec, the_cache_finds_what_it_keeps_and_forgets_what_is_dropped) {
        SpecCache *c = calloc(1, sizeof *c);
        char id[16];
        tocsin_field f[1];
        for (int i = 0; i < 10000; i++) {
                snprintf(id, sizeof id, "loop-%d", i);
                tocsin_value row = row_of(f, id);
                specs_keep(c, spec_new(&row));
                cr_assert(specs_find(c, text_z(id)));
        }
        specs_drop(c, text_z(id));
        cr_assert(!specs_find(c, text_z(id)));
        specs_clear(c);
        free(c);
}
