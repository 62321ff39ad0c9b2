/* One reader for every section. */
#include "config/keys.h"

#include <inttypes.h>
#include <tocsin/value.h>

#define SHOWN_MAX 40 /* characters of a wrong value that a complaint repeats */
#define WORDS_MAX 64 /* keys of a section, words of a choice */

void *reader_alloc(Reader *r, size_t n) {
        void *p = arena_zalloc(r->arena, n);
        if (!p)
                r->failed = -ENOMEM;
        return p;
}

char *reader_printf(Reader *r, const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        int n = vsnprintf(NULL, 0, format, ap);
        va_end(ap);
        char *p = n < 0 ? NULL : reader_alloc(r, (size_t)n + 1);
        if (!p)
                return NULL;
        va_start(ap, format);
        vsnprintf(p, (size_t)n + 1, format, ap);
        va_end(ap);
        return p;
}

const char *node_shown(Reader *r, Node node) {
        if (node.value->kind == TOCSIN_LIST)
                return "a list";
        if (node.value->kind == TOCSIN_MAP)
                return "a map";
        Bytes w = node.marks->written;
        if (!w.len)
                return "nothing";
        bool cut = w.len > SHOWN_MAX;
        size_t n = cut ? SHOWN_MAX : w.len;
        while (cut && n && (w.ptr[n] & 0xc0) == 0x80)
                n--;
        const char *z = reader_printf(r, "`%.*s%s`", (int)n, (const char *)w.ptr, cut ? "…" : "");
        return z ? z : "";
}

bool node_find(Node node, const char *name, Node *ret) {
        for (uint32_t i = 0; node.value->kind == TOCSIN_MAP && i < node.value->len; i++)
                if (strcmp(node.value->u.fields[i].name, name) == 0) {
                        *ret = node_child(node, i);
                        return true;
                }
        return false;
}

static void wrong(Reader *r, Node node, const char *what, const char *must) {
        complain(r->complaints, node.marks->value, "`%s` must be %s, not %s", what, must, node_shown(r, node));
}

const char *node_text(Reader *r, Node node, const char *what) {
        if (node.marks->bad)
                return NULL;
        Bytes t = node.marks->text;
        if (node.value->kind == TOCSIN_LIST || node.value->kind == TOCSIN_MAP || node.value->kind == TOCSIN_NULL || !t.len) {
                wrong(r, node, what, "a text");
                return NULL;
        }
        if (memchr(t.ptr, 0, t.len)) {
                complain(r->complaints, node.marks->value, "`%s` holds a NUL", what);
                return NULL;
        }
        return (const char *)t.ptr;
}

static const char *choice(Reader *r, const char *const *words) {
        const char *all = words[0];
        for (size_t i = 1; words[i] && all; i++)
                all = reader_printf(r, "%s%s%s", all, words[i + 1] ? ", " : " or ", words[i]);
        return all ? all : "";
}

static void word(Reader *r, const Key *k, Node node, int *ret) {
        size_t n = 0;
        const char *text = (const char *)node.marks->text.ptr;
        for (; k->words[n]; n++)
                if (text && node.marks->text.len == strlen(k->words[n]) && strcmp(text, k->words[n]) == 0) {
                        *ret = (int)n;
                        return;
                }
        const char *near = node_near(node, k->words, n);
        const char *must = choice(r, k->words);
        if (near)
                complain(r->complaints, node.marks->value, "`%s` must be %s, not %s; did you mean `%s`?", k->name, must,
                         node_shown(r, node), near);
        else
                wrong(r, node, k->name, must);
}

static void boolean(Reader *r, const Key *k, Node node, bool *ret) {
        static const char *const like[] = { "yes", "no", "on", "off", "True", "False" };
        if (node.value->kind == TOCSIN_BOOL) {
                *ret = node.value->u.i64 != 0;
                return;
        }
        for (size_t i = 0; i < sizeof like / sizeof *like; i++)
                if (node.value->kind == TOCSIN_STR && bytes_eq_z(node.marks->text, like[i])) {
                        complain(r->complaints, node.marks->value, "`%s` must be true or false, not %s; did you mean `%s`?",
                                 k->name, node_shown(r, node), i % 2 ? "false" : "true");
                        return;
                }
        wrong(r, node, k->name, "true or false");
}

static void number(Reader *r, const Key *k, Node node, void *into) {
        int64_t v = node.value->u.i64;
        if (node.value->kind != TOCSIN_I64 || v < k->min || v > k->max) {
                char must[96];
                if (k->max == INT64_MAX)
                        snprintf(must, sizeof must, "a whole number, %" PRIi64 " or more", k->min);
                else
                        snprintf(must, sizeof must, "a whole number from %" PRIi64 " to %" PRIi64, k->min, k->max);
                wrong(r, node, k->name, must);
        } else if (k->kind == KEY_LONG) {
                *(int64_t *)into = v;
        } else {
                *(uint32_t *)into = (uint32_t)v;
        }
}

