/* Records that fail: poison, retry, a lost instance, bytes that are no event. Each is found, and the others are not hurt. */
#include "rig.h"

#define T(r) ((r)->clock.now_us)

typedef struct Letters {
        Rig *r;
        Decoder *d;
        Arena *a;
        size_t n;
        char reason[64], text[256], topic[64];
        int64_t offset, partition, attempts;
        char value[64];
} Letters;

static int letter(void *arg, const BusRecord *rec) {
        Letters *l = arg;
        tocsin_value v;
        Why why = { 0 };
        cr_assert_eq(decoder_read(l->d, rec->value, false, l->a, &v, &why), 0, "%s", why.text);
        snprintf(l->reason, sizeof l->reason, "%.*s", BYTES_ARG(tocsin_get_bytes(&v, "reason")));
        snprintf(l->text, sizeof l->text, "%.*s", BYTES_ARG(tocsin_get_bytes(&v, "text")));
        snprintf(l->topic, sizeof l->topic, "%.*s", BYTES_ARG(tocsin_get_bytes(&v, "topic")));
        l->offset = tocsin_get_i64(&v, "offset", -1);
        l->partition = tocsin_get_i64(&v, "partition", -1);
        l->attempts = tocsin_get_i64(&v, "attempts", -1);
        snprintf(l->value, sizeof l->value, "%.*s", BYTES_ARG(tocsin_get_bytes(&v, "value")));
        cr_assert(tocsin_equal_z(tocsin_get_bytes(&v, "plugin_version"), "1.2.3"));
        cr_assert(tocsin_equal_z(tocsin_get_bytes(&v, "pipeline"), "rig"));
        l->n++;
        return 0;
}

/* The last one; how many there are. */
static size_t letters(Rig *r, Letters *ret) {
        Why why;
        *ret = (Letters){ .r = r, .a = arena_new(1 << 20) };
        cr_assert_eq(decoder_new(&ret->d, r->schemas, schemas_by_name(r->schemas, "tocsin.DeadLetter"), NULL, 0, &why), 0);
        bus_mem_each(r->log, r->pipe.dlq, letter, ret);
        decoder_free(ret->d);
        arena_free(ret->a);
        return ret->n;
}

static void begin(Rig *r, const tocsin_plugin *plugin) {
        rig_init(r, plugin, 1, 1);
        rig_start(r, 0);
        rig_settle(r);
}

Test(verdict, bytes_that_are_no_event_go_to_the_dead_letters_as_they_lay) {
        Rig r;
        Letters l;
        begin(&r, &rig_counter);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_put_raw(&r, "b", bytes_z("\xc3\x01 rubbish"), -1);
        rig_put_raw(&r, "c", BYTES_NULL, -1);
        rig_put(&r, "a", T(&r), 2, "", -1);
        rig_drain(&r);
        cr_assert_eq(letters(&r, &l), 1u);
        cr_assert_str_eq(l.reason, "decode");
        cr_assert_str_eq(l.topic, "events");
        cr_assert(l.offset == 1 && l.partition == 0 && l.attempts == 1 && !strcmp(l.value, "\xc3\x01 rubbish"));
        cr_assert_eq(rig_count(&r, "out"), 2u);
        cr_assert_eq(rig_metric(&r, "tocsin_records_skipped_total"), 1.0, "the tombstone");
        rig_balance(&r, 4);
        rig_deinit(&r);
}

Test(verdict, poison_is_dead_with_the_plugins_own_words_and_skip_is_counted) {
        Rig r;
        Letters l;
        begin(&r, &rig_counter);
        rig_put(&r, "a", T(&r), 1, "poison", -1);
        rig_put(&r, "a", T(&r), 2, "skip", -1);
        rig_put(&r, "a", T(&r), 3, "", -1);
        rig_drain(&r);
        cr_assert_eq(letters(&r, &l), 1u);
        cr_assert_str_eq(l.reason, "poison");
        cr_assert_str_eq(l.text, "it says so itself");
        cr_assert_eq(rig_count(&r, "out"), 1u);
        rig_balance(&r, 3);
        rig_deinit(&r);
}

