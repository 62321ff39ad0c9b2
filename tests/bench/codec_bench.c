/* What the codec costs on closed-loop events beside Avro-C's generic decoder and encoder: the same events, the same bytes
 * checked to come out, in one run and in turn, so that what the machine does meanwhile falls on all alike.
 * Usage: codec_bench SCHEMAS [--json] [--rounds N] [--events N] [--only NAME] */
#include <avro.h>

#include "codec/codec.h"
#include "codec_events.h"
#include "core/clock.h"
#include "core/limits.h"
#include "value/value.h"
#include <getopt.h>
#include <stdlib.h>

#define EVENTS_MAX 4096u
#define ROUNDS_MAX 1000u
#define CALLS 16384u /* of each in a round: a few milliseconds */

typedef struct Bench {
        Schemas *schemas;
        const Schema *own, *theirs; /* the house's schema, and the events' */
        Bytes events[EVENTS_MAX];
        tocsin_value values[EVENTS_MAX], copies[EVENTS_MAX]; /* the same; of copies no name is the schema's own memory */
        avro_value_t avro_values[EVENTS_MAX], avro_value; /* those to encode; the one decoded into */
        avro_reader_t reader;
        avro_writer_t writer;
        char avro_out[4096];
        Arena *arena, *kept;
        Plan *whole, *resolved, *five, *four;
        Buffer out;
        unsigned n, rounds;
        bool json;
} Bench;

typedef void Call(Bench *, unsigned i);

static _Noreturn void fail(const char *what) {
        fprintf(stderr, "%s\n", what);
        exit(1);
}

/* ---- what is measured: one event each ----------------------------------------------------------------------- */

static void avro_decode(Bench *b, unsigned i) {
        avro_value_reset(&b->avro_value);
        avro_reader_memory_set_source(b->reader, (const char *)b->events[i].ptr, (int64_t)b->events[i].len);
        if (avro_value_read(b->reader, &b->avro_value) != 0)
                fail(avro_strerror());
}

static void avro_encode(Bench *b, unsigned i) {
        avro_writer_reset(b->writer);
        if (avro_value_write(b->writer, &b->avro_values[i]) != 0)
                fail(avro_strerror());
}

static void decode(Bench *b, const Plan *plan, unsigned i) {
        tocsin_value v;
        arena_reset(b->arena);
        if (plan_decode(plan, b->events[i], b->arena, &v) != 0)
                fail("decode");
}

static void decode_whole(Bench *b, unsigned i) {
        decode(b, b->whole, i);
}
static void decode_resolved(Bench *b, unsigned i) {
        decode(b, b->resolved, i);
}
static void decode_five(Bench *b, unsigned i) {
        decode(b, b->five, i);
}
static void decode_four(Bench *b, unsigned i) {
        decode(b, b->four, i);
}

static void encode_value(Bench *b, const tocsin_value *v) {
        b->out.len = 0;
        if (codec_encode(b->theirs, v, &b->out, NULL) != 0)
                fail("encode");
}

static void encode(Bench *b, unsigned i) {
        encode_value(b, &b->values[i]);
}
static void encode_copy(Bench *b, unsigned i) {
        encode_value(b, &b->copies[i]);
}

/* peer: index of what it is compared with. */
static const struct Contest {
        const char *name;
        Call *call;
        unsigned peer;
} contests[] = {
        { "avro_c_decode", avro_decode, 0 },
        { "decode_whole", decode_whole, 0 },
        { "decode_whole_resolved", decode_resolved, 0 },
        { "decode_hot_five", decode_five, 0 },
        { "decode_j1_four", decode_four, 0 },
        { "avro_c_encode", avro_encode, 5 },
        { "encode", encode, 5 },
        { "encode_foreign_names", encode_copy, 5 },
};
#define CONTESTS (sizeof contests / sizeof *contests)

/* ---- getting ready ------------------------------------------------------------------------------------------- */

static void make_events(Bench *b) {
        size_t at[EVENTS_MAX + 1];
        Buffer all = BUFFER_NULL;
        for (unsigned i = 0; i < b->n; i++) {
                at[i] = all.len;
                codec_event(i, &all);
        }
        at[b->n] = all.len;
        for (unsigned i = 0; i < b->n; i++)
                b->events[i] = bytes_of(all.ptr + at[i], at[i + 1] - at[i]);
}

static void load(Bench *b, const char *own) {
        Why why;
        Schema *s = NULL;
        b->schemas = schemas_new();
        if (schemas_load(b->schemas, own, &why) != 0 || schema_parse(&s, bytes_z(codec_events_schema), NULL, &why) != 0 ||
            schemas_add_writer(b->schemas, s, -1, &why) != 0)
                fail(why.text);
        b->theirs = s;
        b->own = schemas_by_name(b->schemas, "tocsin.ClosedLoopEvent");
}

static Plan *plan_for(const Bench *b, const Schema *reader, const char *const *reads, size_t n) {
        Plan *p = NULL;
        Why why;
        if (plan_new(&p, b->theirs, reader, reads, n, &why) != 0)
                fail(why.text);
        return p;
}

