/* Scenarios of a broker that is struck: killed, or standing still. Two suites: each can have a broker of its own. */
#include "rig.h"

#include <time.h>

TestSuite(kills, .init = rig_up, .fini = rig_down);
TestSuite(pauses, .init = rig_up, .fini = rig_down);

static const Life worker = { .member = "worker-0", .id = "id-0", .in = "in" };

static void copies(Bus *b, size_t want) {
        Seen s = { 0 };
        copy_all(b, &s, want);
}

Test(kills, a_broker_that_dies_and_comes_back_costs_nothing) {
        if (!has_own_broker())
                NOT_HERE("needs a broker of its own");
        topic("in", 2, false);
        topic("out", 2, false);
        for (int i = 0; i < 10; i++)
                put("in", -1, "k", "before");
        Bus *b = born(&worker);
        settle(b);
        copies(b, 10);
        broker("kill 1");
        Why why = { 0 };
        healthy(b, BUS_E_DOWN, &why);
        broker("start 1");
        healthy(b, 0, &why);
        for (int i = 0; i < 5; i++)
                put("in", -1, "k", "after");
        const BusRecord *r;
        size_t n = 0, have = 0;
        for (int64_t until = clock_read_us(CLOCK_MONOTONIC) + 2 * SOON_US; have < 5;) {
                int a = step(b, 100000, &r, &n);
                cr_assert_neq(a, BUS_E_FATAL);
                have += a == 0 ? n : 0;
                cr_assert(clock_read_us(CLOCK_MONOTONIC) < until, "%zu of 5 came", have);
        }
        cr_assert_eq(have, 5);
        closes(b);
}

Test(pauses, a_broker_that_stands_still_takes_the_partitions_and_gives_them_back) {
        if (!has_own_broker())
                NOT_HERE("needs a broker of its own");
        property("socket.timeout.ms", "2000");
        topic("in", 2, false);
        topic("out", 2, false);
        for (int i = 0; i < 10; i++)
                put("in", -1, "k", "v");
        Bus *b = born(&(Life){ .id = "id-0", .in = "in" });
        settle(b);
        copies(b, 10);
        broker("pause 1");
        Why why = { 0 };
        const BusRecord *r;
        size_t n = 0;
        int a = BUS_E_IDLE, worst = 0;
        for (int64_t until = clock_read_us(CLOCK_MONOTONIC) + SOON_US;
             (a != BUS_E_LOST || !worst) && clock_read_us(CLOCK_MONOTONIC) < until;) {
                int now = a == BUS_E_LOST ? BUS_E_LOST : bus_poll(b, 100000, &r, &n);
                a = now;
                if (bus_health(b, &why) == BUS_E_DOWN)
                        worst = BUS_E_DOWN;
        }
        broker("resume 1");
        cr_assert_eq(worst, BUS_E_DOWN);
        cr_assert_eq(a, BUS_E_LOST, "%s", bus_answer(a));
        cr_assert_eq(bus_release(b), 0);
        settle(b);
        for (int i = 0; i < 3; i++)
                put("in", -1, "k", "after");
        copies(b, 3);
        closes(b);
        cr_assert_eq(count("out"), 13);
}

Test(pauses, silence_while_the_broker_stands_still_is_no_end) {
        if (!has_own_broker())
                NOT_HERE("needs a broker of its own");
        topic("in", 1, false);
        put("in", 0, "k", "v");
        Bus *b = born(&worker);
        settle(b);
        Seen s = { 0 };
        read_to(b, &s, 1);
        wait_for_end(b, true);
        broker("pause 1");
        wait_for_end(b, false);
        broker("resume 1");
        wait_for_end(b, true);
        closes(b);
}

/* Whatever the answer of a turn was: go on as the contract says, until all has been copied. */
static void goes_on(Bus *b, size_t want) {
        int64_t until = clock_read_us(CLOCK_MONOTONIC) + 3 * SOON_US;
        while (count("out") < want) {
                const BusRecord *r;
                size_t n = 0;
                Why why = { 0 };
                cr_assert(clock_read_us(CLOCK_MONOTONIC) < until, "%zu of %zu came out", count("out"), want);
                int a = b ? step(b, 200000, &r, &n) : BUS_E_FATAL;
                if (a == 0)
                        a = copy_turn(b, &(Seen){ 0 }, r, n, &why);
                if (a == BUS_E_ABORTED)
                        a = bus_abort(b, &why);
                if (a == 0) {
                        const BusPosition *at;
                        a = bus_assigned(b, &at, &n, &why) == 0 && n ? bus_rewind(b, at, n, &why) : 0;
                }
                if (a == BUS_E_FATAL) {
                        b = bus_close(b);
                        BusConf c = conf_of(&worker);
                        a = bus_open(&b, &c, &why);
                        cr_assert(a == 0 || a == BUS_E_DOWN, "%s: %s", bus_answer(a), why.text);
                }
        }
        closes(b);
        cr_assert_eq(count("out"), want);
}

