/* Avro-C's generic values beside ours. */
#include "oracle.h"
#include <string.h>

bool oracle_init(Oracle *o, Bytes schema) {
        if (avro_schema_from_json_length((const char *)schema.ptr, schema.len, &o->schema) != 0)
                return false;
        o->iface = avro_generic_class_from_schema(o->schema);
        return avro_generic_value_new(o->iface, &o->value) == 0;
}

void oracle_deinit(Oracle *o) {
        avro_value_decref(&o->value);
        avro_value_iface_decref(o->iface);
        avro_schema_decref(o->schema);
}

int oracle_read(Oracle *o, Bytes in) {
        char spare = 0;
        avro_reader_t reader = avro_reader_memory(in.len ? (const char *)in.ptr : &spare, (int64_t)in.len);
        avro_value_reset(&o->value);
        int r = avro_value_read(reader, &o->value);
        if (r == 0 && in.len && avro_read(reader, &spare, 1) == 0)
                r = -1;
        avro_reader_free(reader);
        return r;
}

void oracle_write(Oracle *o, Buffer *out) {
        size_t n = 0;
        avro_value_sizeof(&o->value, &n);
        uint8_t *to = buffer_room(out, n + 1);
        avro_writer_t writer = avro_writer_memory((char *)to, (int64_t)n + 1);
        if (avro_value_write(writer, &o->value) == 0)
                out->len += (size_t)avro_writer_tell(writer);
        avro_writer_free(writer);
}

static bool same_text(const tocsin_value *v, unsigned kind, const void *p, size_t n) {
        return v->kind == kind && v->len == n && (n == 0 || memcmp(v->u.bytes, p, n) == 0);
}

static bool same_real(const tocsin_value *v, double d) {
        return v->kind == TOCSIN_F64 && (memcmp(&v->u.f64, &d, sizeof d) == 0 || (d != d && v->u.f64 != v->u.f64));
}

static bool same_children(const avro_value_t *theirs, const tocsin_value *ours, unsigned kind) {
        size_t n = 0;
        avro_value_get_size(theirs, &n);
        if (ours->kind != kind || ours->len != n)
                return false;
        for (size_t i = 0; i < n; i++) {
                avro_value_t child;
                const char *name = NULL;
                avro_value_get_by_index(theirs, i, &child, &name);
                if (kind == TOCSIN_LIST) {
                        if (!oracle_same(&child, &ours->u.items[i]))
                                return false;
                        continue;
                }
                const tocsin_field *f = &ours->u.fields[i];
                if (strlen(name) != f->name_len || memcmp(name, f->name, f->name_len) != 0 || !oracle_same(&child, &f->value))
                        return false;
        }
        return true;
}

bool oracle_same(const avro_value_t *theirs, const tocsin_value *ours) {
        int32_t i = 0;
        int64_t l = 0;
        float f = 0;
        double d = 0;
        const void *p = NULL;
        const char *s = NULL;
        size_t n = 0;
        switch (avro_value_get_type(theirs)) {
        case AVRO_NULL:
                return ours->kind == TOCSIN_NULL;
        case AVRO_BOOLEAN:
                avro_value_get_boolean(theirs, &i);
                return ours->kind == TOCSIN_BOOL && ours->u.i64 == i;
        case AVRO_INT32:
                avro_value_get_int(theirs, &i);
                return ours->kind == TOCSIN_I64 && ours->u.i64 == i;
        case AVRO_INT64:
                avro_value_get_long(theirs, &l);
                return ours->kind == TOCSIN_I64 && ours->u.i64 == l;
        case AVRO_FLOAT:
                avro_value_get_float(theirs, &f);
                return same_real(ours, (double)f);
        case AVRO_DOUBLE:
                avro_value_get_double(theirs, &d);
                return same_real(ours, d);
        case AVRO_STRING:
                avro_value_get_string(theirs, &s, &n);
                return same_text(ours, TOCSIN_STR, s, n - 1);
        case AVRO_BYTES:
                avro_value_get_bytes(theirs, &p, &n);
                return same_text(ours, TOCSIN_BYTES, p, n);
        case AVRO_FIXED:
                avro_value_get_fixed(theirs, &p, &n);
                return same_text(ours, TOCSIN_BYTES, p, n);
        case AVRO_ENUM: {
                avro_value_get_enum(theirs, &i);
                s = avro_schema_enum_get(avro_value_get_schema(theirs), i);
                return s && ours->index == i && same_text(ours, TOCSIN_ENUM, s, strlen(s));
        }
        case AVRO_UNION: {
                avro_value_t branch;
                avro_value_get_discriminant(theirs, &i);
                return ours->branch == i + 1 && avro_value_get_current_branch(theirs, &branch) == 0 && oracle_same(&branch, ours);
        }
        case AVRO_ARRAY:
                return same_children(theirs, ours, TOCSIN_LIST);
        case AVRO_MAP:
                return same_children(theirs, ours, TOCSIN_MAP);
        case AVRO_RECORD:
                return same_children(theirs, ours, TOCSIN_RECORD);
        default:
                return false;
        }
}
