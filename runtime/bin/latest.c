/* Last values by key. */
#include "bin/latest.h"

#include "core/cleanup.h"
#include "core/hash.h"
#include "value/value.h"

#define VALUE_BYTES (4u << 20) /* of one value: a record of 1 MiB as a tree, and far more than any honest one */

typedef struct Entry {
        Bytes key;
        uint64_t hash;
        Arena *arena; /* holds key and value; NULL: gone */
        tocsin_value value;
} Entry;

struct Latest {
        Entry *entries;
        size_t n, size;
        uint32_t *index; /* open addressing, entry + 1; twice as large as `entries` */
        size_t mask;
};

int latest_new(Latest **ret) {
        *ret = calloc(1, sizeof **ret);
        return *ret ? 0 : -ENOMEM;
}

Latest *latest_free(Latest *l) {
        if (l) {
                for (size_t i = 0; i < l->n; i++)
                        arena_free(l->entries[i].arena);
                free(l->entries);
                free(l->index);
                free(l);
        }
        return NULL;
}

static size_t slot(const Latest *l, Bytes key, uint64_t hash) {
        size_t at = hash & l->mask;
        while (l->index[at] && !(l->entries[l->index[at] - 1].hash == hash && bytes_eq(l->entries[l->index[at] - 1].key, key)))
                at = (at + 1) & l->mask;
        return at;
}

static int grow(Latest *l) {
        size_t size = l->size ? l->size * 2 : 64;
        Entry *entries = realloc(l->entries, size * sizeof *entries);
        if (!entries)
                return -ENOMEM;
        l->entries = entries;
        uint32_t *index = calloc(size * 2, sizeof *index);
        if (!index)
                return -ENOMEM;
        free(l->index);
        l->index = index;
        l->size = size;
        l->mask = size * 2 - 1;
        for (size_t i = 0; i < l->n; i++)
                l->index[slot(l, l->entries[i].key, l->entries[i].hash)] = (uint32_t)i + 1;
        return 0;
}

int latest_put(Latest *l, Bytes key, const tocsin_value *v) {
        if (l->n == l->size && grow(l) != 0)
                return -ENOMEM;
        uint64_t hash = hash_bytes(key);
        size_t at = slot(l, key, hash);
        _cleanup_(arena_freep) Arena *a = arena_new(VALUE_BYTES);
        tocsin_value copy = { 0 };
        Bytes own = a ? arena_dup(a, key) : BYTES_NULL;
        if (!own.ptr || (v && value_copy(a, v, &copy) != 0))
                return -ENOMEM;
        if (!l->index[at])
                l->entries[l->n] = (Entry){ .hash = hash };
        Entry *e = l->index[at] ? &l->entries[l->index[at] - 1] : &l->entries[l->n];
        if (!l->index[at])
                l->index[at] = (uint32_t)++l->n;
        arena_free(e->arena);
        e->key = own;
        e->value = v ? copy : (tocsin_value){ 0 };
        e->arena = steal(a);
        return 0;
}

int latest_each(const Latest *l, int (*each)(void *arg, Bytes key, const tocsin_value *v), void *arg) {
        int r = 0;
        for (size_t i = 0; r == 0 && i < l->n; i++)
                if (l->entries[i].value.kind != TOCSIN_NONE)
                        r = each(arg, l->entries[i].key, &l->entries[i].value);
        return r;
}

const tocsin_value *latest_get(const Latest *l, Bytes key) {
        if (!l->n)
                return NULL;
        size_t at = slot(l, key, hash_bytes(key));
        const Entry *e = l->index[at] ? &l->entries[l->index[at] - 1] : NULL;
        return e && e->value.kind != TOCSIN_NONE ? &e->value : NULL;
}

size_t latest_count(const Latest *l) {
        size_t n = 0;
        for (size_t i = 0; i < l->n; i++)
                n += l->entries[i].value.kind != TOCSIN_NONE;
        return n;
}
