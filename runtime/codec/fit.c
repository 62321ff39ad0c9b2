/* What fits a type, and where a value does not. */
#include "codec/encode.h"

#include "core/limits.h"
#include "value/utf8.h"
#include <math.h>
#include <stdarg.h>
#include <tocsin/value.h>

static const char *const kinds[] = { "nothing", "null",     "a boolean", "an integer", "a number", "text",
                                     "bytes",   "a symbol", "a list",    "a map",      "a record" };

const char *encode_kind(const tocsin_value *v) {
        return v->kind < sizeof kinds / sizeof *kinds ? kinds[v->kind] : "of no known kind";
}

void trail_step(Trail *t, const char *format, ...) {
        char step[96];
        va_list ap;
        va_start(ap, format);
        int n = vsnprintf(step, sizeof step, format, ap);
        va_end(ap);
        size_t len = n < 0 ? 0 : (size_t)n < sizeof step ? (size_t)n : sizeof step - 1, old = strlen(t->path);
        if (old + len >= sizeof t->path)
                return;
        memmove(t->path + len, t->path, old + 1);
        memcpy(t->path, step, len);
}

int trail_end(const Trail *t, int r, const char *schema) {
        const char *path = t->path[0] == '.' ? t->path + 1 : t->path;
        return t->why && *path ? why_in(t->why, r, "%s, at %s", schema, path) : why_in(t->why, r, "%s", schema);
}

int32_t encode_symbol(const Node *t, const tocsin_value *v) {
        if (v->kind == TOCSIN_ENUM && v->len == 0)
                return v->index < t->n ? v->index : -1;
        Bytes text = tocsin_as_bytes(v);
        if (v->kind == TOCSIN_ENUM && v->index < t->n && t->symbols[v->index].len == text.len &&
            (t->symbols[v->index].ptr == text.ptr || bytes_eq(t->symbols[v->index], text)))
                return v->index;
        for (uint32_t i = 0; i < t->n; i++)
                if (bytes_eq(t->symbols[i], text))
                        return (int32_t)i;
        return -1;
}

bool encode_fits_float(double d) {
        return !isfinite(d) || isfinite((double)(float)d);
}

/* Without what is inside lists, maps and records. */
static bool fits_scalar(const Node *t, const tocsin_value *v) {
        switch (t->type) {
        case NODE_NULL:
                return v->kind == TOCSIN_NULL;
        case NODE_BOOLEAN:
                return v->kind == TOCSIN_BOOL;
        case NODE_INT:
                return v->kind == TOCSIN_I64 && v->u.i64 == (int32_t)v->u.i64;
        case NODE_LONG:
                return v->kind == TOCSIN_I64;
        case NODE_FLOAT:
                return v->kind == TOCSIN_I64 || (v->kind == TOCSIN_F64 && encode_fits_float(v->u.f64));
        case NODE_DOUBLE:
                return v->kind == TOCSIN_I64 || v->kind == TOCSIN_F64;
        case NODE_BYTES:
                return v->kind == TOCSIN_BYTES;
        case NODE_STRING:
                return v->kind == TOCSIN_STR && utf8_valid(v->u.bytes, v->len);
        case NODE_FIXED:
                return (v->kind == TOCSIN_BYTES || v->kind == TOCSIN_STR) && v->len == t->n;
        case NODE_ENUM:
                return (v->kind == TOCSIN_ENUM || v->kind == TOCSIN_STR) && encode_symbol(t, v) >= 0;
        case NODE_RECORD:
                return v->kind == TOCSIN_RECORD;
        case NODE_ARRAY:
                return v->kind == TOCSIN_LIST;
        case NODE_MAP:
                return v->kind == TOCSIN_MAP;
        default:
                return true;
        }
}

static bool fits_record(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        uint32_t taken = 0;
        for (uint32_t i = 0; i < t->n; i++) {
                const tocsin_field *x = encode_field(v, &t->fields[i], i);
                taken += x != NULL;
                if (!x || x->value.kind == TOCSIN_NONE ? !t->fields[i].json
                                                       : !encode_fits(e, t->fields[i].type, &x->value, depth))
                        return false;
        }
        return taken == v->len;
}

bool encode_fits(Encoder *e, const Node *t, const tocsin_value *v, unsigned depth) {
        if (e->steps >= LIMIT_FIT_STEPS || depth > LIMIT_DEPTH) {
                e->steps = LIMIT_FIT_STEPS;
                return false;
        }
        e->steps++;
        if (!fits_scalar(t, v))
                return false;
        switch (t->type) {
        case NODE_UNION:
                if (v->branch)
                        return v->branch <= t->n && encode_fits(e, t->branches[v->branch - 1], v, depth);
                for (uint32_t i = 0; i < t->n; i++)
                        if (encode_fits(e, t->branches[i], v, depth))
                                return true;
                return false;
        case NODE_RECORD:
                return fits_record(e, t, v, depth + 1);
        case NODE_ARRAY:
                for (uint32_t i = 0; i < v->len; i++)
                        if (!encode_fits(e, t->items, &v->u.items[i], depth + 1))
                                return false;
                return true;
        case NODE_MAP:
                for (uint32_t i = 0; i < v->len; i++)
                        if (!encode_fits(e, t->items, &v->u.fields[i].value, depth + 1))
                                return false;
                return true;
        default:
                return true;
        }
}
