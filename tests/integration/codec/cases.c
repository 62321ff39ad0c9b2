/* Random pairs of schemas with a message: for the oracles, and what we make of it ourselves.
 *
 *   codec_cases N            N lines, each with tabs between: writer, reader, hex of the message, changes, fingerprint of the
 *                            reader's schema, our answer
 *
 * An answer is the value in one canonical line, or "error". changes: CHANGE_… as a number. */
#include "avro_random.h"
#include "codec/codec.h"
#include "core/limits.h"
#include "value/value.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <tocsin/value.h>

static void put_hex(Buffer *out, char kind, Bytes b) {
        buffer_u8(out, (uint8_t)kind);
        for (size_t i = 0; i < b.len; i++)
                buffer_printf(out, "%02x", b.ptr[i]);
}

static int by_name(const void *a, const void *b) {
        const tocsin_field *x = a, *y = b;
        return bytes_cmp(bytes_of(x->name, x->name_len), bytes_of(y->name, y->name_len));
}

/* n, t, f, i<decimal>, d<bits of the double>, s<hex> (text and symbols), b<hex>, [a,b], {<hex of name>=a,…} sorted by name. */
static void canonical(Buffer *out, const tocsin_value *v) {
        switch (v->kind) {
        case TOCSIN_BOOL:
                buffer_u8(out, v->u.i64 ? 't' : 'f');
                break;
        case TOCSIN_I64:
                buffer_printf(out, "i%" PRId64, v->u.i64);
                break;
        case TOCSIN_F64:
                buffer_printf(out, isnan(v->u.f64) ? "dnan" : "d%016" PRIx64, (uint64_t)v->u.i64);
                break;
        case TOCSIN_STR:
        case TOCSIN_ENUM:
                put_hex(out, 's', tocsin_as_bytes(v));
                break;
        case TOCSIN_BYTES:
                put_hex(out, 'b', tocsin_as_bytes(v));
                break;
        case TOCSIN_LIST:
                buffer_u8(out, '[');
                for (uint32_t i = 0; i < v->len; i++) {
                        if (i)
                                buffer_u8(out, ',');
                        canonical(out, &v->u.items[i]);
                }
                buffer_u8(out, ']');
                break;
        case TOCSIN_MAP:
        case TOCSIN_RECORD: {
                tocsin_field *sorted = malloc((v->len + 1) * sizeof *sorted);
                if (v->len)
                        memcpy(sorted, v->u.fields, v->len * sizeof *sorted);
                qsort(sorted, v->len, sizeof *sorted, by_name);
                buffer_u8(out, '{');
                for (uint32_t i = 0; i < v->len; i++) {
                        put_hex(out, i ? ',' : ' ', bytes_of(sorted[i].name, sorted[i].name_len));
                        buffer_u8(out, '=');
                        canonical(out, &sorted[i].value);
                }
                buffer_u8(out, '}');
                free(sorted);
                break;
        }
        default:
                buffer_u8(out, 'n');
                break;
        }
}

static void answer(Buffer *out, const Schema *w, const Schema *r, Bytes wire, Arena *values) {
        _cleanup_(plan_freep) Plan *p = NULL;
        tocsin_value v;
        Why why;
        int e = plan_new(&p, w, r, NULL, 0, &why);
        arena_reset(values);
        if (e == 0)
                e = plan_decode(p, wire, values, &v);
        if (e == CODEC_E_TRUNCATED || e == CODEC_E_TRAILING || e < 0)
                abort(); /* the message is whole: it can only have no place in the reader's schema */
        if (e == 0)
                canonical(out, &v);
        else
                buffer_put_z(out, "error");
}

static void parse(Schema **ret, const Buffer *text) {
        Why why;
        if (schema_parse(ret, buffer_bytes(text), NULL, &why) != 0) {
                fprintf(stderr, "%s: %.*s\n", why.text, BYTES_ARG(buffer_bytes(text)));
                exit(1);
        }
}

int main(int argc, char **argv) {
        unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 100;
        AvroRandom a = { .random = random_seeded(7), .arena = arena_new(64 << 20), .plain = true };
        Arena *values = arena_new(LIMIT_DECODE_BYTES);
        Buffer writer = BUFFER_NULL, reader = BUFFER_NULL, wire = BUFFER_NULL, out = BUFFER_NULL;
        for (unsigned i = 0; i < n;) {
                unsigned changes;
                arena_reset(a.arena);
                buffer_clear(&writer), buffer_clear(&reader), buffer_clear(&wire), buffer_clear(&out);
                AvroType *w = avro_random_type(&a), *r = avro_change(&a, w, &changes);
                avro_wire(&a, w, &wire, 0);
                if (wire.len > 600)
                        continue;
                avro_print(&a, w, &writer);
                avro_print(&a, r, &reader);
                _cleanup_(schema_freep) Schema *ws = NULL, *rs = NULL;
                parse(&ws, &writer);
                parse(&rs, &reader);
                answer(&out, ws, rs, buffer_bytes(&wire), values);
                printf("%.*s\t%.*s\t", BYTES_ARG(buffer_bytes(&writer)), BYTES_ARG(buffer_bytes(&reader)));
                for (size_t b = 0; b < wire.len; b++)
                        printf("%02x", wire.ptr[b]);
                printf("\t%u\t%016" PRIx64 "\t%.*s\n", changes, schema_fingerprint(rs), BYTES_ARG(buffer_bytes(&out)));
                i++;
        }
        buffer_deinit(&writer), buffer_deinit(&reader), buffer_deinit(&wire), buffer_deinit(&out);
        arena_free(a.arena);
        arena_free(values);
        return 0;
}
