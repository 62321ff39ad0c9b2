/* Frames: both kinds read, unknown ones refused with the reason, plans kept. */
#include "support.h"

#define V1 "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}"
#define V2                                                                                                             \
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"b\",\"type\":" \
        "\"string\",\"default\":\"d\"}]}"
#define OTHER "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"}]}"

typedef struct Port {
        Schemas *schemas;
        const Schema *v1, *v2, *other;
        Decoder *decoder;
        Arena *arena;
        Buffer out;
} Port;

static Port port_new(void) {
        Port p = { .schemas = schemas_new(), .arena = arena_new(1 << 20) };
        Schema *v1 = schema_of(V1), *v2 = schema_of(V2), *other = schema_of(OTHER);
        Why why;
        cr_assert(schemas_add(p.schemas, v2, &why) == 0 && schemas_add_writer(p.schemas, v1, 300, &why) == 0 &&
                  schemas_add_writer(p.schemas, other, 7, &why) == 0);
        p.v1 = v1, p.v2 = v2, p.other = other;
        cr_assert_eq(decoder_new(&p.decoder, p.schemas, v2, NULL, 0, &why), 0);
        return p;
}

static void port_deinit(Port *p) {
        decoder_free(p->decoder);
        schemas_free(p->schemas);
        arena_free(p->arena);
        buffer_deinit(&p->out);
}

static int receive(Port *p, Framing f, const Schema *s, int64_t id, const char *body, size_t n, bool bare, tocsin_value *v,
                   Why *why) {
        buffer_clear(&p->out);
        frame_put(&p->out, f, s, id);
        buffer_put(&p->out, body, n);
        return decoder_read(p->decoder, buffer_bytes(&p->out), bare, p->arena, v, why);
}

Test(frame, what_is_not_known_is_refused_with_the_reason) {
        _cleanup_(port_deinit) Port p = port_new();
        _cleanup_(schema_freep) Schema *stranger = schema_of("\"bytes\"");
        tocsin_value v = tocsin_i64(7);
        Why why = { 0 };
        cr_assert_eq(receive(&p, FRAMING_SINGLE, stranger, 0, "\0", 1, false, &v, &why), CODEC_E_UNKNOWN);
        cr_assert(strstr(why.text, "4fc016dac3201965"), "%s", why.text);
        cr_assert_eq(receive(&p, FRAMING_CONFLUENT, NULL, 301, "\2", 1, false, &v, &why), CODEC_E_UNKNOWN);
        cr_assert(strstr(why.text, "301"), "%s", why.text);
        cr_assert_eq(receive(&p, FRAMING_NONE, NULL, 0, "\2\0", 2, false, &v, &why), CODEC_E_UNKNOWN);
        cr_assert(strstr(why.text, "neither"), "%s", why.text);
        cr_assert_eq(receive(&p, FRAMING_NONE, NULL, 0, "", 0, false, &v, NULL), CODEC_E_UNKNOWN);
        for (size_t n = 0; n < 10; n++)
                cr_assert_eq(decoder_read(p.decoder, bytes_of("\xc3\1\0\0\0\0\0\0\0\0", n), false, p.arena, &v, NULL),
                             CODEC_E_UNKNOWN);
        for (int i = 0; i < 2; i++) {
                cr_assert_eq(receive(&p, FRAMING_CONFLUENT, NULL, 7, "\2x", 2, false, &v, &why), CODEC_E_UNRESOLVED);
                cr_assert(strstr(why.text, "string cannot be read as long"), "%s", why.text);
        }
        cr_assert_eq(v.u.i64, 7);
}

Test(frame, both_framings_are_read_and_bare_messages_where_they_may_be) {
        _cleanup_(port_deinit) Port p = port_new();
        tocsin_value v;
        Why why;
        for (int i = 0; i < 3; i++) {
                cr_assert_eq(receive(&p, FRAMING_SINGLE, p.v1, 0, "\6", 1, false, &v, &why), 0);
                prints(&v, "{\"a\":3,\"b\":\"d\"}");
                cr_assert_eq(receive(&p, FRAMING_CONFLUENT, NULL, 300, "\6", 1, i & 1, &v, &why), 0);
                prints(&v, "{\"a\":3,\"b\":\"d\"}");
                cr_assert_eq(receive(&p, FRAMING_SINGLE, p.v2, 0, "\6\2x", 3, true, &v, &why), 0);
                prints(&v, "{\"a\":3,\"b\":\"x\"}");
                cr_assert_eq(receive(&p, FRAMING_NONE, NULL, 0, "\0\6abc", 5, true, &v, &why), 0);
                prints(&v, "{\"a\":0,\"b\":\"abc\"}");
                cr_assert_eq(receive(&p, FRAMING_NONE, NULL, 0, "\6\2", 2, true, &v, &why), CODEC_E_TRUNCATED);
        }
        cr_assert(bytes_eq(buffer_bytes(&p.out), bytes_of("\6\2", 2)));
        buffer_clear(&p.out);
        frame_put(&p.out, FRAMING_CONFLUENT, NULL, 0x01020304);
        cr_assert(bytes_eq(buffer_bytes(&p.out), bytes_of("\0\1\2\3\4", 5)));
}
