/* Out of memory at any allocation: an answer that says so, nothing half-done, nothing leaked. */
#include "allocfail.h"
#include "support.h"

#define SCHEMA                                                                                                               \
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":[\"null\","  \
        "\"R\"]},\"default\":[]},"                                                                                           \
        "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":\"bytes\"},\"default\":{\"k\":\"\\u00ff\"}},{\"name\":\"s\"," \
        "\"type\":\"string\","                                                                                               \
        "\"default\":\"\",\"aliases\":[\"t\"]}]}"

/* Each allocation fails once; then all succeed. */
#define EACH_FAILS(call, undo)                                           \
        for (size_t n_ = 1;; n_++) {                                     \
                allocfail_arm(n_);                                       \
                int r_ = (call);                                         \
                bool hit_ = allocfail_disarm();                          \
                if (!hit_) {                                             \
                        cr_assert_eq(r_, 0, "%d", r_);                   \
                        break;                                           \
                }                                                        \
                cr_assert_eq(r_, -ENOMEM, "allocation %zu: %d", n_, r_); \
                undo;                                                    \
        }

Test(memory, every_allocation_may_fail_in_parsing_planning_and_loading) {
        Schema *s = NULL;
        Plan *p = NULL;
        Decoder *d = NULL;
        Schemas *r = NULL;
        Why why;
        const char *const reads[] = { "a", "s" };
        EACH_FAILS(schema_parse(&s, bytes_z(SCHEMA), NULL, &why), cr_assert_null(s));
        EACH_FAILS(plan_new(&p, s, s, reads, 2, &why), cr_assert_null(p));
        r = schemas_new();
        EACH_FAILS(schemas_add(r, s, &why), cr_assert_null(schemas_by_name(r, "R")));
        EACH_FAILS(decoder_new(&d, r, s, reads, 2, &why), cr_assert_null(d));
        decoder_free(d);
        plan_free(p);
        schemas_free(r);
}

/* A fresh arena each time, so that it must ask for memory. */
static int in_new_arena(int (*what)(void *, Arena *), void *with) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        return a ? what(with, a) : -ENOMEM;
}

typedef struct Work {
        Schema *schema;
        Plan *plan;
        tocsin_value value;
} Work;

static int decode(void *with, Arena *a) {
        tocsin_value v;
        return plan_decode(((Work *)with)->plan, bytes_of("\4\0\2\0\0\0\0\2\2k\2\xff\0\2x", 15), a, &v);
}

static int natural(void *with, Arena *a) {
        tocsin_value v, j = json_of(a, "{\"a\":[null,{}],\"m\":{\"k\":\"AAEC\"},\"s\":\"x\"}");
        return natural_read(((Work *)with)->schema, &j, a, &v, NULL);
}

static int copy(void *with, Arena *a) {
        tocsin_value v;
        return value_copy(a, &((Work *)with)->value, &v);
}

static int encode(void *with, Arena *a) {
        Work *w = with;
        Buffer out = BUFFER_NULL;
        (void)a;
        int r = codec_encode(w->schema, &w->value, &out, NULL);
        cr_assert(r == 0 || out.len == 0);
        buffer_deinit(&out);
        return r;
}

static int parse(void *with, Arena *a) {
        tocsin_value v = tocsin_i64(7);
        (void)with;
        int r = json_parse(a, bytes_z("{\"a\":[null,{}],\"m\":{\"k\":\"AAEC\"},\"s\":\"x\"}"), &v, NULL, NULL);
        cr_assert(r == 0 || v.u.i64 == 7);
        return r;
}

Test(memory, every_allocation_may_fail_in_decoding_encoding_and_reading_text) {
        Work w = { .schema = schema_of(SCHEMA) };
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        w.plan = plan_of(w.schema, w.schema);
        cr_assert_eq(plan_decode(w.plan, bytes_of("\4\0\2\0\0\0\0\2\2k\2\xff\0\2x", 15), a, &w.value), 0);
        EACH_FAILS(in_new_arena(decode, &w), (void)0);
        EACH_FAILS(in_new_arena(copy, &w), (void)0);
        EACH_FAILS(in_new_arena(encode, &w), (void)0);
        EACH_FAILS(in_new_arena(parse, &w), (void)0);
        /* Reading the JSON comes first here and may not fail, so only its own allocations are counted. */
        cr_assert_eq(in_new_arena(natural, &w), 0);
        plan_free(w.plan);
        schema_free(w.schema);
}