static Bus *in_the_middle(size_t records) {
        topic("in", 1, false);
        topic("out", 1, false);
        for (size_t i = 0; i < records; i++)
                put("in", 0, "k", "v");
        Bus *b = born(&worker);
        settle(b);
        Seen s = { 0 };
        begin(b);
        read_to(b, &s, records);
        send(b, "out", "k", "half");
        return b;
}

Test(kills, a_broker_that_dies_in_the_middle_of_a_turn_leaves_nothing_half_done) {
        if (!has_own_broker())
                NOT_HERE("needs a broker of its own");
        Bus *b = in_the_middle(5);
        broker("kill 1");
        broker("start 1");
        Why why = { 0 };
        const BusPosition next = { 0, 0, 5 };
        int a = bus_commit(b, &next, 1, 0, &why);
        cr_assert(a == 0 || a == BUS_E_ABORTED || a == BUS_E_FATAL, "%s: %s", bus_answer(a), why.text);
        if (a == 0) { /* it came through after all */
                closes(b);
                cr_assert_eq(count("out"), 1);
                return;
        }
        goes_on(a == BUS_E_FATAL ? bus_close(b) : b, 5);
        cr_assert_eq(count_value("out", "half"), 0);
}

/* A turn is open, and with `lost` the session is over, which nobody has answered yet. */
static void closes_while(const char *verb, const char *undo, const char *member, bool lost) {
        if (!has_own_broker())
                NOT_HERE("needs a broker of its own");
        topic("in", 1, false);
        topic("out", 1, false);
        put("in", 0, "k", "v");
        Bus *b = born(&(Life){ .member = member, .id = "id-0", .in = "in" });
        settle(b);
        begin(b);
        broker(verb);
        send(b, "out", "k", "half");
        const BusRecord *r;
        size_t n;
        int a = BUS_E_IDLE;
        for (int64_t until = clock_read_us(CLOCK_MONOTONIC) + SOON_US; lost && a != BUS_E_LOST;) {
                a = bus_poll(b, 100000, &r, &n);
                cr_assert(clock_read_us(CLOCK_MONOTONIC) < until, "%s: %s", verb, bus_answer(a));
        }
        closes(b);
        broker(undo);
        cr_assert_eq(count("out"), 0);
}

Test(pauses, a_bus_closes_in_time_while_its_broker_stands_still) {
        closes_while("pause 1", "resume 1", NULL, false);
}

Test(pauses, and_when_its_session_is_over) {
        closes_while("pause 1", "resume 1", NULL, true);
}

Test(pauses, and_when_that_was_a_static_member) {
        closes_while("pause 1", "resume 1", "worker-0", true);
}

Test(kills, a_bus_closes_in_time_when_its_broker_is_gone) {
        closes_while("kill 1", "start 1", NULL, false);
}

Test(kills, and_when_a_static_member_lost_its_session_too) {
        closes_while("kill 1", "start 1", "worker-0", true);
}

/* The suite is that of outside.c. */
Test(outside, a_turn_that_the_broker_gave_up_is_done_again) {
        if (rig.log)
                NOT_HERE("a turn in memory may last");
        property("transaction.timeout.ms", "2000");
        Bus *b = in_the_middle(5);
        const struct timespec pause = { .tv_sec = 3 };
        nanosleep(&pause, NULL);
        /* What lies behind an open turn shows when the broker has given that up. */
        put("out", 0, "k", "behind");
        for (int64_t until = clock_read_us(CLOCK_MONOTONIC) + SOON_US; count("out") == 0;)
                cr_assert_lt(clock_read_us(CLOCK_MONOTONIC), until, "the turn is still open");
        Why why = { 0 };
        const BusPosition next = { 0, 0, 5 };
        int a = bus_commit(b, &next, 1, 0, &why);
        cr_assert(a == BUS_E_ABORTED || a == BUS_E_FATAL, "%s: %s", bus_answer(a), why.text);
        cr_assert(strlen(why.text) > 0);
        if (a == BUS_E_ABORTED)
                a = bus_abort(b, &why);
        cr_assert(a == 0 || a == BUS_E_FATAL, "%s: %s", bus_answer(a), why.text);
        goes_on(a == BUS_E_FATAL ? bus_close(b) : b, 6);
        cr_assert_eq(count_value("out", "half"), 0);
}
