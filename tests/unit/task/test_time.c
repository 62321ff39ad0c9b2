/* Time: events from the future, late ones, idle partitions, one stamp for a turn. */
#include "rig.h"

#define T(r) ((r)->clock.now_us)

static void begin(Rig *r, const tocsin_plugin *plugin, ConfigLate late) {
        rig_init(r, plugin, 1, 1);
        r->pipe.late = late;
        rig_start(r, 0);
        rig_settle(r);
}

static char flags_of(Rig *r, int64_t n) {
        char *o = rig_outputs(r, "out"), want[16], found = '?';
        /* … count (one byte, zigzag), n (one byte, zigzag) at the end of each line */
        snprintf(want, sizeof want, "%02x\n", (unsigned)(n * 2));
        for (char *z = o, *end; (end = strchr(z, '\n')); z = end + 1)
                if (end - z > 4 && !strncmp(end - 2, want, 3))
                        found = end[-3];
        free(o);
        return found;
}

Test(time, one_event_from_the_future_fires_nobodys_timers_and_is_told_so) {
        Rig r;
        begin(&r, &rig_window, LATE_PROCESS);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_put(&r, "a", T(&r) + 100000000, 2, "", -1);
        rig_settle(&r);
        rig_commit(&r);
        cr_assert_eq(rig_calls.timer, 0u);
        cr_assert_eq(rig_count(&r, "out"), 0u);
        cr_assert_eq(rig_metric(&r, "tocsin_records_future_total"), 1.0);
        rig_put(&r, "a", T(&r) + 4000000, 3, "", -1);
        rig_settle(&r);
        cr_assert_eq(rig_calls.timer, 1u, "within what is allowed it is an event like any other");
        rig_deinit(&r);
        begin(&r, &rig_counter, LATE_PROCESS);
        rig_put(&r, "a", T(&r) + 100000000, 2, "flags", -1);
        rig_drain(&r);
        cr_assert_eq(flags_of(&r, 2), '0' + 2 * TOCSIN_EVENT_FUTURE);
        rig_deinit(&r);
}

Test(time, a_late_event_is_flagged_or_dropped_or_dead_as_configured) {
        for (ConfigLate late = LATE_PROCESS; late <= LATE_DEADLETTER; late++) {
                Rig r;
                begin(&r, &rig_counter, late);
                rig_put(&r, "a", T(&r), 1, "flags", -1);
                rig_put(&r, "a", T(&r) - 500000, 2, "flags", -1);
                rig_put(&r, "a", T(&r) - 500001, 3, "flags", -1);
                rig_drain(&r);
                cr_assert_eq(flags_of(&r, 1), '0');
                cr_assert_eq(flags_of(&r, 2), '0');
                cr_assert_eq(flags_of(&r, 3), late == LATE_PROCESS ? '0' + 2 * TOCSIN_EVENT_LATE : '?');
                cr_assert_eq(rig_metric(&r, "tocsin_records_late_dropped_total"), late == LATE_DROP ? 1.0 : 0.0);
                cr_assert_eq(rig_count(&r, r.pipe.dlq), late == LATE_DEADLETTER ? 1u : 0u);
                rig_balance(&r, 3);
                rig_deinit(&r);
        }
}

Test(time, after_an_abort_lateness_is_judged_as_before) {
        Rig r;
        begin(&r, &rig_counter, LATE_DROP);
        rig_put(&r, "a", T(&r) - 2000000, 1, "flags", -1);
        rig_put(&r, "a", T(&r), 2, "flags", -1);
        rig_settle(&r);
        bus_mem_fail(r.log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, false);
        rig_commit(&r);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, "out"), 2u, "the first is not late because of the second");
        rig_balance(&r, 2);
        rig_deinit(&r);
}

Test(time, the_watermark_outlives_the_worker) {
        Rig r;
        begin(&r, &rig_counter, LATE_DROP);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_settle(&r);
        rig_commit(&r);
        rig_kill(&r, 0);
        rig_start(&r, 0);
        rig_settle(&r);
        rig_put(&r, "a", T(&r) - 600000, 2, "", -1);
        rig_drain(&r);
        cr_assert_eq(rig_metric(&r, "tocsin_records_late_dropped_total"), 1.0);
        rig_deinit(&r);
}

Test(time, what_waited_while_nobody_ran_is_not_late) {
        Rig r;
        begin(&r, &rig_counter, LATE_DROP);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_settle(&r);
        rig_commit(&r);
        rig_kill(&r, 0);
        for (int64_t n = 2; n < 12; n++) {
                T(&r) += 60000000;
                rig_put(&r, "a", T(&r), n, "", -1);
        }
        rig_start(&r, 0);
        rig_drain(&r);
        cr_assert_eq(rig_metric(&r, "tocsin_records_late_dropped_total"), 0.0);
        cr_assert_eq(rig_count(&r, "out"), 11u);
        rig_deinit(&r);
}

static void turns(Rig *r, int n) {
        for (int i = 0; i < n; i++) {
                cr_assert(worker_turn(r->worker[0], 0) >= 0);
                T(r) += 100000;
        }
}

Test(time, what_waited_while_the_brokers_were_away_is_not_late) {
        Rig r;
        begin(&r, &rig_counter, LATE_DROP);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_settle(&r);
        rig_commit(&r);
        bus_mem_away(r.log, true);
        for (int64_t n = 2; n < 12; n++) {
                T(&r) += 60000000;
                rig_put(&r, "a", T(&r), n, "", -1);
                turns(&r, 5);
        }
        bus_mem_away(r.log, false);
        rig_drain(&r);
        cr_assert_eq(rig_metric(&r, "tocsin_records_late_dropped_total"), 0.0);
        cr_assert_eq(rig_count(&r, "out"), 11u);
        rig_deinit(&r);
}

