/* Canonical JSON text. Depth is bounded by the host's parser (64). */
#include "canon.h"
#include "number.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Text {
        Kit *kit;
        char *at;
        size_t n, capacity;
        bool failed;
} Text;

static void add(Text *t, const void *p, size_t n) {
        if (t->failed)
                return;
        if (n > t->capacity - t->n) {
                size_t capacity = 2 * (t->capacity + n) + 256;
                char *more = kit_take(t->kit, capacity);
                if (!more) {
                        t->failed = true;
                        return;
                }
                if (t->n)
                        memcpy(more, t->at, t->n);
                t->at = more;
                t->capacity = capacity;
        }
        if (n)
                memcpy(t->at + t->n, p, n);
        t->n += n;
}

static void add_string(Text *t, const uint8_t *s, size_t n) {
        size_t from = 0;
        char escape[8];
        add(t, "\"", 1);
        for (size_t i = 0; i < n; i++) {
                if (s[i] >= 0x20 && s[i] != '"' && s[i] != '\\')
                        continue;
                add(t, s + from, i - from);
                from = i + 1;
                int len = s[i] < 0x20 ? snprintf(escape, sizeof escape, "\\u%04x", s[i])
                                      : snprintf(escape, sizeof escape, "\\%c", s[i]);
                add(t, escape, (size_t)len);
        }
        add(t, s + from, n - from);
        add(t, "\"", 1);
}

static int by_name(const void *a, const void *b) {
        const tocsin_field *const *x = a, *const *y = b;
        uint32_t n = (*x)->name_len < (*y)->name_len ? (*x)->name_len : (*y)->name_len;
        int order = n ? memcmp((*x)->name, (*y)->name, n) : 0;
        return order ? order : ((*x)->name_len > (*y)->name_len) - ((*x)->name_len < (*y)->name_len);
}

static void add_value(Text *t, const tocsin_value *v);

static void add_map(Text *t, const tocsin_value *v) {
        const tocsin_field **sorted = kit_take(t->kit, (v->len + 1) * sizeof *sorted);
        if (!sorted) {
                t->failed = true;
                return;
        }
        for (uint32_t i = 0; i < v->len; i++)
                sorted[i] = &v->u.fields[i];
        qsort(sorted, v->len, sizeof *sorted, by_name);
        add(t, "{", 1);
        for (uint32_t i = 0; i < v->len && !t->failed; i++) {
                add(t, ",", i > 0);
                add_string(t, (const uint8_t *)sorted[i]->name, sorted[i]->name_len);
                add(t, ":", 1);
                add_value(t, &sorted[i]->value);
        }
        add(t, "}", 1);
}

static void add_value(Text *t, const tocsin_value *v) {
        char text[40];
        int64_t i;
        if (integer_of_value(v, false, &i)) {
                add(t, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)i));
        } else if (tocsin_is(v, TOCSIN_F64)) {
                add(t, text,
                    isfinite(v->u.f64) ? number_text(v->u.f64, text, sizeof text) : (size_t)snprintf(text, sizeof text, "null"));
        } else if (tocsin_is(v, TOCSIN_BOOL)) {
                add(t, v->u.i64 ? "true" : "false", v->u.i64 ? 4 : 5);
        } else if (tocsin_is(v, TOCSIN_MAP)) {
                add_map(t, v);
        } else if (tocsin_is(v, TOCSIN_LIST)) {
                add(t, "[", 1);
                for (uint32_t n = 0; n < v->len && !t->failed; n++) {
                        add(t, ",", n > 0);
                        add_value(t, &v->u.items[n]);
                }
                add(t, "]", 1);
        } else if (tocsin_is(v, TOCSIN_STR)) {
                add_string(t, v->u.bytes, v->len);
        } else {
                add(t, "null", 4);
        }
}

tocsin_bytes canon_text(Kit *k, const tocsin_value *v) {
        Text t = { .kit = k };
        add_value(&t, v);
        return t.failed ? tocsin_bytes_of(NULL, 0) : tocsin_bytes_of(t.at, t.n);
}
