/* Scenarios of what goes wrong outside: topics, rights and brokers that are not there, and come back. */
#include "rig.h"

TestSuite(outside, .init = rig_up, .fini = rig_down);

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
        closes(b);
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
        closes(b);
        cr_assert_eq(count("out"), 1);
}

Test(outside, no_broker_at_all_is_told_in_time) {
        if (rig.log)
                NOT_HERE("memory is never away");
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
        closes(b);
}

Test(outside, a_broker_that_dies_and_comes_back_costs_nothing) {
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

Test(outside, a_broker_that_stands_still_takes_the_partitions_and_gives_them_back) {
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

Test(outside, silence_while_the_broker_stands_still_is_no_end) {
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

Test(outside, a_broker_that_dies_in_the_middle_of_a_turn_leaves_nothing_half_done) {
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
}

Test(outside, a_bus_closes_in_time_whatever_its_broker_does) {
        if (!has_own_broker())
                NOT_HERE("needs a broker of its own");
        topic("in", 1, false);
        topic("out", 1, false);
        closes_while("pause 1", "resume 1", NULL, false);
        closes_while("pause 1", "resume 1", NULL, true);
        closes_while("pause 1", "resume 1", "worker-0", true);
        closes_while("kill 1", "start 1", NULL, false);
        closes_while("kill 1", "start 1", "worker-0", true);
        cr_assert_eq(count("out"), 0);
}

Test(outside, a_turn_that_the_broker_gave_up_is_done_again) {
        if (rig.log)
                NOT_HERE("a turn in memory may last");
        property("transaction.timeout.ms", "2000");
        Bus *b = in_the_middle(5);
        const struct timespec pause = { .tv_sec = 5 };
        nanosleep(&pause, NULL);
        Why why = { 0 };
        const BusPosition next = { 0, 0, 5 };
        int a = bus_commit(b, &next, 1, 0, &why);
        cr_assert(a == BUS_E_ABORTED || a == BUS_E_FATAL, "%s: %s", bus_answer(a), why.text);
        cr_assert(strlen(why.text) > 0);
        if (a == BUS_E_ABORTED)
                a = bus_abort(b, &why);
        cr_assert(a == 0 || a == BUS_E_FATAL, "%s: %s", bus_answer(a), why.text);
        goes_on(a == BUS_E_FATAL ? bus_close(b) : b, 5);
        cr_assert_eq(count_value("out", "half"), 0);
}

/* ---- rights: users of scripts/kafka --secure ---- */

TestSuite(rights, .init = rig_up, .fini = rig_down);

static bool has_users(void) {
        return !rig.log && getenv("KAFKA_SECURE") && getenv("KAFKA_CA");
}

static void as(const char *user) {
        const char *ca = getenv("KAFKA_CA");
        property("security.protocol", "SASL_SSL");
        property("sasl.mechanism", "SCRAM-SHA-512");
        property("ssl.ca.location", ca);
        property("sasl.username", user);
        property("sasl.password", "tocsin-test");
}

Test(rights, a_right_that_is_refused_is_named_with_the_acl_to_add) {
        if (!has_users())
                NOT_HERE("needs a broker with users");
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
        closes(b);
}

Test(rights, a_wrong_password_is_told_and_not_printed) {
        if (!has_users())
                NOT_HERE("needs a broker with users");
        as("admin");
        property("sasl.password", "wrong-and-secret");
        Why why = { 0 };
        BusTopic t;
        BusConf c = conf_of(NULL);
        int a = bus_topic_get(&c, "x", &t, &why);
        cr_assert_eq(a, BUS_E_DENIED, "%s: %s", bus_answer(a), why.text);
        cr_assert_null(strstr(why.text, "wrong-and-secret"));
}

Test(rights, an_output_that_may_not_be_written_aborts_the_turn_and_is_named) {
        if (!has_users())
                NOT_HERE("needs a broker with users");
        as("admin");
        topic("in", 1, false);
        topic("out", 1, false);
        char verb[256];
        snprintf(verb, sizeof verb, "acl --add --allow-principal User:reactor --operation Read --topic %s --group %s", name("in"),
                 name("group"));
        broker(verb);
        snprintf(verb, sizeof verb, "acl --add --allow-principal User:reactor --operation Write --transactional-id %s",
                 name("id-0"));
        broker(verb);
        snprintf(verb, sizeof verb, "acl --add --allow-principal User:reactor --operation Describe --topic %s", name("out"));
        broker(verb);
        as("reactor");
        Bus *b = born(&worker);
        cr_assert_eq(settle(b), 1);
        begin(b);
        send(b, "out", "k", "v");
        Why why = { 0 };
        int a = bus_commit(b, NULL, 0, 0, &why);
        cr_assert_eq(a, BUS_E_ABORTED, "%s: %s", bus_answer(a), why.text);
        cr_assert(strstr(why.text, "--allow-principal User:reactor --operation Write --topic"), "%s", why.text);
        a = bus_abort(b, &why); /* librdkafka may find that there is nothing to undo, which is fatal to it */
        cr_assert(a == 0 || a == BUS_E_FATAL, "%s: %s", bus_answer(a), why.text);
        cr_assert_eq(bus_health(b, &why), a == 0 ? BUS_E_DENIED : BUS_E_FATAL);
        cr_assert(strstr(why.text, "--operation Write --topic") && strstr(why.text, name("out")), "%s", why.text);
        if (a == BUS_E_FATAL) {
                closes(b);
                b = born(&worker);
        }
        snprintf(verb, sizeof verb, "acl --add --allow-principal User:reactor --operation Write --topic %s", name("out"));
        broker(verb);
        begin(b);
        send(b, "out", "k", "v");
        commit(b, NULL);
        healthy(b, 0, &why);
        closes(b);
}
