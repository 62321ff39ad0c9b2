/* 3GPP performance reports (TS 28.550, TS 32.435): counters are named once and results point at them by place. */
#include "../adapter/number.h"
#include "ves.h"
#include <stdio.h>

static void in_brackets(Flat *f, tocsin_bytes name) {
        char text[FLAT_NAME_BYTES_MAX + 3];
        tocsin_bytes cut = text_cut(name, FLAT_ITEM_BYTES_MAX);
        int n = snprintf(text, sizeof text, "[%.*s]", (int)cut.len, (const char *)cut.ptr);
        if (n > 0 && f->len + (size_t)n <= sizeof f->path)
                memcpy(f->path + f->len, text, (size_t)n);
        f->len += (size_t)n;
}

/* Counter p, from 1, as text. */
static bool counter_name(Kit *k, const tocsin_value *types, const tocsin_value *p, tocsin_bytes *ret) {
        const tocsin_value *list = tocsin_find(types, "sMeasTypesList");
        int64_t place, number;
        if (!list)
                list = tocsin_find(types, "iMeasTypesList");
        if (!integer_of_value(p, true, &place) || place < 1 || !tocsin_is(list, TOCSIN_LIST) || (uint64_t)place > list->len)
                return kit_refuse(k, "perf3gppFields: a result points at counter p that measTypes does not name");
        const tocsin_value *type = &list->u.items[place - 1];
        *ret = integer_of_value(type, false, &number) ? kit_text(k, "%lld", (long long)number) : tocsin_as_bytes(type);
        return true;
}

static bool result(Kit *k, Flat *f, const tocsin_value *types, tocsin_bytes object, const tocsin_value *r) {
        static const char *const values[] = { "iValue", "rValue", "sValue" };
        tocsin_bytes name;
        if (!counter_name(k, types, tocsin_find(r, "p"), &name))
                return false;
        size_t up = flat_push(f, name);
        in_brackets(f, object);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
                if (tocsin_find(r, values[i]))
                        flat_leaf(f, tocsin_find(r, values[i]), true);
        flat_pop(f, up);
        return true;
}

static void about(Flat *f, const char *what, tocsin_bytes object, const tocsin_value *v) {
        if (!v)
                return;
        size_t up = flat_push_z(f, what);
        in_brackets(f, object);
        flat_tree(f, v, false);
        flat_pop(f, up);
}

static bool info(Kit *k, Flat *f, const tocsin_value *m) {
        const tocsin_value *types = tocsin_find(m, "measTypes"), *list = tocsin_find(m, "measValuesList"),
                           *id = tocsin_find(m, "measInfoId");
        tocsin_bytes name = draft_field(k, id, tocsin_bytes_of("sMeasInfoId", 11));
        if (name.len == 0)
                name = draft_field(k, id, tocsin_bytes_of("iMeasInfoId", 11));
        size_t up = name.len ? flat_push(f, name) : f->len;
        for (uint32_t i = 0; i < list->len; i++) {
                const tocsin_value *v = &list->u.items[i], *results = tocsin_find(v, "measResults");
                tocsin_bytes object = tocsin_get_bytes(v, "measObjInstId");
                for (uint32_t r = 0; r < results->len; r++)
                        if (!result(k, f, types, object, &results->u.items[r]))
                                return false;
                about(f, "suspectFlag", object, tocsin_find(v, "suspectFlag"));
                about(f, "measObjAddlFlds", object, tocsin_find(v, "measObjAddlFlds"));
        }
        flat_pop(f, up);
        return true;
}

bool ves_perf3gpp(Kit *k, Flat *f, const tocsin_value *fields) {
        const tocsin_value *collection = tocsin_find(fields, "measDataCollection"),
                           *list = tocsin_find(collection, "measInfoList");
        for (uint32_t i = 0; i < collection->len; i++) {
                const tocsin_field *e = &collection->u.fields[i];
                if (&e->value == list)
                        continue;
                size_t up = flat_push(f, tocsin_bytes_of(e->name, e->name_len));
                flat_tree(f, &e->value, false);
                flat_pop(f, up);
        }
        for (uint32_t i = 0; i < fields->len; i++) {
                const tocsin_field *e = &fields->u.fields[i];
                if (&e->value == collection)
                        continue;
                size_t up = flat_push(f, tocsin_bytes_of(e->name, e->name_len));
                flat_tree(f, &e->value, tocsin_is(&e->value, TOCSIN_MAP)); /* eventAddlFields */
                flat_pop(f, up);
        }
        for (uint32_t i = 0; i < list->len; i++)
                if (!info(k, f, &list->u.items[i]))
                        return false;
        return true;
}
