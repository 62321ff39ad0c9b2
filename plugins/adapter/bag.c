/* A hash table over an array that keeps the order of coming. */
#include "bag.h"

Bag bag_of(Kit *k, uint32_t max) {
        return (Bag){ .kit = k, .max = max };
}

static uint32_t hash(tocsin_bytes name) { /* FNV-1a; the bound on n bounds what a chosen collision costs */
        uint32_t h = 2166136261u;
        for (size_t i = 0; i < name.len; i++)
                h = (h ^ name.ptr[i]) * 16777619u;
        return h;
}

static uint32_t *slot(const Bag *b, tocsin_bytes name) {
        for (uint32_t i = hash(name);; i++) {
                uint32_t *s = &b->slots[i & (b->n_slots - 1)];
                if (*s == 0)
                        return s;
                const tocsin_field *f = &b->fields[*s - 1];
                if (tocsin_equal(name, tocsin_bytes_of(f->name, f->name_len)))
                        return s;
        }
}

static bool grow(Bag *b) {
        uint32_t capacity = b->capacity ? 2 * b->capacity : 16;
        tocsin_field *fields = kit_take(b->kit, capacity * sizeof *fields);
        uint32_t *slots = kit_take(b->kit, 2 * capacity * sizeof *slots);
        if (!fields || !slots)
                return false;
        if (b->n)
                memcpy(fields, b->fields, b->n * sizeof *fields);
        b->fields = fields;
        b->capacity = capacity;
        b->slots = slots;
        b->n_slots = 2 * capacity;
        for (uint32_t i = 0; i < b->n; i++)
                *slot(b, tocsin_bytes_of(fields[i].name, fields[i].name_len)) = i + 1;
        return true;
}

void bag_put(Bag *b, tocsin_bytes name, tocsin_value v) {
        if (b->n == b->capacity && b->n < b->max && !grow(b))
                return; /* the kit knows why, and the message is refused for it */
        uint32_t *s = b->n_slots ? slot(b, name) : NULL;
        if (!s || *s || b->n >= b->max) {
                b->dropped++;
                return;
        }
        b->fields[b->n++] = tocsin_field_n(name.ptr, name.len, v);
        *s = b->n;
}

void bag_str(Bag *b, const char *name, tocsin_bytes text) {
        bag_put(b, tocsin_bytes_of(name, strlen(name)), tocsin_str_of(text));
}

const tocsin_value *bag_find(const Bag *b, const char *name) {
        if (!b->n_slots)
                return NULL;
        uint32_t s = *slot(b, tocsin_bytes_of(name, strlen(name)));
        return s ? &b->fields[s - 1].value : NULL;
}
