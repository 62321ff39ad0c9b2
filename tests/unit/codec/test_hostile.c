/* Bytes made to hurt: each has its documented answer, and none costs more than its length allows. */
#include "support.h"
#include <math.h>
#include <time.h>

typedef struct Hostile {
        const char *schema, *hex;
        int answer;
        const char *what;
} Hostile;

#define RECURSIVE "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"R\"]}]}"
#define PADDED(type)                                                                           \
        "{\"type\":\"record\",\"name\":\"P\",\"fields\":[{\"name\":\"skipped\",\"type\":" type \
        "},{\"name\":\"kept\",\"type\":\"int\"}]}"
#define ENUM "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}"
#define LIST(items) "{\"type\":\"array\",\"items\":" items "}"
#define MAP(values) "{\"type\":\"map\",\"values\":" values "}"

static const Hostile hostile[] = {
        { "\"string\"", "80 80 80 c8 01", CODEC_E_TRUNCATED, "five bytes that claim a string of 200 MiB" },
        { "\"bytes\"", "80 80 80 c8 01", CODEC_E_TRUNCATED, "five bytes that claim 200 MiB" },
        { LIST("\"null\""), "80 80 80 80 80 40 00", CODEC_E_LIMIT, "2^40 nulls" },
        { LIST("\"long\""), "80 80 80 80 80 40 00", CODEC_E_TRUNCATED, "2^40 longs" },
        { LIST("\"null\""), "ff ff ff ff ff ff ff ff ff 01 00 00", CODEC_E_MALFORMED, "a count of INT64_MIN" },
        { LIST("\"long\""), "ff ff ff ff ff ff ff ff ff 01 00 00", CODEC_E_MALFORMED, "a count of INT64_MIN" },
        { MAP("\"null\""), "80 80 80 80 80 40 00", CODEC_E_TRUNCATED, "a map of 2^40 entries" },
        { LIST("\"int\""), "01 04 02 00", CODEC_E_MALFORMED, "a block that is shorter than it says" },
        { LIST("\"int\""), "01 02 80 01 00", CODEC_E_MALFORMED, "a block that is longer than it says" },
        { LIST("\"int\""), "01 fe ff ff ff ff ff ff ff 7f 02 00", CODEC_E_TRUNCATED, "a block longer than the message" },
        { LIST("\"int\""), "01 01 02 00", CODEC_E_MALFORMED, "a block of negative size" },
        { "\"string\"", "01", CODEC_E_MALFORMED, "a length of -1" },
        { PADDED("\"string\""), "01 02", CODEC_E_MALFORMED, "a length of -1 in a skipped field" },
        { PADDED("\"bytes\""), "ff ff ff ff ff ff ff ff ff 01 02", CODEC_E_MALFORMED,
          "a length of INT64_MIN in a skipped field" },
        { PADDED("\"string\""), "02 ff 02", CODEC_E_MALFORMED, "text that is not UTF-8 in a skipped field" },
        { PADDED(LIST("\"null\"")), "80 80 80 80 80 40 00 02", CODEC_E_LIMIT, "2^40 nulls in a skipped field" },
        { PADDED("\"boolean\""), "02 02", CODEC_E_MALFORMED, "a boolean of 2 in a skipped field" },
        { PADDED(ENUM), "04 02", CODEC_E_MALFORMED, "an enum of 2 symbols at index 2 in a skipped field" },
        { PADDED("[\"null\"]"), "02 02", CODEC_E_MALFORMED, "a branch that is not there in a skipped field" },
        { ENUM, "04", CODEC_E_MALFORMED, "an enum of 2 symbols at index 2" },
        { ENUM, "01", CODEC_E_MALFORMED, "an enum at index -1" },
        { ENUM, "9a 01", CODEC_E_MALFORMED, "an enum of 2 symbols at index 77" },
        { "[\"null\",\"int\"]", "04", CODEC_E_MALFORMED, "a branch that is not there" },
        { "[\"null\",\"int\"]", "01", CODEC_E_MALFORMED, "branch -1" },
        { "\"boolean\"", "02", CODEC_E_MALFORMED, "a boolean of 2" },
        { "\"int\"", "80 80 80 80 80 00", CODEC_E_MALFORMED, "an int of six bytes" },
        { "\"int\"", "ff ff ff ff 1f", CODEC_E_MALFORMED, "an int of 33 bits" },
        { "\"long\"", "80 80 80 80 80 80 80 80 80 80 00", CODEC_E_MALFORMED, "a long of eleven bytes" },
        { "\"long\"", "ff ff ff ff ff ff ff ff ff 03", CODEC_E_MALFORMED, "a long of 65 bits" },
        { "\"long\"", "80", CODEC_E_TRUNCATED, "a long cut short" },
        { "\"long\"", "", CODEC_E_TRUNCATED, "nothing" },
        { "\"double\"", "00 00 00 00 00 00 00", CODEC_E_TRUNCATED, "a double cut short" },
        { "\"string\"", "04 c3 28", CODEC_E_MALFORMED, "text that is not UTF-8" },
        { "\"string\"", "06 ed a0 80", CODEC_E_MALFORMED, "a surrogate" },
        { MAP("\"null\""), "02 02 ff 00", CODEC_E_MALFORMED, "a key that is not UTF-8" },
        { "\"null\"", "00", CODEC_E_TRAILING, "a byte behind null" },
        { "\"int\"", "02 00", CODEC_E_TRAILING, "a byte behind an int" },
};

