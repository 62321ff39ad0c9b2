/* Settings against a linted schema. Complaints never repeat a value: it may have been a secret. */
#include "config/schema.h"

#include "value/value.h"
#include "json/json.h"
#include <inttypes.h>
#include <math.h>
#include <regex.h>

#define WORDS_MAX 64 /* names offered to "did you mean" */

size_t pointer_push(Pointer *p, Bytes name) {
        size_t back = p->text.len;
        buffer_u8(&p->text, '/');
        for (size_t i = 0; i < name.len; i++) {
                if (name.ptr[i] == '~')
                        buffer_put_z(&p->text, "~0");
                else if (name.ptr[i] == '/')
                        buffer_put_z(&p->text, "~1");
                else
                        buffer_u8(&p->text, name.ptr[i]);
        }
        return back;
}

size_t pointer_push_index(Pointer *p, uint32_t i) {
        size_t back = p->text.len;
        buffer_printf(&p->text, "/%" PRIu32, i);
        return back;
}

void pointer_cut(Pointer *p, size_t len) {
        if (len < p->text.len)
                p->text.len = len;
}

const char *pointer_text(Pointer *p) {
        uint8_t *end = buffer_room(&p->text, 1);
        if (!end)
                return "";
        *end = 0;
        return (const char *)p->text.ptr;
}

