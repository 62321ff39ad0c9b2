/* Scenarios of groups: who owns what, where it begins, holding. */
#include "rig.h"

TestSuite(groups, .init = rig_up, .fini = rig_down);

#define STORM_RECORDS 400
#define STORM_TURNS 12

static int64_t now_us(void) {
        return clock_read_us(CLOCK_MONOTONIC);
}

/* One turn of a copying worker in a world that moves under it. Returns how many records went through. */
static size_t turn(Bus *b, Seen *s) {
        const BusRecord *r;
        size_t n = 0;
        Why why = { 0 };
        int a = step(b, 20000, &r, &n);
        cr_assert_neq(a, BUS_E_FATAL);
        if (a == BUS_E_ASSIGNED || a == BUS_E_REVOKED || a == BUS_E_LOST)
                memset(s, 0, sizeof *s);
        if (a != 0)
                return 0;
        int c = copy_turn(b, s, r, n, &why);
        if (c == 0)
                return n;
        cr_assert_eq(c, BUS_E_ABORTED, "%s: %s", bus_answer(c), why.text);
        cr_assert_eq(bus_abort(b, &why), 0, "%s", why.text);
        BusPosition back[16];
        const BusPosition *now;
        size_t k = 0;
        if (bus_assigned(b, &now, &k, &why) == 0 && k) {
                memcpy(back, now, k * sizeof *now);
                cr_assert_eq(bus_rewind(b, back, k, &why), 0, "%s", why.text);
        }
        memset(s, 0, sizeof *s);
        return 0;
}

static void each_value_once(size_t n) {
        cr_assert_eq(count("out"), n, "%zu records came out of %zu", count("out"), n);
        for (size_t i = 0; i < n; i += 37) {
                char value[32];
                snprintf(value, sizeof value, "%zu", i);
                cr_assert_eq(count_value("out", value), 1, "%s came %zu times", value, count_value("out", value));
        }
}

Test(groups, two_members_share_and_a_storm_of_rebalances_loses_and_doubles_nothing) {
        const Life lives[] = { { .id = "id-0", .in = "in" }, { .id = "id-1", .in = "in" } };
        world(4, STORM_RECORDS);
        Bus *first = born(&lives[0]), *second = NULL;
        Seen a = { 0 }, b = { 0 };
        size_t done = 0;
        for (int storm = 0; storm < STORM_TURNS; storm++) {
                if (second)
                        second = bus_close(second);
                else
                        second = born(&lives[1]);
                memset(&b, 0, sizeof b);
                if (rig.log && storm % 3 == 0)
                        bus_mem_rebalance(rig.log, name("group"));
                for (int64_t until = now_us() + (rig.log ? 2000 : 600000); now_us() < until;) {
                        done += turn(first, &a);
                        done += second ? turn(second, &b) : 0;
                }
        }
        for (int64_t until = now_us() + SOON_US; done < STORM_RECORDS && now_us() < until;) {
                done += turn(first, &a);
                done += second ? turn(second, &b) : 0;
        }
        bus_close(second);
        bus_close(first);
        each_value_once(STORM_RECORDS);
}

static size_t share(Bus *b) {
        const BusPosition *at;
        Why why = { 0 };
        size_t n = 0;
        return bus_assigned(b, &at, &n, &why) == 0 ? n : 0;
}

Test(groups, a_static_member_that_comes_back_disturbs_nobody) {
        const Life zero = { .member = "m0", .id = "id-0", .in = "in" }, one = { .member = "m1", .id = "id-1", .in = "in" };
        world(2, 0);
        Bus *a = born(&zero), *b = born(&one);
        const BusRecord *r;
        size_t n;
        Seen seen[2];
        memset(seen, 0, sizeof seen);
        for (int64_t until = now_us() + SOON_US; share(a) != 1 || share(b) != 1;) {
                step(a, 20000, &r, &n);
                step(b, 20000, &r, &n);
                cr_assert_lt(now_us(), until, "%zu and %zu, not one each", share(a), share(b));
        }
        bus_close(b);
        b = born(&one);
        cr_assert_eq(settle(b), 1);
        for (int i = 0; i < 20; i++)
                put("in", i % 2, "k", "v");
        read_to(a, &seen[0], 10);
        read_to(b, &seen[1], 10);
        bus_close(a);
        bus_close(b);
}

