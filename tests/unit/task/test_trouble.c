/* Trouble outside: named, waited out, mended; and state that cannot be used. */
#include "rig.h"

#define T(r) ((r)->clock.now_us)

static void one(Rig *r, int64_t n) {
        rig_put(r, "a", T(r), n, "", -1);
}

Test(trouble, a_missing_topic_is_named_and_the_worker_goes_on_when_it_is_there) {
        Rig r;
        rig_init(&r, &rig_counter, 1, 1);
        r.config.create_topics = false;
        bus_mem_topic(r.log, r.pipe.retry, 1, false);
        rig_start(&r, 0);
        for (int i = 0; i < 20; i++) {
                int a = worker_turn(r.worker[0], 0);
                cr_assert_eq(a, WORKER_E_WAIT);
                T(&r) += 1000000;
        }
        cr_assert(strstr(r.flight.trouble, "__tocsin.test.rig.changelog"), "%s", r.flight.trouble);
        cr_assert_eq(rig_metric(&r, "tocsin_trouble"), 1.0);
        bus_mem_topic(r.log, r.pipe.changelog, 1, true);
        bus_mem_topic(r.log, r.pipe.dlq, 1, false);
        T(&r) += 10000000;
        one(&r, 1);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, "out"), 1u);
        cr_assert_str_empty(r.flight.trouble);
        cr_assert_eq(rig_metric(&r, "tocsin_trouble"), 0.0);
        cr_assert_eq(atomic_load(&r.flight.ready), 1u);
        rig_deinit(&r);
}

Test(trouble, an_input_with_another_number_of_partitions_is_refused_by_name) {
        Rig r;
        rig_init(&r, &rig_meeting, 3, 1);
        bus_mem_topic(r.log, "__tocsin.test.rig.port.seen", 2, false);
        rig_start(&r, 0);
        cr_assert_eq(worker_turn(r.worker[0], 0), WORKER_E_WAIT);
        cr_assert(strstr(r.flight.trouble, "port.seen has 2 partitions"), "%s", r.flight.trouble);
        rig_deinit(&r);
}

Test(trouble, a_bus_that_is_spent_at_any_call_is_opened_anew_and_nothing_is_lost_or_doubled) {
        static const BusMemCall calls[] = { BUS_MEM_POLL,   BUS_MEM_BEGIN, BUS_MEM_SEND,
                                            BUS_MEM_COMMIT, BUS_MEM_ABORT, BUS_MEM_REWIND };
        for (size_t c = 0; c < 6; c++)
                for (unsigned n = 1; n < 4; n++)
                        for (int after = 0; after < 2; after++) {
                                Rig r;
                                rig_init(&r, &rig_counter, 2, 1);
                                rig_start(&r, 0);
                                one(&r, 0);
                                rig_settle(&r);
                                bus_mem_fail(r.log, calls[c], n, BUS_E_FATAL, after);
                                if (calls[c] == BUS_MEM_ABORT || calls[c] == BUS_MEM_REWIND)
                                        bus_mem_fail(r.log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, false);
                                for (int i = 1; i < 12; i++) {
                                        one(&r, i);
                                        rig_settle(&r);
                                        if (i % 3 == 0)
                                                rig_commit(&r);
                                }
                                rig_drain(&r);
                                cr_assert_eq(rig_count(&r, "out"), 12u, "call %zu, number %u, after %d", c, n, after);
                                char *d = rig_dump(&r, false);
                                cr_assert_str_eq(d, "entry a \\x0c\\x00\\x00\\x00\\x00\\x00\\x00\\x00\n");
                                free(d);
                                rig_balance(&r, -1);
                                cr_assert_str_empty(r.flight.trouble);
                                rig_deinit(&r);
                        }
}

/* A worker of another version of the plugin on what this one has left. */
static void with_version(Rig *r, uint32_t version, bool rebuild) {
        r->plugin.self.state_version = version;
        if (!rebuild)
                r->plugin.self.rebuild = NULL;
        rig_start(r, 0);
}

Test(trouble, state_of_a_newer_layout_stops_its_task_with_the_reason_and_no_other) {
        Rig r;
        rig_init(&r, &rig_counter, 2, 1);
        rig_start(&r, 0);
        rig_put(&r, "a", T(&r), 1, "", 0); /* key a is at home in one of the two; its state lies there */
        rig_drain(&r);
        r.worker[0] = worker_free(r.worker[0]);
        with_version(&r, 1, true);
        rig_settle(&r);
        cr_assert(strstr(r.flight.trouble, "version 2 of the layout"), "%s", r.flight.trouble);
        size_t before = rig_count(&r, "out");
        for (int i = 0; i < 20; i++) {
                char key[8];
                snprintf(key, sizeof key, "k%d", i);
                rig_put(&r, key, T(&r), i, "", -1);
        }
        rig_drain(&r);
        size_t done = rig_count(&r, "out") - before;
        r.worker[0] = worker_free(r.worker[0]);
        with_version(&r, 2, true);
        rig_drain(&r);
        cr_assert(done < 20u, "%zu", done);
        cr_assert_eq(rig_count(&r, "out") - before, 20u, "what was held comes now");
        cr_assert_str_empty(r.flight.trouble);
        rig_balance(&r, -1);
        rig_deinit(&r);
}

