/* A hash table over an array that keeps the order of coming. */
#include "bag.h"

Bag bag_of(Kit *k, uint32_t max) {
        return (Bag){ .kit = k, .max = max };
}

static uint32_t hash_of(tocsin_bytes name) { /* FNV-1a */
        uint32_t h = 2166136261u;
        for (size_t i = 0; i < name.len; i++)
                h = (h ^ name.ptr[i]) * 16777619u;
        return h;
}

/* Where the name is, or the free place where it would be. */
static struct BagSlot *slot(const Bag *b, tocsin_bytes name, uint32_t hash) {
        for (uint32_t i = hash;; i++) {
                struct BagSlot *s = &b->slots[i & (b->n_slots - 1)];
                if (s->index == 0)
                        return s;
                const tocsin_field *f = &b->fields[s->index - 1];
                if (s->hash == hash && tocsin_equal(name, tocsin_bytes_of(f->name, f->name_len)))
                        return s;
        }
}

static bool grow(Bag *b) {
        uint32_t capacity = b->capacity ? 2 * b->capacity : 16;
        tocsin_field *fields = kit_take(b->kit, capacity * sizeof *fields);
        struct BagSlot *slots = kit_take(b->kit, 2 * capacity * sizeof *slots), *old = b->slots;
        if (!fields || !slots)
                return false;
        if (b->n)
                memcpy(fields, b->fields, b->n * sizeof *fields);
        b->fields = fields;
        b->capacity = capacity;
        b->slots = slots;
        for (uint32_t i = 0, n = b->n_slots; i < n; i++) {
                uint32_t at = old[i].hash;
                if (old[i].index == 0)
                        continue;
                while (slots[at & (2 * capacity - 1)].index != 0)
                        at++;
                slots[at & (2 * capacity - 1)] = old[i];
        }
        b->n_slots = 2 * capacity;
        return true;
}

void bag_put(Bag *b, tocsin_bytes name, tocsin_value v) {
        if (b->n == b->capacity && b->n < b->max && !grow(b))
                return; /* the kit knows why, and the message is refused for it */
        uint32_t hash = hash_of(name);
        struct BagSlot *s = b->n_slots ? slot(b, name, hash) : NULL;
        if (!s || s->index || b->n >= b->max) {
                b->dropped++;
                return;
        }
        b->fields[b->n++] = tocsin_field_n(name.ptr, name.len, v);
        *s = (struct BagSlot){ hash, b->n };
}

void bag_str(Bag *b, const char *name, tocsin_bytes text) {
        bag_put(b, tocsin_bytes_of(name, strlen(name)), tocsin_str_of(text));
}

const tocsin_value *bag_find(const Bag *b, const char *name) {
        if (!b->n_slots)
                return NULL;
        tocsin_bytes key = tocsin_bytes_of(name, strlen(name));
        uint32_t index = slot(b, key, hash_of(key))->index;
        return index ? &b->fields[index - 1].value : NULL;
}