/* Both encoders must give back the very bytes: else they are not compared. */
static void make_values(Bench *b) {
        avro_schema_t schema;
        if (avro_schema_from_json_length(codec_events_schema, strlen(codec_events_schema), &schema) != 0)
                fail(avro_strerror());
        avro_value_iface_t *class = avro_generic_class_from_schema(schema);
        avro_generic_value_new(class, &b->avro_value);
        b->reader = avro_reader_memory("", 0);
        b->writer = avro_writer_memory(b->avro_out, sizeof b->avro_out);
        for (unsigned i = 0; i < b->n; i++) {
                Bytes in = b->events[i];
                avro_generic_value_new(class, &b->avro_values[i]);
                avro_reader_memory_set_source(b->reader, (const char *)in.ptr, (int64_t)in.len);
                if (avro_value_read(b->reader, &b->avro_values[i]) != 0 ||
                    plan_decode(b->whole, in, b->kept, &b->values[i]) != 0 ||
                    value_copy(b->kept, &b->values[i], &b->copies[i]) != 0)
                        fail("an event cannot be decoded");
                avro_encode(b, i);
                encode_copy(b, i);
                if (!bytes_eq(in, bytes_of(b->avro_out, (size_t)avro_writer_tell(b->writer))) ||
                    !bytes_eq(in, buffer_bytes(&b->out)))
                        fail("an event is encoded as other bytes than it was decoded from");
        }
}

static void setup(Bench *b, const char *own) {
        static const char *const hot[] = { "id", "loop", "kind", "event_time", "metrics" };
        static const char *const j1[] = { "id", "kind", "event_time", "metrics" };
        b->arena = arena_new(LIMIT_DECODE_BYTES);
        b->kept = arena_new(LIMIT_DECODE_BYTES);
        load(b, own);
        b->whole = plan_for(b, b->theirs, NULL, 0);
        b->resolved = plan_for(b, b->own, NULL, 0);
        b->five = plan_for(b, b->own, hot, 5);
        b->four = plan_for(b, b->own, j1, 4);
        make_events(b);
        make_values(b);
}

/* ---- measuring ----------------------------------------------------------------------------------------------- */

static double ns_of(Bench *b, Call *call) {
        int64_t begin = clock_read_us(CLOCK_PROCESS_CPUTIME_ID);
        for (unsigned i = 0, j = 0; i < CALLS; i++, j = j + 1 == b->n ? 0 : j + 1)
                call(b, j);
        return (double)(clock_read_us(CLOCK_PROCESS_CPUTIME_ID) - begin) * 1000.0 / CALLS;
}

static int by_size(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

/* Least, median and greatest: ns of the rounds, and of the ratios that each round gave by itself. */
static void tell(const Bench *b, const struct Contest *c, const double *ns, const double *theirs) {
        double times[ROUNDS_MAX], sorted[ROUNDS_MAX];
        for (unsigned i = 0; i < b->rounds; i++) {
                times[i] = theirs[i] / ns[i];
                sorted[i] = ns[i];
        }
        qsort(times, b->rounds, sizeof *times, by_size);
        qsort(sorted, b->rounds, sizeof *sorted, by_size);
        unsigned mid = b->rounds / 2, last = b->rounds - 1;
        printf(b->json ? "{\"name\":\"%s\",\"ns\":%.1f,\"ns_min\":%.1f,\"ns_max\":%.1f,\"times_avro_c\":%.2f,"
                         "\"times_min\":%.2f,\"times_max\":%.2f}\n"
                       : "%-22s %7.1f ns (%.1f to %.1f)   %5.2f x Avro-C (%.2f to %.2f)\n",
               c->name, sorted[mid], sorted[0], sorted[last], times[mid], times[0], times[last]);
}

static void measure(Bench *b) {
        static double ns[CONTESTS][ROUNDS_MAX];
        for (unsigned round = 0; round < b->rounds; round++)
                for (size_t i = 0; i < CONTESTS; i++)
                        ns[i][round] = ns_of(b, contests[i].call);
        size_t bytes = 0;
        for (unsigned i = 0; i < b->n; i++)
                bytes += b->events[i].len;
        printf(b->json ? "{\"name\":\"event\",\"bytes\":%.1f,\"events\":%u,\"rounds\":%u}\n"
                       : "%.1f bytes an event without frame; %u events in turn, %u rounds: median (least to greatest)\n",
               (double)bytes / b->n, b->n, b->rounds);
        for (size_t i = 0; i < CONTESTS; i++)
                tell(b, &contests[i], ns[i], ns[contests[i].peer]);
}

/* For a profiler: nothing else, as often as the rounds say. */
static int only(Bench *b, const char *name) {
        for (size_t i = 0; i < CONTESTS; i++)
                if (strcmp(contests[i].name, name) == 0) {
                        for (unsigned round = 0; round < b->rounds; round++)
                                (void)ns_of(b, contests[i].call);
                        return 0;
                }
        fail("--only: no such measurement");
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "json", no_argument, NULL, 'j' },
                { "rounds", required_argument, NULL, 'r' },
                { "events", required_argument, NULL, 'e' },
                { "only", required_argument, NULL, 'o' },
                { 0 },
        };
        static Bench b = { .n = 64, .rounds = 31 };
        const char *name = NULL;
        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
                b.json |= c == 'j';
                b.rounds = c == 'r' ? (unsigned)atoi(optarg) : b.rounds;
                b.n = c == 'e' ? (unsigned)atoi(optarg) : b.n;
                name = c == 'o' ? optarg : name;
                if (c == '?')
                        return 64;
        }
        if (optind + 1 != argc || b.n - 1 >= EVENTS_MAX || b.rounds - 1 >= ROUNDS_MAX)
                fail("usage: codec_bench SCHEMAS [--json] [--rounds 1 to 1000] [--events 1 to 4096] [--only NAME]");
        setup(&b, argv[optind]);
        if (name)
                return only(&b, name);
        measure(&b);
        return 0;
}
