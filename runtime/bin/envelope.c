/* Lines of input, taken apart. */
#include "bin/envelope.h"

#include <stdlib.h>
#include <tocsin/value.h>

/* ---- where a member stands in the text of an object that is known to be JSON ------------------------------ */

static size_t past_space(Bytes s, size_t i) {
        while (i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '\t' || s.ptr[i] == '\r' || s.ptr[i] == '\n'))
                i++;
        return i;
}

static size_t past_string(Bytes s, size_t i) {
        for (i++; i < s.len && s.ptr[i] != '"'; i++)
                if (s.ptr[i] == '\\')
                        i++;
        return i + 1;
}

static size_t past_value(Bytes s, size_t i) {
        size_t depth = 0;
        while (i < s.len) {
                uint8_t c = s.ptr[i];
                if (c == '"') {
                        i = past_string(s, i);
                } else if (c == '{' || c == '[') {
                        depth++;
                        i++;
                } else if (c == '}' || c == ']') {
                        if (depth == 0)
                                return i;
                        depth--;
                        i++;
                } else if (c == ',' && depth == 0) {
                        return i;
                } else {
                        i++;
                }
                if (depth == 0 && i < s.len && (s.ptr[i] == ',' || s.ptr[i] == '}'))
                        return i;
        }
        return s.len;
}

typedef struct Member { /* offsets into the text */
        size_t key, key_end, value, end;
} Member;

/* The member behind *i, which stands behind '{' or a member. False: there is none. */
static bool next_member(Bytes s, size_t *i, Member *ret) {
        *i = past_space(s, *i);
        if (*i < s.len && s.ptr[*i] == ',')
                *i = past_space(s, *i + 1);
        if (*i >= s.len || s.ptr[*i] != '"')
                return false;
        ret->key = *i;
        ret->key_end = past_string(s, *i);
        ret->value = past_space(s, past_space(s, ret->key_end) + 1); /* behind the colon */
        *i = ret->end = past_value(s, ret->value);
        return ret->end <= s.len;
}

/* ptr NULL: it does not stand there in this spelling (its name may be written with escapes). */
static Bytes member(Bytes object, const char *name) {
        size_t i = past_space(object, 0) + 1;
        for (Member m; next_member(object, &i, &m);) {
                size_t to = m.end;
                while (to > m.value && (object.ptr[to - 1] == ' ' || object.ptr[to - 1] == '\t'))
                        to--;
                if (bytes_eq_z(bytes_of(object.ptr + m.key + 1, m.key_end - m.key - 2), name))
                        return bytes_of(object.ptr + m.value, to - m.value);
        }
        return BYTES_NULL;
}

/* A step of a pointer, "~1" being '/' and "~0" '~', against a name in the text. */
static bool is_named(Bytes name, const char *step, const char *end) {
        size_t i = 0;
        for (; step < end && i < name.len; step++, i++) {
                bool escaped = *step == '~' && step + 1 < end;
                char c = escaped ? (*++step == '1' ? '/' : '~') : *step;
                if ((uint8_t)c != name.ptr[i])
                        return false;
        }
        return step == end && i == name.len;
}

/* SIZE_MAX: nowhere. */
static size_t step_into(Bytes s, size_t at, const char *step, const char *end, bool key) {
        if (at < s.len && s.ptr[at] == '{') {
                size_t i = at + 1;
                for (Member m; next_member(s, &i, &m);)
                        if (is_named(bytes_of(s.ptr + m.key + 1, m.key_end - m.key - 2), step, end))
                                return key ? m.key : m.value;
        } else if (at < s.len && s.ptr[at] == '[') {
                size_t i = past_space(s, at + 1);
                for (unsigned long n = strtoul(step, NULL, 10); n && i < s.len && s.ptr[i] != ']'; n--)
                        i = past_space(s, past_value(s, i) + 1);
                if (i < s.len && s.ptr[i] != ']')
                        return i;
        }
        return SIZE_MAX;
}

size_t envelope_place(Bytes text, const char *pointer, bool key) {
        size_t at = past_space(text, 0);
        while (*pointer == '/') {
                const char *end = strchr(pointer + 1, '/');
                if (!end)
                        end = pointer + strlen(pointer);
                size_t next = step_into(text, at, pointer + 1, end, key && !*end);
                if (next == SIZE_MAX)
                        break;
                at = next;
                pointer = end;
        }
        return at;
}

/* ---- the four keys --------------------------------------------------------------------------------------- */

static bool wraps(const tocsin_value *v) {
        static const char *const keys[] = { "port", "key", "time_us", "value" };
        if (v->kind != TOCSIN_MAP || !tocsin_find(v, "value"))
                return false;
        for (uint32_t i = 0; i < v->len; i++) {
                size_t k = 0;
                while (k < 4 && !bytes_eq_z(bytes_of(v->u.fields[i].name, v->u.fields[i].name_len), keys[k]))
                        k++;
                if (k == 4)
                        return false;
        }
        return true;
}

static int bad(Bytes line, const char *name, JsonPlace *place, Why *why, const char *text) {
        Bytes at = member(line, name);
        *place = (JsonPlace){ 1, at.ptr ? (unsigned)(at.ptr - line.ptr) + 1 : 1 };
        return why_say(why, ENVELOPE_E_BAD, "\"%s\" %s", name, text);
}

/* A value that goes on in the next line is what people try first. */
static void spread(Bytes line, Why *why) {
        size_t n = line.len;
        while (n && (line.ptr[n - 1] == ' ' || line.ptr[n - 1] == '\t'))
                n--;
        if (n && (line.ptr[n - 1] == '{' || line.ptr[n - 1] == '['))
                why_in(why, 0, "one value a line, as `jq -c .` makes them");
}

int envelope_read(Envelope *ret, Bytes line, Arena *a, JsonPlace *place, Why *why) {
        tocsin_value v;
        int r = json_parse(a, line, &v, place, why);
        if (r > 0)
                spread(line, why);
        if (r != 0)
                return r < 0 ? r : ENVELOPE_E_BAD;
        Envelope e = { .value = v, .raw = line };
        if (wraps(&v)) {
                e = (Envelope){ .wrapped = true, .key = tocsin_find(&v, "key"), .time = tocsin_find(&v, "time_us") };
                e.value = *tocsin_find(&v, "value");
                e.raw = member(line, "value");
                const tocsin_value *port = tocsin_find(&v, "port");
                if (port && port->kind != TOCSIN_STR)
                        return bad(line, "port", place, why, "must be the name of a port");
                if (port)
                        e.port = bytes_of(port->u.str, port->len);
                if (e.key && e.key->kind != TOCSIN_STR && e.key->kind != TOCSIN_NULL)
                        return bad(line, "key", place, why, "must be text or null");
                if (e.time && e.time->kind != TOCSIN_I64 && e.time->kind != TOCSIN_STR)
                        return bad(line, "time_us", place, why, "must be microseconds since 1970 UTC, or RFC 3339 text");
        } else {
                size_t from = past_space(line, 0), to = line.len;
                while (to > from && (line.ptr[to - 1] == ' ' || line.ptr[to - 1] == '\t'))
                        to--;
                e.raw = bytes_of(line.ptr + from, to - from);
        }
        e.column = e.raw.ptr ? (unsigned)(e.raw.ptr - line.ptr) + 1 : 1;
        *ret = e;
        return 0;
}
