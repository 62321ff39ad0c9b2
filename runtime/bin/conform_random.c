/* Scalars at their extremes, words that meet again, and trees of them. */
#include "bin/conform_random.h"

#include "bin/conform_types.h"
#include "core/limits.h"
#include <math.h>

#define ITEMS_MAX 4u /* of one list or map, mostly */
#define DEPTH_MAX 10u /* below this only what ends */

static const char *const words[] = {
        "loop-a", "loop-b",     "loop-c",    "probe", "analytics", "actuator", "cell-1",           "cell-2",
        "power",  "latency_ms", "set.power", "state", "restarted", "delegate", "1732060800000000", "2024-11-20T10:00:00Z",
        "0",      "-1",         "1e400",     "true",  "{\"a\":1}", ""
};

tocsin_value random_text(Random *r, Arena *a) {
        if (!random_chance(r, 15))
                return tocsin_str(words[random_below(r, sizeof words / sizeof *words)]);
        size_t n = random_chance(r, 5) ? random_below(r, 3000) : random_below(r, 24);
        char *text = arena_alloc(a, n + 4), *p = text;
        static const char *const letters[] = { "a",  "Z",    "7", " ",        "\"",           "\\",
                                               "\n", "\x01", "/", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x94" };
        if (!text)
                return tocsin_str("");
        while (p < text + n) {
                const char *letter = letters[random_below(r, sizeof letters / sizeof *letters)];
                p = stpcpy(p, letter);
        }
        return tocsin_str_n(text, (size_t)(p - text));
}

static int64_t integer(Random *r, bool small) {
        static const int64_t extremes[] = {
                0, 1, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, INT64_MAX - 1, 1732060800000000
        };
        if (random_chance(r, 25)) {
                int64_t v = extremes[random_below(r, sizeof extremes / sizeof *extremes)];
                return small && (v > INT32_MAX || v < INT32_MIN) ? INT32_MAX : v;
        }
        if (random_chance(r, 60))
                return (int64_t)random_below(r, 200) - 20;
        return small ? (int64_t)(int32_t)random_draw(r) : (int64_t)random_draw(r);
}

static double real(Random *r) {
        static const double extremes[] = { 0, -0.0, 1, -1, 1e308, -1e308, 5e-324, 0.1, 1e15, 9007199254740993.0 };
        if (random_chance(r, 3))
                return random_chance(r, 50) ? NAN : random_chance(r, 50) ? INFINITY : -INFINITY;
        if (random_chance(r, 20))
                return extremes[random_below(r, sizeof extremes / sizeof *extremes)];
        return ((double)random_below(r, 2000000) - 1000000) / 1000;
}

static int bytes_value(Random *r, size_t n, Arena *a, tocsin_value *ret) {
        uint8_t *p = arena_alloc(a, n);
        if (!p)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                p[i] = (uint8_t)random_draw(r);
        *ret = tocsin_raw(bytes_of(p, n));
        return 0;
}

typedef struct Maker {
        Types types;
        Random *r;
        RandomAt *at;
        void *arg;
        Arena *a;
} Maker;

static int make(Maker *m, const tocsin_value *type, const char *space, const char *path, unsigned depth, tocsin_value *ret);

static int make_record(Maker *m, const tocsin_value *def, const char *space, const char *path, unsigned depth,
                       tocsin_value *ret) {
        const tocsin_value *fields = tocsin_find(def, "fields");
        uint32_t n = fields ? fields->len : 0;
        tocsin_field *made = arena_zalloc(m->a, n * sizeof *made);
        if (!made)
                return -ENOMEM;
        for (uint32_t i = 0; i < n; i++) {
                Bytes name = tocsin_get_bytes(&fields->u.items[i], "name");
                char below[160];
                snprintf(below, sizeof below, "%s%s%.*s", path, *path ? "." : "", BYTES_ARG(name));
                made[i] = tocsin_field_n(name.ptr, name.len, tocsin_none());
                if (m->at && m->at(m->arg, below, m->r, m->a, &made[i].value))
                        continue;
                GUARD(make(m, tocsin_find(&fields->u.items[i], "type"), space, below, depth + 1, &made[i].value));
        }
        *ret = tocsin_record(made, n);
        return 0;
}

static int make_many(Maker *m, const tocsin_value *type, const char *space, const char *path, unsigned depth, bool map,
                     tocsin_value *ret) {
        uint32_t n = depth > DEPTH_MAX ? 0 : (uint32_t)random_below(m->r, random_chance(m->r, 5) ? 40 : ITEMS_MAX);
        tocsin_value *items = arena_zalloc(m->a, n * sizeof *items);
        tocsin_field *entries = arena_zalloc(m->a, n * sizeof *entries);
        char below[160];
        snprintf(below, sizeof below, "%s[]", path);
        if (!items || !entries)
                return -ENOMEM;
        for (uint32_t i = 0; i < n; i++) {
                GUARD(make(m, type, space, below, depth + 1, &items[i]));
                tocsin_value key = random_text(m->r, m->a);
                entries[i] = tocsin_field_n(key.u.str, key.len, items[i]);
        }
        *ret = map ? tocsin_map(entries, n) : tocsin_list(items, n);
        return 0;
}

static int make_union(Maker *m, const tocsin_value *type, const char *space, const char *path, unsigned depth,
                      tocsin_value *ret) {
        uint32_t i = (uint32_t)random_below(m->r, type->len);
        for (uint32_t k = 0; depth > DEPTH_MAX && k < type->len; k++)
                if (tocsin_equal_z(tocsin_as_bytes(&type->u.items[k]), "null"))
                        i = k;
        if (type->len == 0)
                return SCHEMA_E_BAD;
        GUARD(make(m, &type->u.items[i], space, path, depth + 1, ret));
        ret->branch = (uint8_t)(i + 1);
        return 0;
}

static int make_primitive(Maker *m, Bytes word, tocsin_value *ret) {
        Random *r = m->r;
        if (bytes_eq_z(word, "null"))
                *ret = tocsin_null();
        else if (bytes_eq_z(word, "boolean"))
                *ret = tocsin_bool(random_chance(r, 50));
        else if (bytes_eq_z(word, "int"))
                *ret = tocsin_i64(integer(r, true));
        else if (bytes_eq_z(word, "long"))
                *ret = tocsin_i64(integer(r, false));
        else if (bytes_eq_z(word, "float"))
                *ret = tocsin_f64((double)(float)(random_below(r, 2000) - 1000.0));
        else if (bytes_eq_z(word, "double"))
                *ret = tocsin_f64(real(r));
        else if (bytes_eq_z(word, "string"))
                *ret = random_text(r, m->a);
        else if (bytes_eq_z(word, "bytes"))
                return bytes_value(r, random_below(r, 40), m->a, ret);
        else
                return SCHEMA_E_BAD;
        return 0;
}

static int make_named(Maker *m, const Type *t, const char *path, unsigned depth, tocsin_value *ret) {
        Bytes word = tocsin_get_bytes(t->definition, "type");
        const tocsin_value *symbols = tocsin_find(t->definition, "symbols");
        if (bytes_eq_z(word, "record") || bytes_eq_z(word, "error"))
                return depth > LIMIT_DEPTH / 2 ? SCHEMA_E_BAD : make_record(m, t->definition, t->space, path, depth, ret);
        if (bytes_eq_z(word, "fixed"))
                return bytes_value(m->r, (size_t)tocsin_get_i64(t->definition, "size", 0), m->a, ret);
        if (!symbols || symbols->len == 0)
                return SCHEMA_E_BAD;
        *ret = tocsin_str_of(tocsin_as_bytes(&symbols->u.items[random_below(m->r, symbols->len)]));
        ret->kind = TOCSIN_ENUM;
        return 0;
}

static int make(Maker *m, const tocsin_value *type, const char *space, const char *path, unsigned depth, tocsin_value *ret) {
        const Type *named = NULL;
        if (m->at && m->at(m->arg, path, m->r, m->a, ret))
                return 0;
        if (tocsin_is(type, TOCSIN_LIST))
                return make_union(m, type, space, path, depth, ret);
        if (tocsin_is(type, TOCSIN_STR)) {
                GUARD(types_find(&m->types, tocsin_as_bytes(type), space, m->a, &named));
                return named ? make_named(m, named, path, depth, ret) : make_primitive(m, tocsin_as_bytes(type), ret);
        }
        const tocsin_value *inner = tocsin_find(type, "type");
        if (!tocsin_is(inner, TOCSIN_STR))
                return inner ? make(m, inner, space, path, depth, ret) : SCHEMA_E_BAD;
        if (tocsin_equal_z(tocsin_as_bytes(inner), "array"))
                return make_many(m, tocsin_find(type, "items"), space, path, depth, false, ret);
        if (tocsin_equal_z(tocsin_as_bytes(inner), "map"))
                return make_many(m, tocsin_find(type, "values"), space, path, depth, true, ret);
        named = types_of(&m->types, type);
        return named ? make_named(m, named, path, depth, ret) : make(m, inner, space, path, depth, ret);
}

int random_value(const Schema *schema, const Schemas *known, Random *r, RandomAt *at, void *arg, Arena *a, tocsin_value *ret) {
        Maker m = { .types = { .known = known }, .r = r, .at = at, .arg = arg, .a = a };
        const tocsin_value *root;
        GUARD(types_add(&m.types, schema_text(schema), a, &root));
        int r2 = make(&m, root, "", "", 0, ret);
        types_deinit(&m.types);
        return r2;
}

int random_json(Random *r, unsigned depth, Arena *a, tocsin_value *ret) {
        uint64_t kind = random_below(r, depth == 0 ? 5 : 8);
        uint32_t n = (uint32_t)random_below(r, ITEMS_MAX);
        if (kind < 5) {
                *ret = kind == 0   ? tocsin_null()
                       : kind == 1 ? tocsin_bool(random_chance(r, 50))
                       : kind == 2 ? tocsin_i64(integer(r, false))
                       : kind == 3 ? tocsin_f64((double)random_below(r, 100000) / 64)
                                   : random_text(r, a);
                return 0;
        }
        tocsin_value *items = arena_zalloc(a, n * sizeof *items);
        tocsin_field *entries = arena_zalloc(a, n * sizeof *entries);
        if (!items || !entries)
                return -ENOMEM;
        for (uint32_t i = 0; i < n; i++) {
                char *name = arena_alloc(a, 24);
                if (!name)
                        return -ENOMEM;
                GUARD(random_json(r, depth - 1, a, &items[i]));
                snprintf(name, 24, "%s%u", random_chance(r, 50) ? "event" : "k", i);
                entries[i] = tocsin_field_of(name, items[i]);
        }
        *ret = kind == 5 ? tocsin_list(items, n) : tocsin_map(entries, n);
        return 0;
}

static int changed_scalar(Random *r, const tocsin_value *v, bool same_kinds, Arena *a, tocsin_value *ret) {
        unsigned kind = same_kinds ? v->kind : (unsigned)random_below(r, 6);
        switch (kind) {
        case TOCSIN_I64:
                *ret = tocsin_i64(integer(r, false));
                return 0;
        case TOCSIN_F64:
                *ret = tocsin_f64(same_kinds ? real(r) : (double)random_below(r, 1000) / 8);
                return 0;
        case TOCSIN_BOOL:
                *ret = tocsin_bool(random_chance(r, 50));
                return 0;
        case TOCSIN_STR:
                *ret = random_text(r, a);
                return 0;
        default:
                if (same_kinds)
                        *ret = *v;
                else
                        return random_json(r, 2, a, ret);
                return 0;
        }
}

int random_change(Random *r, const tocsin_value *v, bool same_kinds, Arena *a, tocsin_value *ret) {
        bool map = tocsin_is(v, TOCSIN_MAP) || tocsin_is(v, TOCSIN_RECORD);
        if (!map && !tocsin_is(v, TOCSIN_LIST)) {
                if (random_chance(r, 6))
                        return changed_scalar(r, v, same_kinds, a, ret);
                *ret = *v;
                return 0;
        }
        if (!same_kinds && random_chance(r, 2))
                return random_json(r, 2, a, ret);
        tocsin_field *entries = arena_zalloc(a, ((size_t)v->len + 1) * sizeof *entries);
        tocsin_value *items = arena_zalloc(a, ((size_t)v->len + 1) * sizeof *items);
        if (!entries || !items)
                return -ENOMEM;
        uint32_t n = 0;
        bool drop = !tocsin_is(v, TOCSIN_RECORD);
        for (uint32_t i = 0; i < v->len; i++) {
                if (drop && random_chance(r, 2))
                        continue;
                GUARD(random_change(r, map ? &v->u.fields[i].value : &v->u.items[i], same_kinds, a, &items[n]));
                if (map)
                        entries[n] = tocsin_field_n(v->u.fields[i].name, v->u.fields[i].name_len, items[n]);
                n++;
        }
        if (!map && n && random_chance(r, 5)) {
                items[n] = items[0];
                n++;
        }
        *ret = map ? tocsin_fields(v->kind, entries, n) : tocsin_list(items, n);
        return 0;
}