static void bad(Check *c, bool key, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void bad(Check *c, bool key, const char *format, ...) {
        c->bad = true;
        if (!c->each)
                return;
        char text[400];
        va_list ap;
        va_start(ap, format);
        vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        c->each(c->arg, pointer_text(&c->at), key, text);
}

static bool integral(const tocsin_value *v) {
        return v->kind == TOCSIN_F64 && fabs(v->u.f64) < 9007199254740992.0 && v->u.f64 == trunc(v->u.f64);
}

bool type_fits(Bytes type, const tocsin_value *v) {
        if (!type.len)
                return v->kind != TOCSIN_F64 || isfinite(v->u.f64);
        if (bytes_eq_z(type, "object"))
                return v->kind == TOCSIN_MAP;
        if (bytes_eq_z(type, "array"))
                return v->kind == TOCSIN_LIST;
        if (bytes_eq_z(type, "string"))
                return v->kind == TOCSIN_STR;
        if (bytes_eq_z(type, "integer"))
                return v->kind == TOCSIN_I64 || integral(v);
        if (bytes_eq_z(type, "number"))
                return v->kind == TOCSIN_I64 || (v->kind == TOCSIN_F64 && isfinite(v->u.f64));
        return v->kind == TOCSIN_BOOL;
}

static const char *type_words(Bytes type) {
        static const char *const words[][2] = { { "object", "a map" },           { "array", "a list" },
                                                { "string", "a text" },          { "integer", "a whole number" },
                                                { "number", "a finite number" }, { "boolean", "true or false" } };
        for (size_t i = 0; i < 6; i++)
                if (bytes_eq_z(type, words[i][0]))
                        return words[i][1];
        return "a finite number";
}

/* What is no number of a file is named: it is a word, and nobody's secret. */
static const char *kind_words(Bytes type, const tocsin_value *v) {
        if (v->kind == TOCSIN_F64 && !isfinite(v->u.f64))
                return isnan(v->u.f64) ? ".nan" : v->u.f64 > 0 ? ".inf" : "-.inf";
        if (v->kind == TOCSIN_F64 && bytes_eq_z(type, "integer"))
                return v->u.f64 == trunc(v->u.f64) ? "one beyond 2^53" : "one with a fraction";
        static const char *const words[] = {
                [TOCSIN_NONE] = "nothing", [TOCSIN_NULL] = "nothing", [TOCSIN_BOOL] = "true or false", [TOCSIN_I64] = "a number",
                [TOCSIN_F64] = "a number", [TOCSIN_STR] = "a text",   [TOCSIN_BYTES] = "bytes",        [TOCSIN_ENUM] = "a text",
                [TOCSIN_LIST] = "a list",  [TOCSIN_MAP] = "a map",    [TOCSIN_RECORD] = "a record"
        };
        return v->kind < sizeof words / sizeof *words ? words[v->kind] : "something else";
}

static bool same(const tocsin_value *a, const tocsin_value *b) {
        if ((a->kind == TOCSIN_I64 || a->kind == TOCSIN_F64) && (b->kind == TOCSIN_I64 || b->kind == TOCSIN_F64) &&
            a->kind != b->kind)
                return tocsin_as_f64(a, 0) == tocsin_as_f64(b, 0);
        return value_equal(a, b);
}

static int among(Check *c, const tocsin_value *all, const tocsin_value *v) {
        for (uint32_t i = 0; i < all->len; i++)
                if (same(&all->u.items[i], v))
                        return 0;
        if (!c->each) {
                c->bad = true;
                return 0;
        }
        Buffer list = { .max = 300 };
        const char *words[WORDS_MAX];
        size_t n = 0;
        for (uint32_t i = 0; i < all->len && !list.failed; i++) {
                buffer_put_z(&list, i ? ", " : "");
                value_print(&list, &all->u.items[i]);
                if (all->u.items[i].kind == TOCSIN_STR && n < WORDS_MAX &&
                    (words[n] = (const char *)arena_dup(c->arena, tocsin_as_bytes(&all->u.items[i])).ptr))
                        n++;
        }
        Bytes word = v->kind == TOCSIN_STR ? arena_dup(c->arena, tocsin_as_bytes(v)) : BYTES_NULL;
        const char *near = word.ptr && !memchr(word.ptr, 0, word.len) ? config_nearest((const char *)word.ptr, words, n) : NULL;
        bad(c, false, "must be one of %.*s%s%s%s%s", BYTES_ARG(buffer_bytes(&list)), list.failed ? " …" : "",
            near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
        int r = list.failed == -ENOMEM ? -ENOMEM : 0;
        buffer_deinit(&list);
        return r;
}

/* Characters, not bytes. */
static int64_t length(Bytes s) {
        int64_t n = 0;
        for (size_t i = 0; i < s.len; i++)
                n += (s.ptr[i] & 0xc0) != 0x80;
        return n;
}

static int text(Check *c, const tocsin_value *s, Bytes t) {
        int64_t n = length(t), least = tocsin_get_i64(s, "minLength", 0), most = tocsin_get_i64(s, "maxLength", INT64_MAX);
        if (n < least)
                bad(c, false, least == 1 ? "must not be empty" : "must have at least %" PRIi64 " characters", least);
        if (n > most)
                bad(c, false, "must have at most %" PRIi64 " characters", most);
        Bytes pattern = tocsin_get_bytes(s, "pattern");
        if (!pattern.ptr)
                return 0;
        const char *z = (const char *)arena_dup(c->arena, pattern).ptr;
        regex_t re;
        if (!z || regcomp(&re, z, REG_EXTENDED | REG_NOSUB) != 0)
                return -ENOMEM; /* it is linted: nothing else can be wrong with it */
        regmatch_t range = { .rm_so = 0, .rm_eo = (regoff_t)t.len };
        if (regexec(&re, t.ptr ? (const char *)t.ptr : "", 1, &range, REG_STARTEND) != 0)
                bad(c, false, "does not match the pattern %s", z);
        regfree(&re);
        return 0;
}

/* Numbers by their exact order: an I64 beyond 2^53 is not rounded on the way. */
static bool less(const tocsin_value *a, const tocsin_value *b) {
        if (a->kind == TOCSIN_I64 && b->kind == TOCSIN_I64)
                return a->u.i64 < b->u.i64;
        return tocsin_as_f64(a, 0) < tocsin_as_f64(b, 0);
}

static void bounds(Check *c, const tocsin_value *s, const tocsin_value *v) {
        const tocsin_value *low = tocsin_find(s, "minimum"), *high = tocsin_find(s, "maximum");
        const tocsin_value *broken = low && less(v, low) ? low : high && less(high, v) ? high : NULL;
        if (!broken)
                return;
        Buffer b = { .max = 64 };
        value_print(&b, broken);
        bad(c, false, "must be at %s %.*s", broken == low ? "least" : "most", BYTES_ARG(buffer_bytes(&b)));
        buffer_deinit(&b);
}

static int list(Check *c, const tocsin_value *s, const tocsin_value *v, tocsin_value *ret) {
        int64_t least = tocsin_get_i64(s, "minItems", 0), most = tocsin_get_i64(s, "maxItems", INT64_MAX);
        if ((int64_t)v->len < least)
                bad(c, false, least == 1 ? "must not be empty" : "must have at least %" PRIi64 " items", least);
        if ((int64_t)v->len > most)
                bad(c, false, "must have at most %" PRIi64 " items", most);
        const tocsin_value *of = tocsin_find(s, "items");
        tocsin_value *items = arena_alloc(c->arena, v->len * sizeof *items);
        if (!items)
                return -ENOMEM;
        for (uint32_t i = 0; i < v->len; i++) {
                size_t back = pointer_push_index(&c->at, i);
                int r = of ? check_value(c, of, &v->u.items[i], &items[i]) : value_copy(c->arena, &v->u.items[i], &items[i]);
                pointer_cut(&c->at, back);
                if (r < 0)
                        return r;
        }
        *ret = tocsin_list(items, v->len);
        return 0;
}

static void unknown(Check *c, const tocsin_value *known, const tocsin_field *f) {
        const char *words[WORDS_MAX];
        size_t n = 0;
        for (; known && n < known->len && n < WORDS_MAX; n++)
                words[n] = known->u.fields[n].name;
        const char *near = config_nearest(f->name, words, n);
        size_t back = pointer_push(&c->at, bytes_of(f->name, f->name_len));
        if (near)
                bad(c, true, "unknown setting; did you mean `%s`?", near);
        else
                bad(c, true, "unknown setting");
        pointer_cut(&c->at, back);
}

static int defaults(Check *c, const tocsin_value *known, const tocsin_value *v, tocsin_field *fields, uint32_t *n) {
        for (uint32_t i = 0; known && i < known->len; i++) {
                const tocsin_field *p = &known->u.fields[i];
                const tocsin_value *value = tocsin_find(&p->value, "default");
                if (!value || tocsin_find_n(v, p->name, p->name_len))
                        continue;
                tocsin_field *f = &fields[*n];
                *f = *p;
                int r = check_value(c, &p->value, value, &f->value);
                if (r < 0)
                        return r;
                (*n)++;
        }
        return 0;
}

static int object(Check *c, const tocsin_value *s, const tocsin_value *v, tocsin_value *ret) {
        const tocsin_value *known = tocsin_find(s, "properties"), *more = tocsin_find(s, "additionalProperties");
        const tocsin_value *required = tocsin_find(s, "required");
        bool closed = more ? more->kind == TOCSIN_BOOL && !more->u.i64 : known != NULL;
        tocsin_field *fields = arena_alloc(c->arena, ((size_t)v->len + (known ? known->len : 0)) * sizeof *fields);
        if (!fields)
                return -ENOMEM;
        uint32_t n = 0;
        for (uint32_t i = 0; i < v->len; i++) {
                const tocsin_field *f = &v->u.fields[i];
                const tocsin_value *of = tocsin_find_n(known, f->name, f->name_len);
                if (!of && closed) {
                        unknown(c, known, f);
                        continue;
                }
                if (!of && more && more->kind == TOCSIN_MAP)
                        of = more;
                fields[n] = *f;
                Bytes name = arena_dup(c->arena, bytes_of(f->name, f->name_len));
                fields[n].name = (const char *)name.ptr;
                size_t back = pointer_push(&c->at, name);
                int r = !name.ptr ? -ENOMEM
                        : of      ? check_value(c, of, &f->value, &fields[n].value)
                                  : value_copy(c->arena, &f->value, &fields[n].value);
                pointer_cut(&c->at, back);
                n++;
                if (r < 0)
                        return r;
        }
        for (uint32_t i = 0; required && i < required->len; i++) {
                Bytes name = tocsin_as_bytes(&required->u.items[i]);
                const tocsin_value *of = tocsin_find_n(known, (const char *)name.ptr, name.len);
                if (!tocsin_find_n(v, (const char *)name.ptr, name.len) && !tocsin_find(of, "default"))
                        bad(c, false, "setting `%.*s` is missing", BYTES_ARG(name));
        }
        int r = defaults(c, known, v, fields, &n);
        if (r == 0)
                *ret = tocsin_map(fields, n);
        return r;
}

static int checked(Check *c, const tocsin_value *s, const tocsin_value *v, tocsin_value *ret) {
        Bytes type = tocsin_get_bytes(s, "type");
        *ret = *v;
        if (!type_fits(type, v)) {
                bool quote =
                        bytes_eq_z(type, "string") && (v->kind == TOCSIN_I64 || v->kind == TOCSIN_F64 || v->kind == TOCSIN_BOOL);
                bad(c, false, "must be %s, not %s%s", type_words(type), kind_words(type, v), quote ? "; quote it" : "");
                return 0;
        }
        if (bytes_eq_z(type, "integer") && v->kind == TOCSIN_F64)
                *ret = tocsin_i64((int64_t)v->u.f64);
        if (bytes_eq_z(type, "number") && v->kind == TOCSIN_I64)
                *ret = tocsin_f64((double)v->u.i64);
        const tocsin_value *choices = tocsin_find(s, "enum");
        if (choices)
                GUARD(among(c, choices, v));
        if (v->kind == TOCSIN_MAP)
                return object(c, s, v, ret);
        if (v->kind == TOCSIN_LIST)
                return list(c, s, v, ret);
        if (v->kind == TOCSIN_I64 || v->kind == TOCSIN_F64)
                bounds(c, s, v);
        if (v->kind != TOCSIN_STR)
                return 0;
        GUARD(text(c, s, tocsin_as_bytes(v)));
        return value_copy(c->arena, v, ret);
}

int check_value(Check *c, const tocsin_value *s, const tocsin_value *v, tocsin_value *ret) {
        int r = checked(c, s, v, ret);
        if (r != 0 || c->at.text.failed)
                return r ? r : -ENOMEM;
        return c->bad ? CONFIG_E_BAD : 0;
}

int settings_check(Bytes schema, const tocsin_value *v, Arena *a, tocsin_value *ret,
                   void (*each)(void *arg, const char *pointer, bool key, const char *text), void *arg) {
        tocsin_value s, filled;
        Why why = { 0 };
        Check c = { .arena = a, .each = each, .arg = arg };
        int r = json_parse(a, schema, &s, NULL, &why);
        if (r > 0)
                bad(&c, false, "the plugin's schema cannot be read: %s", why.text);
        const tocsin_value empty = tocsin_map(NULL, 0);
        if (r == 0)
                r = check_value(&c, &s, v ? v : &empty, &filled);
        r = r < 0 || c.at.text.failed ? -ENOMEM : c.bad ? CONFIG_E_BAD : 0;
        buffer_deinit(&c.at.text);
        if (r == 0)
                *ret = filled;
        return r;
}
