/* The natural JSON form, on one line. */
#include "value/value.h"

#include "core/limits.h"
#include "value/number.h"
#include "value/utf8.h"
#include <math.h>
#include <tocsin/value.h>

/* One byte of text that cannot stand for itself; how many bytes of text it took. */
static size_t print_special(Buffer *out, const uint8_t *p, size_t n) {
        static const char shorts[] = {
                ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\'
        };
        if (*p < sizeof shorts && shorts[*p]) {
                char text[2] = { '\\', shorts[*p] };
                buffer_put(out, text, sizeof text);
                return 1;
        }
        if (*p < 0x20 || *p == 0x7f) {
                buffer_printf(out, "\\u%04x", *p);
                return 1;
        }
        size_t len = utf8_sequence(p, n);
        if (len)
                buffer_put(out, p, len);
        else
                buffer_put_z(out, "\xef\xbf\xbd");
        return len ? len : 1;
}

void value_print_string(Buffer *out, Bytes text) {
        buffer_u8(out, '"');
        for (size_t i = 0, plain; i < text.len;) {
                for (plain = i; plain < text.len; plain++) {
                        uint8_t c = text.ptr[plain];
                        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
                                break;
                }
                buffer_put(out, text.ptr + i, plain - i);
                i = plain;
                if (i < text.len)
                        i += print_special(out, text.ptr + i, text.len - i);
        }
        buffer_u8(out, '"');
}

static void print_base64(Buffer *out, Bytes b) {
        static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        buffer_u8(out, '"');
        for (size_t i = 0; i < b.len; i += 3) {
                size_t n = b.len - i < 3 ? b.len - i : 3;
                uint32_t v = (uint32_t)b.ptr[i] << 16 | (uint32_t)(n > 1 ? b.ptr[i + 1] : 0) << 8 | (n > 2 ? b.ptr[i + 2] : 0);
                char text[4] = { digit[v >> 18], digit[v >> 12 & 63], n > 1 ? digit[v >> 6 & 63] : '=',
                                 n > 2 ? digit[v & 63] : '=' };
                buffer_put(out, text, sizeof text);
        }
        buffer_u8(out, '"');
}

static void print_double(Buffer *out, double d) {
        char text[NUMBER_TEXT_MAX];
        if (isnan(d))
                buffer_put_z(out, "\"NaN\"");
        else if (isinf(d))
                buffer_put_z(out, d < 0 ? "\"-Infinity\"" : "\"Infinity\"");
        else
                buffer_put(out, text, number_print(d, text));
}

static void print(Buffer *out, const tocsin_value *v, unsigned depth);

static void print_fields(Buffer *out, const tocsin_value *v, unsigned depth) {
        bool first = true;
        buffer_u8(out, '{');
        for (uint32_t i = 0; i < v->len; i++) {
                const tocsin_field *f = &v->u.fields[i];
                if (f->value.kind == TOCSIN_NONE)
                        continue;
                if (!first)
                        buffer_u8(out, ',');
                first = false;
                value_print_string(out, bytes_of(f->name, f->name_len));
                buffer_u8(out, ':');
                print(out, &f->value, depth);
        }
        buffer_u8(out, '}');
}

static void print_items(Buffer *out, const tocsin_value *v, unsigned depth) {
        buffer_u8(out, '[');
        for (uint32_t i = 0; i < v->len; i++) {
                if (i)
                        buffer_u8(out, ',');
                print(out, &v->u.items[i], depth);
        }
        buffer_u8(out, ']');
}

static void print(Buffer *out, const tocsin_value *v, unsigned depth) {
        if (depth > LIMIT_DEPTH) {
                buffer_put_z(out, "null");
                return;
        }
        switch (v->kind) {
        case TOCSIN_BOOL:
                buffer_put_z(out, v->u.i64 ? "true" : "false");
                break;
        case TOCSIN_I64:
                buffer_printf(out, "%lld", (long long)v->u.i64);
                break;
        case TOCSIN_F64:
                print_double(out, v->u.f64);
                break;
        case TOCSIN_STR:
        case TOCSIN_ENUM:
                value_print_string(out, tocsin_as_bytes(v));
                break;
        case TOCSIN_BYTES:
                print_base64(out, tocsin_as_bytes(v));
                break;
        case TOCSIN_LIST:
                print_items(out, v, depth + 1);
                break;
        case TOCSIN_MAP:
        case TOCSIN_RECORD:
                print_fields(out, v, depth + 1);
                break;
        default:
                buffer_put_z(out, "null");
                break;
        }
}

void value_print(Buffer *out, const tocsin_value *v) {
        print(out, v, 0);
}
