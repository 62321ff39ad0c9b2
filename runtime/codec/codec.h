/* Bytes of a topic <-> values. A plan, compiled once from writer's and reader's schema (Avro 1.11 schema resolution),
 * drives a bounded, iterative decoder: no recursion, work and memory linear in the length of the input, every length
 * checked before it is believed. Strings and bytes are borrowed from the message.
 *
 * Documented answers where Avro is silent: non-finite doubles are values like any other; STR that is not UTF-8 and
 * varints over 10 bytes (or 5 for int), or with bits beyond the type, are CODEC_E_MALFORMED; bytes left over after the
 * value are CODEC_E_TRAILING; negative block counts carry a size that must be true. */
#pragma once

#include "codec/schema.h"
#include "core/buffer.h"

enum {
        CODEC_E_MALFORMED = 1,       /* the bytes are not this schema's */
        CODEC_E_TRUNCATED = 2,       /* they end too early */
        CODEC_E_TRAILING = 3,        /* something follows the value */
        CODEC_E_LIMIT = 4,           /* deeper than LIMIT_DEPTH, LIMIT_ZERO_ITEMS, or the arena is full */
        CODEC_E_UNKNOWN = 5,         /* framing names a schema that is not known, or is no framing at all */
        CODEC_E_UNRESOLVED = 6,      /* writer's value has no place in the reader's schema (union, enum) */
        CODEC_E_MISFIT = 7           /* encode: the value does not fit the schema */
};
const char *codec_answer(int r);     /* "truncated", …: a word for logs and dead letters */

typedef struct Plan Plan;            /* immutable; any thread */

/* reads: n paths ("producer.name") of reader fields to keep, NULL: all; others are skipped on the wire and NONE in the
 * value. Decoding always walks the whole message and refuses the same messages whatever is read. A plan borrows from
 * both schemas. 0 | SCHEMA_E_BAD (schemas do not resolve, or no such field: *why) | -ENOMEM. */
int plan_new(Plan **ret, const Schema *writer, const Schema *reader, const char *const *reads, size_t n, Why *why);
Plan *plan_free(Plan *p);
CLEANUP_DEFINE(Plan, plan_free)
/* One whole value. *ret lives in `a` and borrows from `in` and the plan (names, symbols, defaults).
 * 0 | CODEC_E_… | -ENOMEM; *ret untouched and `a` rewound then. */
int plan_decode(const Plan *p, Bytes in, Arena *a, tocsin_value *ret);

/* The field of `reader` at a path, as a handle for tocsin_at(). -ENOENT: none, or beyond what a handle can name. */
int64_t schema_handle(const Schema *reader, const char *path);

/* Appends the value in `schema`. Records take fields by name in any order, missing ones their defaults; a union without
 * `branch` takes the first branch that fits; ENUM by symbol, or by index if the symbol is empty; STR fits ENUM, STR
 * and BYTES fit fixed of their length; I64 fits int, long, float, double.
 * 0 | CODEC_E_MISFIT (*why: path and reason) | CODEC_E_LIMIT | out->failed. On anything but 0 `out` is as before. */
int codec_encode(const Schema *schema, const tocsin_value *v, Buffer *out, Why *why);

/* ---- framing --------------------------------------------------------------------------------------- */

typedef enum Framing {
        FRAMING_SINGLE,              /* C3 01, fingerprint little-endian (Avro single-object encoding) */
        FRAMING_CONFLUENT,           /* 00, registry id big-endian */
        FRAMING_NONE                 /* bare; read as the reader's own schema */
} Framing;

/* What reads one port: both framings, each writer schema's plan compiled at first sight and kept. [one thread] */
typedef struct Decoder Decoder;
int decoder_new(Decoder **ret, const Schemas *schemas, const Schema *reader, const char *const *reads, size_t n, Why *why);
Decoder *decoder_free(Decoder *d);
CLEANUP_DEFINE(Decoder, decoder_free)
/* bare: accept FRAMING_NONE. 0 | CODEC_E_…, *why (may be NULL) set for CODEC_E_UNKNOWN and CODEC_E_UNRESOLVED |
 * -ENOMEM. A writer's schema that does not resolve is CODEC_E_UNRESOLVED for each of its messages. */
int decoder_read(Decoder *d, Bytes in, bool bare, Arena *a, tocsin_value *ret, Why *why);

/* Writes the frame's header for `schema`; id: registry id for CONFLUENT. */
void frame_put(Buffer *out, Framing f, const Schema *schema, int64_t id);

/* ---- the natural JSON form --------------------------------------------------------------------------- */

/* A value as json_parse() gives it -> a value of the schema: names as in the schema, absent fields their defaults,
 * unions the bare value (first branch that fits), enums their symbol, bytes and fixed base64, timestamp-micros and
 * -millis as integers or RFC 3339 text, numbers also for doubles; "NaN", "Infinity", "-Infinity" for doubles; a key
 * that is no field of a record is CODEC_E_MISFIT. *ret lives in `a`, may borrow from `v`. 0 | CODEC_E_… | -ENOMEM */
int natural_read(const Schema *schema, const tocsin_value *v, Arena *a, tocsin_value *ret, Why *why);