Test(hostile, each_has_its_answer_and_leaves_nothing_behind) {
        for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
                _cleanup_(desk_deinit) Desk d = desk_new(hostile[i].schema, NULL);
                d.v = tocsin_i64(7);
                Bytes in = bytes_of_hex(d.arena, hostile[i].hex);
                size_t used = arena_used(d.arena);
                int r = plan_decode(d.plan, in, d.arena, &d.v);
                cr_expect_eq(r, hostile[i].answer, "%s: %s", hostile[i].what, codec_answer(r));
                cr_expect(d.v.kind == TOCSIN_I64 && d.v.u.i64 == 7 && arena_used(d.arena) == used, "%s", hostile[i].what);
                if (strncmp(hostile[i].schema, "{\"type\":\"record\",\"name\":\"P\"", 27) != 0)
                        continue;
                const char *const reads[] = { "kept" };
                _cleanup_(plan_freep) Plan *skipping = NULL;
                Why why;
                cr_assert_eq(plan_new(&skipping, d.writer, d.reader, reads, 1, &why), 0);
                cr_expect_eq(plan_decode(skipping, in, d.arena, &d.v), hostile[i].answer, "%s", hostile[i].what);
        }
}

Test(hostile, nesting_ends_at_the_limit_and_costs_no_stack) {
        _cleanup_(desk_deinit) Desk d = desk_new(RECURSIVE, NULL);
        static uint8_t deep[1 << 20];
        memset(deep, 2, sizeof deep);
        cr_assert_eq(plan_decode(d.plan, bytes_of(deep, sizeof deep), d.arena, &d.v), CODEC_E_LIMIT);
        deep[LIMIT_DEPTH - 1] = 0;
        cr_assert_eq(plan_decode(d.plan, bytes_of(deep, LIMIT_DEPTH), d.arena, &d.v), 0);
        deep[LIMIT_DEPTH - 1] = 2, deep[LIMIT_DEPTH] = 0;
        cr_assert_eq(plan_decode(d.plan, bytes_of(deep, LIMIT_DEPTH + 1), d.arena, &d.v), CODEC_E_LIMIT);
}

Test(hostile, a_record_that_needs_itself_is_refused) {
        _cleanup_(desk_deinit) Desk d =
                desk_new("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"me\",\"type\":\"R\"}]}", NULL);
        cr_assert_eq(desk_read(&d, ""), CODEC_E_LIMIT);
        _cleanup_(desk_deinit) Desk two = desk_new("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":"
                                                   "\"R\"},{\"name\":\"b\",\"type\":\"R\"}]}",
                                                   NULL);
        cr_assert_eq(desk_read(&two, ""), CODEC_E_LIMIT);
}

Test(hostile, non_finite_doubles_are_values) {
        _cleanup_(desk_deinit) Desk d = desk_new("\"double\"", NULL);
        cr_assert_eq(desk_read(&d, "000000000000f87f"), 0);
        cr_assert(isnan(d.v.u.f64));
        cr_assert_eq(desk_read(&d, "000000000000f0ff"), 0);
        cr_assert(isinf(d.v.u.f64));
}