static void poison_after(const tocsin_plugin *plugin) {
        Rig r;
        Letters l;
        begin(&r, plugin);
        for (int i = 0; i < 10; i++)
                rig_put(&r, "a", T(&r), i, i % 4 == 2 ? "poison after" : "", -1);
        rig_drain(&r);
        cr_assert_eq(letters(&r, &l), 2u);
        cr_assert_str_eq(l.reason, "poison");
        cr_assert_eq(rig_count(&r, "out"), 8u);
        char *d = rig_dump(&r, false);
        cr_assert_str_eq(d, "entry a \\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x00\n", "%s", d);
        free(d);
        rig_balance(&r, 10);
        rig_deinit(&r);
}
Test(verdict, nothing_stays_of_a_record_that_was_found_to_be_poison_after_it_had_changed_something) {
        poison_after(&rig_counter);
        poison_after(&rig_batch);
}

Test(verdict, any_number_of_them_in_one_turn_comes_to_an_end) {
        Rig r;
        begin(&r, &rig_counter);
        for (int i = 0; i < 300; i++)
                rig_put(&r, "a", T(&r), i, i % 3 == 2 ? "" : "poison after", -1);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, "out"), 100u);
        cr_assert_eq(rig_count(&r, r.pipe.dlq), 200u);
        rig_balance(&r, 300);
        rig_deinit(&r);
}

static void always_fails(const tocsin_plugin *plugin, const char *what, const char *text) {
        Rig r;
        Letters l;
        begin(&r, plugin);
        for (int i = 0; i < 40; i++)
                rig_put(&r, "a", T(&r), i, i == 23 ? what : "", -1);
        rig_drain(&r);
        cr_assert_eq(letters(&r, &l), 1u);
        cr_assert_str_eq(l.reason, "plugin_error");
        cr_assert(l.offset == 23 && l.attempts == 3, "offset %ld after %ld attempts", (long)l.offset, (long)l.attempts);
        cr_assert(strstr(l.text, text), "%s", l.text);
        cr_assert_eq(rig_count(&r, "out"), 39u);
        rig_balance(&r, 40);
        rig_put(&r, "a", T(&r), 99, "", -1);
        rig_drain(&r);
        cr_assert_eq(r.worker[0]->retry.limit, 0u, "turns are whole again");
        rig_deinit(&r);
}
static void others_go_on(const tocsin_plugin *plugin) {
        Rig r;
        rig_init(&r, plugin, 3, 1);
        r.pipe.retry_attempts = 3;
        rig_start(&r, 0);
        rig_settle(&r);
        for (int i = 0; i < 6000; i++)
                rig_put(&r, i % 2 ? "a" : i % 3 ? "b" : "c", T(&r), i, i == 1000 ? "retry" : "", -1);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, r.pipe.dlq), 1u);
        rig_balance(&r, 6000);
        double turns = rig_metric(&r, "tocsin_turns_total");
        cr_assert(turns < 60, "%g turns", turns);
        rig_deinit(&r);
}
Test(verdict, what_waits_before_a_record_that_fails_is_not_cut_into_turns_of_one) {
        others_go_on(&rig_counter);
        others_go_on(&rig_batch);
}
Test(verdict, a_record_that_always_fails_comes_alone_and_dies_alone) {
        always_fails(&rig_counter, "retry", "not now");
        always_fails(&rig_batch, "retry", "not now");
}
Test(verdict, a_record_that_breaks_the_instance_dies_and_the_instance_is_made_anew) {
        always_fails(&rig_counter, "die", "my inside is broken");
        cr_assert(rig_calls.create > 3, "%u", rig_calls.create);
        always_fails(&rig_batch, "die", "my inside is broken");
}