Test(groups, partitions_that_were_taken_and_not_given_up_do_not_hold_up_a_close) {
        world(2, 0);
        Bus *a = born(&(Life){ .id = "id-0", .in = "in" });
        settle(a);
        Bus *b = born(&(Life){ .id = "id-1", .in = "in" });
        const BusRecord *r;
        size_t n, share = 0;
        int told = BUS_E_IDLE;
        for (int64_t until = now_us() + SOON_US; told != BUS_E_REVOKED && now_us() < until;) {
                told = bus_poll(a, 50000, &r, &n);
                bus_poll(b, 50000, &r, &n);
        }
        cr_assert_eq(told, BUS_E_REVOKED, "%s", bus_answer(told));
        closes(a);
        for (int64_t until = now_us() + SOON_US; share != 2 && now_us() < until;)
                share = settle(b);
        cr_assert_eq(share, 2);
        closes(b);
}

Test(groups, partitions_that_were_lost_cannot_commit) {
        if (!rig.log)
                NOT_HERE("see outside.c: a pause makes Kafka do it");
        const Life zero = { .id = "id-0", .in = "in" }, one = { .id = "id-1", .in = "in" };
        world(2, 10);
        Bus *a = born(&zero);
        settle(a);
        Seen s = { 0 };
        Why why = { 0 };
        begin(a);
        read_to(a, &s, 10);
        send(a, "out", "k", "lost");
        bus_mem_evict(a);
        Bus *b = born(&one);
        settle(b);
        BusPosition at[16];
        size_t k = positions(&s, at);
        cr_assert_eq(bus_commit(a, at, k, 0, &why), BUS_E_ABORTED);
        const BusRecord *r;
        size_t n;
        cr_assert_eq(bus_poll(a, 0, &r, &n), BUS_E_LOST);
        cr_assert_eq(bus_abort(a, &why), 0);
        cr_assert_eq(bus_release(a), 0);
        cr_assert_eq(settle(b), 1, "it stands in the group again");
        bus_close(a);
        cr_assert_eq(settle(b), 2);
        Seen t = { 0 };
        copy_all(b, &t, 10);
        cr_assert_eq(count("out"), 10);
        bus_close(b);
}

Test(groups, a_partition_never_read_begins_where_start_says) {
        world(1, 5);
        Bus *b = born(&(Life){ .id = "late", .in = "in", .start = BUS_LATEST });
        settle(b);
        put("in", 0, "k", "new");
        Seen s = { 0 };
        read_to(b, &s, 1);
        cr_assert_str_eq(s.last, "new");
        bus_close(b);
        b = born(&(Life){ .id = "early", .in = "in" });
        settle(b);
        Seen t = { 0 };
        read_to(b, &t, 6);
        bus_close(b);
}

Test(groups, start_at_a_time_begins_with_the_first_record_that_is_not_older) {
        topic("in", 1, false);
        Bus *b = born(&(Life){ .id = "writer" });
        uint32_t in = bus_output(b, name("in"));
        begin(b);
        for (int64_t i = 1; i <= 10; i++) {
                Why why = { 0 };
                const BusSend s = { .output = in,
                                    .partition = 0,
                                    .key = bytes_z("k"),
                                    .value = bytes_z("v"),
                                    .time_us = 1700000000000000 + i * 1000000 };
                cr_assert_eq(bus_send(b, &s, &why), 0, "%s", why.text);
        }
        commit(b, NULL);
        bus_close(b);
        b = born(&(Life){ .id = "id", .in = "in", .start = BUS_AT_TIME, .start_us = 1700000000000000 + 7 * 1000000 });
        settle(b);
        Seen s = { 0 };
        read_to(b, &s, 4);
        bus_close(b);
        b = born(&(Life){ .id = "id2", .in = "in", .start = BUS_AT_TIME, .start_us = 1800000000000000 });
        settle(b);
        put("in", 0, "k", "young");
        Seen t = { 0 };
        read_to(b, &t, 1);
        cr_assert_str_eq(t.last, "young");
        bus_close(b);
}

