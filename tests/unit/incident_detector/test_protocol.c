/* L1, L3, L4, L5, L15 through the whole plugin: each attack found, each near miss left alone. */
#include "scenario.h"

/* ---- L1 ---------------------------------------------------------------------------------------------- */

Test(protocol, an_unknown_producer_is_reported_with_the_event_that_proves_it) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        say(h, 0, 0, "x1", "a", "rogue", "TELEMETRY", "");
        RAISES(h, "L1");
        cr_assert(is(last(h), "producer", "rogue") && is(last(h), "loop", "a") && proves(last(h), "x1") &&
                  is(last(h), "domain", "ran"));
        for (int i = 1; i < 200; i++) {
                char id[8];
                snprintf(id, sizeof id, "y%d", i);
                say(h, i, i, id, "a", "rogue", "TELEMETRY", "");
        }
        RAISES(h, "L1");
        cr_assert_leq(count(h, "L1", "UPDATED"), 20, "each of the first, then doublings");
        cr_assert_geq(tocsin_get_i64(last(h), "count", 0), 128);
        fake_until(h, US(400));
        cr_assert(is(last(h), "state", "CLEARED") && is(last(h), "severity", "CLEARED"));
        cr_assert_eq(tocsin_get_i64(last(h), "count", 0), 200);
}

Test(protocol, strangers_without_number_make_no_state_without_bound) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        for (int i = 0; i < 2000; i++) {
                char name[16];
                snprintf(name, sizeof name, "r%d", i);
                say(h, 0, 0, name, "a", name, "TELEMETRY", "");
                say(h, 0, 0, name, name, "mon", "TELEMETRY", "");
        }
        cr_assert_leq(count(h, "L1", "RAISED"), 512);
        cr_assert_leq(h->n_table, 2100);
}

Test(protocol, a_loop_nobody_registered_is_reported_once_or_left_alone) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry), *calm = fake_new("{\"unregistered\":\"ignore\"}", registry);
        for (int i = 0; i < 5; i++) {
                say(h, i * 100, i * 100, "z", "ghost", "mon", "TELEMETRY", "");
                cr_assert_eq(say(calm, i, i, "z", "ghost", "mon", "TELEMETRY", ""), TOCSIN_SKIP);
        }
        RAISES(h, "L1");
        QUIET(calm);
}

Test(protocol, two_lives_that_speak_side_by_side_are_reported_with_both) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        tell(h, 0, 1, 10);
        tell(h, 1, 2, 1);
        QUIET(h);
        tell(h, 2, 1, 11);
        RAISES(h, "L1");
        cr_assert(proves(last(h), "m-2-1") && proves(last(h), "m-1-11"));
}

Test(protocol, a_restart_is_no_attack_and_late_events_of_the_old_life_neither) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        tell(h, 0, 1, 10);
        tell(h, 5, 2, 1);
        say(h, 6, 1, "m-1-11", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":11");
        tell(h, 7, 2, 2);
        QUIET(h);
}

/* ---- L3 ---------------------------------------------------------------------------------------------- */

Test(protocol, the_same_bytes_later_than_a_resend_are_a_replay) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        for (int i = 0; i < 20; i++)
                tell(h, i, 1, i);
        say(h, 20, 5, "m-1-5", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":5");
        RAISES(h, "L3");
        cr_assert(proves(last(h), "m-1-5") && is(last(h), "alarm_type", "INTEGRITY_VIOLATION"));
}

Test(protocol, a_resend_within_a_second_is_benign_but_not_with_other_bytes) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        tell(h, 0, 1, 1);
        say(h, 0.9, 0, "m-1-1", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":1");
        QUIET(h);
        say(h, 0.95, 0, "other", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":1");
        RAISES(h, "L3");
}

