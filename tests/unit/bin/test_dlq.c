/* Dead letters as a workflow, on the reference bus: replayed once, counted, bounded; and nothing hostile in the topics of a
 * pipeline replays, hides or loses a letter. */
#include "dlq_world.h"
#include "task/letter.h"

#include <tocsin/value.h>

Test(dlq, a_letter_is_replayed_once_as_the_record_it_was_and_is_marked) {
        World w;
        world_begin(&w, NULL, 3, 2);
        int64_t at = T(&w.rig);
        for (int i = 0; i < 30; i++)
                rig_put(&w.rig, (const char *[]){ "a", "b", "c", "d" }[i % 4], at, i, "", -1);
        rig_drain(&w.rig);
        cr_assert_eq(world_count(&w, LETTER_OPEN), 30u);
        cr_assert_eq(n_seen, 30u);
        Seen first[30];
        memcpy(first, seen, sizeof first);
        broken = false;
        n_seen = 0;
        world_replay(&w, 30, 0);
        world_replay(&w, 0, 0);
        rig_drain(&w.rig);
        world_replay(&w, 0, 0);
        rig_drain(&w.rig);
        cr_assert_eq(rig_count(&w.rig, "out"), 30u);
        cr_assert_eq(world_count(&w, LETTER_REPLAYED), 30u);
        cr_assert_eq(world_count(&w, LETTER_OPEN), 0u);
        cr_assert_eq(n_seen, 30u);
        for (size_t i = 0; i < 30; i++) {
                size_t k = 0;
                while (k < 30 && memcmp(&first[i], &seen[k], sizeof *first) != 0)
                        k++;
                cr_assert(k < 30, "%s/%d/%ld is not seen as it lay at first", first[i].topic, (int)first[i].partition,
                          (long)first[i].offset);
        }
        Letters l = world_letters(&w);
        cr_assert(!strcmp(l.at[0].by, "me@here") && !l.at[0].because && !strcmp(l.at[0].reason, "poison"));
        letters_deinit(&l);
        cr_assert_eq(rig_metric(&w.rig, "tocsin_records_replayed_total"), 30.0);
        rig_balance(&w.rig, 60);
        world_end(&w);
}

Test(dlq, what_was_broken_for_a_while_ends_with_the_state_of_a_world_that_never_was) {
        World w, never;
        world_begin(&never, NULL, 2, 1);
        broken = false;
        for (int i = 0; i < 40; i++)
                rig_put(&never.rig, (const char *[]){ "a", "b", "c" }[i % 3], T(&never.rig), i, "", -1);
        rig_drain(&never.rig);
        char *want = rig_dump(&never.rig, true), *out = rig_outputs(&never.rig, "out");
        world_end(&never);
        world_begin(&w, NULL, 2, 1);
        for (int i = 0; i < 40; i++)
                rig_put(&w.rig, (const char *[]){ "a", "b", "c" }[i % 3], T(&w.rig), i, "", -1);
        rig_drain(&w.rig);
        broken = false;
        world_replay(&w, 40, 0);
        rig_drain(&w.rig);
        char *got = rig_dump(&w.rig, true), *came = rig_outputs(&w.rig, "out");
        cr_assert_str_eq(got, want);
        cr_assert_str_eq(came, out);
        free(got), free(want), free(came), free(out);
        world_end(&w);
}

Test(dlq, what_comes_back_is_counted_and_refused_after_its_replays) {
        World w;
        world_begin(&w, NULL, 2, 1);
        rig_put(&w.rig, "a", T(&w.rig), 1, "", -1);
        rig_drain(&w.rig);
        LetterId last = { -1, 0 };
        for (uint32_t round = 0; round < 3; round++) {
                Letters l = world_letters(&w);
                cr_assert_eq(l.n, round + 1);
                Letter *open = &l.at[0];
                while (open->state != LETTER_OPEN)
                        open++;
                cr_assert_eq(open->replays, round);
                cr_assert(open->from.partition == last.partition && open->from.offset == last.offset);
                cr_assert_str_eq(open->topic, "events", "it is still the record it was");
                last = open->id;
                letters_deinit(&l);
                world_replay(&w, 1, 0);
                rig_drain(&w.rig);
        }
        broken = false;
        world_replay(&w, 0, 1);
        cr_assert(strstr(w.refused, "replayed 3 times") && strstr(w.refused, "pipelines.rig.retry.replays"), "%s", w.refused);
        rig_drain(&w.rig);
        cr_assert_eq(rig_count(&w.rig, "out"), 0u);
        w.rig.pipe.retry_replays = 4;
        world_replay(&w, 1, 0);
        rig_drain(&w.rig);
        cr_assert_eq(rig_count(&w.rig, "out"), 1u);
        world_end(&w);
}

