/* The embedded broker: reachable by any client, at least once. */
#include "bus/embedded.h"
#include "core/cleanup.h"
#include <criterion/criterion.h>

CLEANUP_DEFINE(Embedded, embedded_stop)

Test(embedded, a_stranger_reaches_it_and_a_reader_sees_what_the_stranger_wrote) {
        _cleanup_(embedded_stopp) Embedded *e = NULL;
        const char *bootstrap;
        Why why = { 0 };
        cr_assert_eq(embedded_start(&e, &bootstrap, &why), 0, "%s", why.text);
        cr_assert_eq(strncmp(bootstrap, "127.0.0.1:", 10), 0, "loopback only: %s", bootstrap);
        cr_assert_eq(embedded_topic(e, "t", 3, &why), 0, "%s", why.text);
        cr_assert_eq(embedded_topic(e, "bad", 0, &why), BUS_E_CONF);
        const BusProperty properties[] = { { "bootstrap.servers", bootstrap } };
        const BusConf conf = { .properties = properties, .n_properties = 1, .memory = 8u << 20 };
        BusTopic t;
        cr_assert_eq(bus_topic_get(&conf, "t", &t, &why), 0, "%s", why.text);
        cr_assert_eq(t.partitions, 3);
        if (system("command -v kcat > /dev/null") == 0) {
                char command[200];
                snprintf(command, sizeof command, "printf 'key:hello' | kcat -b %s -t t -P -p 1 -K : 2> /dev/null", bootstrap);
                cr_assert_eq(system(command), 0);
        } else {
                Bus *b = NULL;
                cr_assert_eq(bus_open(&b, &conf, &why), 0, "%s", why.text);
                const BusSend s = {
                        .output = bus_output(b, "t"), .partition = 1, .key = bytes_z("key"), .value = bytes_z("hello")
                };
                cr_assert_eq(bus_send(b, &s, &why), 0, "%s", why.text);
                cr_assert_eq(bus_commit(b, NULL, 0, 0, &why), 0, "%s", why.text);
                bus_close(b);
        }
        BusReader *rd = NULL;
        const char *topics[] = { "t" };
        cr_assert_eq(bus_reader_open(&rd, &conf, topics, 1, -1, &why), 0, "%s", why.text);
        const BusRecord *r;
        size_t n = 0;
        cr_assert_eq(bus_reader_poll(rd, 10000000, &r, &n), 0);
        cr_assert_eq(n, 1);
        cr_assert_eq(r->partition, 1);
        cr_assert(bytes_eq_z(r->value, "hello"));
        cr_assert_eq(bus_reader_poll(rd, 5000000, &r, &n), BUS_E_END);
        bus_reader_close(rd);
}

/* Time goes on in a port that is idle only when its broker says that nothing waits: this one can say it, too. */
Test(embedded, it_says_where_its_partitions_end) {
        _cleanup_(embedded_stopp) Embedded *e = NULL;
        const char *bootstrap, *topics[] = { "t" };
        Why why = { 0 };
        cr_assert_eq(embedded_start(&e, &bootstrap, &why), 0, "%s", why.text);
        cr_assert_eq(embedded_topic(e, "t", 1, &why), 0, "%s", why.text);
        const BusProperty properties[] = { { "bootstrap.servers", bootstrap } };
        const BusConf conf = { .group = "g", .topics = topics, .n_topics = 1, .properties = properties, .n_properties = 1 };
        Bus *b = NULL;
        cr_assert_eq(bus_open(&b, &conf, &why), 0, "%s", why.text);
        const BusSend s = { .output = bus_output(b, "t"), .value = bytes_z("hello") };
        cr_assert_eq(bus_send(b, &s, &why), 0, "%s", why.text);
        cr_assert_eq(bus_commit(b, NULL, 0, 0, &why), 0, "%s", why.text);
        const BusRecord *r;
        const BusPosition *at;
        size_t n = 0, came = 0;
        bool before = false;
        for (int64_t until = clock_read_us(CLOCK_MONOTONIC) + 20000000; clock_read_us(CLOCK_MONOTONIC) < until;) {
                int a = bus_poll(b, 100000, &r, &n);
                if (a == BUS_E_ASSIGNED) {
                        cr_assert_eq(bus_assigned(b, &at, &n, &why), 0, "%s", why.text);
                        cr_assert_eq(bus_rewind(b, at, n, &why), 0, "%s", why.text);
                        before = bus_at_end(b, 0, 0);
                }
                came += a == 0 ? n : 0;
                if (came && bus_at_end(b, 0, 0))
                        break;
        }
        cr_assert_eq(came, 1);
        cr_assert_not(before, "the record waited");
        cr_assert(bus_at_end(b, 0, 0));
        bus_close(b);
}
