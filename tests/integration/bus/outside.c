/* Scenarios of what goes wrong outside: topics, rights and brokers that are not there, and come back. */
#include "rig.h"

TestSuite(outside, .init = rig_up, .fini = rig_down, .timeout = 240);

static const Life worker = { .member = "worker-0", .id = "id-0", .in = "in" };

static void copies(Bus *b, size_t want) {
        Seen s = { 0 };
        copy_all(b, &s, want);
}

Test(outside, a_missing_input_is_told_and_found_when_it_is_made) {
        property("topic.metadata.refresh.interval.ms", "1000");
        Bus *b = born(&worker);
        Why why = { 0 };
        healthy(b, BUS_E_NO_TOPIC, &why);
        cr_assert(strstr(why.text, name("in")), "%s", why.text);
        topic("in", 2, false);
        topic("out", 2, false);
        healthy(b, 0, &why);
        put("in", 0, "k", "v");
        const BusRecord *r;
        size_t n = 0;
        for (int64_t until = clock_read_us(CLOCK_MONOTONIC) + SOON_US; n == 0 && clock_read_us(CLOCK_MONOTONIC) < until;)
                if (step(b, 50000, &r, &n) != 0)
                        n = 0;
        cr_assert_eq(n, 1);
        bus_close(b);
}

Test(outside, a_missing_output_aborts_the_turn_and_is_named) {
        topic("in", 1, false);
        put("in", 0, "k", "v");
        Bus *b = born(&worker);
        settle(b);
        Seen s = { 0 };
        Why why = { 0 };
        read_to(b, &s, 1);
        begin(b);
        const BusSend o = { .output = bus_output(b, name("out")), .partition = -1, .key = bytes_z("k"), .value = bytes_z("v") };
        int a = bus_send(b, &o, &why);
        BusPosition at[16];
        size_t k = positions(&s, at);
        if (a == 0)
                a = bus_commit(b, at, k, 0, &why);
        cr_assert_eq(a, BUS_E_ABORTED, "%s: %s", bus_answer(a), why.text);
        cr_assert(strstr(why.text, name("out")), "%s", why.text);
        cr_assert_eq(bus_abort(b, &why), 0, "%s", why.text);
        cr_assert_eq(bus_health(b, &why), BUS_E_NO_TOPIC, "%s", why.text);
        topic("out", 1, false);
        healthy(b, 0, &why);
        const BusPosition start = { 0, 0, 0 };
        cr_assert_eq(bus_rewind(b, &start, 1, &why), 0, "%s", why.text);
        copies(b, 1);
        bus_close(b);
        cr_assert_eq(count("out"), 1);
}

Test(outside, no_broker_at_all_is_told_in_time) {
        if (rig.log)
                cr_skip_test("memory is never away");
        property("bootstrap.servers", "127.0.0.1:9");
        Why why = { 0 };
        BusTopic t;
        BusReader *r;
        BusConf c = conf_of(NULL);
        const char *topics[] = { "x" };
        cr_assert_eq(bus_topic_get(&c, "x", &t, &why), BUS_E_DOWN, "%s", why.text);
        cr_assert(strstr(why.text, "127.0.0.1:9"), "%s", why.text);
        cr_assert_eq(bus_reader_open(&r, &c, topics, 1, -1, &why), BUS_E_DOWN, "%s", why.text);
        Bus *b = born(&(Life){ .in = "in" });
        healthy(b, BUS_E_DOWN, &why);
        bus_close(b);
}

Test(outside, a_broker_that_dies_and_comes_back_costs_nothing) {
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
        bus_close(b);
}

Test(outside, a_broker_that_stands_still_takes_the_partitions_and_gives_them_back) {
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
        bus_close(b);
        cr_assert_eq(count("out"), 13);
}

/* ---- rights: users of scripts/kafka --secure ---- */

TestSuite(rights, .init = rig_up, .fini = rig_down, .timeout = 120);

static void as(const char *user) {
        const char *ca = getenv("KAFKA_CA");
        if (rig.log || !getenv("KAFKA_SECURE") || !ca)
                cr_skip_test("needs a broker with users");
        property("security.protocol", "SASL_SSL");
        property("sasl.mechanism", "SCRAM-SHA-512");
        property("ssl.ca.location", ca);
        property("sasl.username", user);
        property("sasl.password", "tocsin-test");
}

Test(rights, a_right_that_is_refused_is_named_with_the_acl_to_add) {
        as("admin");
        topic("in", 1, false);
        as("outsider");
        Why why = { 0 };
        BusReader *r;
        BusConf c = conf_of(NULL);
        const char *topics[] = { name("in") };
        int a = bus_reader_open(&r, &c, topics, 1, -1, &why);
        cr_assert_eq(a, BUS_E_DENIED, "%s: %s", bus_answer(a), why.text);
        cr_assert(strstr(why.text, "--operation Read --topic") && strstr(why.text, "outsider"), "%s", why.text);
        const BusTopic t = { .name = name("new"), .partitions = 1 };
        a = bus_topic_make(&c, &t, &why);
        cr_assert_eq(a, BUS_E_DENIED, "%s: %s", bus_answer(a), why.text);
        cr_assert(strstr(why.text, "Create"), "%s", why.text);
        BusConf w = conf_of(&worker);
        Bus *b = NULL;
        a = bus_open(&b, &w, &why);
        cr_assert_eq(a, BUS_E_DENIED, "%s: %s", bus_answer(a), why.text);
        cr_assert(strstr(why.text, "--transactional-id"), "%s", why.text);
        b = born(&(Life){ .in = "in" });
        healthy(b, BUS_E_DENIED, &why);
        cr_assert(strstr(why.text, "--operation Read"), "%s", why.text);
        bus_close(b);
}

Test(rights, a_wrong_password_is_told_and_not_printed) {
        as("admin");
        property("sasl.password", "wrong-and-secret");
        Why why = { 0 };
        BusTopic t;
        BusConf c = conf_of(NULL);
        int a = bus_topic_get(&c, "x", &t, &why);
        cr_assert_eq(a, BUS_E_DENIED, "%s: %s", bus_answer(a), why.text);
        cr_assert_null(strstr(why.text, "wrong-and-secret"));
}
