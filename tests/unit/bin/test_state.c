/* State looked at, brought back and reset: what a worker has afterwards is what the command said. */
#include "state_world.h"

static char *dump(World *w) {
        return rig_dump(&w->rig, true);
}

Test(state, what_ls_counts_is_what_the_workers_have) {
        World w;
        world_begin(&w, NULL, 3, 2);
        world_start(&w);
        world_feed(&w, 40);
        StateRows rows = world_rows(&w);
        for (int32_t p = 0; p < 3; p++) {
                const StateRow *r = &rows.at[p];
                Task *t = w.rig.worker[0]->task[p] ? w.rig.worker[0]->task[p] : w.rig.worker[1]->task[p];
                cr_assert_eq(r->entries, table_count(t->table, SPACE_USER));
                cr_assert_eq(r->timers, table_count(t->table, SPACE_TIMER));
                cr_assert_eq(r->known, t->found != 0);
                if (!r->known)
                        continue;
                cr_assert_eq(r->meta.version, w.plugin.state_version);
                cr_assert_eq(r->meta.wall_us, t->wall);
                cr_assert_eq(r->meta.mark_us, t->mark.now);
                cr_assert_eq(r->meta.n_ports, t->mark.n);
                cr_assert_eq(r->next_event_us, timers_next(t->timers, TOCSIN_CLOCK_EVENT));
                cr_assert(bytes_eq_z(r->meta.ports[0].name, "events"));
                cr_assert_eq(r->meta.ports[0].seen_us, t->mark.port[0].seen);
        }
        state_rows_deinit(&rows);
        world_end(&w);
}

Test(state, tables_in_force_committed_offsets_and_lag_are_told) {
        World w;
        world_begin(&w, &rig_counter, 1, 1);
        rig_row(&w.rig, "a", 7);
        world_start(&w);
        world_feed(&w, 10);
        world_stop(&w);
        for (int i = 0; i < 4; i++)
                rig_put(&w.rig, "a", w.rig.clock.now_us, i, "", -1);
        StateRows rows = world_rows(&w);
        StateFacts f;
        cr_assert_eq(state_facts(&f, &w.at, -1, &w.why), 0);
        Buffer out = BUFFER_NULL;
        state_rows_print(&out, "rig", &rows, f.offsets, f.n_offsets, true);
        buffer_u8(&out, 0);
        cr_assert(strstr((char *)out.ptr, "\"tables\":[{\"topic\":\"rows\",\"partition\":0,\"offset\":") &&
                          strstr((char *)out.ptr, "{\"topic\":\"events\",\"committed\":10,\"end\":14,\"lag\":4}"),
                  "%s", (char *)out.ptr);
        buffer_clear(&out);
        state_rows_print(&out, "rig", &rows, f.offsets, f.n_offsets, false);
        buffer_u8(&out, 0);
        cr_assert(strstr((char *)out.ptr, "input  events  committed 10  end 14  lag 4"), "%s", (char *)out.ptr);
        buffer_deinit(&out);
        state_facts_deinit(&f);
        state_rows_deinit(&rows);
        world_end(&w);
}

Test(state, get_finds_an_entry_by_its_key_and_timers_by_how_they_begin) {
        World w;
        StateFacts f;
        world_begin(&w, NULL, 1, 1);
        world_start(&w);
        world_feed(&w, 5);
        world_stop(&w);
        world_put(&w, 0, bytes_of("\1{", 2), bytes_z("{\"a\":[1,2]}"));
        cr_assert_eq(state_facts(&f, &w.at, -1, &w.why), 0);
        char key[64];
        snprintf(key, sizeof key, "a@%lld", (long long)(INT64_C(1700000000000000) / 1000000));
        StateGet g = { .pipeline = "rig", .key = bytes_z(key), .arena = arena_new(1u << 20) };
        cr_assert_eq(state_log_each(&w.at, &f, 0, state_get_each, &g, &w.why), 0);
        cr_assert_eq(g.found, 2u, "an entry and its timer: %.*s", BYTES_ARG(buffer_bytes(&g.out)));
        g.key = bytes_z("a@1");
        g.found = 0;
        cr_assert_eq(state_log_each(&w.at, &f, 0, state_get_each, &g, &w.why), 0);
        cr_assert_eq(g.found, 1u, "only the timer");
        g.prefix = true;
        g.found = 0;
        cr_assert_eq(state_log_each(&w.at, &f, 0, state_get_each, &g, &w.why), 0);
        cr_assert_eq(g.found, 2u);
        g.key = bytes_z("{");
        g.json = true;
        buffer_clear(&g.out);
        cr_assert_eq(state_log_each(&w.at, &f, 0, state_get_each, &g, &w.why), 0);
        buffer_u8(&g.out, 0);
        cr_assert(strstr((char *)g.out.ptr, "\"json\":{\"a\":[1,2]}"), "%s", (char *)g.out.ptr);
        buffer_deinit(&g.out);
        arena_free(g.arena);
        state_facts_deinit(&f);
        world_end(&w);
}

