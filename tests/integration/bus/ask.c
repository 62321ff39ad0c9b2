/* Scenarios of a group that is looked at from outside. */
#include "rig.h"

TestSuite(ask, .init = rig_up, .fini = rig_down);

static const Life one = { .member = "one", .id = "one", .in = "in" }, anyone = { .in = "in", .id = "any" };

static BusGroup look(void) {
        BusConf c = conf_of(&anyone);
        BusGroup g;
        Why why = { 0 };
        int a = bus_group_get(&c, &g, &why);
        for (int64_t until = clock_read_us(CLOCK_MONOTONIC) + SOON_US; a == BUS_E_DOWN && clock_read_us(CLOCK_MONOTONIC) < until;)
                a = bus_group_get(&c, &g, &why); /* a broker that is too busy to answer is asked again */
        cr_assert_eq(a, 0, "%s", why.text);
        return g;
}

static void offsets(BusOffsets ret[2], int64_t at_us) {
        BusConf c = conf_of(&anyone);
        Why why = { 0 };
        for (int32_t p = 0; p < 2; p++)
                ret[p] = (BusOffsets){ .topic = name("in"), .partition = p };
        int a = bus_group_offsets(&c, ret, 2, at_us, &why);
        for (int64_t until = clock_read_us(CLOCK_MONOTONIC) + SOON_US; a == BUS_E_DOWN && clock_read_us(CLOCK_MONOTONIC) < until;)
                a = bus_group_offsets(&c, ret, 2, at_us, &why);
        cr_assert_eq(a, 0, "%s", why.text);
}

Test(ask, a_group_that_never_was_has_nobody_in_it_and_nothing_committed) {
        BusOffsets at[2];
        world(2, 0);
        cr_assert_eq(look().members, 0);
        cr_assert_str_empty(look().who);
        offsets(at, -1);
        for (int i = 0; i < 2; i++)
                cr_assert(at[i].committed == -1 && at[i].first == 0 && at[i].end == 0 && at[i].at == 0);
}

Test(ask, whoever_reads_is_counted_and_a_dead_static_member_until_its_session_is_over) {
        world(2, 0);
        Bus *b = born(&anyone);
        settle(b);
        cr_assert_eq(look().members, 1);
        closes(b);
        cr_assert_eq(look().members, 0, "a dynamic one leaves at once");
        b = born(&one);
        settle(b);
        cr_assert_eq(look().members, 1);
        cr_assert(strstr(look().who, name("one")), "%s", look().who);
        closes(b);
        cr_assert_eq(look().members, 1, "a static one does not leave");
        if (rig.log)
                bus_mem_rebalance(rig.log, name("group"));
        for (int64_t until = clock_read_us(CLOCK_MONOTONIC) + SOON_US; look().members;)
                cr_assert_lt(clock_read_us(CLOCK_MONOTONIC), until, "its session never ends");
}

Test(ask, to_ask_disturbs_nobody) {
        world(2, 10);
        Bus *b = born(&one);
        BusOffsets at[2];
        Seen s = { 0 };
        settle(b);
        read_to(b, &s, 5 + 5);
        look();
        offsets(at, -1);
        begin(b);
        commit(b, &s);
        const BusRecord *r;
        size_t n;
        for (int i = 0; i < 20; i++) {
                int a = bus_poll(b, 50000, &r, &n);
                cr_assert_eq(a, BUS_E_IDLE, "%s", bus_answer(a));
        }
        closes(b);
}

Test(ask, what_is_committed_shows_and_what_is_not_does_not) {
        BusOffsets at[2];
        world(2, 20);
        Bus *b = born(&one);
        Seen s = { 0 };
        settle(b);
        read_to(b, &s, 20);
        begin(b);
        Why why = { 0 };
        cr_assert_eq(bus_abort(b, &why), 0);
        offsets(at, -1);
        cr_assert(at[0].committed == -1 && at[1].committed == -1);
        begin(b);
        commit(b, &s);
        offsets(at, -1);
        for (int i = 0; i < 2; i++)
                cr_assert(at[i].committed == s.next[i] && at[i].end == s.next[i] && at[i].first == 0);
        closes(b);
}