Test(protocol, a_source_without_numbers_is_still_watched_for_replays) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        for (int i = 0; i < 300; i++) {
                char id[16];
                snprintf(id, sizeof id, "v%d", i);
                say(h, i, i, id, "a", "ves", "TELEMETRY", "");
        }
        say(h, 300.2, 299, "v299", "a", "ves", "TELEMETRY", "");
        cr_assert_eq(h->n_out, 1, "1.2 s after it is no resend");
        cr_assert(is(last(h), "class", "L3"));
        say(h, 301, 20, "v20", "a", "ves", "TELEMETRY", "");
        cr_assert(proves(last(h), "v20"));
}

Test(protocol, behind_a_higher_number_is_reordered_after_its_time_and_a_late_batch_is_benign) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        tell(h, 0, 1, 1);
        tell(h, 10, 1, 3);
        say(h, 11, 1, "m-1-2", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":2");
        for (int i = 4; i < 12; i++) { /* in sequence, long after they were sent */
                char more[64];
                snprintf(more, sizeof more, ",\"incarnation\":1,\"sequence\":%d", i);
                say(h, 35, 10 + i * 0.1, "late", "a", "mon", "TELEMETRY", more);
        }
        cr_assert_eq(count(h, "L3", NULL), 0);
        _cleanup_(fake_freep) FakeHost *r = fake_new("{}", registry);
        tell(r, 0, 1, 1);
        tell(r, 20, 1, 3);
        say(r, 21, 1, "m-1-2", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":2");
        cr_assert_eq(count(r, "L3", "RAISED"), 1);
        cr_assert(proves(last(r), "m-1-2"));
}

Test(protocol, what_is_ten_minutes_behind_is_stale_and_what_is_ahead_of_the_clock_moves_nothing) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        tell(h, 0, 1, 1);
        tell(h, 20, 1, 2);
        say(h, 21, 5000, "f", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":3");
        RAISES(h, "L3");
        cr_assert(is(last(h), "alarm_type", "TIME_DOMAIN_VIOLATION"));
        tell(h, 22, 1, 4);
        cr_assert_eq(h->n_out, 1, "nobody's timer fired, and its number leaves no gap");
        say(h, 23, -700, "s", "b", "dec", "TELEMETRY", "");
        cr_assert(count(h, "L3", "RAISED") == 2 && is(last(h), "loop", "b"));
}

/* Loop b, alone: an event dated `time` that lies in the topic since `at`. */
static void quiet_loop(FakeHost *h, double at, double time, const char *id) {
        say(h, at, time, id, "b", "exe", "STATE", "");
}

Test(protocol, what_arrives_late_into_a_loop_that_is_alone_is_stale_when_the_next_is_in_time_or_nobody_speaks_again) {
        for (int next = 0; next < 2; next++) {
                _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
                quiet_loop(h, 0, 0, "q0");
                quiet_loop(h, 30, 30, "q1");
                quiet_loop(h, 800, 40, "old"); /* not behind what this loop has told so far: no watermark has moved */
                QUIET(h);
                fake_cut(h);
                if (next)
                        quiet_loop(h, 900, 899, "q2");
                else
                        fake_until(h, US(640));
                RAISES(h, "L3");
                cr_assert(is(last(h), "title", "stale event") && proves(last(h), "old") && !proves(last(h), "q2"));
                fake_until(h, US(100000));
                cr_assert_eq(count(h, "L3", "RAISED"), 1u);
        }
}

Test(protocol, a_backlog_and_a_recording_are_late_as_a_whole_and_so_not_stale) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        char id[16];
        for (int i = 0; i < 20; i++) { /* last year's, ten times as fast */
                snprintf(id, sizeof id, "r%d", i);
                quiet_loop(h, 3e7 + i, i * 10, id);
        }
        for (int i = 20; i < 40; i++) { /* an hour's pause, then more of the same, slower than it was */
                snprintf(id, sizeof id, "r%d", i);
                quiet_loop(h, 3e7 + 3600 + i * 100, i * 10, id);
        }
        fake_until(h, US(10000));
        QUIET(h);
}

/* ---- L4 ---------------------------------------------------------------------------------------------- */

