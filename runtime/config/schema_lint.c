/* Is a schema within the subset? What is outside refuses the plugin when it is loaded, not when a setting is met. */
#include "config/schema.h"

#include "core/limits.h"
#include "json/json.h"
#include <math.h>
#include <regex.h>

typedef struct Lint {
        Arena *arena;
        Pointer at;
        Why *why;
} Lint;

enum { ANY = 0, OBJECT = 1, ARRAY = 2, STRING = 4, NUMBER = 8, BOOLEAN = 16 };

static int refuse(Lint *l, const char *keyword, const char *text) {
        if (l->at.text.failed)
                return -ENOMEM;
        return why_say(l->why, CONFIG_E_BAD, "config_schema at \"%s\": `%s` %s", pointer_text(&l->at), keyword, text);
}

static int schema(Lint *l, const tocsin_value *s);

static int sub(Lint *l, const char *keyword, const tocsin_value *s) {
        size_t back = pointer_push(&l->at, bytes_z(keyword));
        int r = schema(l, s);
        pointer_cut(&l->at, back);
        return r;
}

static int properties(Lint *l, const char *k, const tocsin_value *v) {
        if (v->kind != TOCSIN_MAP)
                return refuse(l, k, "must be an object");
        size_t back = pointer_push(&l->at, bytes_z(k));
        for (uint32_t i = 0; i < v->len; i++) {
                if (memchr(v->u.fields[i].name, 0, v->u.fields[i].name_len))
                        return refuse(l, k, "has a name with a NUL");
                GUARD(sub(l, v->u.fields[i].name, &v->u.fields[i].value));
        }
        pointer_cut(&l->at, back);
        return 0;
}

static int required(Lint *l, const char *k, const tocsin_value *v, const tocsin_value *whole) {
        const tocsin_value *known = tocsin_find(whole, "properties");
        if (v->kind != TOCSIN_LIST)
                return refuse(l, k, "must be a list of names");
        for (uint32_t i = 0; i < v->len; i++) {
                Bytes name = tocsin_as_bytes(&v->u.items[i]);
                if (v->u.items[i].kind != TOCSIN_STR || !tocsin_find_n(known, (const char *)name.ptr, name.len))
                        return refuse(l, k, "names what is not among the properties");
        }
        return 0;
}

static int choices(Lint *l, const char *k, const tocsin_value *v, Bytes type) {
        if (v->kind != TOCSIN_LIST || !v->len)
                return refuse(l, k, "must be a list that holds something");
        for (uint32_t i = 0; i < v->len; i++)
                if (v->u.items[i].kind == TOCSIN_LIST || v->u.items[i].kind == TOCSIN_MAP || !type_fits(type, &v->u.items[i]))
                        return refuse(l, k, "holds what is not of the type, or not a scalar");
        return 0;
}

/* The product of what {n,m} asks for; regcomp() unfolds it. */
static bool repeats_little(const char *z) {
        long product = 1;
        for (const char *p = z; (p = strchr(p, '{')) != NULL;) {
                char *end;
                long n = strtol(++p, &end, 10), m = n;
                if (*end == ',')
                        m = strtol(end + 1, &end, 10);
                n = m > n ? m : n;
                if (n < 0 || n > PATTERN_REPEATS || (product *= n > 1 ? n : 1) > PATTERN_REPEATS)
                        return false;
        }
        return true;
}

static int pattern(Lint *l, const char *k, const tocsin_value *v) {
        if (v->kind != TOCSIN_STR || v->len > PATTERN_MAX || memchr(v->u.str, 0, v->len))
                return refuse(l, k, "must be a text of at most 256 bytes");
        const char *z = (const char *)arena_dup(l->arena, tocsin_as_bytes(v)).ptr;
        if (!z)
                return -ENOMEM;
        if (!repeats_little(z))
                return refuse(l, k, "repeats more than a thousand times");
        regex_t re;
        int r = regcomp(&re, z, REG_EXTENDED | REG_NOSUB);
        if (r == REG_ESPACE)
                return -ENOMEM;
        if (r != 0)
                return refuse(l, k, "is no POSIX extended expression");
        regfree(&re);
        return 0;
}

static int bound(Lint *l, const char *k, const tocsin_value *v, bool count) {
        if (count)
                return v->kind == TOCSIN_I64 && v->u.i64 >= 0 ? 0 : refuse(l, k, "must be a whole number, 0 or more");
        return v->kind == TOCSIN_I64 || (v->kind == TOCSIN_F64 && isfinite(v->u.f64)) ? 0 : refuse(l, k, "must be a number");
}

static int additional(Lint *l, const char *k, const tocsin_value *v) {
        return v->kind == TOCSIN_BOOL  ? 0
               : v->kind == TOCSIN_MAP ? sub(l, k, v)
                                       : refuse(l, k, "must be true, false or a schema");
}

static int text(Lint *l, const char *k, const tocsin_value *v) {
        return v->kind == TOCSIN_STR ? 0 : refuse(l, k, "must be a text");
}

static unsigned kind_of(Bytes type) {
        static const struct {
                const char *name;
                unsigned kind;
        } kinds[] = { { "object", OBJECT },  { "array", ARRAY },   { "string", STRING },
                      { "integer", NUMBER }, { "number", NUMBER }, { "boolean", BOOLEAN } };
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
                if (bytes_eq_z(type, kinds[i].name))
                        return kinds[i].kind;
        return ANY;
}

