/* Bytes of others by schemas of ours: "number of the pair, message". What decodes goes out and comes back the same, and a port
 * that reads less refuses the same messages. A copy, whose names are nobody else's memory, fills a buffer with a bound to the
 * very byte. */
#include "codec/codec.h"
#include "core/limits.h"
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NODE                                                                                                                    \
        "{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"a\",\"type\":[\"null\",\"N\"]},{\"name\":\"b\",\"type\":{" \
        "\"type\":\"array\",\"items\":\"N\"}},{\"name\":\"c\",\"type\":\"int\"}]}"
#define EVERY(r)                                                                                                                 \
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"s\",\"type\":\"string\"},{\"name\":\"i\",\"type\":\"" r     \
        "\"},"                                                                                                                   \
        "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\",\"C\"]}},{\"name\":\"u\",\"type\":" \
        "["                                                                                                                      \
        "\"null\",\"boolean\",\"float\",{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}]},{\"name\":\"m\",\"type\":{\"type\":"    \
        "\"map\","                                                                                                               \
        "\"values\":\"double\"}},{\"name\":\"n\",\"type\":{\"type\":\"array\",\"items\":\"null\"}},{\"name\":\"r\",\"type\":{"   \
        "\"type\":"                                                                                                              \
        "\"map\",\"values\":" NODE "}},{\"name\":\"y\",\"type\":\"bytes\"}]}"

static const struct {
        const char *writer, *reader;
} pairs[] = {
        { EVERY("int"), EVERY("int") },
        { EVERY("long"), EVERY("double") },
        { NODE, NODE },
        { "{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":[\"null\",\"string\",\"long\"]}}",
          "{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":[\"bytes\",\"long\"]}}" },
        { EVERY("long"),
          "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"i\",\"type\":[\"null\",\"float\"]},{\"name\":\"e\","
          "\"type\":{"
          "\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"C\",\"Z\"],\"default\":\"Z\"}},{\"name\":\"z\",\"aliases\":[\"m\"],"
          "\"type\":{\"type\":\"map\",\"values\":\"double\"}},{\"name\":\"new\",\"type\":\"string\",\"default\":\"x\"}]}" },
};
#define PAIRS (sizeof pairs / sizeof *pairs)

typedef struct Way {
        Schema *writer, *reader;
        Plan *plan, *back, *nothing;
} Way;

static void prepare(Way *w, size_t i) {
        const char *const none[1] = { NULL };
        Why why;
        if (schema_parse(&w->writer, bytes_z(pairs[i].writer), NULL, &why) != 0 ||
            schema_parse(&w->reader, bytes_z(pairs[i].reader), NULL, &why) != 0 ||
            plan_new(&w->plan, w->writer, w->reader, NULL, 0, &why) != 0 ||
            plan_new(&w->back, w->reader, w->reader, NULL, 0, &why) != 0)
                abort();
        if (pairs[i].writer == pairs[i].reader)
                (void)plan_new(&w->nothing, w->writer, w->reader, none, 0, &why); /* records only */
}

static void encode_within(const Schema *schema, const tocsin_value *v, Bytes same, Arena *a) {
        tocsin_value copy;
        Buffer exact = { .max = same.len }, less = { .max = same.len - 1 };
        if (value_copy(a, v, &copy) != 0)
                return;
        if (same.len && (codec_encode(schema, &copy, &exact, NULL) != 0 || !bytes_eq(buffer_bytes(&exact), same)))
                abort();
        if (same.len > 1 && codec_encode(schema, &copy, &less, NULL) != -EMSGSIZE)
                abort();
        buffer_deinit(&exact);
        buffer_deinit(&less);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static Way ways[PAIRS];
        static Arena *a;
        tocsin_value v, again, none;
        if (size == 0 || (!a && !(a = arena_new(LIMIT_DECODE_BYTES))))
                return 0;
        Way *w = &ways[data[0] % PAIRS];
        if (!w->plan)
                prepare(w, data[0] % PAIRS);
        Bytes in = bytes_of(data + 1, size - 1);
        arena_reset(a);
        int r = plan_decode(w->plan, in, a, &v);
        if (r < 0 || arena_used(a) > 200 * size + (8u << 20))
                abort();
        if (w->nothing && (plan_decode(w->nothing, in, a, &none) == 0) != (r == 0))
                abort();
        if (r != 0)
                return 0;
        Buffer out = BUFFER_NULL;
        if (codec_encode(w->reader, &v, &out, NULL) != 0 || plan_decode(w->back, buffer_bytes(&out), a, &again) != 0 ||
            !value_equal(&v, &again))
                abort();
        encode_within(w->reader, &v, buffer_bytes(&out), a);
        buffer_deinit(&out);
        return 0;
}
