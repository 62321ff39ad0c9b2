/* Values as YAML. */
#include "bin/yaml_print.h"

#include "value/value.h"

#include <tocsin/value.h>

static bool plain(Bytes s) {
        static const char *const others[] = { "null", "true",  "false", "Null", "True", "False", "NULL",
                                              "TRUE", "FALSE", "yes",   "no",   "on",   "off" };
        if (s.len == 0 || s.len > 60)
                return false;
        bool letter = false;
        for (size_t i = 0; i < s.len; i++) {
                uint8_t c = s.ptr[i];
                bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                letter |= alpha && i == 0;
                if (!alpha && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.' && c != '/')
                        return false;
        }
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                if (bytes_eq_z(s, others[i]))
                        return false;
        return letter;
}

static void text(Buffer *out, Bytes s) {
        if (plain(s))
                buffer_put(out, s.ptr, s.len);
        else
                value_print_string(out, s); /* JSON's quotes are YAML's */
}

static void spaces(Buffer *out, unsigned n) {
        buffer_printf(out, "%*s", (int)n, "");
}

static bool is_block(const tocsin_value *v) {
        return (v->kind == TOCSIN_LIST || v->kind == TOCSIN_MAP || v->kind == TOCSIN_RECORD) && v->len > 0;
}

static void scalar(Buffer *out, const tocsin_value *v) {
        if (v->kind == TOCSIN_STR || v->kind == TOCSIN_ENUM)
                text(out, tocsin_as_bytes(v));
        else
                value_print(out, v); /* [] and {} too */
        buffer_u8(out, '\n');
}

static void entries(Buffer *out, const tocsin_value *v, unsigned indent, bool first_is_placed) {
        for (uint32_t i = 0; i < v->len; i++) {
                const tocsin_field *f = &v->u.fields[i];
                if (f->value.kind == TOCSIN_NONE)
                        continue;
                if (!first_is_placed)
                        spaces(out, indent);
                first_is_placed = false;
                text(out, bytes_of(f->name, f->name_len));
                buffer_u8(out, ':');
                if (is_block(&f->value)) {
                        buffer_u8(out, '\n');
                        yaml_print(out, &f->value, indent + 2);
                } else {
                        buffer_u8(out, ' ');
                        scalar(out, &f->value);
                }
        }
}

void yaml_print(Buffer *out, const tocsin_value *v, unsigned indent) {
        if (!is_block(v)) {
                spaces(out, indent);
                scalar(out, v);
        } else if (v->kind != TOCSIN_LIST) {
                entries(out, v, indent, false);
        } else {
                for (uint32_t i = 0; i < v->len; i++) {
                        const tocsin_value *item = &v->u.items[i];
                        spaces(out, indent);
                        buffer_put_z(out, "- ");
                        if (is_block(item) && item->kind != TOCSIN_LIST) {
                                entries(out, item, indent + 2, true);
                        } else if (is_block(item)) {
                                buffer_u8(out, '\n');
                                yaml_print(out, item, indent + 2);
                        } else {
                                scalar(out, item);
                        }
                }
        }
}
