/* A walk over a value and the text of its schema, side by side. */
#include "bin/shape.h"

#include "config/config.h"
#include "core/buffer.h"
#include "core/cleanup.h"
#include "core/limits.h"
#include "json/json.h"

#include <tocsin/value.h>

#define WORDS_MAX 256u /* names offered to "did you mean" */

typedef struct Walk {
        const tocsin_value *root; /* the schema's JSON */
        void (*each)(void *arg, const char *pointer, bool key, const char *text);
        void *arg;
        char pointer[1024];
        size_t len;
        unsigned depth;
} Walk;

static void check(Walk *w, const tocsin_value *type, const tocsin_value *v);

static void say(Walk *w, bool key, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(Walk *w, bool key, const char *format, ...) {
        char text[WHY_MAX];
        va_list ap;
        va_start(ap, format);
        vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        w->each(w->arg, w->pointer, key, text);
}

/* One step down; the returned length goes to up(). */
static size_t down(Walk *w, Bytes word) {
        size_t before = w->len;
        if (w->len + word.len * 2 + 2 < sizeof w->pointer) {
                w->pointer[w->len++] = '/';
                for (size_t i = 0; i < word.len; i++) {
                        uint8_t c = word.ptr[i];
                        if (c == '/' || c == '~') {
                                w->pointer[w->len++] = '~';
                                c = c == '/' ? '1' : '0';
                        }
                        w->pointer[w->len++] = (char)c;
                }
                w->pointer[w->len] = 0;
        }
        return before;
}

static void up(Walk *w, size_t before) {
        w->len = before;
        w->pointer[before] = 0;
}

/* The definition of a name that the text itself holds; NULL: it is defined elsewhere. */
static const tocsin_value *defined(const tocsin_value *v, Bytes name) {
        if (v->kind == TOCSIN_MAP && bytes_eq(tocsin_get_bytes(v, "name"), name) && tocsin_find(v, "type")) {
                Bytes type = tocsin_get_bytes(v, "type");
                if (bytes_eq_z(type, "record") || bytes_eq_z(type, "enum") || bytes_eq_z(type, "fixed"))
                        return v;
        }
        const tocsin_value *found = NULL;
        for (uint32_t i = 0; v->kind == TOCSIN_MAP && i < v->len && !found; i++)
                found = defined(&v->u.fields[i].value, name);
        for (uint32_t i = 0; v->kind == TOCSIN_LIST && i < v->len && !found; i++)
                found = defined(&v->u.items[i], name);
        return found;
}

static const char *kind_word(const tocsin_value *v) {
        static const char *const words[] = { "nothing", "null",     "true or false", "a whole number", "a number", "text",
                                             "bytes",   "a symbol", "a list",        "a map",          "a map" };
        return words[v->kind <= TOCSIN_RECORD ? v->kind : 0];
}

static void nearest(Walk *w, const char *what, Bytes told, const tocsin_value *names, const char *member, bool key) {
        const char *words[WORDS_MAX];
        char asked[128];
        size_t n = 0;
        for (uint32_t i = 0; names && i < names->len && n < WORDS_MAX; i++) {
                const tocsin_value *item = &names->u.items[i];
                Bytes b = member ? tocsin_get_bytes(item, member) : tocsin_as_bytes(item);
                if (b.ptr)
                        words[n++] = (const char *)b.ptr;
        }
        snprintf(asked, sizeof asked, "%.*s", BYTES_ARG(told));
        const char *near = config_nearest(asked, words, n);
        say(w, key, "%s `%s`%s%s%s", what, asked, near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

static void check_record(Walk *w, const tocsin_value *type, const tocsin_value *v) {
        const tocsin_value *fields = tocsin_find(type, "fields");
        if (v->kind != TOCSIN_MAP || !fields) {
                say(w, false, "must be a map, not %s", kind_word(v));
                return;
        }
        for (uint32_t i = 0; i < v->len; i++) {
                Bytes name = bytes_of(v->u.fields[i].name, v->u.fields[i].name_len);
                const tocsin_value *field = NULL;
                for (uint32_t k = 0; k < fields->len && !field; k++)
                        if (bytes_eq(tocsin_get_bytes(&fields->u.items[k], "name"), name))
                                field = &fields->u.items[k];
                size_t before = down(w, name);
                if (!field)
                        nearest(w, "unknown key", name, fields, "name", true);
                else
                        check(w, tocsin_find(field, "type"), &v->u.fields[i].value);
                up(w, before);
        }
        for (uint32_t k = 0; k < fields->len; k++) {
                const tocsin_value *field = &fields->u.items[k];
                Bytes name = tocsin_get_bytes(field, "name");
                if (!tocsin_find(field, "default") && !tocsin_find_n(v, (const char *)name.ptr, name.len))
                        say(w, false, "`%.*s` is missing: %.*s", BYTES_ARG(name), BYTES_ARG(tocsin_get_bytes(field, "doc")));
        }
}

static void check_items(Walk *w, const tocsin_value *type, const tocsin_value *v) {
        if (v->kind != TOCSIN_LIST) {
                say(w, false, "must be a list, not %s", kind_word(v));
                return;
        }
        for (uint32_t i = 0; i < v->len; i++) {
                char index[16];
                snprintf(index, sizeof index, "%u", i);
                size_t before = down(w, bytes_z(index));
                check(w, tocsin_find(type, "items"), &v->u.items[i]);
                up(w, before);
        }
}

static void check_entries(Walk *w, const tocsin_value *type, const tocsin_value *v) {
        if (v->kind != TOCSIN_MAP) {
                say(w, false, "must be a map, not %s", kind_word(v));
                return;
        }
        for (uint32_t i = 0; i < v->len; i++) {
                size_t before = down(w, bytes_of(v->u.fields[i].name, v->u.fields[i].name_len));
                check(w, tocsin_find(type, "values"), &v->u.fields[i].value);
                up(w, before);
        }
}

/* Unions of null and one type are what schemas of people hold; of others only null is told apart. */
static void check_union(Walk *w, const tocsin_value *type, const tocsin_value *v) {
        const tocsin_value *other = NULL;
        uint32_t others = 0;
        for (uint32_t i = 0; i < type->len; i++) {
                if (bytes_eq_z(tocsin_as_bytes(&type->u.items[i]), "null")) {
                        if (v->kind == TOCSIN_NULL)
                                return;
                        continue;
                }
                other = &type->u.items[i];
                others++;
        }
        if (others == 1)
                check(w, other, v);
}

static void check_scalar(Walk *w, Bytes type, const tocsin_value *logical, const tocsin_value *v) {
        bool moment = logical && v->kind == TOCSIN_STR; /* RFC 3339: natural_read() looks closer */
        if (bytes_eq_z(type, "string") && v->kind != TOCSIN_STR)
                say(w, false, "must be text, not %s%s", kind_word(v), v->kind < TOCSIN_LIST ? "; put it in quotes" : "");
        else if (bytes_eq_z(type, "boolean") && v->kind != TOCSIN_BOOL)
                say(w, false, "must be true or false, not %s", kind_word(v));
        else if ((bytes_eq_z(type, "int") || bytes_eq_z(type, "long")) && v->kind != TOCSIN_I64 && !moment)
                say(w, false, "must be a whole number, not %s", kind_word(v));
        else if ((bytes_eq_z(type, "float") || bytes_eq_z(type, "double")) && v->kind != TOCSIN_I64 && v->kind != TOCSIN_F64 &&
                 v->kind != TOCSIN_STR)
                say(w, false, "must be a number, not %s", kind_word(v));
        else if (bytes_eq_z(type, "null") && v->kind != TOCSIN_NULL)
                say(w, false, "must be null, not %s", kind_word(v));
        else if (bytes_eq_z(type, "bytes") && v->kind != TOCSIN_STR)
                say(w, false, "must be base64 text, not %s", kind_word(v));
}

static void check_named(Walk *w, const tocsin_value *type, const tocsin_value *v) {
        Bytes kind = tocsin_get_bytes(type, "type");
        const tocsin_value *symbols = tocsin_find(type, "symbols");
        if (bytes_eq_z(kind, "record")) {
                check_record(w, type, v);
        } else if (bytes_eq_z(kind, "enum") && symbols) {
                for (uint32_t i = 0; v->kind == TOCSIN_STR && i < symbols->len; i++)
                        if (bytes_eq(tocsin_as_bytes(&symbols->u.items[i]), tocsin_as_bytes(v)))
                                return;
                if (v->kind == TOCSIN_STR)
                        nearest(w, "has no word", tocsin_as_bytes(v), symbols, NULL, false);
                else
                        say(w, false, "must be one word of its list, not %s", kind_word(v));
        }
}

static void check(Walk *w, const tocsin_value *type, const tocsin_value *v) {
        if (!type || ++w->depth > LIMIT_DEPTH)
                return;
        if (type->kind == TOCSIN_LIST) {
                check_union(w, type, v);
        } else if (type->kind == TOCSIN_STR) {
                const tocsin_value *named = defined(w->root, tocsin_as_bytes(type));
                if (named)
                        check_named(w, named, v);
                else
                        check_scalar(w, tocsin_as_bytes(type), NULL, v);
        } else if (type->kind == TOCSIN_MAP) {
                Bytes kind = tocsin_get_bytes(type, "type");
                const tocsin_value *inner = tocsin_find(type, "type");
                if (bytes_eq_z(kind, "array"))
                        check_items(w, type, v);
                else if (bytes_eq_z(kind, "map"))
                        check_entries(w, type, v);
                else if (bytes_eq_z(kind, "record") || bytes_eq_z(kind, "enum"))
                        check_named(w, type, v);
                else if (inner && inner->kind != TOCSIN_STR)
                        check(w, inner, v);
                else
                        check_scalar(w, kind, tocsin_find(type, "logicalType"), v);
        }
        w->depth--;
}

int shape_check(const Schema *schema, const tocsin_value *v,
                void (*each)(void *arg, const char *pointer, bool key, const char *text), void *arg) {
        _cleanup_(arena_freep) Arena *a = arena_new(LIMIT_DECODE_BYTES);
        tocsin_value root;
        if (!a || json_parse(a, schema_text(schema), &root, NULL, NULL) < 0)
                return -ENOMEM;
        Walk w = { .root = &root, .each = each, .arg = arg };
        check(&w, &root, v);
        return 0;
}