/* ---- there and back ------------------------------------------------------------------------------------ */

Test(state, what_was_exported_comes_back_and_the_pipeline_goes_on_as_it_stood_then) {
        World w;
        StateChange c;
        world_begin(&w, NULL, 3, 2);
        world_start(&w);
        world_feed(&w, 40);
        world_stop(&w);
        int64_t wall = w.rig.clock.now_us;
        cr_assert_eq(world_export(&w), 0, "%s", w.why.text);
        world_start(&w);
        char *then = dump(&w);
        world_feed(&w, 30);
        rig_drain(&w.rig);
        char *later = dump(&w);
        cr_assert_str_neq(then, later);
        world_stop(&w);
        uint64_t had = world_count(&w).has;
        cr_assert_eq(world_import(&w, false, true, false, NULL), STATE_E_HELD, "%s", w.why.text);
        cr_assert_eq(world_import(&w, true, true, true, &c), 0, "%s", w.why.text);
        cr_assert_eq(c.had, had);
        cr_assert_eq(world_count(&w).has, had, "a rehearsal changes nothing");
        cr_assert_eq(world_import(&w, true, true, false, &c), 0, "%s", w.why.text);
        cr_assert_eq(world_count(&w).has, c.has);
        cr_assert_eq(world_import(&w, true, true, false, &c), 0);
        cr_assert(c.added == 0 && c.changed == 0 && c.removed == 0, "what is there already is not written again");
        w.rig.clock.now_us = wall;
        for (uint32_t i = 0; i < 2; i++)
                rig_start(&w.rig, i);
        rig_settle(&w.rig);
        rig_drain(&w.rig);
        char *again = dump(&w);
        cr_assert_str_eq(later, again, "what came since is processed again");
        free(then);
        free(later);
        free(again);
        world_end(&w);
}

Test(state, it_comes_back_into_an_empty_changelog_with_the_offsets_left_alone) {
        World w, other;
        world_begin(&w, NULL, 2, 1);
        world_start(&w);
        world_feed(&w, 20);
        world_stop(&w);
        cr_assert_eq(world_export(&w), 0);
        world_begin(&other, NULL, 2, 1);
        cr_assert_eq(bus_mem_topic(other.rig.log, other.rig.pipe.changelog, 2, true), 0);
        memcpy(other.path, w.path, sizeof other.path);
        cr_assert_eq(world_import(&other, false, false, false, NULL), 0, "%s", other.why.text);
        cr_assert_eq(world_count(&other).has, world_count(&w).has);
        cr_assert(world_committed(&other, "events", 0) == -1 && world_committed(&other, "events", 1) == -1);
        world_start(&w);
        other.rig.clock.now_us = w.rig.clock.now_us;
        world_start(&other);
        char *a = dump(&w), *b = dump(&other);
        cr_assert_str_eq(a, b);
        free(a);
        free(b);
        world_end(&other);
        world_end(&w);
}

/* ---- refused ------------------------------------------------------------------------------------------- */

static void says(World *w, int r, int answer, const char *text) {
        cr_assert_eq(r, answer, "%d: %s", r, w->why.text);
        cr_assert(strstr(w->why.text, text), "%s", w->why.text);
}

static void exported(World *w) {
        world_begin(w, NULL, 2, 1);
        world_start(w);
        world_feed(w, 20);
        world_stop(w);
        cr_assert_eq(world_export(w), 0, "%s", w->why.text);
}