Test(groups, held_partitions_are_still_and_lose_nothing) {
        enum { EACH = 3000, ROUNDS = 60 };
        topic("in", 2, false);
        Bus *w = born(&(Life){ .id = "writer" });
        uint32_t in = bus_output(w, name("in"));
        begin(w);
        for (int i = 0; i < 2 * EACH; i++) {
                char value[32];
                Why why = { 0 };
                snprintf(value, sizeof value, "%d", i / 2);
                const BusSend s = { .output = in, .partition = i % 2, .key = bytes_z("k"), .value = bytes_z(value) };
                cr_assert_eq(bus_send(w, &s, &why), 0, "%s", why.text);
        }
        commit(w, NULL);
        Bus *b = born(&(Life){ .id = "id", .in = "in" });
        settle(b);
        bool held[2] = { false, false };
        int next[2] = { 0, 0 };
        for (int64_t until = now_us() + SOON_US, round = 0; next[0] + next[1] < 2 * EACH; round++) {
                const BusRecord *r;
                size_t n = 0;
                if (round < ROUNDS) {
                        int32_t p = round % 3 == 0;
                        held[p] = !held[p];
                        cr_assert_eq(bus_hold(b, p, held[p]), 0);
                } else {
                        held[0] = held[1] = false;
                        bus_hold(b, 0, false);
                        bus_hold(b, 1, false);
                }
                int a = bus_poll(b, round < ROUNDS ? 3000 : 100000, &r, &n);
                cr_assert(a == 0 || a == BUS_E_IDLE, "poll: %s", bus_answer(a));
                for (size_t i = 0; a == 0 && i < n; i++) {
                        char value[32];
                        snprintf(value, sizeof value, "%d", next[r[i].partition]++);
                        cr_assert(!held[r[i].partition], "a held partition delivered");
                        cr_assert(bytes_eq_z(r[i].value, value), "partition %d: %.*s, not %s", r[i].partition,
                                  BYTES_ARG(r[i].value), value);
                }
                cr_assert(now_us() < until, "%d and %d of %d came", next[0], next[1], EACH);
        }
        bus_close(w);
        bus_close(b);
}

Test(groups, lag_falls_to_nothing_when_all_is_read_though_a_mark_is_last) {
        world(1, 0);
        Bus *b = born(&(Life){ .id = "id", .in = "in" });
        settle(b);
        begin(b);
        for (int i = 0; i < 5; i++)
                send(b, "in", "k", "v");
        commit(b, NULL);
        Seen s = { 0 };
        read_to(b, &s, 5);
        int64_t lag = -1;
        for (int64_t until = now_us() + SOON_US; lag != 0 && now_us() < until;) {
                const BusRecord *r;
                size_t n;
                cr_assert_eq(bus_poll(b, 100000, &r, &n), BUS_E_IDLE);
                lag = bus_lag(b, 0, 0);
        }
        cr_assert_eq(lag, 0, "%lld", (long long)lag);
        cr_assert_eq(bus_lag(b, 0, 9), -1);
        bus_close(b);
}

Test(groups, an_end_is_reached_when_all_is_read_and_not_while_something_waits) {
        world(1, 0);
        Bus *b = born(&(Life){ .id = "id", .in = "in" });
        settle(b);
        begin(b);
        send(b, "in", "k", "v");
        commit(b, NULL);
        cr_assert_not(bus_at_end(b, 0, 0), "it waits");
        Seen s = { 0 };
        read_to(b, &s, 1);
        wait_for_end(b, true);
        put("in", 0, "k", "another");
        if (!rig.log)
                nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL); /* for so long the last word of the broker serves */
        cr_assert_not(bus_at_end(b, 0, 0), "another waits");
        read_to(b, &s, 2);
        wait_for_end(b, true);
        cr_assert_not(bus_at_end(b, 0, 9), "it is not ours");
        bus_close(b);
}

Test(groups, nothing_is_delivered_between_the_assignment_and_the_rewind) {
        world(1, 5);
        Bus *b = born(&(Life){ .id = "id", .in = "in" });
        const BusRecord *r;
        size_t n;
        int a = BUS_E_IDLE;
        for (int64_t until = now_us() + SOON_US; a == BUS_E_IDLE && now_us() < until;)
                a = bus_poll(b, 100000, &r, &n);
        cr_assert_eq(a, BUS_E_ASSIGNED);
        for (int i = 0; i < 5; i++)
                cr_assert_eq(bus_poll(b, 50000, &r, &n), BUS_E_IDLE);
        const BusPosition *at;
        Why why = { 0 };
        cr_assert_eq(bus_assigned(b, &at, &n, &why), 0, "%s", why.text);
        cr_assert_eq(n, 1);
        cr_assert_eq(bus_rewind(b, at, n, &why), 0, "%s", why.text);
        Seen s = { 0 };
        read_to(b, &s, 5);
        bus_close(b);
}