Test(hostile, items_without_bytes_have_one_budget_for_the_whole_message) {
        _cleanup_(desk_deinit) Desk d = desk_new(LIST(LIST("\"null\"")), NULL);
        static uint8_t in[1 << 20];
        size_t n = 0;
        /* Ten lists of ten thousand nulls each. */
        in[n++] = 20;
        for (int i = 0; i < 10; i++, in[n++] = 0) {
                in[n++] = 0xa0;
                in[n++] = 0x9c;
                in[n++] = 0x01;
        }
        in[n++] = 0;
        cr_assert_eq(plan_decode(d.plan, bytes_of(in, n), d.arena, &d.v), CODEC_E_LIMIT);
        in[0] = 12;
        in[6 * 4 + 1] = 0;
        cr_assert_eq(plan_decode(d.plan, bytes_of(in, 6 * 4 + 2), d.arena, &d.v), 0);
}

/* The dearest messages of a megabyte: memory within 64 bytes a byte, and done in the blink of an eye. */
Test(hostile, memory_and_work_are_linear_in_the_length) {
        static const struct {
                const char *schema;
                uint8_t unit[8];
                size_t n;
                bool one_block;
        } dear[] = {
                { LIST("\"boolean\""), { 1 }, 1, true },
                { LIST("\"boolean\""), { 2, 1 }, 2, false },
                { MAP("\"null\""), { 0 }, 1, true },
                { MAP("\"null\""), { 2, 0 }, 2, false },
                { LIST(LIST("\"null\"")), { 0 }, 1, true },
                { LIST(MAP("\"int\"")), { 2, 2, 'k', 2, 0 }, 5, true },
                { LIST("[\"null\",{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"f\",\"type\":\"boolean\"}]}]"),
                  { 2, 1 },
                  2,
                  true },
        };
        for (size_t i = 0; i < sizeof dear / sizeof *dear; i++)
                for (size_t len = 1 << 10; len <= 1 << 20; len <<= 5) {
                        _cleanup_(desk_deinit) Desk d = desk_new(dear[i].schema, NULL);
                        Buffer in = BUFFER_NULL;
                        size_t count = len / dear[i].n;
                        for (uint64_t c = dear[i].one_block ? 2 * count : 0; dear[i].one_block; c >>= 7) {
                                buffer_u8(&in, (uint8_t)(c & 0x7f) | (c >= 0x80 ? 0x80 : 0));
                                if (c < 0x80)
                                        break;
                        }
                        for (size_t j = 0; j < count; j++)
                                buffer_put(&in, dear[i].unit, dear[i].n);
                        buffer_u8(&in, 0);
                        clock_t begin = clock();
                        cr_assert_eq(plan_decode(d.plan, buffer_bytes(&in), d.arena, &d.v), 0, "%zu", i);
                        double s = (double)(clock() - begin) / CLOCKS_PER_SEC;
                        cr_expect(arena_used(d.arena) <= 80 * in.len + 4096, "%zu: %zu bytes for %zu", i, arena_used(d.arena),
                                  in.len);
                        cr_expect_lt(s, 0.5, "%zu: %f s for %zu bytes", i, s, in.len);
                        buffer_deinit(&in);
                }
}

/* Each level doubles the records of the one below, all of them without a byte on the wire. */
Test(hostile, schemas_that_double_end) {
        Buffer s = BUFFER_NULL;
        buffer_put_z(&s, "[{\"type\":\"record\",\"name\":\"R0\",\"fields\":[{\"name\":\"a\",\"type\":\"null\"}]}");
        for (int i = 1; i <= 60; i++)
                buffer_printf(&s,
                              ",{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[{\"name\":\"a\",\"type\":\"R%d\"},{\"name\":"
                              "\"b\",\"type\":\"R%d\"}]}",
                              i, i - 1, i - 1);
        buffer_put_z(&s, "]");
        buffer_u8(&s, 0);
        _cleanup_(desk_deinit) Desk d = desk_new((const char *)s.ptr, NULL);
        buffer_deinit(&s);
        cr_assert_eq(desk_read(&d, "78"), CODEC_E_LIMIT);
        cr_assert_eq(desk_read(&d, "04"), 0);
}

Test(hostile, an_arena_that_is_full_is_a_limit) {
        _cleanup_(desk_deinit) Desk d = desk_new(LIST("\"int\""), NULL);
        _cleanup_(arena_freep) Arena *small = arena_new(100);
        cr_assert_eq(plan_decode(d.plan, bytes_of("\x14\0\0\0\0\0\0\0\0\0\0\0", 12), small, &d.v), CODEC_E_LIMIT);
        cr_assert_eq(arena_used(small), 0);
        cr_assert_eq(plan_decode(d.plan, BYTES_NULL, small, &d.v), CODEC_E_TRUNCATED);
}