Test(state, a_file_of_another_plugin_pipeline_version_or_number_of_partitions_is_refused) {
        World w, wide;
        exported(&w);
        w.rig.plugin.self.name = "another";
        says(&w, world_import(&w, true, false, false, NULL), STATE_E_OTHER, "plugin window");
        w.rig.plugin.self.name = w.plugin.name;
        w.rig.plugin.self.state_version = 0;
        says(&w, world_import(&w, true, false, false, NULL), STATE_E_NEWER, "install the newer plugin");
        w.rig.plugin.self.state_version = w.plugin.state_version + 1;
        w.rig.plugin.self.rebuild = NULL;
        says(&w, world_import(&w, true, false, false, NULL), STATE_E_OTHER, "cannot bring it up to date");
        w.rig.plugin.self = w.plugin;
        w.rig.config.app = "elsewhere";
        says(&w, world_import(&w, true, false, false, NULL), STATE_E_OTHER, "--renamed");
        w.rig.config.app = "test";
        world_begin(&wide, NULL, 3, 1);
        cr_assert_eq(bus_mem_topic(wide.rig.log, wide.rig.pipe.changelog, 3, true), 0);
        memcpy(wide.path, w.path, sizeof wide.path);
        says(&wide, world_import(&wide, true, false, false, NULL), STATE_E_OTHER, "a table belongs to its partition");
        cr_assert_eq(world_count(&wide).has, 0u);
        world_end(&wide);
        world_end(&w);
}

Test(state, while_workers_live_or_have_only_just_died_nothing_is_set) {
        World w;
        exported(&w);
        uint64_t had = world_count(&w).has;
        world_start(&w);
        says(&w, world_import(&w, true, false, false, NULL), STATE_E_LIVE, "stop `tocsin run`");
        says(&w, world_reset(&w, STATE_TO_EARLIEST, 0, true, false), STATE_E_LIVE, "stop `tocsin run`");
        cr_assert_eq(world_import(&w, true, false, true, NULL), 0, "to rehearse is allowed");
        cr_assert_eq(world_reset(&w, STATE_TO_EARLIEST, 0, true, true), 0);
        rig_kill(&w.rig, 0);
        says(&w, world_reset(&w, STATE_TO_EARLIEST, 0, true, false), STATE_E_LIVE, "session");
        cr_assert_eq(world_count(&w).has, had);
        bus_mem_rebalance(w.rig.log, w.rig.pipe.group);
        cr_assert_eq(world_reset(&w, STATE_TO_EARLIEST, 0, true, false), 0, "%s", w.why.text);
        cr_assert_eq(world_count(&w).has, 0u);
        world_end(&w);
}

/* A sleeper: its session is over, and a turn of it is open that has changed the table. */
Test(state, a_worker_that_slept_through_it_can_commit_nothing_any_more) {
        World w;
        exported(&w);
        w.rig.pipe.commit_us = INT64_C(3600000000);
        world_start(&w);
        rig_put(&w.rig, "z", w.rig.clock.now_us, 99, "", 0);
        cr_assert_eq(worker_turn(w.rig.worker[0], 0), 0);
        cr_assert(w.rig.worker[0]->open, "its turn is open");
        bus_mem_evict(w.rig.worker[0]->bus);
        cr_assert_eq(world_reset(&w, STATE_TO_EARLIEST, 0, true, false), 0, "%s", w.why.text);
        cr_assert(worker_commit(w.rig.worker[0]) >= 0);
        cr_assert_eq(world_count(&w).has, 0u);
        cr_assert_eq(world_committed(&w, "events", 0), 0);
        world_end(&w);
}

/* Between our first write and our commit. Without transactions of its own a worker is known by the group alone. */
Test(state, a_worker_that_starts_meanwhile_makes_it_come_to_nothing) {
        for (int exactly = 0; exactly < 2; exactly++) {
                World w;
                StateFacts f;
                StateHold *h = NULL;
                exported(&w);
                w.rig.pipe.exactly_once = exactly;
                uint64_t had = world_count(&w).has;
                int64_t at = world_committed(&w, "events", 0);
                cr_assert_eq(state_facts(&f, &w.at, -1, &w.why), 0);
                int64_t next[16] = { 0 };
                cr_assert(f.n_offsets <= 16);
                cr_assert_eq(state_hold_open(&h, &w.at, &f, &w.why), 0, "%s", w.why.text);
                const StateEntry gone = { 0, SPACE_META, bytes_z(STATE_META_KEY), BYTES_NULL };
                cr_assert_eq(state_hold_put(h, &gone, &w.why), 0, "%s", w.why.text);
                BusConf first = w.conf;
                Bus *bus = NULL;
                first.transactional_id = "test.rig.0"; /* a worker's first step, before the group knows of it */
                if (exactly)
                        cr_assert_eq(bus_open(&bus, &first, &w.why), 0);
                else
                        rig_start(&w.rig, 0);
                for (int i = 0; !exactly && i < 5; i++)
                        cr_assert(worker_turn(w.rig.worker[0], 0) >= 0);
                int r = state_hold_commit(h, next, &w.why);
                cr_assert(r == (exactly ? BUS_E_FATAL : STATE_E_LIVE), "%d %s", r, w.why.text);
                cr_assert_not_null(strstr(w.why.text, exactly ? "each ordinal may run once" : "nothing was changed"), "%s",
                                   w.why.text);
                state_hold_close(h);
                state_facts_deinit(&f);
                bus_close(bus);
                rig_settle(&w.rig);
                cr_assert_eq(world_count(&w).has, had);
                cr_assert_eq(world_committed(&w, "events", 0), at);
                world_end(&w);
        }
}

