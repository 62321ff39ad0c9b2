/* Lines of input, taken apart. */
#include "bin/envelope.h"

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

/* ptr NULL: it does not stand there in this spelling (its name may be written with escapes). */
static Bytes member(Bytes object, const char *name) {
        size_t i = past_space(object, 0);
        for (i++; i < object.len && object.ptr[i] != '}';) {
                i = past_space(object, i);
                size_t key = i;
                i = past_string(object, i);
                Bytes told = bytes_of(object.ptr + key + 1, i - key - 2);
                i = past_space(object, i) + 1; /* the colon */
                size_t from = past_space(object, i);
                i = past_value(object, from);
                size_t to = i;
                while (to > from && (object.ptr[to - 1] == ' ' || object.ptr[to - 1] == '\t'))
                        to--;
                if (bytes_eq_z(told, name))
                        return bytes_of(object.ptr + from, to - from);
                i = past_space(object, i);
                if (i < object.len && object.ptr[i] == ',')
                        i++;
                i = past_space(object, i);
        }
        return BYTES_NULL;
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

static int bad(const Envelope *e, Bytes line, const char *name, JsonPlace *place, Why *why, const char *text) {
        (void)e;
        Bytes at = member(line, name);
        *place = (JsonPlace){ 1, at.ptr ? (unsigned)(at.ptr - line.ptr) + 1 : 1 };
        return why_say(why, ENVELOPE_E_BAD, "\"%s\" %s", name, text);
}

int envelope_read(Envelope *ret, Bytes line, Arena *a, JsonPlace *place, Why *why) {
        tocsin_value v;
        int r = json_parse(a, line, &v, place, why);
        if (r != 0)
                return r < 0 ? r : ENVELOPE_E_BAD;
        Envelope e = { .value = v, .raw = line };
        if (wraps(&v)) {
                e = (Envelope){ .wrapped = true, .key = tocsin_find(&v, "key"), .time = tocsin_find(&v, "time_us") };
                e.value = *tocsin_find(&v, "value");
                e.raw = member(line, "value");
                const tocsin_value *port = tocsin_find(&v, "port");
                if (port && port->kind != TOCSIN_STR)
                        return bad(&e, line, "port", place, why, "must be the name of a port");
                if (port)
                        e.port = bytes_of(port->u.str, port->len);
                if (e.key && e.key->kind != TOCSIN_STR && e.key->kind != TOCSIN_NULL)
                        return bad(&e, line, "key", place, why, "must be text or null");
                if (e.time && e.time->kind != TOCSIN_I64 && e.time->kind != TOCSIN_STR)
                        return bad(&e, line, "time_us", place, why, "must be microseconds since 1970 UTC, or RFC 3339 text");
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
