/* What a tap shows. */
#include "bin/tap.h"
#include "value/utf8.h"
#include "value/value.h"
#include "json/json.h"

#include <criterion/criterion.h>
#include <sysexits.h>
#include <tocsin/value.h>

#define EVENT                                                                                            \
        "{\"type\":\"record\",\"name\":\"t.Event\",\"fields\":[{\"name\":\"loop\",\"type\":\"string\"}," \
        "{\"name\":\"n\",\"type\":\"long\"}]}"

typedef struct World {
        tocsin_port port[4];
        const tocsin_port *ports[4];
        Plugin plugin;
        ConfigPort conf[3];
        ConfigPipeline pipe;
        Config config;
        Loaded l;
        Schemas *schemas;
        Tap tap;
} World;

static void world_init(World *w) {
        static const struct {
                const char *name;
                uint32_t role, direction, format;
        } is[] = { { "events", TOCSIN_STREAM, TOCSIN_IN, TOCSIN_AVRO },
                   { "out", TOCSIN_STREAM, TOCSIN_OUT, TOCSIN_JSON },
                   { "raw", TOCSIN_STREAM, TOCSIN_OUT, TOCSIN_RAW },
                   { "own", TOCSIN_INTERNAL, TOCSIN_IN, TOCSIN_JSON } };
        *w = (World){ .config = { .app = "a" }, .pipe = { .name = "p" }, .schemas = schemas_new() };
        for (size_t i = 0; i < 4; i++) {
                w->port[i] = (tocsin_port){ .size = sizeof w->port[i],
                                            .role = is[i].role,
                                            .direction = is[i].direction,
                                            .format = is[i].format,
                                            .name = is[i].name,
                                            .schema = i ? NULL : EVENT };
                w->ports[i] = &w->port[i];
                if (i < 3)
                        w->conf[i] = (ConfigPort){ .name = is[i].name, .topic = is[i].name };
        }
        w->plugin.self.ports = w->ports;
        w->plugin.self.n_ports = 4;
        w->pipe.ports = w->conf;
        w->pipe.n_ports = 3;
        w->l = (Loaded){ .config = &w->config, .pipe = &w->pipe, .plugin = &w->plugin };
}

static int open_all(World *w, const char *only) {
        Why why = { 0 };
        return tap_init(&w->tap, &w->l, only, w->schemas, &why);
}

static void world_deinit(World *w) {
        tap_deinit(&w->tap);
        schemas_free(w->schemas);
}

static const char *line(World *w, bool json, BusRecord r) {
        static char text[1 << 20];
        Buffer out = BUFFER_NULL;
        (json ? tap_json : tap_text)(&out, &w->tap, &r);
        cr_assert(!out.failed && out.len < sizeof text);
        memcpy(text, out.ptr, out.len);
        text[out.len] = 0;
        buffer_deinit(&out);
        return text;
}

/* One line of UTF-8 that steers nothing. */
static void is_quiet(const char *z) {
        size_t n = strlen(z);
        cr_expect(n && z[n - 1] == '\n' && utf8_valid((const uint8_t *)z, n), "%s", z);
        for (size_t i = 0; i + 1 < n; i++) {
                const uint8_t *p = (const uint8_t *)z + i;
                cr_expect(p[0] >= 0x20 && p[0] != 0x7f, "byte %u at %zu", p[0], i);
                cr_expect(!(p[0] == 0xc2 && p[1] < 0xa0), "a control of 8 bits at %zu", i);
                cr_expect(!(p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae), "an order of direction at %zu", i);
        }
}

Test(tap, nothing_that_comes_in_steers_a_terminal_or_ends_a_line) {
        World w;
        world_init(&w);
        cr_assert_eq(open_all(&w, NULL), 0);
        static const char *const hostile[] = { "\x1b]0;x\x07\x1b[2J",
                                               "\xc2\x9b"
                                               "31m",
                                               "a\nb\r\0c",
                                               "\xe2\x80\xae"
                                               "gnp.exe",
                                               "\xff\xfe\x1b[1m",
                                               "\x7f",
                                               "\"}{\"x\":1",
                                               "" };
        unsigned seed = 1;
        for (size_t i = 0; i < 8 + 2000; i++) {
                uint8_t noise[64];
                for (size_t k = 0; k < sizeof noise; k++)
                        noise[k] = (uint8_t)(rand_r(&seed) >> 7);
                Bytes b = i < 8 ? bytes_of(hostile[i], i == 2 ? 6 : strlen(hostile[i])) : bytes_of(noise, 1 + i % sizeof noise);
                for (uint32_t topic = 0; topic < w.tap.n_topics; topic++)
                        for (int json = 0; json < 2; json++) {
                                const char *z = line(&w, json, (BusRecord){ .topic = topic, .key = b, .value = b });
                                is_quiet(z);
                                if (!json)
                                        continue;
                                Arena *a = arena_new(1 << 20);
                                tocsin_value v;
                                Why why = { 0 };
                                cr_expect_eq(json_parse(a, bytes_of(z, strlen(z) - 1), &v, NULL, &why), 0, "%s: %s", why.text, z);
                                arena_free(a);
                        }
        }
        world_deinit(&w);
}