Test(verdict, while_one_record_is_being_found_no_other_partition_loses_any) {
        for (int at = 0; at < 40; at += 3) {
                Rig r;
                rig_init(&r, &rig_counter, 3, 1);
                rig_start(&r, 0);
                rig_settle(&r);
                for (int i = 0; i < 40; i++) {
                        char key[8];
                        snprintf(key, sizeof key, "k%d", i % 7);
                        rig_put(&r, key, T(&r), i, i == at ? "retry" : i == (at + 11) % 40 ? "poison after" : "", -1);
                }
                rig_drain(&r);
                cr_assert_eq(rig_count(&r, "out"), 38u, "%zu", rig_count(&r, "out"));
                cr_assert_eq(rig_count(&r, r.pipe.dlq), 2u);
                rig_balance(&r, 40);
                rig_deinit(&r);
        }
}

Test(verdict, a_record_that_fails_for_a_while_is_processed_in_the_end) {
        Rig r;
        begin(&r, &rig_counter);
        rig_calls.fail_left = 3; /* once in company, twice alone */
        for (int i = 0; i < 10; i++)
                rig_put(&r, "a", T(&r), i, i == 7 ? "retry twice" : "", -1);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, "out"), 10u);
        cr_assert_eq(rig_count(&r, r.pipe.dlq), 0u);
        rig_balance(&r, 10);
        rig_deinit(&r);
}

Test(verdict, between_attempts_it_waits_and_the_wait_doubles_up_to_its_bound) {
        Rig r;
        begin(&r, &rig_counter);
        r.pipe.retry_attempts = 100;
        r.pipe.retry_max_us = 400000;
        rig_put(&r, "a", T(&r), 1, "retry", -1);
        int64_t waits[7];
        for (int i = 0; i < 7; i++) {
                int64_t from = T(&r);
                for (unsigned n = rig_calls.process; rig_calls.process == n; r.clock.now_us += 1000) {
                        cr_assert(worker_turn(r.worker[0], 0) >= 0);
                        cr_assert(T(&r) - from < 1000000);
                }
                waits[i] = T(&r) - from;
        }
        cr_assert(waits[1] >= 49000 && waits[1] < 60000, "%ld", (long)waits[1]);
        cr_assert(waits[2] >= 99000 && waits[2] < 110000);
        cr_assert(waits[3] >= 199000 && waits[3] < 210000);
        cr_assert(waits[6] >= 399000 && waits[6] < 410000);
        rig_deinit(&r);
}

Test(verdict, a_record_that_killed_its_process_again_and_again_is_dead_without_a_call) {
        Rig r;
        Letters l;
        const WorkerSkip skip[] = { { "events", 0, 1 } };
        rig_init(&r, &rig_batch, 1, 1);
        r.skip = skip;
        r.n_skip = 1;
        rig_start(&r, 0);
        for (int i = 0; i < 3; i++)
                rig_put(&r, "a", T(&r), i, "", -1);
        rig_drain(&r);
        cr_assert_eq(letters(&r, &l), 1u);
        cr_assert_str_eq(l.reason, "plugin_crash");
        cr_assert_eq(rig_calls.process, 2u);
        rig_balance(&r, 3);
        rig_deinit(&r);
}

Test(verdict, settings_the_plugin_refuses_are_refused_at_their_place) {
        Rig r;
        Why why = { 0 };
        char pointer[256];
        Worker *w = NULL;
        rig_init(&r, &rig_counter, 1, 1);
        const tocsin_field f = tocsin_field_of("refuse", tocsin_i64(1));
        r.settings = tocsin_map(&f, 1);
        WorkerConf conf = { .config = &r.config,
                            .pipeline = &r.pipe,
                            .plugin = &r.plugin,
                            .settings = &r.settings,
                            .schemas = r.schemas,
                            .clock = &r.clock.clock,
                            .mem = r.log };
        cr_assert_eq(worker_new(&w, &conf, &why, pointer), WORKER_E_CONF);
        cr_assert_str_eq(pointer, "/refuse");
        cr_assert(strstr(why.text, "told to refuse"));
        r.ports[1].topic = NULL;
        r.settings = tocsin_none();
        cr_assert_eq(worker_new(&w, &conf, &why, pointer), WORKER_E_CONF);
        cr_assert(strstr(why.text, "port out"), "%s", why.text);
        rig_deinit(&r);
}
