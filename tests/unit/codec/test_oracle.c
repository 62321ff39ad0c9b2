/* The codec beside Avro-C on random schemas and values, and on everything that is nearly a valid message. */
#include "avro_random.h"
#include "oracle.h"
#include "value/value.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define PAIRS 200000u
#define VALUES 10u /* of one schema */

typedef struct Bench {
        AvroRandom random;
        Arena *arena; /* of values */
        Buffer text, wire, ours, theirs;
        Schema *schema;
        Plan *plan;
        Oracle oracle;
} Bench;

static Bench bench_new(uint64_t seed) {
        return (Bench){ .random = { .random = random_seeded(seed), .arena = arena_new(16 << 20) }, .arena = arena_new(64 << 20) };
}

static void bench_free(Bench *b) {
        arena_free(b->random.arena);
        arena_free(b->arena);
        buffer_deinit(&b->text);
        buffer_deinit(&b->wire);
        buffer_deinit(&b->ours);
        buffer_deinit(&b->theirs);
}

static AvroType *next_schema(Bench *b) {
        Why why = { 0 };
        arena_reset(b->random.arena);
        AvroType *t = avro_random_type(&b->random);
        buffer_clear(&b->text);
        avro_print(&b->random, t, &b->text);
        cr_assert_eq(schema_parse(&b->schema, buffer_bytes(&b->text), NULL, &why), 0, "%s: %.*s", why.text,
                     BYTES_ARG(buffer_bytes(&b->text)));
        cr_assert_eq(plan_new(&b->plan, b->schema, b->schema, NULL, 0, &why), 0, "%s: %.*s", why.text,
                     BYTES_ARG(buffer_bytes(&b->text)));
        cr_assert(oracle_init(&b->oracle, buffer_bytes(&b->text)), "%s: %.*s", avro_strerror(),
                  BYTES_ARG(buffer_bytes(&b->text)));
        return t;
}

static void end_schema(Bench *b) {
        oracle_deinit(&b->oracle);
        b->plan = plan_free(b->plan);
        b->schema = schema_free(b->schema);
}

static void say(const Bench *b, const char *what) {
        fprintf(stderr, "%s: %.*s\n", what, BYTES_ARG(buffer_bytes(&b->text)));
        for (size_t i = 0; i < b->wire.len; i++)
                fprintf(stderr, "%02x", b->wire.ptr[i]);
        fputc('\n', stderr);
}

#define MUST(condition, what)                                       \
        do {                                                        \
                if (!(condition)) {                                 \
                        say(b, what);                               \
                        cr_assert_fail("%s", (const char *)(what)); \
                }                                                   \
        } while (0)

static void both_directions(Bench *b, const AvroType *t) {
        tocsin_value v, again;
        Why why = { 0 };
        arena_reset(b->arena);
        buffer_clear(&b->wire);
        avro_wire(&b->random, t, &b->wire, 0);
        MUST(plan_decode(b->plan, buffer_bytes(&b->wire), b->arena, &v) == 0, "ours does not decode");
        MUST(oracle_read(&b->oracle, buffer_bytes(&b->wire)) == 0, avro_strerror());
        MUST(oracle_same(&b->oracle.value, &v), "decoded values differ");
        buffer_clear(&b->ours);
        buffer_clear(&b->theirs);
        MUST(codec_encode(b->schema, &v, &b->ours, &why) == 0, why.text);
        oracle_write(&b->oracle, &b->theirs);
        MUST(bytes_eq(buffer_bytes(&b->ours), buffer_bytes(&b->theirs)), "encoded bytes differ");
        MUST(plan_decode(b->plan, buffer_bytes(&b->ours), b->arena, &again) == 0 && value_equal(&v, &again),
             "does not come back");
}

Test(oracle, is_equal_to_avro_c_in_both_directions, .timeout = 120) {
        Bench b = bench_new(1);
        unsigned kinds = 0, types = 0;
        for (unsigned i = 0; i < PAIRS / VALUES; i++) {
                AvroType *t = next_schema(&b);
                kinds |= 1u << t->kind;
                types += b.random.n_types;
                for (unsigned v = 0; v < VALUES; v++)
                        both_directions(&b, t);
                end_schema(&b);
        }
        fprintf(stderr, "# %u pairs, %u types\n", PAIRS, types);
        cr_assert_eq(kinds, (1u << (AVRO_UNION_ + 1)) - 1, "not every kind of type was drawn: %x", kinds);
        bench_free(&b);
}