Test(tap, a_value_is_shown_as_its_port_knows_it_and_bytes_that_it_does_not_as_they_are) {
        World w;
        world_init(&w);
        cr_assert_eq(open_all(&w, NULL), 0);
        cr_assert_eq(w.tap.n_topics, 4);
        cr_assert_str_eq(w.tap.topics[3], "__tocsin.a.p.port.own");
        const BusRecord event = {
                .partition = 3, .offset = 7, .time_us = 1700000000123456, .key = bytes_z("l"), .value = bytes_of("\x02l\x0a", 3)
        };
        cr_expect_str_eq(line(&w, true, event), "{\"port\":\"events\",\"direction\":\"in\",\"topic\":\"events\",\"partition\":3,"
                                                "\"offset\":7,\"time_us\":1700000000123456,\"key\":\"l\","
                                                "\"value\":{\"loop\":\"l\",\"n\":5}}\n");
        cr_expect_str_eq(line(&w, false, event),
                         "2023-11-14 22:13:20.123Z  events in  events/3/7  l  {\"loop\":\"l\",\"n\":5}\n");
        BusRecord bad = event;
        bad.key = bytes_of("\xff\x00", 2);
        bad.value = bytes_of("\x02", 1);
        cr_expect(strstr(line(&w, true, bad),
                         "\"key\":null,\"key_hex\":\"ff00\",\"undecoded\":\"truncated\",\"value_hex\":\"02\"}"),
                  "%s", line(&w, true, bad));
        cr_expect(strstr(line(&w, false, bad), "  0xff00  (not decoded: truncated) 0x02\n"), "%s", line(&w, false, bad));
        const BusRecord gone = { .topic = 1, .offset = 1 };
        cr_expect(strstr(line(&w, true, gone), "\"key\":null,\"value\":null}"), "%s", line(&w, true, gone));
        cr_expect(strstr(line(&w, false, gone), "  -  (no value)\n"));
        const BusRecord raw = { .topic = 2, .value = bytes_of("\xff\xfe", 2) };
        cr_expect(strstr(line(&w, true, raw), "\"value\":\"//4=\"}"), "%s", line(&w, true, raw));
        world_deinit(&w);
}

Test(tap, two_ports_of_one_topic_read_it_once_and_whoever_understands_it_decodes_it) {
        World w;
        world_init(&w);
        w.conf[1].topic = "events";
        cr_assert_eq(open_all(&w, NULL), 0);
        cr_assert_eq(w.tap.n_topics, 3);
        cr_expect(strstr(line(&w, true, (BusRecord){ .value = bytes_z("{\"a\":1}") }),
                         "{\"port\":\"events+out\",\"direction\":\"out\""));
        tap_leave_out(&w.tap, 0);
        cr_expect_eq(w.tap.n_topics, 2);
        cr_expect(strstr(line(&w, true, (BusRecord){ .value = bytes_z("x") }), "{\"port\":\"raw\""));
        world_deinit(&w);
}

Test(tap, a_port_that_is_not_there_or_not_bound_is_refused) {
        World w;
        world_init(&w);
        cr_expect_eq(open_all(&w, "evnts"), EX_USAGE);
        w.pipe.n_ports = 1;
        cr_expect_eq(open_all(&w, "raw"), EX_USAGE);
        cr_expect_eq(open_all(&w, "events"), 0);
        cr_expect_eq(w.tap.n_topics, 1);
        tap_deinit(&w.tap);
        w.port[0].schema = "t.Unknown";
        cr_expect_eq(open_all(&w, "events"), EX_CONFIG);
        world_deinit(&w);
}

Test(tap, a_flood_is_thinned_to_its_rate_and_counted) {
        TapRate r = tap_rate(20, 5);
        int64_t t = 5;
        for (int i = 0; i < 20; i++)
                cr_assert(tap_passes(&r, t), "a few at once all show");
        cr_assert(!tap_passes(&r, t));
        for (; t < 10000005; t += 100)
                tap_passes(&r, t);
        cr_expect(r.shown >= 218 && r.shown <= 220, "%lu", (unsigned long)r.shown);
        cr_expect_eq(r.shown + r.skipped, 21 + 100000);
        TapRate all = tap_rate(0, 0);
        for (int i = 0; i < 1000; i++)
                cr_assert(tap_passes(&all, 0));
        cr_expect_eq(all.skipped, 0);
}