Test(dlq, key_value_and_headers_come_as_they_lay_and_names_of_ours_in_them_mean_nothing) {
        World w;
        world_begin(&w, NULL, 1, 1);
        const BusHeader h[] = { { "traceparent", bytes_z("00-aa") }, { AGAIN_ATTEMPT, bytes_z("999") },
                                { AGAIN_PORT, bytes_z("rows") },     { AGAIN_LETTER, bytes_z("0/0") },
                                { AGAIN_ORIGIN, bytes_z("x/0/0") },  { "k", BYTES_NULL } };
        Bytes odd = bytes_of("\0\xff\x80key", 6), rubbish = bytes_of("\xc3\x01\0rubbish", 10);
        world_send(&w, "events", 0, odd, rubbish, h, 6);
        world_send(&w, "events", 0, BYTES_NULL, rubbish, NULL, 0);
        rig_drain(&w.rig);
        world_replay(&w, 2, 0);
        BusReader *reader = NULL;
        const BusRecord *r;
        const char *topic = w.rig.pipe.retry;
        size_t n;
        BusHeader found;
        Why why = { 0 };
        cr_assert_eq(bus_reader_open(&reader, &w.conf, &topic, 1, -1, &why), 0);
        cr_assert(bus_reader_poll(reader, 0, &r, &n) == 0 && n == 2);
        cr_assert(bytes_eq(r[0].key, odd) && bytes_eq(r[0].value, rubbish) && !r[1].key.ptr);
        cr_assert(record_header(&r[0], "traceparent", &found) && bytes_eq_z(found.value, "00-aa"));
        cr_assert(record_header(&r[0], AGAIN_ATTEMPT, &found) && bytes_eq_z(found.value, "1"));
        cr_assert(record_header(&r[0], AGAIN_PORT, &found) && bytes_eq_z(found.value, "events"));
        cr_assert(record_header(&r[0], AGAIN_ORIGIN, &found) && bytes_eq_z(found.value, "events/0/0"));
        bus_reader_close(reader);
        rig_drain(&w.rig);
        Letters l = world_letters(&w);
        cr_assert_eq(l.n, 4u);
        cr_assert(l.at[0].replays == 0 && l.at[2].replays + l.at[3].replays == 2);
        letters_deinit(&l);
        world_end(&w);
}

static int keep_first(void *arg, const BusRecord *r) {
        Buffer *b = arg;
        if (b->len == 0)
                buffer_put(b, r->value.ptr, r->value.len);
        return 0;
}

Test(dlq, torn_letters_foreign_records_and_marks_of_nobody_hide_and_replay_nothing) {
        World w;
        world_begin(&w, NULL, 1, 1);
        rig_put(&w.rig, "a", T(&w.rig), 1, "", -1);
        rig_drain(&w.rig);
        Buffer whole = BUFFER_NULL;
        bus_mem_each(w.rig.log, w.rig.pipe.dlq, keep_first, &whole);
        const char *dlq = w.rig.pipe.dlq;
        world_send(&w, dlq, 0, bytes_z("k"), bytes_z("rubbish"), NULL, 0);
        world_send(&w, dlq, 0, BYTES_NULL, bytes_z(""), NULL, 0);
        world_send(&w, dlq, 0, BYTES_NULL, BYTES_NULL, NULL, 0);
        size_t hostile = 3;
        for (size_t cut = 0; cut < whole.len; cut += 7, hostile++)
                world_send(&w, dlq, 0, BYTES_NULL, bytes_of(whole.ptr, cut), NULL, 0);
        static const char *const ids[] = { "",
                                           "/",
                                           "0/",
                                           "/0",
                                           "0/-1",
                                           "-1/0",
                                           "1/0",
                                           "0/00000000000000000000000000000000000000001",
                                           "0/99999999999999999999999",
                                           "0/0 ",
                                           " 0/0",
                                           "0/0/0",
                                           "0/1000000",
                                           "0x0/0",
                                           "4294967296/0" };
        for (size_t i = 0; i < sizeof ids / sizeof *ids; i++, hostile++)
                world_send(&w, dlq, 0, BYTES_NULL, BYTES_NULL,
                           (const BusHeader[]){ { LETTER_DONE, bytes_z("drop") }, { AGAIN_LETTER, bytes_z(ids[i]) } }, 2);
        world_send(&w, dlq, 0, BYTES_NULL, BYTES_NULL,
                   (const BusHeader[]){ { LETTER_DONE, bytes_z("forget") }, { AGAIN_LETTER, bytes_z("0/0") } }, 2);
        hostile++;
        Letters l = world_letters(&w);
        cr_assert_eq(l.n, hostile + 1);
        for (size_t i = 0; i < l.n; i++)
                cr_assert(l.at[i].state == LETTER_OPEN && l.at[i].unreadable == (i > 0), "%zu: %s", i, l.at[i].text);
        letters_deinit(&l);
        broken = false;
        world_replay(&w, 1, hostile);
        rig_drain(&w.rig);
        cr_assert_eq(rig_count(&w.rig, "out"), 1u);
        cr_assert_eq(world_act(&w, true), 0);
        cr_assert_eq(w.act.done, hostile, "what is no letter can be dropped");
        cr_assert_eq(world_count(&w, LETTER_DROPPED), hostile);
        cr_assert_eq(world_count(&w, LETTER_OPEN), 0u);
        buffer_deinit(&whole);
        world_end(&w);
}

