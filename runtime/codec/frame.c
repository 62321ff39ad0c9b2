/* Frames: which schema wrote a message, and its plan. */
#include "codec/codec.h"

#include <inttypes.h>
#include <stdlib.h>

#define SINGLE_BYTES 10u
#define CONFLUENT_BYTES 5u

typedef struct Way { /* a writer's schema seen on this port, and how to read it */
        const Schema *writer;
        Plan *plan; /* NULL: does not resolve */
        Why *why; /* then why not */
} Way;

struct Decoder {
        const Schemas *schemas;
        const Schema *reader;
        char **reads;
        size_t n_reads, n_ways, size, last;
        Way *ways; /* [0]: the reader's own schema */
};

static int way_add(Decoder *d, const Schema *writer, Why *why) {
        if (d->n_ways == d->size) {
                size_t size = d->size ? d->size * 2 : 4;
                Way *ways = realloc(d->ways, size * sizeof *ways);
                REQUIRE(ways, why_say(why, -ENOMEM, "out of memory"));
                d->ways = ways;
                d->size = size;
        }
        Way w = { .writer = writer };
        Why said = { 0 };
        int r = plan_new(&w.plan, writer, d->reader, (const char *const *)d->reads, d->n_reads, &said);
        if (r < 0)
                return why_say(why, r, "%s", said.text);
        if (r != 0) {
                w.why = malloc(sizeof *w.why);
                REQUIRE(w.why, why_say(why, -ENOMEM, "out of memory"));
                *w.why = said;
        }
        d->ways[d->n_ways++] = w;
        return 0;
}

static int reads_copy(Decoder *d, const char *const *reads, size_t n) {
        if (!reads)
                return 0;
        d->reads = calloc(n + 1, sizeof *d->reads);
        REQUIRE(d->reads, -ENOMEM);
        for (; d->n_reads < n; d->n_reads++) {
                d->reads[d->n_reads] = strdup(reads[d->n_reads]);
                REQUIRE(d->reads[d->n_reads], -ENOMEM);
        }
        return 0;
}

int decoder_new(Decoder **ret, const Schemas *schemas, const Schema *reader, const char *const *reads, size_t n, Why *why) {
        _cleanup_(decoder_freep) Decoder *d = calloc(1, sizeof *d);
        if (!d)
                return why_say(why, -ENOMEM, "out of memory");
        d->schemas = schemas;
        d->reader = reader;
        if (reads_copy(d, reads, n) != 0)
                return why_say(why, -ENOMEM, "out of memory");
        GUARD(way_add(d, reader, why));
        if (!d->ways[0].plan)
                return why_say(why, SCHEMA_E_BAD, "%s", d->ways[0].why->text);
        *ret = steal(d);
        return 0;
}

Decoder *decoder_free(Decoder *d) {
        if (!d)
                return NULL;
        for (size_t i = 0; i < d->n_ways; i++) {
                plan_free(d->ways[i].plan);
                free(d->ways[i].why);
        }
        for (size_t i = 0; i < d->n_reads; i++)
                free(d->reads[i]);
        free(d->reads);
        free(d->ways);
        free(d);
        return NULL;
}

static uint64_t fingerprint_of(Bytes in) {
        uint64_t f;
        memcpy(&f, in.ptr + 2, sizeof f);
        return f;
}

static int64_t id_of(Bytes in) {
        return (int64_t)in.ptr[1] << 24 | (int64_t)in.ptr[2] << 16 | (int64_t)in.ptr[3] << 8 | in.ptr[4];
}

static bool is_single(Bytes in) {
        return in.len >= SINGLE_BYTES && in.ptr[0] == 0xc3 && in.ptr[1] == 0x01;
}

static bool is_confluent(Bytes in) {
        return in.len >= CONFLUENT_BYTES && in.ptr[0] == 0x00;
}

/* The way for what a frame names, compiled if this is the first of its kind. *ret NULL: not known. */
static int way_for(Decoder *d, const Schema *writer, const Way **ret, Why *why) {
        for (size_t i = 0; i < d->n_ways; i++)
                if (d->ways[i].writer == writer) {
                        d->last = i;
                        *ret = &d->ways[i];
                        return 0;
                }
        GUARD(way_add(d, writer, why));
        d->last = d->n_ways - 1;
        *ret = &d->ways[d->last];
        return 0;
}

static int way_of(Decoder *d, Bytes in, const Way **ret, size_t *ret_header, Why *why) {
        const Schema *writer = NULL;
        if (is_single(in)) {
                uint64_t f = fingerprint_of(in);
                *ret_header = SINGLE_BYTES;
                if (schema_fingerprint(d->ways[d->last].writer) == f) {
                        *ret = &d->ways[d->last];
                        return 0;
                }
                writer = schema_fingerprint(d->reader) == f ? d->reader
                         : d->schemas                       ? schemas_by_fingerprint(d->schemas, f)
                                                            : NULL;
        } else if (is_confluent(in) && d->schemas) {
                *ret_header = CONFLUENT_BYTES;
                writer = schemas_by_id(d->schemas, id_of(in));
        }
        return writer ? way_for(d, writer, ret, why) : 0;
}

static int unknown(Bytes in, Why *why) {
        if (is_single(in))
                return why_say(why, CODEC_E_UNKNOWN,
                               "written with schema %016" PRIx64 ", which is not among the writers' schemas", fingerprint_of(in));
        if (is_confluent(in))
                return why_say(why, CODEC_E_UNKNOWN,
                               "written with registry id %" PRId64 ", which is not among the writers' schemas", id_of(in));
        if (in.len && (in.ptr[0] == '{' || in.ptr[0] == '['))
                return why_say(why, CODEC_E_UNKNOWN,
                               "neither single-object nor Confluent framing; it looks like JSON, and this port takes Avro");
        return why_say(why, CODEC_E_UNKNOWN, "neither single-object nor Confluent framing");
}

int decoder_read(Decoder *d, Bytes in, bool bare, Arena *a, tocsin_value *ret, Why *why) {
        const Way *way = NULL;
        size_t header = 0;
        int r = way_of(d, in, &way, &header, why);
        if (r != 0)
                return r;
        if (!way) {
                if (!bare)
                        return unknown(in, why);
                way = &d->ways[0];
                header = 0;
        }
        if (!way->plan)
                return why_say(why, CODEC_E_UNRESOLVED, "%s", way->why->text);
        r = plan_decode(way->plan, bytes_of(in.ptr + header, in.len - header), a, ret);
        if (r == CODEC_E_UNRESOLVED)
                return why_say(why, r, "a value of the writer's %s has no place in %s", schema_name(way->writer),
                               schema_name(d->reader));
        return r;
}

void frame_put(Buffer *out, Framing f, const Schema *schema, int64_t id) {
        uint8_t head[SINGLE_BYTES] = { 0 };
        if (f == FRAMING_SINGLE) {
                uint64_t fingerprint = schema_fingerprint(schema);
                head[0] = 0xc3;
                head[1] = 0x01;
                memcpy(head + 2, &fingerprint, sizeof fingerprint);
                buffer_put(out, head, SINGLE_BYTES);
        } else if (f == FRAMING_CONFLUENT) {
                for (int i = 0; i < 4; i++)
                        head[1 + i] = (uint8_t)(id >> (24 - 8 * i));
                buffer_put(out, head, CONFLUENT_BYTES);
        }
}