/* That is how offsets are set from outside: as a member that reads nothing, so that whoever joins meanwhile undoes it. */
Test(ask, a_member_that_never_read_may_commit_any_offset_and_one_that_was_pushed_aside_none) {
        BusOffsets at[2];
        Why why = { 0 };
        world(2, 20);
        Bus *b = born(&anyone);
        settle(b);
        begin(b);
        const BusPosition to[] = { { .partition = 0, .offset = 3 }, { .partition = 1, .offset = 0 } };
        cr_assert_eq(bus_commit(b, to, 2, 0, &why), 0, "%s", why.text);
        offsets(at, -1);
        cr_assert(at[0].committed == 3 && at[1].committed == 0);
        begin(b);
        send(b, "out", "k", "never");
        Bus *other = born(&(Life){ .member = "two", .id = "two", .in = "in" });
        const BusRecord *r;
        size_t n = 0;
        int a = 0;
        for (int64_t until = clock_read_us(CLOCK_MONOTONIC) + SOON_US; a != BUS_E_REVOKED && a != BUS_E_LOST;) {
                cr_assert_lt(clock_read_us(CLOCK_MONOTONIC), until, "nobody told us");
                step(other, 10000, &r, &n);
                a = bus_poll(b, 100000, &r, &n);
        }
        cr_assert_eq(bus_abort(b, &why), 0);
        cr_assert_eq(bus_release(b), 0);
        cr_assert_eq(count("out"), 0u);
        offsets(at, -1);
        cr_assert(at[0].committed == 3 && at[1].committed == 0);
        closes(other);
        closes(b);
}

Test(ask, a_time_leads_to_the_first_record_that_is_not_older_and_beyond_all_to_the_end) {
        BusOffsets at[2];
        topic("in", 2, false);
        Bus *b = born(&(Life){ 0 });
        Why why = { 0 };
        for (int i = 0; i < 10; i++) {
                const BusSend s = { .output = bus_output(b, name("in")),
                                    .partition = i % 2,
                                    .value = bytes_z("v"),
                                    .time_us = rig.clock.now_us + i * 1000000 };
                cr_assert_eq(bus_send(b, &s, &why), 0);
        }
        cr_assert_eq(bus_commit(b, NULL, 0, 0, &why), 0, "%s", why.text);
        closes(b);
        offsets(at, rig.clock.now_us + 4 * 1000000);
        cr_assert(at[0].at == 2 && at[1].at == 2, "%ld %ld", (long)at[0].at, (long)at[1].at);
        offsets(at, 0);
        cr_assert(at[0].at == 0 && at[1].at == 0);
        offsets(at, rig.clock.now_us + 3600000000);
        cr_assert(at[0].at == at[0].end && at[1].at == at[1].end && at[0].end == 5);
}

Test(ask, a_topic_that_is_not_there_is_said) {
        BusConf c = conf_of(&anyone);
        BusOffsets at = { .topic = name("nowhere") };
        Why why = { 0 };
        cr_assert_neq(bus_group_offsets(&c, &at, 1, -1, &why), 0);
        cr_assert(strstr(why.text, name("nowhere")), "%s", why.text);
}

/* The suite is that of outside.c. */
Test(rights, who_may_not_look_at_a_group_is_told_the_acl_to_add) {
        if (rig.log || !getenv("KAFKA_SECURE") || !getenv("KAFKA_CA"))
                NOT_HERE("needs a broker with users");
        property("security.protocol", "SASL_SSL");
        property("sasl.mechanism", "SCRAM-SHA-512");
        property("ssl.ca.location", getenv("KAFKA_CA"));
        property("sasl.password", "tocsin-test");
        property("sasl.username", "admin");
        topic("in", 1, false);
        cr_assert_eq(look().members, 0);
        property("sasl.username", "outsider");
        BusConf c = conf_of(&anyone);
        BusGroup g;
        BusOffsets at = { .topic = name("in") };
        Why why = { 0 };
        int a = bus_group_get(&c, &g, &why);
        cr_assert_eq(a, BUS_E_DENIED, "%s: %s", bus_answer(a), why.text);
        cr_assert(strstr(why.text, "--group") && strstr(why.text, name("group")), "%s", why.text);
        a = bus_group_offsets(&c, &at, 1, -1, &why);
        cr_assert_eq(a, BUS_E_DENIED, "%s: %s", bus_answer(a), why.text);
        property("sasl.password", "wrong");
        c = conf_of(&anyone);
        a = bus_group_get(&c, &g, &why);
        cr_assert_eq(a, BUS_E_DENIED, "%s: %s", bus_answer(a), why.text);
}
