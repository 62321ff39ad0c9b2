/* Values against shapes. */
#include "shape.h"
#include "../adapter/number.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct Name {
        const char *name;
        uint32_t len;
} Name;

static int by_name(const void *key, const void *field) {
        const Name *k = key;
        const ShapeField *f = field;
        uint32_t n = k->len < f->len ? k->len : f->len;
        int order = n ? memcmp(k->name, f->name, n) : 0;
        return order ? order : (k->len > f->len) - (k->len < f->len);
}

const ShapeField *shape_field(const Shape *s, const char *name, uint32_t len) {
        Name key = { name, len };
        return bsearch(&key, s->fields, s->n, sizeof *s->fields, by_name);
}

static bool refuse(Flat *f, const char *what) {
        int n = (int)(f->len < sizeof f->path ? f->len : sizeof f->path);
        return kit_refuse(f->kit, "%.*s: %s", n, f->path, what);
}

static const char *kind_name(const tocsin_value *v) {
        static const char *const names[] = { "nothing", "null", "a truth value", "an integer", "a number", "a text",
                                             "bytes",   "enum", "an array",      "an object",  "a record" };
        return v->kind < sizeof names / sizeof *names ? names[v->kind] : "unknown";
}

static bool refuse_kind(Flat *f, const char *wanted, const tocsin_value *v) {
        if (f->kit->quiet)
                return false;
        tocsin_bytes what = kit_text(f->kit, "must be %s and is %s", wanted, kind_name(v));
        return refuse(f, what.len ? (const char *)what.ptr : "of another type");
}

static bool check_enum(Flat *f, const char *const *symbols, const tocsin_value *v) {
        if (!tocsin_is(v, TOCSIN_STR))
                return refuse_kind(f, "a text", v);
        for (const char *const *s = symbols; *s; s++)
                if (tocsin_equal_z(tocsin_as_bytes(v), *s))
                        return true;
        if (f->kit->quiet)
                return false;
        tocsin_bytes all = kit_text(f->kit, "%s", symbols[0]);
        for (const char *const *s = symbols + 1; *s; s++)
                all = kit_text(f->kit, "%s, %s", all.len ? (const char *)all.ptr : "", *s);
        tocsin_bytes what =
                kit_text(f->kit, "%s is none of %s", kit_quote(f->kit, tocsin_as_bytes(v)), all.len ? (const char *)all.ptr : "");
        return refuse(f, what.len ? (const char *)what.ptr : "is none of its values");
}

static bool check_hash(Flat *f, const tocsin_value *v) {
        if (!tocsin_is(v, TOCSIN_MAP))
                return refuse_kind(f, "an object of texts", v);
        for (uint32_t i = 0; i < v->len; i++)
                if (!tocsin_is(&v->u.fields[i].value, TOCSIN_STR)) {
                        flat_push(f, tocsin_bytes_of(v->u.fields[i].name, v->u.fields[i].name_len));
                        return refuse_kind(f, "a text", &v->u.fields[i].value);
                }
        return true;
}

static bool check_one(Flat *f, const Shape *const *shapes, const tocsin_value *v, const ShapeOptions *o) {
        unsigned fits = 0;
        bool quiet = f->kit->quiet;
        f->kit->quiet = true; /* why an alternative does not fit is of no interest */
        for (const Shape *const *s = shapes; *s; s++) {
                size_t len = f->len;
                fits += shape_check(f, *s, v, o);
                f->len = len;
        }
        f->kit->quiet = quiet;
        return fits == 1 || refuse(f, fits ? "fits more than one of its forms" : "fits none of its forms");
}

static bool check_value(Flat *f, unsigned type, const void *of, const tocsin_value *v, const ShapeOptions *o);

static bool check_items(Flat *f, unsigned type, const void *of, const tocsin_value *v, const ShapeOptions *o) {
        if (!tocsin_is(v, TOCSIN_LIST))
                return refuse_kind(f, "an array", v);
        for (uint32_t i = 0; i < v->len; i++) {
                char index[16];
                int n = snprintf(index, sizeof index, "%u", i);
                size_t up = flat_push(f, tocsin_bytes_of(index, (size_t)n));
                if (!check_value(f, type, of, &v->u.items[i], o))
                        return false;
                flat_pop(f, up);
        }
        return true;
}

