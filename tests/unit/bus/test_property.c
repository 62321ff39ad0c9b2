/* Which properties of librdkafka pass through. */
#include "bus/bus.h"
#include <criterion/criterion.h>

static int check(const char *name, const char *value, Why *why) {
        *why = (Why){ 0 };
        return bus_property_check(&(BusProperty){ name, value, NULL }, why);
}

Test(property, what_would_load_code_is_refused) {
        static const char *const bad[] = {
                "plugin.library.paths", "ssl.engine.location", "ssl.engine.id", "sasl.kerberos.kinit.cmd",
                "interceptors",         "rebalance_cb",        "opaque",        "ssl_engine_callback_data",
                "ssl.providers"
        };
        Why why;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                cr_assert_eq(check(bad[i], "x", &why), BUS_E_CONF, "%s", bad[i]);
                cr_assert(strstr(why.text, bad[i]) && strstr(why.text, "refused"), "%s", why.text);
        }
}

Test(property, what_is_ours_names_the_setting_to_use) {
        static const char *const bad[][2] = { { "transactional.id", "guarantee" },
                                              { "auto.offset.reset", "start" },
                                              { "queued.min.messages", "memory.max" },
                                              { "enable.auto.commit", "commit.interval" },
                                              { "group.id", "app" },
                                              { "partitioner", "partitioner" } };
        Why why;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                cr_assert_eq(check(bad[i][0], "1", &why), BUS_E_CONF, "%s", bad[i][0]);
                cr_assert(strstr(why.text, bad[i][1]), "%s", why.text);
        }
}

Test(property, an_unknown_one_is_told_what_it_may_mean) {
        Why why;
        cr_assert_eq(check("bootstrap.server", "x", &why), BUS_E_CONF);
        cr_assert(strstr(why.text, "did you mean bootstrap.servers?"), "%s", why.text);
        cr_assert_eq(check("compresion.type", "lz4", &why), BUS_E_CONF);
        cr_assert(strstr(why.text, "did you mean compression."), "%s", why.text);
        cr_assert_eq(check("quite.something.else", "x", &why), BUS_E_CONF);
        cr_assert_null(strstr(why.text, "did you mean"), "%s", why.text);
}

Test(property, a_bad_value_is_told_but_never_a_secret) {
        Why why;
        cr_assert_eq(check("linger.ms", "soon", &why), BUS_E_CONF);
        cr_assert(strstr(why.text, "linger.ms"), "%s", why.text);
        cr_assert_eq(check("security.protocol", "telnet", &why), BUS_E_CONF);
        cr_assert(bus_property_secret("sasl.password"));
        cr_assert(bus_property_secret("ssl.key.pem"));
        cr_assert(bus_property_secret("ssl.keystore.password"));
        cr_assert(bus_property_secret("sasl.oauthbearer.client.secret"));
        cr_assert_not(bus_property_secret("bootstrap.servers"));
        cr_assert_not(bus_property_secret("ssl.key.location"));
}

Test(property, what_operators_need_passes) {
        static const char *const good[][2] = { { "bootstrap.servers", "a:1,b:2" },
                                               { "security.protocol", "SASL_SSL" },
                                               { "sasl.mechanism", "SCRAM-SHA-512" },
                                               { "sasl.username", "x" },
                                               { "sasl.password", "y" },
                                               { "ssl.ca.location", "/etc/ssl/ca.pem" },
                                               { "compression.codec", "lz4" },
                                               { "linger.ms", "20" },
                                               { "session.timeout.ms", "30000" },
                                               { "transaction.timeout.ms", "60000" },
                                               { "message.max.bytes", "2000000" },
                                               { "client.rack", "r1" } };
        Why why;
        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
                cr_assert_eq(check(good[i][0], good[i][1], &why), 0, "%s", why.text);
}