Test(state, records_that_no_worker_writes_stop_it_with_their_place) {
        static const struct {
                const char *key, *value, *text;
                size_t n;
        } hostile[] = { { NULL, "x", "without a key", 0 },     { "", "x", "without a key", 0 },
                        { "\3x", "x", "another kind", 2 },     { "\377", "x", "another kind", 1 },
                        { "\0other", "x", "another kind", 6 }, { "\2timer", "x", "a timer that is none", 6 },
                        { "\0task", "\1torn", "torn", 5 },     { "\0task", "\2newer", "layout 2", 5 } };
        for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
                World w;
                exported(&w);
                world_put(&w, 1, hostile[i].key ? bytes_of(hostile[i].key, hostile[i].n) : BYTES_NULL, bytes_z(hostile[i].value));
                int answer = strstr(hostile[i].text, "layout") ? STATE_E_NEWER : STATE_E_FOREIGN;
                says(&w, world_export(&w), answer, hostile[i].text);
                cr_assert(strstr(w.why.text, "partition 1"), "%s", w.why.text);
                says(&w, world_import(&w, true, false, false, NULL), answer, hostile[i].text);
                bool dropped = i >= 6; /* what only a newer host could read is dropped by who says so */
                cr_assert_eq(world_reset(&w, STATE_TO_STAY, 0, true, false), dropped ? 0 : answer, "%zu: %s", i, w.why.text);
                if (dropped)
                        cr_assert_eq(world_count(&w).has, 0u);
                world_end(&w);
        }
}

Test(state, offsets_that_do_not_fit_the_topics_any_more_are_refused) {
        World w;
        exported(&w);
        bus_mem_drop(w.rig.log, "events", 0, world_committed(&w, "events", 0) + 0);
        cr_assert_eq(world_import(&w, true, true, false, NULL), 0, "%s", w.why.text);
        rig_put(&w.rig, "a", w.rig.clock.now_us, 1, "", 0);
        rig_put(&w.rig, "a", w.rig.clock.now_us, 1, "", 0);
        bus_mem_drop(w.rig.log, "events", 0, world_committed(&w, "events", 0) + 1);
        says(&w, world_import(&w, true, true, false, NULL), STATE_E_OTHER, "retention");
        world_start(&w);
        cr_assert_eq(world_export(&w), 0);
        world_stop(&w);
        says(&w, world_import(&w, true, true, false, NULL), STATE_E_OTHER, "while workers ran");
        world_end(&w);
}

/* ---- reset --------------------------------------------------------------------------------------------- */

Test(state, all_again_from_the_beginning_ends_with_the_same_state_and_twice_the_outputs) {
        World w;
        world_begin(&w, NULL, 3, 2);
        world_start(&w);
        world_feed(&w, 40);
        rig_drain(&w.rig);
        char *first = dump(&w);
        size_t out = rig_count(&w.rig, "out");
        world_stop(&w);
        cr_assert_eq(world_reset(&w, STATE_TO_EARLIEST, 0, true, false), 0, "%s", w.why.text);
        for (int32_t p = 0; p < 3; p++)
                cr_assert_eq(world_committed(&w, "events", p), 0);
        cr_assert_eq(world_count(&w).has, 0u);
        world_start(&w);
        rig_drain(&w.rig);
        char *second = dump(&w);
        cr_assert_str_eq(first, second);
        cr_assert_eq(rig_count(&w.rig, "out"), 2 * out);
        free(first);
        free(second);
        world_end(&w);
}

