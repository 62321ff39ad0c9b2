/* The parsing canonical form and its fingerprint (Avro 1.11, "Parsing Canonical Form for Schemas"). */
#include "codec/node.h"

#include "core/buffer.h"

static uint64_t crc64_avro(Bytes b) {
        const uint64_t empty = UINT64_C(0xc15d213aa4d7a795);
        uint64_t table[256], f = empty;
        for (uint64_t i = 0; i < 256; i++) {
                table[i] = i;
                for (int bit = 0; bit < 8; bit++)
                        table[i] = table[i] >> 1 ^ (empty & -(table[i] & 1));
        }
        for (size_t i = 0; i < b.len; i++)
                f = f >> 8 ^ table[(f ^ b.ptr[i]) & 0xff];
        return f;
}

static void put_quoted(Buffer *out, Bytes name) {
        buffer_u8(out, '"');
        buffer_put(out, name.ptr, name.len);
        buffer_u8(out, '"');
}

static void put(Buffer *out, const Node *t, uint8_t *defined);

static void put_fields(Buffer *out, const Node *t, uint8_t *defined) {
        buffer_put_z(out, ",\"fields\":[");
        for (uint32_t i = 0; i < t->n; i++) {
                buffer_put_z(out, i ? ",{\"name\":" : "{\"name\":");
                put_quoted(out, t->fields[i].name);
                buffer_put_z(out, ",\"type\":");
                put(out, t->fields[i].type, defined);
                buffer_u8(out, '}');
        }
        buffer_u8(out, ']');
}

static void put_named(Buffer *out, const Node *t, uint8_t *defined) {
        if (defined[t->number]) {
                put_quoted(out, bytes_z(t->name));
                return;
        }
        defined[t->number] = 1;
        buffer_printf(out, "{\"name\":\"%s\",\"type\":\"%s\"", t->name, node_words[t->type]);
        if (t->type == NODE_RECORD) {
                put_fields(out, t, defined);
        } else if (t->type == NODE_FIXED) {
                buffer_printf(out, ",\"size\":%u", t->n);
        } else {
                buffer_put_z(out, ",\"symbols\":[");
                for (uint32_t i = 0; i < t->n; i++) {
                        if (i)
                                buffer_u8(out, ',');
                        put_quoted(out, t->symbols[i]);
                }
                buffer_u8(out, ']');
        }
        buffer_u8(out, '}');
}

/* As deep as the text is, since a named type is written out once. */
static void put(Buffer *out, const Node *t, uint8_t *defined) {
        if (node_is_named(t)) {
                put_named(out, t, defined);
        } else if (t->type == NODE_UNION) {
                buffer_u8(out, '[');
                for (uint32_t i = 0; i < t->n; i++) {
                        if (i)
                                buffer_u8(out, ',');
                        put(out, t->branches[i], defined);
                }
                buffer_u8(out, ']');
        } else if (t->type == NODE_ARRAY || t->type == NODE_MAP) {
                buffer_put_z(out, t->type == NODE_ARRAY ? "{\"type\":\"array\",\"items\":" : "{\"type\":\"map\",\"values\":");
                put(out, t->items, defined);
                buffer_u8(out, '}');
        } else {
                put_quoted(out, bytes_z(node_words[t->type]));
        }
}

int schema_canonise(Schema *s) {
        Buffer out = BUFFER_NULL;
        uint8_t *defined = arena_zalloc(s->arena, s->n_nodes);
        if (defined)
                put(&out, s->root, defined);
        if (defined && !out.failed)
                s->canonical = arena_dup(s->arena, buffer_bytes(&out));
        buffer_deinit(&out);
        s->fingerprint = crc64_avro(s->canonical);
        return s->canonical.ptr ? 0 : -ENOMEM;
}
