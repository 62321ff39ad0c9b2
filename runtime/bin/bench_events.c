/* Events of a quiet network. */
#include "bin/bench_events.h"

#include <stdio.h>
#include <tocsin/value.h>

#define TRIGGER_SHARE 10u /* one event in ten is a TRIGGER, cleared by the next of its loop; telemetry follows from nothing */

static uint64_t mix(uint64_t x) { /* splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014) */
        x += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        return x ^ x >> 31;
}

void bench_loop(unsigned loop, char ret[16]) {
        snprintf(ret, 16, "loop-%05u", loop);
}

static tocsin_value text(char *to, size_t size, const char *format, unsigned long long a, unsigned long long b) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        int n = snprintf(to, size, format, a, b);
#pragma GCC diagnostic pop
        return tocsin_str_n(to, (size_t)n);
}

int bench_event(BenchEvents *b, const Schema *schema, Buffer *out, unsigned *ret, Why *why) {
        uint64_t i = b->n, r = mix(i ^ UINT64_C(0x70c51e));
        unsigned loop = (unsigned)(mix(i) % b->loops);
        char id[40], key[16], domain[40], name[16], corr[24], cause[40], subject[40];
        bench_loop(loop, key);
        uint64_t sequence = ++b->loop[loop].sequence;
        bool numbered = sequence % TRIGGER_SHARE < 2; /* a TRIGGER, then its CLEAR */
        bool clear = numbered && sequence % TRIGGER_SHARE == 1 && sequence > 1;
        const char *kind = clear ? "CLEAR" : numbered && sequence % TRIGGER_SHARE == 0 ? "TRIGGER" : "TELEMETRY";
        uint64_t cited = b->loop[loop].trigger;
        if (numbered && !clear)
                b->loop[loop].trigger = i;
        const tocsin_field producer[] = {
                tocsin_field_of("name", text(name, sizeof name, "probe-%04llu", loop % 2000, 0)),
                tocsin_field_of("incarnation", tocsin_i64(3)),
                tocsin_field_of("sequence", tocsin_i64((int64_t)sequence)),
        };
        const tocsin_value causes[] = { text(cause, sizeof cause, "%016llx-%08llx", mix(cited + 1), cited) };
        const tocsin_field about[] = {
                tocsin_field_of("type", tocsin_str("nr-cell")),
                tocsin_field_of("id", text(subject, sizeof subject, "gnb-%06llu/cell-%llu", loop * 7ull, loop & 3)),
        };
        const tocsin_field metrics[] = {
                tocsin_field_of("load", tocsin_f64(40 + (double)(r >> 20 & 0xffff) / 6553.6)),
                tocsin_field_of("latency_ms", tocsin_f64(20 + (double)(r >> 36 & 0xffff) / 32768.0)),
        };
        const tocsin_field attributes[] = {
                tocsin_field_of("vendor", tocsin_str("nordwind")),
                tocsin_field_of("software", tocsin_str("gnb-cu-24.3.1-rel7+hotfix2")),
        };
        const tocsin_field fields[] = {
                tocsin_field_of("id", text(id, sizeof id, "%016llx-%08llx", mix(i + 1), i)),
                tocsin_field_of("loop", tocsin_str(key)),
                tocsin_field_of("domain", text(domain, sizeof domain, "edge-%02llu.region-%llu.operator", loop % 40, loop % 4)),
                tocsin_field_of("stage", tocsin_symbol(numbered ? "ANALYSIS" : "MONITORING")),
                tocsin_field_of("kind", tocsin_symbol(kind)),
                tocsin_field_of("producer", tocsin_record(producer, 3)),
                tocsin_field_of("event_time", tocsin_i64(b->from_us + (int64_t)i * b->step_us)),
                tocsin_field_of("correlation_id",
                                r >> 8 & 1 ? tocsin_null() : text(corr, sizeof corr, "corr-%012llx", r >> 16, 0)),
                tocsin_field_of("causes", tocsin_list(causes, clear)),
                tocsin_field_of("subject", tocsin_record(about, 2)),
                tocsin_field_of("metrics", tocsin_map(metrics, 2)),
                tocsin_field_of("attributes", tocsin_map(attributes, 2)),
        };
        const tocsin_value event = tocsin_record(fields, sizeof fields / sizeof *fields);
        frame_put(out, FRAMING_SINGLE, schema, -1);
        GUARD(codec_encode(schema, &event, out, why));
        b->n++;
        *ret = loop;
        return out->failed;
}

int bench_loop_entry(unsigned loop, const Schema *schema, Buffer *out, Why *why) {
        char key[16], name[16], target[40];
        bench_loop(loop, key);
        const tocsin_field producer[] = {
                tocsin_field_of("name", text(name, sizeof name, "probe-%04llu", loop % 2000, 0)),
        };
        const tocsin_value producers[] = { tocsin_record(producer, 1) };
        const tocsin_value targets[] = { text(target, sizeof target, "gnb-%06llu/*", loop * 7ull, 0) };
        const tocsin_field fields[] = {
                tocsin_field_of("id", tocsin_str(key)),
                tocsin_field_of("producers", tocsin_list(producers, 1)),
                tocsin_field_of("targets", tocsin_list(targets, 1)),
        };
        const tocsin_value entry = tocsin_record(fields, sizeof fields / sizeof *fields);
        frame_put(out, FRAMING_SINGLE, schema, -1);
        GUARD(codec_encode(schema, &entry, out, why));
        return out->failed;
}
