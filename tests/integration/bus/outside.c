/* Scenarios of what goes wrong outside: topics, rights and brokers that are not there. Brokers that are struck: strikes.c. */
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
        healthy(b, BUS_E_NO_TOPIC, &why);
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
