/* Scenarios of readers and topics. */
#include "rig.h"

TestSuite(readers, .init = rig_up, .fini = rig_down);

static int64_t now_us(void) {
        return clock_read_us(CLOCK_MONOTONIC);
}

static BusReader *reader(const char *base, int32_t partition) {
        Why why = { 0 };
        BusReader *r = NULL;
        BusConf c = conf_of(NULL);
        const char *topics[] = { name(base) };
        cr_assert_eq(bus_reader_open(&r, &c, topics, 1, partition, &why), 0, "%s", why.text);
        return r;
}

/* Records until the end. */
static size_t to_end(BusReader *rd) {
        size_t k = 0;
        for (int64_t until = now_us() + SOON_US; now_us() < until;) {
                const BusRecord *r;
                size_t n = 0;
                int a = bus_reader_poll(rd, 100000, &r, &n);
                if (a == BUS_E_END)
                        return k;
                cr_assert(a == 0 || a == BUS_E_IDLE, "%s", bus_answer(a));
                k += a == 0 ? n : 0;
        }
        cr_assert_fail("no end");
        return 0;
}

Test(readers, an_empty_topic_ends_at_once_and_only_once) {
        topic("t", 2, false);
        BusReader *rd = reader("t", -1);
        const BusRecord *r;
        size_t n;
        cr_assert_eq(to_end(rd), 0);
        cr_assert_eq(bus_reader_poll(rd, 200000, &r, &n), BUS_E_IDLE);
        cr_assert_eq(bus_reader_poll(rd, 700000, &r, &n), BUS_E_IDLE);
        int64_t done, total;
        bus_reader_progress(rd, &done, &total);
        cr_assert_eq(done, 0);
        cr_assert_eq(total, 0);
        bus_reader_close(rd);
}

Test(readers, they_reach_the_end_then_follow_and_end_again) {
        topic("t", 2, false);
        for (int i = 0; i < 10; i++)
                put("t", i % 2, "k", "v");
        BusReader *rd = reader("t", -1);
        cr_assert_eq(to_end(rd), 10);
        put("t", 0, "k", "new");
        cr_assert_eq(to_end(rd), 1);
        put("t", 1, "k", "new");
        put("t", 0, "k", "new");
        cr_assert_eq(to_end(rd), 2);
        cr_assert_eq(bus_reader_first(rd, 0, 1), 0);
        int64_t done, total;
        bus_reader_progress(rd, &done, &total);
        cr_assert_eq(done, 13);
        cr_assert_eq(total, 13);
        bus_reader_close(rd);
}

static BusReader *reader_at(const char *base, BusStart start, int64_t start_us) {
        Why why = { 0 };
        BusReader *r = NULL;
        BusConf c = conf_of(NULL);
        const char *topics[] = { name(base) };
        cr_assert_eq(bus_reader_open_at(&r, &c, topics, 1, start, start_us, &why), 0, "%s", why.text);
        return r;
}

Test(readers, one_begins_where_it_is_told_and_counts_from_there) {
        topic("t", 2, false);
        Bus *b = born(&(Life){ 0 });
        Why why = { 0 };
        for (int i = 0; i < 10; i++) {
                const BusSend s = { .output = bus_output(b, name("t")),
                                    .partition = i % 2,
                                    .value = bytes_z("v"),
                                    .time_us = rig.clock.now_us + i * 1000000 };
                cr_assert_eq(bus_send(b, &s, &why), 0);
        }
        cr_assert_eq(bus_commit(b, NULL, 0, 0, &why), 0, "%s", why.text);
        closes(b);
        BusReader *now = reader_at("t", BUS_LATEST, 0), *never = reader_at("t", BUS_AT_TIME, rig.clock.now_us + 3600000000),
                  *late = reader_at("t", BUS_AT_TIME, rig.clock.now_us + 7000000), *all = reader_at("t", BUS_AT_TIME, 0);
        cr_assert_eq(to_end(now), 0);
        cr_assert_eq(to_end(never), 0);
        cr_assert_eq(to_end(late), 3);
        cr_assert_eq(to_end(all), 10);
        put("t", 0, "k", "new");
        BusReader *each[] = { now, never, late, all };
        const int64_t wanted[] = { 1, 1, 4, 11 };
        for (size_t i = 0; i < 4; i++) {
                cr_assert_eq(to_end(each[i]), 1);
                int64_t done, total;
                bus_reader_progress(each[i], &done, &total);
                cr_assert(done == total && done == wanted[i], "%ld of %ld", (long)done, (long)total);
                cr_assert_eq(bus_reader_first(each[i], 0, 0), 0);
                bus_reader_close(each[i]);
        }
}

