/* Random Avro: schemas as graphs of their own (nothing of the codec is used), their text, values on the wire, and a
 * reader's schema made from a writer's by the changes that schema resolution is about. */
#pragma once

#include "core/arena.h"
#include "core/buffer.h"

typedef struct Random { uint64_t state; } Random;
uint64_t random_next(Random *r);                     /* splitmix64 */
static inline unsigned random_below(Random *r, unsigned n) {
        return (unsigned)(random_next(r) % n);
}
static inline bool random_chance(Random *r, unsigned percent) {
        return random_below(r, 100) < percent;
}
/* TOCSIN_SEED, or `otherwise`; said on stderr. */
Random random_seeded(uint64_t otherwise);

#define AVRO_PARTS 8

typedef enum AvroKind {
        AVRO_NULL_, AVRO_BOOLEAN_, AVRO_INT_, AVRO_LONG_, AVRO_FLOAT_, AVRO_DOUBLE_, AVRO_BYTES_, AVRO_STRING_,
        AVRO_FIXED_, AVRO_ENUM_, AVRO_RECORD_, AVRO_ARRAY_, AVRO_MAP_, AVRO_UNION_
} AvroKind;

typedef struct AvroType AvroType;
struct AvroType {
        AvroKind kind;
        unsigned number;                     /* named types: "N<number>" */
        unsigned n;                          /* fields, symbols, branches; FIXED: size */
        AvroType *part[AVRO_PARTS];          /* fields, branches; [0]: items */
        unsigned name[AVRO_PARTS];           /* of fields "f<n>", of symbols "S<n>" */
        const char *otherwise[AVRO_PARTS];   /* default of a field as JSON, NULL: none */
        int alias[AVRO_PARTS];               /* of fields; -1: none */
        int type_alias, enum_default;        /* -1: none */
        AvroType *changed;                   /* the reader's counterpart, while one is made */
        unsigned printed;
};

typedef struct AvroRandom {
        Random random;
        Arena *arena;
        unsigned n_named, stamp;
        AvroType *named[64];                 /* finished ones and those being made */
        unsigned n_types;
        bool plain;                          /* text of ASCII only, collections never empty: for resolution */
} AvroRandom;

enum {                                       /* what avro_change() did: libraries differ in what they know */
        CHANGE_ALIAS = 1,                    /* aliases of fields or types */
        CHANGE_ENUM_DEFAULT = 2,
        CHANGE_TEXT = 4,                     /* string <-> bytes */
        CHANGE_UNION = 8,                    /* a branch of a union added, taken away, moved, or a union made or undone */
        CHANGE_PROMOTION = 16,
        CHANGE_FIELDS = 32,                  /* added, dropped, moved */
        CHANGE_ITEMS = 64,                   /* another kind of items in a list or map */
        CHANGE_UNMADE = 256,                 /* a union became one of its branches */
        CHANGE_NUMBERS = 128                 /* no change: the reader has a union of more than one kind of number */
};

AvroType *avro_random_type(AvroRandom *a);
void avro_print(AvroRandom *a, AvroType *t, Buffer *out);
void avro_wire(AvroRandom *a, const AvroType *t, Buffer *out, unsigned depth);
AvroType *avro_change(AvroRandom *a, AvroType *writer, unsigned *ret_changes);
