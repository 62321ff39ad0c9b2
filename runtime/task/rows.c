/* The rows of one TABLE port: key -> a value in one block of its own, so that a row changes without touching the others. */
#include "core/hash.h"
#include "task/inner.h"

typedef struct Row {
        tocsin_value *value; /* NULL: gone */
        size_t bytes;
        uint64_t hash;
        uint32_t key_len;
        uint8_t key[];
} Row;

struct Rows {
        Row **slot;
        size_t n_slots, used, n; /* used: rows with those that are gone */
        Row **sorted; /* NULL: to be made */
};

#define ALIGN8(n) (((n) + 7u) & ~(size_t)7u)

/* Bytes of everything below `v`, itself not counted. Depth is bounded by the decoder (LIMIT_DEPTH). */
static size_t below(const tocsin_value *v) {
        size_t n = 0;
        switch (v->kind) {
        case TOCSIN_STR:
        case TOCSIN_BYTES:
        case TOCSIN_ENUM:
                return ALIGN8((size_t)v->len + 1);
        case TOCSIN_LIST:
                for (uint32_t i = 0; i < v->len; i++)
                        n += sizeof *v + below(&v->u.items[i]);
                return n;
        case TOCSIN_MAP:
        case TOCSIN_RECORD:
                for (uint32_t i = 0; i < v->len; i++)
                        n += sizeof(tocsin_field) + ALIGN8((size_t)v->u.fields[i].name_len + 1) + below(&v->u.fields[i].value);
                return n;
        default:
                return 0;
        }
}

static const char *text_into(uint8_t **at, const void *p, size_t n) {
        uint8_t *to = *at;
        if (n)
                memcpy(to, p, n);
        to[n] = 0;
        *at += ALIGN8(n + 1);
        return (const char *)to;
}

static void copy_into(uint8_t **at, const tocsin_value *v, tocsin_value *to) {
        *to = *v;
        switch (v->kind) {
        case TOCSIN_STR:
        case TOCSIN_BYTES:
        case TOCSIN_ENUM:
                to->u.str = text_into(at, v->u.str, v->len);
                break;
        case TOCSIN_LIST: {
                tocsin_value *item = (tocsin_value *)*at;
                *at += v->len * sizeof *item;
                to->u.items = item;
                for (uint32_t i = 0; i < v->len; i++)
                        copy_into(at, &v->u.items[i], &item[i]);
                break;
        }
        case TOCSIN_MAP:
        case TOCSIN_RECORD: {
                tocsin_field *f = (tocsin_field *)*at;
                *at += v->len * sizeof *f;
                to->u.fields = f;
                for (uint32_t i = 0; i < v->len; i++) {
                        f[i] = v->u.fields[i];
                        f[i].name = text_into(at, v->u.fields[i].name, v->u.fields[i].name_len);
                        copy_into(at, &v->u.fields[i].value, &f[i].value);
                }
                break;
        }
        default:
                break;
        }
}

int rows_new(Rows **ret) {
        Rows *r = calloc(1, sizeof *r);
        if (!r || !(r->slot = calloc(64, sizeof(Row *)))) {
                free(r);
                return -ENOMEM;
        }
        r->n_slots = 64;
        *ret = r;
        return 0;
}

static void row_free(Row *row) {
        if (row)
                free(row->value);
        free(row);
}

Rows *rows_free(Rows *r) {
        if (!r)
                return NULL;
        for (size_t i = 0; i < r->n_slots; i++)
                row_free(r->slot[i]);
        free(r->sorted);
        free(r->slot);
        free(r);
        return NULL;
}

static Row **find(Row **slot, size_t n_slots, Bytes key, uint64_t hash) {
        for (size_t i = hash & (n_slots - 1);; i = (i + 1) & (n_slots - 1)) {
                Row *row = slot[i];
                if (!row || (row->hash == hash && row->key_len == key.len && (!key.len || !memcmp(row->key, key.ptr, key.len))))
                        return &slot[i];
        }
}

/* Rows that are gone are left behind when the index grows. */
static int grow(Rows *r) {
        size_t n = r->n * 4 < r->n_slots ? r->n_slots : r->n_slots * 2;
        Row **slot = calloc(n, sizeof(Row *));
        if (!slot)
                return -ENOMEM;
        for (size_t i = 0; i < r->n_slots; i++) {
                Row *row = r->slot[i];
                if (row && row->value)
                        *find(slot, n, bytes_of(row->key, row->key_len), row->hash) = row;
                else
                        row_free(row);
        }
        free(r->slot);
        r->slot = slot;
        r->n_slots = n;
        r->used = r->n;
        return 0;
}

static int row_new(Rows *r, Bytes key, uint64_t hash, Row **ret) {
        if ((r->used + 1) * 2 > r->n_slots)
                GUARD(grow(r));
        Row *row = calloc(1, sizeof *row + key.len);
        if (!row)
                return -ENOMEM;
        row->hash = hash;
        row->key_len = (uint32_t)key.len;
        if (key.len)
                memcpy(row->key, key.ptr, key.len);
        *find(r->slot, r->n_slots, key, hash) = row;
        r->used++;
        *ret = row;
        return 0;
}

int rows_put(Rows *r, Bytes key, const tocsin_value *v, size_t *bytes) {
        uint64_t hash = hash_bytes(key);
        Row *row = *find(r->slot, r->n_slots, key, hash);
        tocsin_value *copy = NULL;
        size_t n = 0;
        if (v) {
                n = sizeof *v + below(v);
                copy = malloc(n);
                if (!copy)
                        return -ENOMEM;
                uint8_t *at = (uint8_t *)(copy + 1);
                copy_into(&at, v, copy);
        }
        if (!row && (!v || row_new(r, key, hash, &row) != 0)) {
                free(copy);
                return v ? -ENOMEM : 0;
        }
        r->n += (size_t)(v != NULL) - (size_t)(row->value != NULL);
        *bytes += n - row->bytes;
        free(row->value);
        row->value = copy;
        row->bytes = n;
        free(r->sorted);
        r->sorted = NULL;
        return 0;
}

const tocsin_value *rows_get(Rows *r, Bytes key) {
        const Row *row = *find(r->slot, r->n_slots, key, hash_bytes(key));
        return row ? row->value : NULL;
}

size_t rows_count(const Rows *r) {
        return r->n;
}

static int by_key(const void *a, const void *b) {
        const Row *x = *(Row *const *)a, *y = *(Row *const *)b;
        return bytes_cmp(bytes_of(x->key, x->key_len), bytes_of(y->key, y->key_len));
}

int rows_each(Rows *r, int (*each)(void *, Bytes, const tocsin_value *), void *arg) {
        if (!r->sorted) {
                size_t n = 0;
                r->sorted = malloc((r->n + 1) * sizeof(Row *));
                if (!r->sorted)
                        return -ENOMEM;
                for (size_t i = 0; i < r->n_slots; i++)
                        if (r->slot[i] && r->slot[i]->value)
                                r->sorted[n++] = r->slot[i];
                qsort(r->sorted, n, sizeof(Row *), by_key);
        }
        for (size_t i = 0; i < r->n; i++) {
                const Row *row = r->sorted[i];
                GUARD(each(arg, bytes_of(row->key, row->key_len), row->value));
        }
        return 0;
}