Test(protocol, missing_numbers_are_raised_after_their_time_and_cleared_when_they_come) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        tell(h, 0, 1, 1);
        tell(h, 2, 1, 4);
        tell(h, 10, 1, 5);
        QUIET(h);
        tell(h, 20, 1, 6);
        RAISES(h, "L4");
        cr_assert(proves(last(h), "m-1-4") && tocsin_get_i64(last(h), "count", 0) == 2);
        say(h, 21, 1, "m-1-2", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":2");
        cr_assert_eq(count(h, "L4", "CLEARED"), 0);
        say(h, 21, 1, "m-1-3", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":3");
        cr_assert_eq(count(h, "L4", "CLEARED"), 1);
}

Test(protocol, how_long_a_gap_may_wait_for_a_straggler_is_as_long_as_the_hosts_watermark_waits) {
        static const tocsin_time slow = { .size = sizeof slow, .lateness_us = 60 * 1000000, .idle_us = 1, .future_us = 5000000 };
        for (int told = 0; told < 2; told++) {
                _cleanup_(fake_freep) FakeHost *h = fake_new("{\"reordered_s\":3000}", registry);
                h->time = told ? &slow : NULL; /* NULL: a host without the extension, and so its default of 10 s */
                fake_cut(h);
                tell(h, 0, 1, 1);
                tell(h, 2, 1, 3);
                tell(h, 29, 1, 4);
                say(h, 30, 1, "m-1-2", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":2");
                cr_assert_eq(count(h, "L4", "RAISED"), (size_t)!told);
        }
}

Test(protocol, silence_is_raised_and_ends_with_any_event) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        tell(h, 0, 1, 1);
        tell(h, 29, 1, 2);
        fake_until(h, US(58));
        QUIET(h);
        fake_until(h, US(60));
        RAISES(h, "L4");
        cr_assert(proves(last(h), "m-1-2") && is(last(h), "producer", "mon"));
        tell(h, 100, 1, 3);
        cr_assert(is(last(h), "state", "CLEARED") && tocsin_get_i64(last(h), "last_time", 0) == US(100));
}

Test(protocol, planned_maintenance_is_no_silence_but_what_lasts_beyond_it_is) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        tell(h, 0, 1, 1);
        say(h, 5, 5, "g1", "a", "gov", "STATE",
            "},\"attributes\":{\"state\":\"maintenance\",\"producer\":\"mon\",\"maintenance\":\"begin\"");
        say(h, 200, 200, "g2", "a", "gov", "STATE", "},\"attributes\":{\"producer\":\"mon\",\"maintenance\":\"end\"");
        fake_until(h, US(229));
        QUIET(h);
        fake_until(h, US(231));
        RAISES(h, "L4");
        _cleanup_(fake_freep) FakeHost *forged = fake_new("{}", registry);
        tell(forged, 0, 1, 1);
        say(forged, 5, 5, "g1", "a", "ana", "STATE", "},\"attributes\":{\"producer\":\"mon\",\"maintenance\":\"begin\"");
        fake_until(forged, US(200));
        RAISES(forged, "L4");
}

Test(protocol, a_trigger_without_clear_and_an_action_without_result) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        say(h, 0, 0, "t1", "a", "ana", "TRIGGER", "},\"correlation_id\":\"c1\",\"subject\":{\"id\":\"cell-1\"}");
        say(h, 0, 0, "t2", "a", "ana", "TRIGGER", "},\"correlation_id\":\"c2\",\"subject\":{\"id\":\"cell-1\"}");
        say(h, 1, 1, "p1", "a", "dec", "ACTION_PLAN", "},\"subject\":{\"id\":\"cell-1\"}");
        say(h, 1, 1, "p2", "a", "dec", "ACTION_PLAN", "},\"subject\":{\"id\":\"shared\"}");
        say(h, 2, 2, "r1", "a", "exe", "ACTION_RESULT", "},\"subject\":{\"id\":\"cell-1\"},\"causes\":[\"p1\"]");
        say(h, 3, 3, "k1", "a", "ana", "CLEAR", "},\"correlation_id\":\"c1\"");
        fake_until(h, US(45));
        RAISES(h, "L4");
        cr_assert(proves(last(h), "p2") && is(last(h), "target", "shared"));
        fake_until(h, US(310));
        cr_assert(count(h, "L4", "RAISED") == 2 && proves(last(h), "t2"));
        say(h, 311, 311, "k2", "a", "ana", "CLEAR", "},\"correlation_id\":\"c2\"");
        cr_assert(is(last(h), "state", "CLEARED") && proves(last(h), "t2"));
}