Test(state, internal_topics_go_to_their_end_for_the_inputs_bring_them_again) {
        World w;
        world_begin(&w, &rig_meeting, 2, 1);
        world_start(&w);
        for (int i = 0; i < 20; i++)
                rig_put(&w.rig, i % 2 ? "a" : "b", w.rig.clock.now_us, i, i % 3 ? "x" : "y", -1);
        rig_drain(&w.rig);
        char *first = dump(&w);
        world_stop(&w);
        cr_assert_eq(world_reset(&w, STATE_TO_EARLIEST, 0, true, false), 0, "%s", w.why.text);
        world_start(&w);
        rig_drain(&w.rig);
        char *second = dump(&w);
        cr_assert_str_eq(first, second, "nothing is counted twice");
        free(first);
        free(second);
        world_end(&w);
}

Test(state, latest_passes_over_what_waits_and_a_time_begins_with_the_first_that_is_not_older) {
        World w;
        world_begin(&w, &rig_counter, 1, 1);
        world_start(&w);
        world_feed(&w, 10);
        world_stop(&w);
        int64_t at = w.rig.clock.now_us;
        for (int i = 0; i < 6; i++) {
                w.rig.clock.now_us = at + i * 1000;
                rig_put(&w.rig, "a", at, i, "", 0);
        }
        uint64_t had = world_count(&w).has;
        cr_assert_eq(world_reset(&w, STATE_TO_LATEST, 0, false, false), 0, "%s", w.why.text);
        cr_assert_eq(world_committed(&w, "events", 0), 16);
        cr_assert_eq(world_count(&w).has, had, "the state is kept");
        cr_assert_eq(world_reset(&w, STATE_TO_TIME, at + 2500, false, true), 0);
        cr_assert_eq(world_committed(&w, "events", 0), 16, "a rehearsal changes nothing");
        cr_assert_eq(world_reset(&w, STATE_TO_TIME, at + 2500, false, false), 0);
        cr_assert_eq(world_committed(&w, "events", 0), 13);
        cr_assert_eq(world_reset(&w, STATE_TO_STAY, 0, true, false), 0);
        cr_assert_eq(world_committed(&w, "events", 0), 13);
        cr_assert_eq(world_count(&w).has, 0u);
        world_end(&w);
}

/* ---- a broken world ------------------------------------------------------------------------------------ */

Test(state, whatever_fails_in_between_all_of_it_is_done_or_nothing) {
        static const BusMemCall calls[] = { BUS_MEM_BEGIN, BUS_MEM_SEND, BUS_MEM_COMMIT };
        for (size_t i = 0; i < 3; i++)
                for (int after = 0; after < 2; after++)
                        for (int answer = BUS_E_ABORTED; answer <= BUS_E_FATAL; answer++) {
                                World w;
                                exported(&w);
                                uint64_t had = world_count(&w).has;
                                bus_mem_fail(w.rig.log, calls[i], 1, answer, after);
                                int r = world_reset(&w, STATE_TO_EARLIEST, 0, true, false);
                                cr_assert_neq(r, 0);
                                cr_assert_str_not_empty(w.why.text);
                                uint64_t has = world_count(&w).has;
                                int64_t at = world_committed(&w, "events", 0);
                                cr_assert((has == had && at > 0) || (has == 0 && at == 0), "half: %lu of %lu, %ld", (long)has,
                                          (long)had, (long)at);
                                bool committed = calls[i] == BUS_MEM_COMMIT && after;
                                cr_assert_eq(has == 0, committed);
                                bool unsure = calls[i] == BUS_MEM_COMMIT && answer == BUS_E_FATAL;
                                if (!committed)
                                        cr_assert(strstr(w.why.text, unsure ? "look before" : "nothing was changed"), "%s",
                                                  w.why.text);
                                world_end(&w);
                        }
}

Test(state, without_a_broker_or_a_topic_it_says_so) {
        World w;
        world_begin(&w, NULL, 2, 1);
        says(&w, world_export(&w), BUS_E_NO_TOPIC, "has no state yet");
        bus_mem_away(w.rig.log, true);
        cr_assert_neq(world_reset(&w, STATE_TO_LATEST, 0, false, false), 0);
        world_end(&w);
}
