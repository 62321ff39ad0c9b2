/* Synthetic closed-loop events. */
#include "codec_events.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char codec_events_schema[] =
        "{\"type\":\"record\",\"name\":\"ClosedLoopEvent\",\"namespace\":\"bench\",\"fields\":["
        "{\"name\":\"id\",\"type\":\"string\"},{\"name\":\"loop\",\"type\":\"string\"},{\"name\":\"domain\",\"type\":\"string\"},"
        "{\"name\":\"stage\",\"type\":{\"type\":\"enum\",\"name\":\"Stage\",\"symbols\":[\"MONITORING\",\"ANALYSIS\","
        "\"DECISION\","
        "\"EXECUTION\",\"KNOWLEDGE\",\"GOVERNANCE\"]}},"
        "{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"Kind\",\"symbols\":[\"TELEMETRY\",\"TRIGGER\",\"CLEAR\","
        "\"ALARM\","
        "\"RECOMMENDATION\",\"ACTION_PLAN\",\"ACTION_RESULT\",\"STATE\",\"HEARTBEAT\",\"INTENT\",\"INTENT_REPORT\","
        "\"COORDINATION\","
        "\"INVENTORY\"]}},"
        "{\"name\":\"producer\",\"type\":{\"type\":\"record\",\"name\":\"Producer\",\"fields\":[{\"name\":\"name\",\"type\":"
        "\"string\"},"
        "{\"name\":\"incarnation\",\"type\":\"long\"},{\"name\":\"sequence\",\"type\":\"long\"}]}},"
        "{\"name\":\"event_time\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}},"
        "{\"name\":\"correlation_id\",\"type\":[\"null\",\"string\"],\"default\":null},"
        "{\"name\":\"causes\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},"
        "{\"name\":\"subject\",\"type\":{\"type\":\"record\",\"name\":\"Subject\",\"fields\":[{\"name\":\"type\",\"type\":"
        "\"string\"},"
        "{\"name\":\"id\",\"type\":\"string\"}]}},"
        "{\"name\":\"metrics\",\"type\":{\"type\":\"map\",\"values\":\"double\"}},"
        "{\"name\":\"attributes\",\"type\":{\"type\":\"map\",\"values\":\"string\"}}]}";

static uint64_t mix(uint64_t x) { /* splitmix64 */
        x += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        return x ^ x >> 31;
}

static void put_long(Buffer *out, int64_t v) {
        uint64_t n = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
        for (; n >= 0x80; n >>= 7)
                buffer_u8(out, (uint8_t)(n | 0x80));
        buffer_u8(out, (uint8_t)n);
}

static void put_text(Buffer *out, const char *s) {
        put_long(out, (int64_t)strlen(s));
        buffer_put_z(out, s);
}

static void put_number(Buffer *out, const char *name, double v) {
        put_text(out, name);
        buffer_put(out, &v, sizeof v);
}

void codec_event(uint64_t i, Buffer *out) {
        static const char *const vendor[] = { "nordwind", "acme-ran", "helios", "ostrava" };
        uint64_t r = mix(i ^ UINT64_C(0x70c51e)), loop = mix(i) % 10000;
        char text[64];
        snprintf(text, sizeof text, "%016" PRIx64 "-%08" PRIx64, mix(i + 1), i);
        put_text(out, text);
        snprintf(text, sizeof text, "loop-%05" PRIu64, loop);
        put_text(out, text);
        snprintf(text, sizeof text, "edge-%02" PRIu64 ".region-%" PRIu64 ".operator", loop % 40, loop % 4);
        put_text(out, text);
        put_long(out, r % 10 ? 0 : 1);
        put_long(out, r % 10 ? 0 : 1);
        snprintf(text, sizeof text, "probe-%04" PRIu64, loop % 2000);
        put_text(out, text);
        put_long(out, 3);
        put_long(out, (int64_t)i);
        put_long(out, INT64_C(1750000000000000) + (int64_t)i * 100);
        put_long(out, r >> 8 & 1 ? 0 : 1);
        if (!(r >> 8 & 1)) {
                snprintf(text, sizeof text, "corr-%012" PRIx64, r >> 16);
                put_text(out, text);
        }
        if (r >> 9 & 1) {
                put_long(out, 1);
                snprintf(text, sizeof text, "%016" PRIx64, mix(r));
                put_text(out, text);
        }
        put_long(out, 0);
        put_text(out, "nr-cell");
        snprintf(text, sizeof text, "gnb-%06" PRIu64 "/cell-%u", loop * 7, (unsigned)(r >> 10 & 3));
        put_text(out, text);
        put_long(out, 2);
        put_number(out, "load", (double)(r >> 20 & 0xffff) / 655.36);
        put_number(out, "latency_ms", 1.0 + (double)(r >> 36 & 0xffff) / 1000.0);
        put_long(out, 0);
        put_long(out, 2);
        put_text(out, "vendor");
        put_text(out, vendor[loop & 3]);
        put_text(out, "software");
        put_text(out, "gnb-cu-24.3.1-rel7+hotfix2");
        put_long(out, 0);
}
