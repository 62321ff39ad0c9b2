/* Text of others as values of a schema: what fits is encoded, decodes to the same, and prints to text that fits again. */
#include "codec/codec.h"
#include "core/limits.h"
#include "value/value.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char schema[] =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"s\",\"type\":\"string\",\"default\":\"\"},{\"name\":\"t\","
        "\"type\":[\"null\","
        "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}],\"default\":null},{\"name\":\"ms\",\"type\":{\"type\":"
        "\"long\",\"logicalType\":"
        "\"timestamp-millis\"},\"default\":0},{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\","
        "\"B\"]},\"default\":\"A\"},"
        "{\"name\":\"b\",\"type\":\"bytes\",\"default\":\"\"},{\"name\":\"x\",\"type\":{\"type\":\"fixed\",\"name\":\"F\","
        "\"size\":2},\"default\":\"ab\"},"
        "{\"name\":\"f\",\"type\":\"float\",\"default\":0},{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":[\"int\","
        "\"double\",\"boolean\"]},"
        "\"default\":{}},{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":[\"null\",\"R\"]},\"default\":[]}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static Schema *s;
        static Plan *p;
        _cleanup_(arena_freep) Arena *a = arena_new(LIMIT_DECODE_BYTES);
        tocsin_value json, v, back, again;
        Why why = { 0 };
        if (!a || (!s && (schema_parse(&s, bytes_z(schema), NULL, &why) != 0 || plan_new(&p, s, s, NULL, 0, &why) != 0)))
                abort();
        if (json_parse(a, bytes_of(data, size), &json, NULL, NULL) != 0)
                return 0;
        int r = natural_read(s, &json, a, &v, &why);
        if (r > 0 && !why.text[0])
                abort();
        if (r != 0)
                return 0;
        Buffer out = BUFFER_NULL;
        if (codec_encode(s, &v, &out, NULL) != 0 || plan_decode(p, buffer_bytes(&out), a, &back) != 0 || !value_equal(&v, &back))
                abort();
        buffer_clear(&out);
        value_print(&out, &v);
        if (json_parse(a, buffer_bytes(&out), &json, NULL, NULL) != 0 || natural_read(s, &json, a, &again, NULL) != 0 ||
            !value_equal(&v, &again))
                abort();
        buffer_deinit(&out);
        return 0;
}