/* A letter with some fields of its own. */
static void put_letter(World *w, const char *pipeline, const char *port, Bytes value, int32_t partition) {
        const Schema *s = schemas_by_name(w->rig.schemas, "tocsin.DeadLetter");
        const tocsin_field f[] = { tocsin_field_of("topic", tocsin_str("events")),
                                   tocsin_field_of("partition", tocsin_i64(partition)),
                                   tocsin_field_of("offset", tocsin_i64(7)),
                                   tocsin_field_of("timestamp", tocsin_i64(1)),
                                   tocsin_field_of("pipeline", tocsin_str(pipeline)),
                                   tocsin_field_of("plugin", tocsin_str("another")),
                                   tocsin_field_of("plugin_version", tocsin_str("0.0.1-older")),
                                   tocsin_field_of("port", tocsin_str(port)),
                                   tocsin_field_of("reason", tocsin_str("poison")),
                                   tocsin_field_of("text", tocsin_str("")),
                                   tocsin_field_of("value", value.ptr ? tocsin_raw(value) : tocsin_null()),
                                   tocsin_field_of("time", tocsin_i64(T(&w->rig))) };
        const tocsin_value v = tocsin_record(f, sizeof f / sizeof *f);
        Buffer b = BUFFER_NULL;
        Why why = { 0 };
        frame_put(&b, FRAMING_SINGLE, s, -1);
        cr_assert_eq(codec_encode(s, &v, &b, &why), 0, "%s", why.text);
        world_send(w, w->rig.pipe.dlq, 0, BYTES_NULL, buffer_bytes(&b), NULL, 0);
        buffer_deinit(&b);
}

Test(dlq, a_letter_without_a_way_back_is_refused_with_the_reason) {
        static const struct {
                const char *pipeline, *port, *value, *why;
        } cases[] = {
                { "rig", "", "x", "names no port" },
                { "rig", "gone", "x", "its port gone is gone: plugin" },
                { "rig", "out", "x", "its port out is gone" },
                { "rig", "rows", "x", "its port rows is gone" },
                { "other", "events", "x", "another pipeline" },
                { "rig", "events", NULL, "too large for a letter" },
        };
        World w;
        world_begin(&w, NULL, 1, 1);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                put_letter(&w, cases[i].pipeline, cases[i].port, cases[i].value ? bytes_z(cases[i].value) : BYTES_NULL, 0);
                w.pick.ids = (const LetterId[]){ { 0, (int64_t)i } };
                w.pick.n_ids = 1;
                world_replay(&w, 0, 1);
                cr_assert(strstr(w.refused, cases[i].why), "%s, not %s", w.refused, cases[i].why);
        }
        w.pick.ids = (const LetterId[]){ { 0, 4711 }, { 5, 0 } };
        w.pick.n_ids = 2;
        world_replay(&w, 0, 2);
        cr_assert_str_eq(w.refused, "there is no such letter");
        cr_assert_eq(rig_count(&w.rig, w.rig.pipe.retry), 0u);
        world_end(&w);
}

Test(dlq, letters_of_another_version_and_of_a_partition_that_is_gone_find_their_way) {
        World w;
        world_begin(&w, NULL, 2, 1);
        put_letter(&w, "rig", "events", bytes_z("rubbish"), 0);
        put_letter(&w, "rig", "events", bytes_z("rubbish"), 77);
        put_letter(&w, "rig", "events", bytes_z("rubbish"), -1);
        world_replay(&w, 3, 0);
        rig_drain(&w.rig);
        cr_assert_eq(world_count(&w, LETTER_OPEN), 3u, "they came, and came back: nobody can read them");
        cr_assert_eq(rig_metric(&w.rig, "tocsin_records_replayed_total"), 3.0);
        world_end(&w);
}