/* Keyword by keyword; `for` says of which types each can be said at all. */
static const struct Keyword {
        const char *name;
        unsigned types;
        enum {
                K_TYPE,
                K_PROPERTIES,
                K_REQUIRED,
                K_ADDITIONAL,
                K_ITEMS,
                K_ENUM,
                K_BOUND,
                K_COUNT,
                K_PATTERN,
                K_DEFAULT,
                K_TEXT
        } what;
} keywords[] = {
        { "type", ANY, K_TYPE },
        { "properties", OBJECT, K_PROPERTIES },
        { "required", OBJECT, K_REQUIRED },
        { "additionalProperties", OBJECT, K_ADDITIONAL },
        { "items", ARRAY, K_ITEMS },
        { "enum", STRING | NUMBER | BOOLEAN, K_ENUM },
        { "minimum", NUMBER, K_BOUND },
        { "maximum", NUMBER, K_BOUND },
        { "minItems", ARRAY, K_COUNT },
        { "maxItems", ARRAY, K_COUNT },
        { "minLength", STRING, K_COUNT },
        { "maxLength", STRING, K_COUNT },
        { "pattern", STRING, K_PATTERN },
        { "default", ANY, K_DEFAULT },
        { "title", ANY, K_TEXT },
        { "description", ANY, K_TEXT },
};
#define KEYWORDS (sizeof keywords / sizeof *keywords)

static int unknown(Lint *l, const char *name) {
        const char *words[KEYWORDS];
        for (size_t i = 0; i < KEYWORDS; i++)
                words[i] = keywords[i].name;
        const char *near = config_nearest(name, words, KEYWORDS);
        char said[96];
        snprintf(said, sizeof said, "is no keyword of the subset%s%s%s", near ? "; did you mean `" : "", near ? near : "",
                 near ? "`?" : "");
        return refuse(l, name, said);
}

static int keyword(Lint *l, const struct Keyword *k, const tocsin_value *v, const tocsin_value *whole, Bytes type) {
        switch (k->what) {
        case K_TYPE:
                return kind_of(type) != ANY ? 0
                                            : refuse(l, "type", "must be one of object, array, string, integer, number, boolean");
        case K_PROPERTIES:
                return properties(l, k->name, v);
        case K_REQUIRED:
                return required(l, k->name, v, whole);
        case K_ADDITIONAL:
                return additional(l, k->name, v);
        case K_ITEMS:
                return sub(l, k->name, v);
        case K_ENUM:
                return choices(l, k->name, v, type);
        case K_BOUND:
                return bound(l, k->name, v, false);
        case K_COUNT:
                return bound(l, k->name, v, true);
        case K_PATTERN:
                return pattern(l, k->name, v);
        case K_DEFAULT:
                return 0; /* once the rest is known to be sound */
        case K_TEXT:
                return text(l, k->name, v);
        }
        return 0;
}

static int ordered(Lint *l, const tocsin_value *s) {
        static const char *const pairs[][2] = { { "minimum", "maximum" },
                                                { "minItems", "maxItems" },
                                                { "minLength", "maxLength" } };
        for (size_t i = 0; i < 3; i++) {
                const tocsin_value *low = tocsin_find(s, pairs[i][0]), *high = tocsin_find(s, pairs[i][1]);
                if (low && high && tocsin_as_f64(low, 0) > tocsin_as_f64(high, 0))
                        return refuse(l, pairs[i][0], "is more than its maximum");
        }
        return 0;
}

static int schema(Lint *l, const tocsin_value *s) {
        if (s->kind != TOCSIN_MAP)
                return refuse(l, "schema", "must be an object");
        const tocsin_value *type_value = tocsin_find(s, "type");
        Bytes type = tocsin_as_bytes(type_value);
        unsigned kind = kind_of(type);
        for (uint32_t i = 0; i < s->len; i++) {
                const tocsin_field *f = &s->u.fields[i];
                const struct Keyword *k = keywords;
                while (k < keywords + KEYWORDS && !bytes_eq_z(bytes_of(f->name, f->name_len), k->name))
                        k++;
                if (k == keywords + KEYWORDS)
                        return unknown(l, f->name);
                if (kind != ANY && k->types != ANY && !(k->types & kind))
                        return refuse(l, k->name, "says nothing about this type");
                GUARD(keyword(l, k, &f->value, s, type));
        }
        GUARD(ordered(l, s));
        const tocsin_value *value = tocsin_find(s, "default");
        if (!value)
                return 0;
        Check c = { .arena = l->arena };
        tocsin_value filled;
        int r = check_value(&c, s, value, &filled);
        buffer_deinit(&c.at.text);
        return r == CONFIG_E_BAD ? refuse(l, "default", "does not fit its own schema") : r;
}

int settings_lint(Bytes text_of, Why *why) {
        if (text_of.len > LIMIT_SCHEMA_BYTES)
                return why_say(why, CONFIG_E_BAD, "config_schema is longer than %u bytes", LIMIT_SCHEMA_BYTES);
        _cleanup_(arena_freep) Arena *a = arena_new(LIMIT_DECODE_BYTES);
        if (!a)
                return -ENOMEM;
        tocsin_value s;
        int r = json_parse(a, text_of, &s, NULL, why);
        if (r != 0)
                return r < 0 ? r : why_in(why, CONFIG_E_BAD, "config_schema");
        Lint l = { .arena = a, .why = why };
        r = schema(&l, &s);
        if (r == 0 && (!tocsin_equal_z(tocsin_get_bytes(&s, "type"), "object")))
                r = refuse(&l, "type", "of the whole must be object");
        buffer_deinit(&l.at.text);
        return r;
}
