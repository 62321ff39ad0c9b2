/* Schemas of others: "schema, NUL, message", or a schema alone. What parses has a canonical form that parses to itself, and
 * a plan; the message is decoded by it. */
#include "codec/codec.h"
#include "core/limits.h"
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_again(const Schema *s) {
        _cleanup_(schema_freep) Schema *again = NULL;
        Why why;
        if (schema_parse(&again, schema_canonical(s), NULL, &why) != 0 ||
            !bytes_eq(schema_canonical(s), schema_canonical(again)) || schema_fingerprint(s) != schema_fingerprint(again))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
        Bytes text = bytes_of(data, nul ? (size_t)(nul - data) : size);
        Bytes message = nul ? bytes_of(nul + 1, size - text.len - 1) : BYTES_NULL;
        _cleanup_(schema_freep) Schema *s = NULL;
        _cleanup_(plan_freep) Plan *p = NULL;
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        tocsin_value v;
        Why why = { 0 };
        int r = schema_parse(&s, text, NULL, &why);
        if (r != 0 && !why.text[0])
                abort();
        if (r != 0 || !a)
                return 0;
        if (schema_canonical(s).len <= LIMIT_SCHEMA_BYTES)
                same_again(s);
        if (plan_new(&p, s, s, NULL, 0, &why) == 0)
                (void)plan_decode(p, message, a, &v);
        return 0;
}
