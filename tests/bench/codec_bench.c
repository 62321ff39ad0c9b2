/* How fast the codec is on closed-loop events, beside Avro-C's generic decoder and encoder on the same bytes: one line of
 * JSON a measurement: name, ns, and how many times faster than Avro-C. Argument: rounds over the events (default 20). */
#include <avro.h>

#include "codec/codec.h"
#include "codec_events.h"
#include "core/clock.h"
#include "core/limits.h"
#include <stdlib.h>

#define EVENTS 4096u
#define VALUES 64u /* encoded in turn: in the cache, as a value is that a plugin has just made */

typedef struct Bench {
        Schemas *schemas;
        const Schema *own, *theirs; /* the house's schema, and the events' */
        Bytes events[EVENTS];
        Arena *arena;
        avro_schema_t avro;
        avro_value_t avro_value;
        Buffer out;
        unsigned rounds;
} Bench;

static _Noreturn void fail(const char *what) {
        fprintf(stderr, "%s\n", what);
        exit(1);
}

static void setup(Bench *b, const char *own) {
        Why why;
        Schema *s = NULL;
        Buffer all = BUFFER_NULL;
        size_t at[EVENTS + 1];
        b->schemas = schemas_new();
        b->arena = arena_new(LIMIT_DECODE_BYTES);
        if (schemas_load(b->schemas, own, &why) != 0 || schema_parse(&s, bytes_z(codec_events_schema), NULL, &why) != 0 ||
            schemas_add_writer(b->schemas, s, -1, &why) != 0)
                fail(why.text);
        b->theirs = s;
        b->own = schemas_by_name(b->schemas, "tocsin.ClosedLoopEvent");
        for (unsigned i = 0; i < EVENTS; i++) {
                at[i] = all.len;
                codec_event(i, &all);
        }
        at[EVENTS] = all.len;
        for (unsigned i = 0; i < EVENTS; i++)
                b->events[i] = bytes_of(all.ptr + at[i], at[i + 1] - at[i]);
        if (avro_schema_from_json_length(codec_events_schema, strlen(codec_events_schema), &b->avro) != 0)
                fail(avro_strerror());
        avro_generic_value_new(avro_generic_class_from_schema(b->avro), &b->avro_value);
}

static double ns_since(int64_t begin_us, const Bench *b) {
        return (double)(clock_read_us(CLOCK_PROCESS_CPUTIME_ID) - begin_us) * 1000.0 / (double)b->rounds / EVENTS;
}

/* The best of five: what the code costs, not what the machine did meanwhile. */
static double best_of(Bench *b, double (*once)(Bench *, const void *), const void *arg) {
        double best = once(b, arg);
        for (int i = 0; i < 4; i++) {
                double ns = once(b, arg);
                best = ns < best ? ns : best;
        }
        return best;
}

static double decode_once(Bench *b, const void *plan) {
        int64_t begin = clock_read_us(CLOCK_PROCESS_CPUTIME_ID);
        for (unsigned round = 0; round < b->rounds; round++)
                for (unsigned i = 0; i < EVENTS; i++) {
                        tocsin_value v;
                        arena_reset(b->arena);
                        if (plan_decode(plan, b->events[i], b->arena, &v) != 0)
                                fail("decode");
                }
        return ns_since(begin, b);
}

static double encode_once(Bench *b, const void *plan) {
        static tocsin_value values[VALUES];
        arena_reset(b->arena);
        for (unsigned i = 0; i < VALUES; i++)
                if (plan_decode(plan, b->events[i], b->arena, &values[i]) != 0)
                        fail("decode");
        int64_t begin = clock_read_us(CLOCK_PROCESS_CPUTIME_ID);
        for (unsigned round = 0; round < b->rounds; round++)
                for (unsigned i = 0; i < EVENTS; i++) {
                        b->out.len = 0;
                        if (codec_encode(b->theirs, &values[i % VALUES], &b->out, NULL) != 0)
                                fail("encode");
                }
        return ns_since(begin, b);
}

static double avro_decode_once(Bench *b, const void *unused) {
        (void)unused;
        int64_t begin = clock_read_us(CLOCK_PROCESS_CPUTIME_ID);
        avro_reader_t reader = avro_reader_memory("", 0);
        for (unsigned round = 0; round < b->rounds; round++)
                for (unsigned i = 0; i < EVENTS; i++) {
                        avro_value_reset(&b->avro_value);
                        avro_reader_memory_set_source(reader, (const char *)b->events[i].ptr, (int64_t)b->events[i].len);
                        if (avro_value_read(reader, &b->avro_value) != 0)
                                fail(avro_strerror());
                }
        double ns = ns_since(begin, b);
        avro_reader_free(reader);
        return ns;
}

static double avro_encode_once(Bench *b, const void *unused) {
        (void)unused;
        static char to[4096];
        int64_t begin = clock_read_us(CLOCK_PROCESS_CPUTIME_ID);
        avro_writer_t writer = avro_writer_memory(to, sizeof to);
        for (unsigned round = 0; round < b->rounds; round++)
                for (unsigned i = 0; i < EVENTS; i++) {
                        avro_writer_reset(writer);
                        if (avro_value_write(writer, &b->avro_value) != 0)
                                fail(avro_strerror());
                }
        double ns = ns_since(begin, b);
        avro_writer_free(writer);
        return ns;
}

static void tell(const char *name, double ns, double theirs) {
        printf("{\"name\":\"%s\",\"ns\":%.1f,\"times_avro_c\":%.2f}\n", name, ns, theirs / ns);
}

static Plan *plan_for(const Bench *b, const Schema *reader, const char *const *reads, size_t n) {
        Plan *p = NULL;
        Why why;
        if (plan_new(&p, b->theirs, reader, reads, n, &why) != 0)
                fail(why.text);
        return p;
}

int main(int argc, char **argv) {
        static const char *const hot[] = { "id", "loop", "kind", "event_time", "metrics" }, *const j1[] = { "id", "kind",
                                                                                                            "event_time",
                                                                                                            "metrics" };
        Bench b = { .rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 20 };
        if (argc < 2)
                fail("usage: codec_bench SCHEMAS [ROUNDS]");
        setup(&b, argv[1]);
        double read = best_of(&b, avro_decode_once, NULL), written = best_of(&b, avro_encode_once, NULL);
        tell("avro_c_decode", read, read);
        tell("avro_c_encode", written, written);
        Plan *whole = plan_for(&b, b.theirs, NULL, 0), *resolved = plan_for(&b, b.own, NULL, 0);
        tell("decode_whole", best_of(&b, decode_once, whole), read);
        tell("decode_whole_resolved", best_of(&b, decode_once, resolved), read);
        tell("decode_hot_five", best_of(&b, decode_once, plan_for(&b, b.own, hot, 5)), read);
        tell("decode_j1_four", best_of(&b, decode_once, plan_for(&b, b.own, j1, 4)), read);
        tell("encode", best_of(&b, encode_once, whole), written);
        return 0;
}