static bool key_twice(const tocsin_value *v) {
        bool fields = v->kind == TOCSIN_MAP || v->kind == TOCSIN_RECORD;
        for (uint32_t i = 0; (fields || v->kind == TOCSIN_LIST) && i < v->len; i++) {
                if (key_twice(fields ? &v->u.fields[i].value : &v->u.items[i]))
                        return true;
                for (uint32_t j = 0; fields && j < i; j++)
                        if (bytes_eq(bytes_of(v->u.fields[i].name, v->u.fields[i].name_len),
                                     bytes_of(v->u.fields[j].name, v->u.fields[j].name_len)))
                                return true;
        }
        return false;
}

static bool key_with_nul(const tocsin_value *v) {
        bool fields = v->kind == TOCSIN_MAP || v->kind == TOCSIN_RECORD;
        for (uint32_t i = 0; (fields || v->kind == TOCSIN_LIST) && i < v->len; i++)
                if (key_with_nul(fields ? &v->u.fields[i].value : &v->u.items[i]) ||
                    (fields && memchr(v->u.fields[i].name, 0, v->u.fields[i].name_len)))
                        return true;
        return false;
}

/* Ours may refuse more than Avro-C does, never less, and never says anything else. */
static bool agrees(Bench *b, Bytes in, Plan *skipping, unsigned *ret_same) {
        tocsin_value v = { 0 }, none;
        arena_reset(b->arena);
        int r = plan_decode(b->plan, in, b->arena, &v);
        cr_assert_geq(r, 0);
        if (skipping)
                cr_assert_eq(plan_decode(skipping, in, b->arena, &none) == 0, r == 0, "what is read changes what is refused");
        /* Of a key that comes twice ours keeps both entries, Avro-C reads the second into the first; its keys end at a NUL. */
        if (r != 0 || key_twice(&v) || key_with_nul(&v))
                return true;
        ++*ret_same;
        return oracle_read(&b->oracle, in) == 0 && oracle_same(&b->oracle.value, &v);
}

static void near_misses(Bench *b, const AvroType *t, unsigned *ret_n, unsigned *ret_same) {
        buffer_clear(&b->wire);
        avro_wire(&b->random, t, &b->wire, 0);
        if (b->wire.len > 300)
                return;
        _cleanup_(plan_freep) Plan *skipping = NULL;
        const char *const nothing[1] = { NULL };
        Why why;
        if (t->kind == AVRO_RECORD_)
                cr_assert_eq(plan_new(&skipping, b->schema, b->schema, nothing, 0, &why), 0);
        /* A copy of its own length, so that a read beyond its end is one beyond an allocation. */
        for (size_t n = 0; n < b->wire.len; n++, ++*ret_n) {
                _cleanup_(freep) uint8_t *part = malloc(n ? n : 1);
                memcpy(part, b->wire.ptr, n);
                MUST(agrees(b, bytes_of(part, n), skipping, ret_same), "a prefix is taken for something else");
        }
        _cleanup_(freep) uint8_t *whole = malloc(b->wire.len ? b->wire.len : 1);
        if (b->wire.len)
                memcpy(whole, b->wire.ptr, b->wire.len);
        for (size_t bit = 0; bit < 8 * b->wire.len; bit++, ++*ret_n) {
                whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
                MUST(agrees(b, bytes_of(whole, b->wire.len), skipping, ret_same), "a flipped bit is taken for something else");
                whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}

Test(oracle, every_prefix_and_every_flipped_bit_is_what_avro_c_says_or_refused, .timeout = 120) {
        Bench b = bench_new(2);
        unsigned n = 0, same = 0;
        for (unsigned i = 0; i < 1500; i++) {
                AvroType *t = next_schema(&b);
                for (unsigned v = 0; v < 2; v++)
                        near_misses(&b, t, &n, &same);
                end_schema(&b);
        }
        fprintf(stderr, "# %u near misses, of %u both decode the same\n", n, same);
        cr_assert(n > 300000 && same > 100000);
        bench_free(&b);
}
