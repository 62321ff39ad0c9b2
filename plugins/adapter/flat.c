/* Trees into names and leaves. */
#include "flat.h"
#include "number.h"
#include <stdio.h>

#define NAME(z) \
        { z, sizeof z - 1 }

Flat flat_of(Kit *k, bool numbers) {
        return (Flat){
                .kit = k, .metrics = bag_of(k, FLAT_METRICS_MAX), .attributes = bag_of(k, FLAT_ATTRIBUTES_MAX), .numbers = numbers
        };
}

static void append(Flat *f, const void *p, size_t n) {
        if (f->len <= sizeof f->path && n <= sizeof f->path - f->len)
                memcpy(f->path + f->len, p, n);
        f->len += n;
}

size_t flat_push(Flat *f, tocsin_bytes name) {
        size_t before = f->len;
        if (f->len)
                append(f, ".", 1);
        append(f, name.ptr, name.len);
        return before;
}

size_t flat_push_z(Flat *f, const char *name) {
        return flat_push(f, tocsin_bytes_of(name, strlen(name)));
}

void flat_pop(Flat *f, size_t len) {
        f->len = len;
}

static bool identifies(const tocsin_field *f) {
        static const struct {
                const char *name;
                size_t len;
        } words[] = { NAME("name"),          NAME("objectName"),     NAME("keyName"),      NAME("id"),
                      NAME("measObjInstId"), NAME("filesystemName"), NAME("adjacencyName") };
        static const char ending[] = "Identifier";
        size_t n = sizeof ending - 1;
        if (!tocsin_is(&f->value, TOCSIN_STR) || f->value.len == 0)
                return false;
        if (f->name_len >= n && memcmp(f->name + f->name_len - n, ending, n) == 0)
                return true;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (f->name_len == words[i].len && memcmp(f->name, words[i].name, f->name_len) == 0)
                        return true;
        return false;
}

const tocsin_field *flat_identity(const tocsin_value *item) {
        const tocsin_field *best = NULL;
        if (!tocsin_is(item, TOCSIN_MAP))
                return NULL;
        for (uint32_t i = 0; i < item->len; i++) {
                const tocsin_field *f = &item->u.fields[i];
                if (!identifies(f))
                        continue;
                size_t n = best && best->name_len < f->name_len ? best->name_len : f->name_len;
                int order = best ? memcmp(f->name, best->name, n) : -1; /* the least name, whatever the order of entries is */
                if (order < 0 || (order == 0 && f->name_len < best->name_len))
                        best = f;
        }
        return best;
}

size_t flat_push_item(Flat *f, Bag *seen, const tocsin_value *item, uint32_t i) {
        size_t before = f->len;
        char index[16];
        const tocsin_field *identity = flat_identity(item);
        int n = snprintf(index, sizeof index, "%u", i);
        append(f, "[", 1);
        if (identity) {
                tocsin_bytes name = text_cut(tocsin_as_bytes(&identity->value), FLAT_ITEM_BYTES_MAX);
                uint32_t dropped = seen->dropped;
                bag_put(seen, name, tocsin_null());
                append(f, name.ptr, name.len);
                if (seen->dropped != dropped) { /* the second of that name */
                        append(f, "#", 1);
                        append(f, index, (size_t)n);
                }
        } else {
                append(f, index, (size_t)n);
        }
        append(f, "]", 1);
        return before;
}

static void attribute(Flat *f, tocsin_bytes name, tocsin_bytes text) {
        tocsin_bytes cut = text_cut(text, FLAT_TEXT_BYTES_MAX);
        f->cut += cut.len < text.len;
        bag_put(&f->attributes, name, tocsin_str_of(cut));
}

void flat_leaf(Flat *f, const tocsin_value *v, bool text_numbers) {
        double d;
        char text[40];
        bool number = number_of_value(v, text_numbers, &d);
        if (tocsin_is(v, TOCSIN_NULL) || tocsin_is(v, TOCSIN_NONE))
                return;
        if (f->len > FLAT_NAME_BYTES_MAX) {
                f->cut++;
                return;
        }
        char *copy = kit_take(f->kit, f->len + 1);
        if (!copy)
                return;
        memcpy(copy, f->path, f->len);
        tocsin_bytes name = tocsin_bytes_of(copy, f->len);
        if (number && f->numbers)
                bag_put(&f->metrics, name, tocsin_f64(d));
        else if (tocsin_is(v, TOCSIN_STR))
                attribute(f, name, tocsin_as_bytes(v));
        else if (tocsin_is(v, TOCSIN_BOOL))
                attribute(f, name, v->u.i64 ? tocsin_bytes_of("true", 4) : tocsin_bytes_of("false", 5));
        else if (tocsin_is(v, TOCSIN_I64))
                attribute(f, name, kit_text(f->kit, "%lld", (long long)v->u.i64));
        else if (tocsin_is(v, TOCSIN_F64))
                attribute(f, name, kit_text(f->kit, "%.*s", (int)number_text(v->u.f64, text, sizeof text), text));
}

void flat_tree(Flat *f, const tocsin_value *v, bool text_numbers) {
        if (tocsin_is(v, TOCSIN_MAP)) {
                for (uint32_t i = 0; i < v->len; i++) {
                        const tocsin_field *e = &v->u.fields[i];
                        size_t up = flat_push(f, tocsin_bytes_of(e->name, e->name_len));
                        flat_tree(f, &e->value, text_numbers);
                        flat_pop(f, up);
                }
        } else if (tocsin_is(v, TOCSIN_LIST)) {
                Bag seen = bag_of(f->kit, FLAT_METRICS_MAX);
                for (uint32_t i = 0; i < v->len; i++) {
                        size_t up = flat_push_item(f, &seen, &v->u.items[i], i);
                        flat_tree(f, &v->u.items[i], text_numbers);
                        flat_pop(f, up);
                }
        } else {
                flat_leaf(f, v, text_numbers);
        }
}

uint32_t flat_dropped(const Flat *f) {
        return f->metrics.dropped + f->attributes.dropped + f->cut;
}