Test(readers, one_partition_is_read_alone) {
        topic("t", 3, false);
        for (int i = 0; i < 9; i++)
                put("t", i % 3, "k", "v");
        BusReader *rd = reader("t", 1);
        cr_assert_eq(to_end(rd), 3);
        bus_reader_close(rd);
}

Test(readers, the_end_is_reached_when_a_mark_or_an_aborted_turn_is_last) {
        topic("t", 1, true);
        Bus *b = born(&(Life){ .id = "id" });
        Why why = { 0 };
        begin(b);
        send(b, "t", "k", "one");
        commit(b, NULL);
        for (int32_t partition = -1; partition <= 0; partition++) {
                BusReader *rd = reader("t", partition);
                cr_assert_eq(to_end(rd), 1);
                begin(b);
                send(b, "t", "k", "undone");
                cr_assert_eq(bus_abort(b, &why), 0, "%s", why.text);
                const BusRecord *r;
                size_t n;
                int a = bus_reader_poll(rd, 600000, &r, &n);
                cr_assert(a == BUS_E_IDLE || a == BUS_E_END, "%s", bus_answer(a));
                bus_reader_close(rd);
                rd = reader("t", partition);
                cr_assert_eq(to_end(rd), 1);
                bus_reader_close(rd);
        }
        bus_close(b);
}

Test(readers, an_open_turn_hides_what_lies_behind_it) {
        topic("t", 1, false);
        Bus *slow = born(&(Life){ .id = "slow" }), *fast = born(&(Life){ .id = "fast" });
        begin(slow);
        send(slow, "t", "k", "slow");
        /* On Kafka the order of two producers is the order of arrival. */
        size_t before = put_behind_open("t");
        begin(fast);
        send(fast, "t", "k", "fast");
        commit(fast, NULL);
        BusReader *rd = reader("t", -1);
        cr_assert_eq(to_end(rd), before);
        commit(slow, NULL);
        size_t k = 0;
        for (int64_t until = now_us() + SOON_US; k < 3 && now_us() < until;) {
                const BusRecord *r;
                size_t n = 0;
                k += bus_reader_poll(rd, 100000, &r, &n) == 0 ? n : 0;
        }
        cr_assert_eq(k, 3);
        bus_reader_close(rd);
        bus_close(slow);
        bus_close(fast);
}

/* Records until the poll finds nothing, which must not be the end. */
static size_t to_the_open(BusReader *rd) {
        size_t k = 0;
        for (int idle = 0; idle < 5;) {
                const BusRecord *r;
                size_t n = 0;
                int a = bus_reader_poll(rd, 100000, &r, &n);
                cr_assert(a == 0 || a == BUS_E_IDLE, "%s", bus_answer(a));
                k += n;
                idle += a == BUS_E_IDLE;
        }
        return k;
}