static bool check_value(Flat *f, unsigned type, const void *of, const tocsin_value *v, const ShapeOptions *o) {
        double d;
        int64_t i;
        switch (type) {
        case SHAPE_STR:
                return tocsin_is(v, TOCSIN_STR) || refuse_kind(f, "a text", v);
        case SHAPE_NUM:
                return number_of_value(v, !o->strict_numbers, &d) || refuse_kind(f, "a number", v);
        case SHAPE_INT:
                return integer_of_value(v, !o->strict_numbers, &i) || refuse_kind(f, "an integer", v);
        case SHAPE_ENUM:
                return check_enum(f, of, v);
        case SHAPE_IPV4:
                return (tocsin_is(v, TOCSIN_STR) || refuse_kind(f, "a text", v)) &&
                       (address_is_ipv4(tocsin_as_bytes(v)) || refuse(f, "is no IPv4 address"));
        case SHAPE_IPV6:
                return (tocsin_is(v, TOCSIN_STR) || refuse_kind(f, "a text", v)) &&
                       (address_is_ipv6(tocsin_as_bytes(v)) || refuse(f, "is no IPv6 address"));
        case SHAPE_URI:
                return (tocsin_is(v, TOCSIN_STR) || refuse_kind(f, "a text", v)) &&
                       (address_is_uri(tocsin_as_bytes(v)) || refuse(f, "is no URI"));
        case SHAPE_HASH:
                return check_hash(f, v);
        case SHAPE_OPEN:
                return tocsin_is(v, TOCSIN_MAP) || refuse_kind(f, "an object", v);
        case SHAPE_OBJ:
                return shape_check(f, of, v, o);
        case SHAPE_LIST:
                return check_items(f, SHAPE_OBJ, of, v, o);
        case SHAPE_STRS:
                return check_items(f, SHAPE_STR, NULL, v, o);
        case SHAPE_INTS:
                return check_items(f, SHAPE_INT, NULL, v, o);
        case SHAPE_ONE:
                return check_one(f, of, v, o);
        case SHAPE_ONES:
                return check_items(f, SHAPE_ONE, of, v, o);
        default:
                return true;
        }
}

bool shape_check(Flat *f, const Shape *s, const tocsin_value *v, const ShapeOptions *o) {
        if (!tocsin_is(v, TOCSIN_MAP))
                return refuse_kind(f, "an object", v);
        for (uint32_t i = 0; i < v->len; i++) {
                const tocsin_field *e = &v->u.fields[i];
                const ShapeField *field = shape_field(s, e->name, e->name_len);
                size_t up = flat_push(f, tocsin_bytes_of(e->name, e->name_len));
                if (!field && !o->ignore_unknown)
                        return refuse(f, "is not in the schema");
                if (field && !check_value(f, field->type, field->of, &e->value, o))
                        return false;
                flat_pop(f, up);
        }
        for (uint32_t i = 0; i < s->n; i++)
                if (s->fields[i].required && !tocsin_find_n(v, s->fields[i].name, s->fields[i].len)) {
                        flat_push(f, tocsin_bytes_of(s->fields[i].name, s->fields[i].len));
                        return refuse(f, "is missing");
                }
        return true;
}

static void flatten_list(Flat *f, const ShapeField *field, const tocsin_value *list, bool hash_numbers);

/* A named hash map {name, hashMap} is called by its name; "hashMap" adds nothing. */
static bool is_hash_map(const ShapeField *field) {
        return field->type == SHAPE_HASH && strcmp(field->name, "hashMap") == 0;
}

void shape_flatten(Flat *f, const Shape *s, const tocsin_value *v, bool hash_numbers) {
        const tocsin_field *identity =
                f->len > 0 && f->path[(f->len < sizeof f->path ? f->len : sizeof f->path) - 1] == ']' ? flat_identity(v) : NULL;
        for (uint32_t i = 0; tocsin_is(v, TOCSIN_MAP) && i < v->len; i++) {
                const tocsin_field *e = &v->u.fields[i];
                const ShapeField *field = shape_field(s, e->name, e->name_len);
                if (!field || e == identity)
                        continue;
                size_t up = is_hash_map(field) && identity ? f->len : flat_push(f, tocsin_bytes_of(e->name, e->name_len));
                if (field->type == SHAPE_OBJ)
                        shape_flatten(f, field->of, &e->value, hash_numbers);
                else if (field->type == SHAPE_LIST)
                        flatten_list(f, field, &e->value, hash_numbers);
                else
                        flat_tree(f, &e->value,
                                  field->type == SHAPE_NUM || field->type == SHAPE_INT ||
                                          (field->type == SHAPE_HASH && hash_numbers));
                flat_pop(f, up);
        }
}

static void flatten_list(Flat *f, const ShapeField *field, const tocsin_value *list, bool hash_numbers) {
        Bag seen = bag_of(f->kit, FLAT_METRICS_MAX);
        for (uint32_t i = 0; tocsin_is(list, TOCSIN_LIST) && i < list->len; i++) {
                size_t up = flat_push_item(f, &seen, &list->u.items[i], i);
                shape_flatten(f, field->of, &list->u.items[i], hash_numbers);
                flat_pop(f, up);
        }
}