Test(dlq, what_lies_in_the_retry_topic_and_was_not_put_there_by_a_replay_is_a_letter_and_stops_nothing) {
        World w;
        world_begin(&w, NULL, 1, 1);
        broken = false;
        const char *retry = w.rig.pipe.retry;
        const BusHeader ok[] = { { AGAIN_PORT, bytes_z("events") },
                                 { AGAIN_ORIGIN, bytes_z("events/0/3") },
                                 { AGAIN_TIME, bytes_z("5") },
                                 { AGAIN_ATTEMPT, bytes_z("1") },
                                 { AGAIN_LETTER, bytes_z("0/1") } };
        static const struct {
                int header;
                const char *value;
        } wrong[] = { { 1, "" },           { 1, "events" },      { 1, "/0/3" },
                      { 1, "events/x/3" }, { 1, "events/0/-3" }, { 1, "events/99999999999/3" },
                      { 2, "" },           { 2, "soon" },        { 2, "99999999999999999999" },
                      { 3, "0" },          { 3, "-1" },          { 3, "1e3" },
                      { 3, "99999999" } };
        size_t n = 0;
        world_send(&w, retry, 0, BYTES_NULL, bytes_z("x"), NULL, 0);
        n++;
        for (uint32_t i = 0; i < 5; i++, n++) /* one is missing */
                world_send(&w, retry, 0, BYTES_NULL, bytes_z("x"),
                           (const BusHeader[]){ ok[(i + 1) % 5], ok[(i + 2) % 5], ok[(i + 3) % 5], ok[(i + 4) % 5] }, 4);
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++, n++) {
                BusHeader h[5];
                memcpy(h, ok, sizeof h);
                h[wrong[i].header].value = bytes_z(wrong[i].value);
                world_send(&w, retry, 0, BYTES_NULL, bytes_z("x"), h, 5);
        }
        rig_put(&w.rig, "a", T(&w.rig), 1, "", -1);
        rig_drain(&w.rig);
        Letters l = world_letters(&w);
        cr_assert_eq(l.n, n);
        for (size_t i = 0; i < l.n; i++)
                cr_assert(!strcmp(l.at[i].reason, "retry") && !l.at[i].port[0] && !strcmp(l.at[i].topic, retry), "%zu: %s %s", i,
                          l.at[i].reason, l.at[i].text);
        letters_deinit(&l);
        static const char *const gone[] = { "gone", "out", "rows", "", "\xff" };
        for (size_t i = 0; i < 5; i++) {
                BusHeader h[5];
                memcpy(h, ok, sizeof h);
                h[0].value = bytes_z(gone[i]);
                world_send(&w, retry, 0, BYTES_NULL, bytes_z("x"), h, 5);
        }
        rig_drain(&w.rig);
        l = world_letters(&w);
        cr_assert_eq(l.n, n + 5);
        for (size_t i = n; i < l.n; i++)
                cr_assert(!strcmp(l.at[i].reason, "port") && l.at[i].replays == 1 && l.at[i].offset == 3, "%s", l.at[i].reason);
        letters_deinit(&l);
        cr_assert_eq(rig_count(&w.rig, "out"), 1u);
        rig_balance(&w.rig, (double)n + 5 + 1);
        world_end(&w);
}

/* A record under a wrong key dies at its owner, and comes back by the way it went. */
Test(dlq, a_misplaced_record_that_died_at_its_owner_goes_there_again_and_keeps_its_count) {
        World w;
        world_begin(&w, NULL, 3, 1);
        for (int32_t p = 0; p < 3; p++)
                rig_put(&w.rig, "a", T(&w.rig), p, "", p);
        rig_drain(&w.rig);
        cr_assert_eq(world_count(&w, LETTER_OPEN), 3u);
        world_replay(&w, 3, 0);
        rig_drain(&w.rig);
        Letters l = world_letters(&w);
        size_t back = 0;
        for (size_t i = 0; i < l.n; i++) {
                cr_assert_str_eq(l.at[i].topic, "events");
                cr_assert_eq(l.at[i].offset, 0);
                if (l.at[i].state == LETTER_OPEN)
                        back += l.at[i].replays == 1;
        }
        cr_assert_eq(back, 3u);
        letters_deinit(&l);
        broken = false;
        world_replay(&w, 3, 0);
        rig_drain(&w.rig);
        cr_assert_eq(rig_count(&w.rig, "out"), 3u);
        world_end(&w);
}

