/* JSON of others: what parses prints to one line that parses to the same. */
#include "json/json.h"
#include "core/limits.h"
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(arena_freep) Arena *a = arena_new(LIMIT_DECODE_BYTES);
        tocsin_value v, again;
        JsonPlace place = { 0 };
        Why why = { 0 };
        if (!a)
                return 0;
        int r = json_parse(a, bytes_of(data, size), &v, &place, &why);
        if (r > 0 && (!place.line || !place.column || !why.text[0]))
                abort(); /* refused, and nobody knows where */
        if (r != 0)
                return 0;
        Buffer out = BUFFER_NULL;
        value_print(&out, &v);
        if (memchr(out.ptr, '\n', out.len) || json_parse(a, buffer_bytes(&out), &again, NULL, NULL) != 0 ||
            !value_equal(&v, &again))
                abort();
        buffer_deinit(&out);
        return 0;
}