Test(time, a_silence_that_is_none_fires_no_timer) {
        Rig r;
        begin(&r, &rig_window, LATE_DROP);
        int64_t t0 = T(&r);
        rig_put(&r, "a", t0, 1, "", -1);
        rig_settle(&r);
        rig_commit(&r);
        bus_mem_away(r.log, true);
        rig_put(&r, "a", t0 + 1, 2, "", -1);
        for (int i = 0; i < 20; i++) {
                T(&r) += 10000000;
                turns(&r, 5);
        }
        cr_assert_eq(rig_calls.timer, 0u, "nobody knows what came meanwhile");
        bus_mem_away(r.log, false);
        rig_drain(&r);
        cr_assert_eq(rig_calls.timer, 1u);
        cr_assert_eq(rig_metric(&r, "tocsin_records_late_dropped_total"), 0.0);
        rig_deinit(&r);
}

Test(time, a_backlog_is_no_silence_however_long_its_turns_are) {
        Rig r;
        begin(&r, &rig_counter, LATE_DROP);
        int64_t t0 = T(&r);
        for (int64_t n = 1; n < 1000; n++)
                rig_put(&r, "a", t0 + n * 1000000, n, "", -1);
        r.pipe.future_us = 3600000000;
        r.pipe.commit_bytes = 1;
        r.worker[0]->time.future_us = r.pipe.future_us;
        for (int i = 0; i < 1000; i++) {
                cr_assert(worker_turn(r.worker[0], 0) >= 0);
                T(&r) += 10000000; /* each turn lasts longer than time.idle */
        }
        rig_drain(&r);
        cr_assert_eq(rig_metric(&r, "tocsin_records_late_dropped_total"), 0.0);
        cr_assert_eq(rig_count(&r, "out"), 999u);
        rig_deinit(&r);
}

Test(time, an_idle_partition_goes_on_with_the_wall_and_fires_its_timers_once) {
        Rig r;
        begin(&r, &rig_window, LATE_PROCESS);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_settle(&r);
        rig_commit(&r);
        int64_t end = (T(&r) / 1000000 + 1) * 1000000;
        cr_assert_eq(rig_calls.timer, 0u);
        r.clock.now_us = end + r.pipe.lateness_us + r.pipe.idle_us - 1;
        rig_settle(&r);
        cr_assert_eq(rig_calls.timer, 0u, "one microsecond too early");
        r.clock.now_us++;
        rig_settle(&r);
        cr_assert_eq(rig_calls.timer, 1u);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, "out"), 1u);
        cr_assert_eq(rig_calls.timer, 1u);
        rig_deinit(&r);
}

Test(time, an_idle_worker_leaves_no_transaction_open_and_begins_none) {
        Rig r;
        begin(&r, &rig_counter, LATE_PROCESS);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_settle(&r);
        cr_assert(r.worker[0]->open);
        r.clock.now_us += r.pipe.commit_us;
        rig_settle(&r);
        cr_assert_not(r.worker[0]->open);
        double turns = rig_metric(&r, "tocsin_turns_total");
        for (int i = 0; i < 100; i++) {
                r.clock.now_us += 1000000;
                rig_settle(&r);
        }
        cr_assert_eq(rig_metric(&r, "tocsin_turns_total"), turns);
        rig_deinit(&r);
}

Test(time, wall_time_never_goes_back_behind_what_is_journalled) {
        Rig r;
        begin(&r, &rig_counter, LATE_PROCESS);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_settle(&r);
        rig_commit(&r);
        int64_t wall = r.worker[0]->owned[0]->wall;
        rig_kill(&r, 0);
        r.clock.now_us -= 3600000000;
        rig_start(&r, 0);
        rig_settle(&r);
        rig_put(&r, "a", T(&r), 2, "", -1);
        rig_settle(&r);
        cr_assert_eq(r.worker[0]->owned[0]->wall, wall);
        rig_deinit(&r);
}

Test(time, in_replay_wall_time_is_the_greatest_arrival_and_the_end_fires_what_is_left) {
        Rig r;
        rig_init(&r, &rig_window, 1, 1);
        r.journal_wall = true;
        rig_start(&r, 0);
        int64_t t0 = T(&r) - 3600000000;
        for (int i = 0; i < 5; i++) {
                int64_t keep = T(&r);
                r.clock.now_us = t0 + i * 1000000;
                rig_put(&r, "a", t0 + i * 1000000, i, "", -1);
                r.clock.now_us = keep;
        }
        rig_settle(&r);
        cr_assert_eq(r.worker[0]->owned[0]->wall, t0 + 4000000);
        cr_assert_eq(rig_metric(&r, "tocsin_records_future_total"), 0.0);
        cr_assert_eq(worker_finish(r.worker[0], t0 + 4000000), 0);
        unsigned by_then = rig_calls.timer;
        cr_assert(by_then >= 3 && by_then <= 4, "%u", by_then);
        cr_assert_eq(worker_finish(r.worker[0], t0 + 9000000), 0);
        cr_assert_eq(rig_calls.timer, 5u);
        cr_assert_eq(rig_count(&r, "out"), 5u);
        rig_deinit(&r);
}
