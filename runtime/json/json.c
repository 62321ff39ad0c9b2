/* JSON through jansson: text is checked for depth first, so that the library's recursion is bounded by us; its tree is
 * then copied into the arena and given back. */
#include "json/json.h"

#include "core/limits.h"
#include <jansson.h>
#include <tocsin/value.h>

/* Line and column of the byte at `at`; columns count characters, as editors do. */
static JsonPlace place_of(Bytes text, size_t at) {
        JsonPlace p = { .line = 1, .column = 1 };
        for (size_t i = 0; i < at && i < text.len; i++) {
                if (text.ptr[i] == '\n')
                        p = (JsonPlace){ .line = p.line + 1, .column = 1 };
                else if ((text.ptr[i] & 0xc0) != 0x80)
                        p.column++;
        }
        return p;
}

static int wrong(Bytes text, size_t at, JsonPlace *place, Why *why, int r, const char *what) {
        JsonPlace p = place_of(text, at);
        if (place) {
                *place = p; /* the caller says where */
                return why_say(why, r, "%s", what);
        }
        return why_say(why, r, "line %u, column %u: %s", p.line, p.column, what);
}

/* The first bracket that opens a level too many; text.len: none. Strings are stepped over. */
static size_t too_deep(Bytes text) {
        size_t depth = 0;
        for (size_t i = 0; i < text.len; i++) {
                switch (text.ptr[i]) {
                case '"':
                        for (i++; i < text.len && text.ptr[i] != '"'; i++)
                                i += text.ptr[i] == '\\';
                        break;
                case '[':
                case '{':
                        if (++depth > LIMIT_DEPTH)
                                return i;
                        break;
                case ']':
                case '}':
                        depth -= depth > 0;
                        break;
                default:
                        break;
                }
        }
        return text.len;
}

/* jansson points behind the token it did not like, and shows the token unless it is long: step back to where it begins. */
static size_t error_at(const json_error_t *e, Bytes text) {
        size_t at = e->position > 0 ? (size_t)e->position : 0;
        const char *near = strstr(e->text, " near '");
        size_t token = near ? strlen(near + 7) : 0;
        if (at > text.len)
                at = text.len;
        if (token > 1 && token - 1 <= at)
                at -= token - 1;
        else if (json_error_code(e) == json_error_numeric_overflow)
                while (at > 0 && strchr("+-.eE0123456789", text.ptr[at - 1]))
                        at--;
        return at;
}

static int refuse(Bytes text, const json_error_t *e, JsonPlace *place, Why *why) {
        if (json_error_code(e) == json_error_out_of_memory)
                return why_say(why, -ENOMEM, "out of memory");
        return wrong(text, error_at(e, text), place, why, JSON_E_SYNTAX, e->text);
}

/* An arena refuses at its max, or because the machine has no more: malloc says which. */
static void *room(Arena *a, size_t n, int *r) {
        errno = 0;
        void *p = arena_alloc(a, n);
        if (!p)
                *r = errno == ENOMEM ? -ENOMEM : JSON_E_LIMIT;
        return p;
}

static int text_of(Arena *a, const char *s, size_t n, const char **ret) {
        int r = 0;
        char *to = room(a, n + 1, &r);
        if (!to)
                return r;
        memcpy(to, s, n);
        to[n] = 0;
        *ret = to;
        return 0;
}

static int value_of(Arena *a, json_t *j, tocsin_value *ret);

static int map_of(Arena *a, json_t *object, tocsin_value *ret) {
        int r = 0;
        tocsin_field *fields = room(a, json_object_size(object) * sizeof *fields, &r);
        if (!fields)
                return r;
        uint32_t n = 0;
        for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i), n++) {
                size_t len = strlen(json_object_iter_key(i)); /* the library refuses keys with a NUL in them */
                fields[n] = (tocsin_field){ .name_len = (uint32_t)len };
                GUARD(text_of(a, json_object_iter_key(i), len, &fields[n].name));
                GUARD(value_of(a, json_object_iter_value(i), &fields[n].value));
        }
        *ret = tocsin_map(fields, n);
        return 0;
}

static int list_of(Arena *a, json_t *j, tocsin_value *ret) {
        int r = 0;
        size_t n = json_array_size(j);
        tocsin_value *items = room(a, n * sizeof *items, &r);
        if (!items)
                return r;
        for (size_t i = 0; i < n; i++)
                GUARD(value_of(a, json_array_get(j, i), &items[i]));
        *ret = tocsin_list(items, (uint32_t)n);
        return 0;
}

static int value_of(Arena *a, json_t *j, tocsin_value *ret) {
        const char *s;
        switch (json_typeof(j)) {
        case JSON_OBJECT:
                return map_of(a, j, ret);
        case JSON_ARRAY:
                return list_of(a, j, ret);
        case JSON_STRING:
                GUARD(text_of(a, json_string_value(j), json_string_length(j), &s));
                *ret = tocsin_str_n(s, json_string_length(j));
                return 0;
        case JSON_INTEGER:
                *ret = tocsin_i64(json_integer_value(j));
                return 0;
        case JSON_REAL:
                *ret = tocsin_f64(json_real_value(j));
                return 0;
        case JSON_TRUE:
        case JSON_FALSE:
                *ret = tocsin_bool(json_is_true(j));
                return 0;
        default:
                *ret = tocsin_null();
                return 0;
        }
}

int json_parse(Arena *a, Bytes text, tocsin_value *ret, JsonPlace *place, Why *why) {
        if (text.len > UINT32_MAX)
                return wrong(text, 0, place, why, JSON_E_LIMIT, "longer than 4 GiB");
        size_t deep = too_deep(text);
        if (deep < text.len)
                return wrong(text, deep, place, why, JSON_E_LIMIT, "nested too deep");
        json_error_t e;
        json_auto_t *j = json_loadb(text.len ? (const char *)text.ptr : "", text.len,
                                    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
        if (!j)
                return refuse(text, &e, place, why);
        ArenaMark mark = arena_mark(a);
        tocsin_value v;
        int r = value_of(a, j, &v);
        if (r == 0)
                *ret = v;
        else
                arena_rewind(a, mark);
        if (r == JSON_E_LIMIT)
                return wrong(text, text.len, place, why, r, "more values than its bound of memory holds");
        return r ? why_say(why, r, "out of memory") : 0;
}
