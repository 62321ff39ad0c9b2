/* Scenarios of the turn: what is together, what is visible, what comes again. */
#include "rig.h"

TestSuite(turns, .init = rig_up, .fini = rig_down);

static const Life worker = { .member = "worker-0", .id = "id-0", .in = "in" };

/* A life copies, and the next begins behind it. */
static void copies_and_goes_on_behind(const Life *l) {
        world(2, 10);
        Bus *b = born(l);
        settle(b);
        Seen s = { 0 };
        copy_all(b, &s, 10);
        bus_close(b);
        cr_assert_eq(count("out"), 10);
        b = born(l);
        settle(b);
        put("in", 1, "k", "after");
        Seen next = { 0 };
        read_to(b, &next, 1);
        cr_assert_str_eq(next.last, "after");
        bus_close(b);
}

Test(turns, records_come_in_the_order_of_each_partition) {
        world(3, 50);
        Bus *b = born(&worker);
        cr_assert_eq(settle(b), 3);
        Seen s = { 0 };
        read_to(b, &s, 50);
        bus_close(b);
}

Test(turns, what_is_aborted_is_never_seen_and_what_is_committed_is) {
        world(1, 3);
        Bus *b = born(&worker);
        settle(b);
        Why why = { 0 };
        begin(b);
        send(b, "out", "k", "aborted");
        cr_assert_eq(bus_abort(b, &why), 0, "%s", why.text);
        begin(b);
        send(b, "out", "k", "committed");
        commit(b, NULL);
        begin(b);
        send(b, "out", "k", "open");
        cr_assert_eq(count("out"), 1);
        cr_assert_eq(count_value("out", "committed"), 1);
        cr_assert_eq(bus_abort(b, &why), 0, "%s", why.text);
        cr_assert_eq(bus_abort(b, &why), 0, "twice is safe");
        bus_close(b);
}

Test(turns, offsets_and_outputs_commit_together) {
        copies_and_goes_on_behind(&worker);
}

Test(turns, abort_and_rewind_bring_exactly_the_same_again) {
        world(2, 40);
        Bus *b = born(&worker);
        settle(b);
        for (int life = 0; life < 3; life++) {
                Seen s = { 0 };
                Why why = { 0 };
                begin(b);
                read_to(b, &s, 40);
                send(b, "out", "k", "half");
                cr_assert_eq(bus_abort(b, &why), 0, "%s", why.text);
                const BusPosition start[] = { { 0, 0, 0 }, { 0, 1, 0 } };
                cr_assert_eq(bus_rewind(b, start, 2, &why), 0, "%s", why.text);
        }
        Seen s = { 0 };
        copy_all(b, &s, 40);
        bus_close(b);
        cr_assert_eq(count("out"), 40);
}

Test(turns, a_rewind_in_the_middle_begins_there_and_only_for_what_it_names) {
        world(2, 0);
        for (int i = 0; i < 20; i++)
                put("in", i % 2, "k", "v");
        Bus *b = born(&worker);
        settle(b);
        Seen s = { 0 };
        Why why = { 0 };
        read_to(b, &s, 20);
        const BusPosition at[] = { { 0, 1, 7 } };
        cr_assert_eq(bus_rewind(b, at, 1, &why), 0, "%s", why.text);
        Seen again = { 0 };
        read_to(b, &again, 3);
        cr_assert_eq(again.next[0], 0);
        cr_assert_eq(again.next[1], 10);
        put("in", 0, "k", "not ours now");
        put("in", 1, "k", "last");
        read_to(b, &again, 4);
        cr_assert_str_eq(again.last, "last");
        bus_close(b);
}

static void half_a_turn(Bus *b) {
        settle(b);
        Seen s = { 0 };
        begin(b);
        read_to(b, &s, 10);
        for (int i = 0; i < 10; i++)
                send(b, "out", "k", "half");
}

static void a_turn_and_a_half(Bus *b) {
        settle(b);
        Seen s = { 0 };
        begin(b);
        read_to(b, &s, 10);
        for (int i = 0; i < 10; i++)
                send(b, "out", "k", "first");
        commit(b, &s);
        begin(b);
        send(b, "out", "k", "half");
}

Test(turns, a_crash_in_an_open_transaction_neither_doubles_nor_loses) {
        world(2, 10);
        dies(&worker, half_a_turn);
        Bus *b = born(&worker);
        settle(b);
        Seen s = { 0 };
        copy_all(b, &s, 10);
        bus_close(b);
        cr_assert_eq(count("out"), 10);
        cr_assert_eq(count_value("out", "half"), 0);
}