Test(readers, of_one_partition_no_end_is_told_while_a_turn_is_open_that_began_before) {
        topic("t", 1, true);
        Bus *b = born(&(Life){ .id = "id" });
        Why why = { 0 };
        for (int commits = 0; commits < 2; commits++) {
                size_t there = count("t");
                begin(b);
                send(b, "t", "k", "open");
                size_t before = put_behind_open("t");
                BusReader *rd = reader("t", 0), *from = NULL;
                BusConf c = conf_of(NULL);
                cr_assert_eq(bus_reader_open_from(&from, &c, name("t"), 0, 0, &why), 0, "%s", why.text);
                cr_assert_eq(to_the_open(rd), there + before);
                cr_assert_eq(to_the_open(from), there + before);
                if (commits)
                        commit(b, NULL);
                else
                        cr_assert_eq(bus_abort(b, &why), 0, "%s", why.text);
                cr_assert_eq(to_end(rd), 1u + (size_t)commits, "what lay behind, and the turn's own if it was committed");
                cr_assert_eq(to_end(from), 1u + (size_t)commits);
                bus_reader_close(rd);
                bus_reader_close(from);
        }
        bus_close(b);
}

Test(readers, a_topic_that_is_missing_is_named) {
        topic("t", 2, false);
        Why why = { 0 };
        BusReader *r = NULL;
        BusConf c = conf_of(NULL);
        const char *topics[] = { name("t"), name("nowhere") };
        cr_assert_eq(bus_reader_open(&r, &c, topics, 2, -1, &why), BUS_E_NO_TOPIC);
        cr_assert(strstr(why.text, name("nowhere")), "%s", why.text);
        cr_assert_eq(bus_reader_open(&r, &c, topics, 1, 2, &why), BUS_E_NO_TOPIC);
}

Test(readers, topics_are_made_once_and_told_as_they_are) {
        Why why = { 0 };
        BusConf c = conf_of(NULL);
        BusTopic got;
        cr_assert_eq(bus_topic_get(&c, name("t"), &got, &why), 0, "%s", why.text);
        cr_assert_eq(got.partitions, 0);
        const BusTopic t = { .name = name("t"), .partitions = 3, .compact = true };
        cr_assert_eq(bus_topic_make(&c, &t, &why), 0, "%s", why.text);
        cr_assert_eq(bus_topic_make(&c, &t, &why), 0, "%s", why.text);
        const BusTopic other = { .name = name("t"), .partitions = 4 };
        cr_assert_eq(bus_topic_make(&c, &other, &why), BUS_E_NO_TOPIC);
        cr_assert_eq(bus_topic_get(&c, name("t"), &got, &why), 0, "%s", why.text);
        cr_assert_eq(got.partitions, 3);
        cr_assert(got.compact);
}

Test(readers, compaction_keeps_the_last_committed_of_each_key) {
        topic("t", 1, true);
        if (!rig.log)
                NOT_HERE("Kafka compacts when it likes");
        Bus *b = born(&(Life){ .id = "id" });
        Why why = { 0 };
        for (int i = 0; i < 100; i++)
                put("t", 0, i % 2 ? "odd" : "even", "v");
        begin(b);
        send(b, "t", "odd", "undone");
        cr_assert_eq(bus_abort(b, &why), 0);
        begin(b);
        send(b, "t", "even", "open");
        BusReader *rd = reader("t", 0);
        const BusRecord *r;
        size_t n;
        cr_assert_eq(bus_reader_poll(rd, 0, &r, &n), 0);
        bus_mem_compact(rig.log, name("t"));
        cr_assert(bytes_eq_z(r[0].value, "v"), "borrowed until the next poll");
        cr_assert_eq(count("t"), 2);
        commit(b, NULL);
        bus_mem_compact(rig.log, name("t"));
        cr_assert_eq(count("t"), 2);
        cr_assert_eq(count_value("t", "open"), 1);
        bus_reader_close(rd);
        bus_close(b);
}

Test(readers, a_beginning_that_is_gone_shows) {
        topic("t", 1, false);
        if (!rig.log)
                NOT_HERE("Kafka deletes when it likes");
        for (int i = 0; i < 100; i++)
                put("t", 0, "k", "v");
        bus_mem_drop(rig.log, name("t"), 0, 40);
        BusReader *rd = reader("t", 0);
        cr_assert_eq(to_end(rd), 60);
        cr_assert_eq(bus_reader_first(rd, 0, 0), 40);
        bus_reader_close(rd);
}