static void measure(Reader *r, const Key *k, Node node, int64_t *ret) {
        bool time = k->kind == KEY_TIME;
        const char *example = time ? "100ms, 5s, 2m, 1h" : "500kB, 16MiB, 1GiB";
        int64_t v = 0;
        Bytes t = node.marks->text;
        if (node.value->kind == TOCSIN_I64 && node.value->u.i64 != 0) {
                complain(r->complaints, node.marks->value, "`%s` needs a unit, as in %s; not %s", k->name, example,
                         node_shown(r, node));
        } else if (!t.ptr || memchr(t.ptr, 0, t.len) || !(time ? unit_time : unit_size)((const char *)t.ptr, &v)) {
                complain(r->complaints, node.marks->value, "`%s` must be a %s, as in %s; not %s", k->name,
                         time ? "duration" : "size", example, node_shown(r, node));
        } else if (v < k->min || v > k->max) {
                char least[32], most[32];
                (time ? unit_print_time : unit_print_size)(least, k->min);
                (time ? unit_print_time : unit_print_size)(most, k->max);
                complain(r->complaints, node.marks->value, "`%s` must be from %s to %s, not %s", k->name, least, most,
                         node_shown(r, node));
        } else {
                *ret = v;
        }
}

void key_read(Reader *r, const Key *k, Node node, void *into) {
        void *at = (char *)into + k->at;
        const char *text;
        int64_t v = 0;
        if (node.marks->bad)
                return;
        switch (k->kind) {
        case KEY_TEXT:
        case KEY_PATH:
                text = node_text(r, node, k->name);
                if (text && k->kind == KEY_PATH)
                        text = node_path(r, node, text);
                if (text)
                        *(const char **)at = text;
                break;
        case KEY_BOOL:
                boolean(r, k, node, at);
                break;
        case KEY_WORD:
                word(r, k, node, at);
                break;
        case KEY_COUNT:
        case KEY_LONG:
                number(r, k, node, at);
                break;
        case KEY_TIME:
                measure(r, k, node, at);
                break;
        case KEY_SIZE:
                v = (int64_t) * (size_t *)at;
                measure(r, k, node, &v);
                *(size_t *)at = (size_t)v;
                break;
        case KEY_SECTION:
                keys_read(r, k->keys, node, into, k->name);
                break;
        case KEY_CALL:
                k->read(r, k, node, at);
                break;
        }
}

const char *key_type(const Key *k) {
        static const char *const types[] = {
                [KEY_TEXT] = "a text",    [KEY_PATH] = "a path",   [KEY_BOOL] = "true or false", [KEY_WORD] = "a word",
                [KEY_COUNT] = "a number", [KEY_LONG] = "a number", [KEY_TIME] = "a duration",    [KEY_SIZE] = "a size",
                [KEY_SECTION] = "a map",  [KEY_CALL] = "a value",
        };
        return k->type ? k->type : types[k->kind];
}

static void unknown(Reader *r, const Key *keys, Node node, const tocsin_field *f) {
        if (r->complaints->n == COMPLAINTS_MAX) { /* a file full of them: looked at no closer */
                complain(r->complaints, node.marks->key, "unknown key");
                return;
        }
        const char *words[WORDS_MAX + 1];
        size_t n = 0;
        for (; keys[n].name && n < WORDS_MAX; n++)
                words[n] = keys[n].name;
        words[n] = NULL;
        const char *near = config_nearest(f->name, words, n);
        int len = f->name_len > SHOWN_MAX ? SHOWN_MAX : (int)f->name_len;
        const char *dot = strchr(f->name, '.');
        for (size_t i = 0; dot && i < n; i++)
                if (keys[i].kind == KEY_SECTION && strlen(words[i]) == (size_t)(dot - f->name) &&
                    strncmp(words[i], f->name, (size_t)(dot - f->name)) == 0) {
                        complain(r->complaints, node.marks->key, "`%.*s` is written as a map here: `%s: {%.*s: …}`", len, f->name,
                                 words[i], len - (int)(dot + 1 - f->name), dot + 1);
                        return;
                }
        if (near)
                complain(r->complaints, node.marks->key, "unknown key `%.*s`; did you mean `%s`?", len, f->name, near);
        else
                complain(r->complaints, node.marks->key, "unknown key `%.*s`; here stand: %s", len, f->name, choice(r, words));
}

void keys_read(Reader *r, const Key *keys, Node node, void *into, const char *what) {
        if (node.value->kind != TOCSIN_MAP) {
                complain(r->complaints, node.marks->value, "`%s` must be a map of keys, not %s", what, node_shown(r, node));
                return;
        }
        uint64_t seen = 0; /* what stands twice is complained of already, and read once */
        for (uint32_t i = 0; i < node.value->len; i++) {
                const tocsin_field *f = &node.value->u.fields[i];
                const Key *k = keys;
                while (k->name && strcmp(k->name, f->name) != 0)
                        k++;
                if (!k->name)
                        unknown(r, keys, node_child(node, i), f);
                else if (!(seen >> (k - keys) & 1))
                        key_read(r, k, node_child(node, i), into);
                seen |= k->name ? UINT64_C(1) << (k - keys) : 0;
        }
}