Test(protocol, a_clear_or_result_that_is_told_first_counts) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        say(h, 2, 2, "k", "a", "ana", "CLEAR", "},\"correlation_id\":\"c\"");
        say(h, 2, 1, "t", "a", "ana", "TRIGGER", "},\"correlation_id\":\"c\"");
        say(h, 3, 3, "r", "a", "exe", "ACTION_RESULT", "},\"subject\":{\"id\":\"cell-1\"},\"causes\":[\"p\"]");
        say(h, 4, 2.9, "p", "a", "dec", "ACTION_PLAN", "},\"subject\":{\"id\":\"cell-1\"}");
        fake_until(h, US(1000));
        QUIET(h);
}

/* ---- L5, L15 ----------------------------------------------------------------------------------------- */

Test(protocol, an_impossible_value_is_reported_with_its_metric) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        say(h, 0, 0, "v1", "a", "ves", "TELEMETRY", "},\"metrics\":{\"cpu\":100.0,\"other\":1e9}");
        QUIET(h);
        say(h, 1, 1, "v2", "a", "ves", "TELEMETRY", "},\"metrics\":{\"cpu\":100.5}");
        RAISES(h, "L5");
        cr_assert(is(last(h), "target", "cpu") && proves(last(h), "v2"));
        say(h, 2, 2, "v3", "a", "ves", "TELEMETRY", "},\"metrics\":{\"cpu\":\"NaN\"}");
        cr_assert_eq(tocsin_get_i64(last(h), "count", 0), 2);
}

Test(protocol, a_flood_is_one_incident) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        char id[16];
        for (int i = 0; i < 100; i++) {
                snprintf(id, sizeof id, "s%d", i);
                say(h, i, i, id, "a", "ves", "HEARTBEAT", "");
        }
        for (int i = 0; i < 1000; i++) {
                snprintf(id, sizeof id, "f%d", i);
                say(h, 100 + i * 0.01, 100 + i * 0.01, id, "a", "ves", "HEARTBEAT", "");
        }
        RAISES(h, "L15");
        cr_assert_leq(count(h, "L15", NULL), 12);
        Bytes told = tocsin_get_bytes(last(h), "summary"); /* what was measured, not the threshold */
        cr_assert(memmem(told.ptr, told.len, "with 100 events a second; its own rate is 1.", 43), "%.*s", (int)told.len,
                  (const char *)told.ptr);
}

Test(protocol, a_flood_from_a_producers_first_second_on_is_told_unless_the_registry_expects_it) {
        static const char fast[] = "{\"id\":\"c\",\"producers\":[{\"name\":\"new\",\"numbered\":false},"
                                   "{\"name\":\"fast\",\"numbered\":false,\"rate\":60}],\"targets\":[\"*\"]}";
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        fake_row(h, fast);
        for (int i = 0; i < 3000; i++) {
                char id[16];
                snprintf(id, sizeof id, "f%d", i);
                say(h, i * 0.0125, i * 0.0125, id, "c", "fast", "HEARTBEAT", "");
        }
        QUIET(h);
        for (int i = 0; i < 800; i++) {
                char id[16];
                snprintf(id, sizeof id, "n%d", i);
                say(h, 40 + i * 0.0125, 40 + i * 0.0125, id, "c", "new", "HEARTBEAT", "");
        }
        RAISES(h, "L15");
        Bytes told = tocsin_get_bytes(last(h), "summary");
        cr_assert(is(last(h), "producer", "new") && memmem(told.ptr, told.len, "80 events a second", 18), "%.*s", (int)told.len,
                  (const char *)told.ptr);
}