Test(dlq, a_replay_is_not_lost_to_a_pipeline_that_starts_at_the_latest_and_never_ran) {
        World w;
        world_begin(&w, NULL, 2, 1);
        w.rig.worker[0] = worker_free(w.rig.worker[0]);
        w.rig.pipe.start = START_LATEST;
        w.rig.pipe.group = "test.rig.new";
        for (int i = 0; i < 8; i++) {
                put_letter(&w, "rig", "events", bytes_z("rubbish"), i % 2);
                rig_put(&w.rig, "a", T(&w.rig), i, "", -1);
        }
        world_replay(&w, 8, 0);
        rig_start(&w.rig, 0);
        rig_drain(&w.rig);
        cr_assert_eq(rig_metric(&w.rig, "tocsin_records_replayed_total"), 8.0);
        cr_assert_eq(rig_metric(&w.rig, "tocsin_records_in_total"), 8.0, "of the input only what is new");
        world_end(&w);
}

Test(dlq, a_dry_run_says_all_and_does_nothing) {
        World w;
        world_begin(&w, NULL, 1, 1);
        for (int i = 0; i < 5; i++)
                rig_put(&w.rig, "a", T(&w.rig), i, "", -1);
        rig_drain(&w.rig);
        for (int drop = 0; drop < 2; drop++) {
                Why why = { 0 };
                Act a = { .dlq = w.dlq,
                          .pick = &w.pick,
                          .plugin = &w.plugin,
                          .drop = drop,
                          .dry = true,
                          .by = "me",
                          .told = world_told,
                          .arg = &w };
                w.told = 0;
                cr_assert_eq(dlq_act(&a, &why), 0, "%s", why.text);
                cr_assert(a.done == 5 && w.told == 5);
        }
        cr_assert_eq(rig_count(&w.rig, w.rig.pipe.retry), 0u);
        cr_assert_eq(rig_count(&w.rig, w.rig.pipe.dlq), 5u);
        world_end(&w);
}

static Letter **picks(const Letters *l, Pick p, size_t want, size_t *n) {
        Letter **at = NULL;
        if (!p.until_us) {
                p.from_us = INT64_MIN;
                p.until_us = INT64_MAX;
        }
        cr_assert_eq(pick_letters(&p, l, &at, n), 0);
        cr_assert_eq(*n, want, "%zu", *n);
        return at;
}

Test(dlq, letters_are_chosen_by_reason_port_time_and_number_oldest_first) {
        World w;
        Letter **at = NULL;
        size_t n = 0;
        world_begin(&w, NULL, 1, 1);
        int64_t from = T(&w.rig);
        for (int i = 0; i < 6; i++) {
                if (i % 2)
                        rig_put(&w.rig, "a", T(&w.rig), i, "", -1);
                else
                        rig_put_raw(&w.rig, "a", bytes_z("rubbish"), -1);
                rig_settle(&w.rig);
                rig_commit(&w.rig);
                T(&w.rig) += 60000000;
        }
        Letters l = world_letters(&w);
        cr_assert_eq(l.n, 6u);
        at = picks(&l, (Pick){ .max = 0 }, 6, &n);
        free(at);
        at = picks(&l, (Pick){ .reasons = (const char *[]){ "decode" }, .n_reasons = 1 }, 3, &n);
        free(at);
        at = picks(&l, (Pick){ .reasons = (const char *[]){ "decode", "poison" }, .n_reasons = 2 }, 6, &n);
        free(at);
        at = picks(&l, (Pick){ .port = "other" }, 0, &n);
        free(at);
        at = picks(&l, (Pick){ .from_us = from + 60000000, .until_us = from + 180000000 }, 2, &n);
        free(at);
        at = picks(&l, (Pick){ .max = 4 }, 4, &n);
        for (size_t i = 1; i < n; i++)
                cr_assert(at[i - 1]->time_us <= at[i]->time_us);
        free(at);
        letters_deinit(&l);
        w.pick.max = 2;
        cr_assert_eq(world_act(&w, true), 0);
        cr_assert_eq(w.act.done, 2u);
        l = world_letters(&w);
        at = picks(&l, (Pick){ .max = 0 }, 4, &n);
        free(at);
        at = picks(&l, (Pick){ .done = true }, 6, &n);
        cr_assert(!strcmp(at[0]->because, "no use") && at[0]->state == LETTER_DROPPED && at[4]->state == LETTER_OPEN);
        free(at);
        letters_deinit(&l);
        w.pick.max = 0;
        w.pick.ids = (const LetterId[]){ { 0, 0 } };
        w.pick.n_ids = 1;
        world_replay(&w, 0, 1);
        cr_assert(strstr(w.refused, "it was dropped already, by me@here"), "%s", w.refused);
        world_end(&w);
}