Test(trouble, state_of_an_older_layout_is_told_to_rebuild_and_journalled_anew) {
        Rig r;
        rig_init(&r, &rig_counter, 1, 1);
        rig_start(&r, 0);
        one(&r, 1);
        rig_drain(&r);
        r.worker[0] = worker_free(r.worker[0]);
        with_version(&r, 3, true);
        rig_settle(&r);
        cr_assert_eq(rig_calls.found, 2u);
        rig_drain(&r);
        r.worker[0] = worker_free(r.worker[0]);
        rig_start(&r, 0);
        rig_settle(&r);
        cr_assert_eq(rig_calls.found, 3u);
        r.worker[0] = worker_free(r.worker[0]);
        with_version(&r, 4, false);
        rig_settle(&r);
        cr_assert(strstr(r.flight.trouble, "does not say how to read it"), "%s", r.flight.trouble);
        rig_deinit(&r);
}

Test(trouble, a_compacted_changelog_restores_the_same_tables) {
        Rig r;
        rig_init(&r, &rig_counter, 1, 1);
        rig_start(&r, 0);
        for (int i = 0; i < 50; i++) {
                char key[8];
                snprintf(key, sizeof key, "k%d", i % 7);
                rig_put(&r, key, T(&r), i, "", -1);
                rig_settle(&r);
                T(&r) += 50000;
        }
        rig_drain(&r);
        char *before = rig_dump(&r, true);
        rig_kill(&r, 0);
        bus_mem_compact(r.log, r.pipe.changelog);
        rig_start(&r, 0);
        rig_settle(&r);
        char *after = rig_dump(&r, true);
        cr_assert_str_eq(before, after);
        cr_assert(atomic_load(&r.flight.restore_total) >= 8, "progress was shown");
        free(before);
        free(after);
        rig_deinit(&r);
}

Test(trouble, a_foreign_record_in_the_changelog_is_named_with_its_place_and_the_remedy) {
        static const Bytes keys[] = { { NULL, 0 }, { (const uint8_t *)"\xff", 1 } };
        for (size_t i = 0; i < 2; i++) {
                Rig r;
                rig_init(&r, &rig_counter, 1, 1);
                cr_assert_eq(bus_mem_topic(r.log, r.pipe.changelog, 1, i == 1), 0);
                cr_assert_eq(bus_mem_put(r.log, r.pipe.changelog, 0, keys[i], bytes_z("not ours"), 0), 0);
                rig_start(&r, 0);
                for (int k = 0; k < 20; k++) {
                        cr_assert(worker_turn(r.worker[0], 0) >= 0);
                        T(&r) += 100000;
                }
                const char *text = r.flight.trouble;
                cr_assert(strstr(text, "changelog __tocsin.test.rig.changelog, partition 0, offset 0"), "%s", text);
                cr_assert(strstr(text, "delete the changelog and the group's offsets"), "%s", text);
                cr_assert_eq(strstr(text, "cleanup.policy=compact") != NULL, i == 0, "%s", text);
                rig_deinit(&r);
        }
}

Test(trouble, a_full_table_refuses_puts_and_says_so_and_the_rest_goes_on) {
        Rig r;
        rig_init(&r, &rig_counter, 1, 1);
        r.config.memory_max = 1u << 20;
        r.pipe.retry_attempts = 1;
        rig_start(&r, 0);
        rig_settle(&r);
        r.worker[0]->owned[0]->table = table_free((timers_free(r.worker[0]->owned[0]->timers), r.worker[0]->owned[0]->table));
        cr_assert_eq(table_new(&r.worker[0]->owned[0]->table, 6000), 0);
        cr_assert_eq(timers_new(&r.worker[0]->owned[0]->timers, r.worker[0]->owned[0]->table), 0);
        for (int i = 0; i < 60; i++) {
                char key[8];
                snprintf(key, sizeof key, "k%d", i);
                rig_put(&r, key, T(&r), i, "", -1);
        }
        rig_drain(&r);
        size_t dead = rig_count(&r, r.pipe.dlq), out = rig_count(&r, "out");
        cr_assert(dead > 0 && out > 10 && dead + out == 60, "%zu dead, %zu out", dead, out);
        rig_balance(&r, 60);
        rig_deinit(&r);
}

Test(trouble, at_least_once_loses_nothing) {
        Rig r;
        rig_init(&r, &rig_counter, 2, 1);
        r.pipe.exactly_once = false;
        rig_start(&r, 0);
        for (int i = 0; i < 30; i++) {
                one(&r, i);
                rig_settle(&r);
                if (i % 10 == 5) {
                        rig_kill(&r, 0);
                        rig_start(&r, 0);
                }
                T(&r) += 30000;
        }
        rig_drain(&r);
        cr_assert(rig_count(&r, "out") >= 30u);
        rig_balance(&r, -1);
        rig_deinit(&r);
}