Test(turns, a_crash_after_a_commit_goes_on_behind_it) {
        world(2, 10);
        dies(&worker, a_turn_and_a_half);
        for (int i = 0; i < 5; i++)
                put("in", -1, "k", "late");
        Bus *b = born(&worker);
        settle(b);
        Seen s = { 0 };
        copy_all(b, &s, 5);
        bus_close(b);
        cr_assert_eq(count("out"), 15);
        cr_assert_eq(count_value("out", "first"), 10);
        cr_assert_eq(count_value("out", "late"), 5);
}

Test(turns, whoever_opens_the_same_id_fences_the_other) {
        world(1, 1);
        Bus *old = born(&(Life){ .id = "id-0" });
        begin(old);
        send(old, "out", "k", "old");
        Bus *young = born(&(Life){ .id = "id-0" });
        begin(young);
        send(young, "out", "k", "young");
        commit(young, NULL);
        Why why = { 0 };
        int r = bus_commit(old, NULL, 0, 0, &why);
        cr_assert_eq(r, BUS_E_FATAL, "%s: %s", bus_answer(r), why.text);
        cr_assert(strlen(why.text) > 0);
        cr_assert_eq(bus_begin(old, &why), BUS_E_FATAL, "it stays spent");
        bus_close(old);
        bus_close(young);
        cr_assert_eq(count("out"), 1);
}

Test(turns, at_least_once_commits_offsets_after_outputs) {
        copies_and_goes_on_behind(&(Life){ .member = "worker-0", .in = "in" });
}

Test(turns, a_record_over_the_limit_is_refused_and_the_turn_goes_on) {
        world(1, 0);
        property("message.max.bytes", "2000");
        Bus *b = born(&worker);
        static char big[3000];
        memset(big, 'x', sizeof big - 1);
        Why why = { 0 };
        begin(b);
        const BusSend s = { .output = bus_output(b, name("out")), .partition = 0, .value = bytes_z(big) };
        cr_assert_eq(bus_send(b, &s, &why), BUS_E_TOO_BIG);
        cr_assert(strstr(why.text, "message.max.bytes"), "%s", why.text);
        send(b, "out", "k", "small");
        commit(b, NULL);
        bus_close(b);
        cr_assert_eq(count("out"), 1);
}

Test(turns, headers_nulls_and_times_arrive_as_sent) {
        world(1, 0);
        Bus *b = born(&worker);
        settle(b);
        const BusHeader headers[] = { { "trace", bytes_z("abc") }, { "none", BYTES_NULL }, { "trace", bytes_z("") } };
        const BusSend s = { .output = bus_output(b, name("in")),
                            .partition = 0,
                            .key = bytes_z("k"),
                            .time_us = 1600000000123000,
                            .headers = headers,
                            .n_headers = 3 };
        const BusSend t = { .output = bus_output(b, name("in")), .partition = 0, .key = BYTES_NULL, .value = bytes_z("") };
        Why why = { 0 };
        begin(b);
        cr_assert_eq(bus_send(b, &s, &why), 0, "%s", why.text);
        cr_assert_eq(bus_send(b, &t, &why), 0, "%s", why.text);
        commit(b, NULL);
        const BusRecord *r = NULL;
        size_t n = 0;
        BusRecord got[2];
        for (size_t have = 0; have < 2; have += n) {
                n = 0;
                int a = bus_poll(b, SOON_US, &r, &n);
                cr_assert_eq(a, 0, "%s", bus_answer(a));
                if (have == 0 && n == 2) {
                        memcpy(got, r, sizeof got);
                        break;
                }
                cr_assert_eq(n, 2, "one transaction, one batch");
        }
        cr_assert_null(got[0].value.ptr);
        cr_assert_eq(got[0].time_us, 1600000000123000);
        BusHeader h[3];
        for (uint32_t i = 0; i < 3; i++)
                cr_assert(bus_header(&got[0], i, &h[i]));
        cr_assert_not(bus_header(&got[0], 3, &h[0]), "there are three");
        cr_assert_str_eq(h[2].name, "trace");
        cr_assert_null(h[1].value.ptr);
        cr_assert(bytes_eq_z(h[0].value, "abc"));
        cr_assert_not(bus_header(&got[1], 0, &h[0]), "it has none");
        cr_assert_null(got[1].key.ptr);
        cr_assert_not_null(got[1].value.ptr);
        cr_assert_eq(got[1].value.len, 0);
        bus_close(b);
}
