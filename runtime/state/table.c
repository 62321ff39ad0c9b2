/* A hash of entries, each with its committed and its uncommitted value. */
#include <sys/mman.h>

#include "core/cleanup.h"
#include "core/hash.h"
#include "state/body.h"

#define FIRST_SLOTS 64u

/* A large index is read at random: with small pages each look would miss the TLB as well as the cache. */
#define HUGE_PAGE ((size_t)2 << 20)

static Slot *slots_new(size_t n) {
        size_t size = n * sizeof(Slot);
        if (size < HUGE_PAGE)
                return calloc(n, sizeof(Slot));
        Slot *s = aligned_alloc(HUGE_PAGE, size);
        if (!s)
                return NULL;
        (void)madvise(s, size, MADV_HUGEPAGE);
        return memset(s, 0, size);
}

int table_new(Table **ret, size_t max) {
        _cleanup_(table_freep) Table *t = calloc(1, sizeof *t);
        if (!t || !(t->slot = calloc(FIRST_SLOTS, sizeof *t->slot)))
                return -ENOMEM;
        t->n_slots = FIRST_SLOTS;
        t->max = max;
        t->pool.max = max;
        *ret = steal(t);
        return 0;
}

Table *table_free(Table *t) {
        if (!t)
                return NULL;
        table_clear(t);
        table_detach(t);
        pool_deinit(&t->pool);
        free(t->slot);
        free(t->change);
        free(t);
        return NULL;
}

void table_watch(Table *t, TableSpace space, const TableWatch *watch) {
        t->watch[space] = *watch;
}

uint32_t entry_hash(TableSpace space, Bytes key) {
        uint64_t h = hash_bytes(key) + (uint64_t)space * UINT64_C(0x9e3779b97f4a7c15);
        return (uint32_t)(h ^ h >> 32);
}

Slot *slot_find(Table *t, TableSpace space, Bytes key, uint32_t hash) {
        for (size_t i = hash & (t->n_slots - 1);; i = (i + 1) & (t->n_slots - 1)) {
                Slot *s = &t->slot[i];
                if (!s->e)
                        return s;
                if (s->hash == hash && s->e->space == space && s->e->key_len == key.len &&
                    (key.len == 0 || memcmp(s->e->key, key.ptr, key.len) == 0))
                        return s;
        }
}

size_t slots_bytes(const Table *t) {
        return t->n_slots * sizeof *t->slot + t->change_size * sizeof *t->change;
}

static bool index_full(const Table *t) {
        return (t->n + 1) * 4 > t->n_slots * 3;
}

static int slots_grow(Table *t) {
        size_t n = t->n_slots * 2;
        Slot *slot = slots_new(n);
        if (!slot)
                return -ENOMEM;
        for (size_t i = 0; i < t->n_slots; i++)
                if (t->slot[i].e) {
                        size_t at = t->slot[i].hash & (n - 1);
                        while (slot[at].e)
                                at = (at + 1) & (n - 1);
                        slot[at] = t->slot[i];
                }
        free(t->slot);
        t->slot = slot;
        t->n_slots = n;
        return 0;
}

size_t room_of(size_t len) {
        return len <= ENTRY_ROOM_MAX ? (len + 8 + 15) & ~(size_t)15 : 0;
}
static size_t entry_size(size_t key_len, size_t room) {
        return entry_near_at(key_len) + (room ? sizeof(Blob) + room : 0);
}
static size_t blob_size(size_t len) {
        return sizeof(Blob) + len;
}
void blob_give(Table *t, Entry *e, Blob *b) {
        if (b && b != entry_near(e))
                pool_give(&t->pool, b, blob_size(b->len));
}
static void blob_set(Blob *b, Bytes value) {
        b->len = (uint32_t)value.len;
        if (value.len)
                memmove(b->data, value.ptr, value.len);
}
/* The place beside the key, if nobody lives there and the value fits. */
static Blob *near_free(Entry *e, size_t len) {
        Blob *b = entry_near(e);
        return b && len <= e->room && e->old != b && e->new != b ? b : NULL;
}

/* What the index takes counts, too: it shrinks what blocks may use. Meta records always find room. */
static bool fits(Table *t, TableSpace space, size_t blob, size_t entry) {
        if (space == SPACE_META)
                return true;
        if (t->store)
                return disk_fits(t, space);
        size_t index = slots_bytes(t);
        if (entry && index_full(t))
                index += t->n_slots * sizeof *t->slot;
        t->pool.max = t->max > index ? t->max - index : 0;
        return pool_fits(&t->pool, blob, entry);
}

int entry_new(Table *t, TableSpace space, Bytes key, uint32_t hash, size_t room, Entry **ret) {
        TableWatch *w = &t->watch[space];
        if (w->reserve && w->reserve(w->arg, t->entries[space] + 1) < 0)
                return -ENOMEM;
        if (index_full(t))
                GUARD(slots_grow(t));
        Entry *e = pool_take(&t->pool, entry_size(key.len, room));
        if (!e)
                return -ENOMEM;
        *e = (Entry){ .hash = hash, .key_len = (uint32_t)key.len, .space = (uint8_t)space, .room = (uint16_t)room };
        if (key.len)
                memcpy(e->key, key.ptr, key.len);
        *slot_find(t, space, key, hash) = (Slot){ e, hash };
        t->n++;
        t->entries[space]++;
        *ret = e;
        return 0;
}

/* Linear probing without marks: what follows moves up as far as its own place allows. */
void entry_drop(Table *t, Entry *e) {
        size_t mask = t->n_slots - 1, hole = e->hash & mask;
        while (t->slot[hole].e != e)
                hole = (hole + 1) & mask;
        for (size_t i = (hole + 1) & mask; t->slot[i].e; i = (i + 1) & mask) {
                size_t home = t->slot[i].hash & mask;
                if (((i - home) & mask) >= ((i - hole) & mask)) {
                        t->slot[hole] = t->slot[i];
                        hole = i;
                }
        }
        t->slot[hole] = (Slot){ 0 };
        if (t->watch[e->space].gone)
                t->watch[e->space].gone(t->watch[e->space].arg, e);
        t->n--;
        t->entries[e->space]--;
        pool_give(&t->pool, e, entry_size(e->key_len, e->room));
}

static void moved(Table *t, Entry *e) {
        if (t->watch[e->space].moved)
                t->watch[e->space].moved(t->watch[e->space].arg, e);
}

static int change_reserve(Table *t) {
        if (t->n_change < t->change_size)
                return 0;
        size_t size = t->change_size ? t->change_size * 2 : 64;
        Entry **p = realloc(t->change, size * sizeof(Entry *));
        if (!p)
                return -ENOMEM;
        t->change = p;
        t->change_size = size;
        return 0;
}

static void change_mark(Table *t, Entry *e) {
        if (e->dirty)
                return;
        t->change[t->n_change++] = e;
        e->dirty = (uint32_t)t->n_change;
        e->new = NULL;
        t->dirty_bytes += e->key_len;
}

/* NULL: there is none, neither here nor on disk. */
static Entry *entry_of(Table *t, TableSpace space, Bytes key, uint32_t hash) {
        Entry *e = slot_find(t, space, key, hash)->e;
        return t->store && space == SPACE_USER ? disk_entry(t, e, key, hash) : e;
}

void table_get(Table *t, TableSpace space, Bytes key, Bytes *ret) {
        Entry *e = entry_of(t, space, key, entry_hash(space, key));
        const Blob *b = e ? entry_seen(e) : NULL;
        *ret = b ? bytes_of(b->data, b->len) : BYTES_NULL;
}

static bool within(Bytes key, Bytes value) {
        return key.len >= 1 && key.len <= LIMIT_KEY_BYTES && value.len <= LIMIT_VALUE_BYTES;
}

int blob_new(Table *t, Entry *e, Bytes value, Blob **ret) {
        Blob *b = near_free(e, value.len);
        if (!b)
                b = pool_take(&t->pool, blob_size(value.len));
        if (!b)
                return -ENOMEM;
        blob_set(b, value);
        *ret = b;
        return 0;
}

/* Does the value fit where the uncommitted one lies? */
static bool in_place(Entry *e, size_t len) {
        if (!e->dirty || !e->new)
                return false;
        return e->new == entry_near(e) ? len <= e->room : pool_same(blob_size(e->new->len), blob_size(len));
}

/* Bytes that a value will ask of the pool: beside the key, or in a block of its own. */
static bool room_for(Table *t, TableSpace space, Entry *e, Bytes key, size_t len) {
        if (e)
                return near_free(e, len) || fits(t, space, blob_size(len), 0);
        size_t room = room_of(len), entry = entry_size(key.len, room);
        return room ? fits(t, space, entry, 1) : fits(t, space, blob_size(len), entry);
}

int table_put(Table *t, TableSpace space, Bytes key, Bytes value) {
        REQUIRE(within(key, value), TABLE_E_LIMIT);
        uint32_t hash = entry_hash(space, key);
        Entry *e = entry_of(t, space, key, hash);
        Blob *b = NULL;
        bool fresh = !e, seen = e && entry_seen(e);
        if (e && in_place(e, value.len)) {
                t->dirty_bytes += value.len - e->new->len;
                blob_set(e->new, value);
                moved(t, e);
                return 0;
        }
        REQUIRE(room_for(t, space, e, key, value.len), TABLE_E_FULL);
        GUARD(change_reserve(t));
        if (fresh)
                GUARD(entry_new(t, space, key, hash, room_of(value.len), &e));
        int r = blob_new(t, e, value, &b);
        if (r != 0) {
                if (fresh)
                        entry_drop(t, e);
                return r;
        }
        change_mark(t, e);
        if (e->new)
                t->dirty_bytes -= e->new->len;
        blob_give(t, e, e->new);
        e->new = b;
        t->dirty_bytes += b->len;
        t->count[space] += !seen;
        moved(t, e);
        return 0;
}

int table_del(Table *t, TableSpace space, Bytes key) {
        REQUIRE(within(key, BYTES_NULL), TABLE_E_LIMIT);
        Entry *e = entry_of(t, space, key, entry_hash(space, key));
        if (!e || !entry_seen(e))
                return 0;
        GUARD(change_reserve(t));
        change_mark(t, e);
        if (e->new)
                t->dirty_bytes -= e->new->len;
        blob_give(t, e, e->new);
        e->new = NULL;
        t->count[space]--;
        moved(t, e);
        return 0;
}

int entry_by_key(const void *a, const void *b) {
        return bytes_cmp(entry_key(*(Entry *const *)a), entry_key(*(Entry *const *)b));
}

int table_scan(Table *t, TableSpace space, Bytes prefix, int (*each)(void *, Bytes, Bytes), void *arg) {
        size_t n = 0;
        if (t->store && space == SPACE_USER)
                return disk_scan(t, prefix, each, arg);
        _cleanup_(freep) Entry **found = malloc((t->entries[space] + 1) * sizeof(Entry *));
        if (!found)
                return -ENOMEM;
        for (size_t i = 0; i < t->n_slots; i++) {
                Entry *e = t->slot[i].e;
                if (e && e->space == space && entry_seen(e) && bytes_begin(entry_key(e), prefix))
                        found[n++] = e;
        }
        qsort(found, n, sizeof(Entry *), entry_by_key);
        for (size_t i = 0; i < n; i++) {
                const Blob *b = entry_seen(found[i]);
                GUARD(each(arg, entry_key(found[i]), bytes_of(b->data, b->len)));
        }
        return 0;
}

bool entry_unchanged(const Entry *e) {
        if (!e->old || !e->new)
                return e->old == e->new;
        return e->old->len == e->new->len &&memcmp(e->old->data, e->new->data, e->old->len) == 0;
}

int table_changes(Table *t, int (*each)(void *, TableSpace, Bytes, Bytes), void *arg) {
        for (size_t i = 0; i < t->n_change; i++) {
                const Entry *e = t->change[i];
                if (!entry_unchanged(e))
                        GUARD(each(arg, e->space, entry_key(e), e->new ? bytes_of(e->new->data, e->new->len) : BYTES_NULL));
        }
        return 0;
}

size_t table_dirty_bytes(const Table *t) {
        return t->dirty_bytes;
}

bool table_dirty(const Table *t) {
        return t->n_change > 0;
}

static void changes_end(Table *t) {
        t->n_change = 0;
        t->dirty_bytes = 0;
}

/* The new value becomes the old one, beside its key if it fits there. */
static void settle(Table *t, Entry *e) {
        Blob *near = entry_near(e);
        if (near && e->new && e->new != near && e->new->len <= e->room) {
                blob_give(t, e, e->old);
                blob_set(near, bytes_of(e->new->data, e->new->len));
                blob_give(t, e, e->new);
                e->old = near;
                return;
        }
        blob_give(t, e, e->old);
        e->old = e->new;
}

int table_commit(Table *t) {
        if (t->store)
                GUARD(disk_commit(t));
        for (size_t i = 0; i < t->n_change; i++) {
                Entry *e = t->change[i];
                settle(t, e);
                e->new = NULL;
                e->dirty = 0;
                if (!e->old)
                        entry_drop(t, e);
        }
        changes_end(t);
        table_trim(t);
        return 0;
}

void table_rollback(Table *t) {
        for (size_t i = 0; i < t->n_change; i++) {
                Entry *e = t->change[i];
                t->count[e->space] += (size_t)(e->old != NULL) - (size_t)(e->new != NULL);
                blob_give(t, e, e->new);
                e->new = NULL;
                e->dirty = 0;
                if (e->old)
                        moved(t, e);
                else
                        entry_drop(t, e);
        }
        changes_end(t);
        table_trim(t);
}

static int load_gone(Table *t, TableSpace space, Entry *e) {
        if (!e)
                return 0;
        t->count[space]--;
        blob_give(t, e, e->old);
        e->old = NULL;
        entry_drop(t, e);
        return 0;
}

int table_load(Table *t, TableSpace space, Bytes key, Bytes value) {
        REQUIRE((unsigned)space < SPACES && within(key, value), TABLE_E_LIMIT);
        uint32_t hash = entry_hash(space, key);
        Entry *e = slot_find(t, space, key, hash)->e;
        Blob *b = NULL;
        bool fresh = !e;
        if (t->store)
                GUARD(disk_load(t, space, key, value));
        if (t->store && space == SPACE_USER)
                return e ? load_gone(t, space, e) : 0;
        if (!value.ptr)
                return load_gone(t, space, e);
        if (e && e->old == entry_near(e) && value.len <= e->room) {
                blob_set(e->old, value);
                moved(t, e);
                return 0;
        }
        REQUIRE(room_for(t, space, e, key, value.len), TABLE_E_FULL);
        if (fresh)
                GUARD(entry_new(t, space, key, hash, room_of(value.len), &e));
        int r = blob_new(t, e, value, &b);
        if (r != 0) {
                if (fresh)
                        entry_drop(t, e);
                return r;
        }
        blob_give(t, e, e->old);
        e->old = b;
        t->count[space] += fresh;
        moved(t, e);
        return 0;
}

void table_clear(Table *t) {
        table_rollback(t);
        for (size_t i = 0; i < t->n_slots; i++) {
                Entry *e = t->slot[i].e;
                if (!e)
                        continue;
                if (t->watch[e->space].gone)
                        t->watch[e->space].gone(t->watch[e->space].arg, e);
                blob_give(t, e, e->old);
                pool_give(&t->pool, e, entry_size(e->key_len, e->room));
                t->slot[i] = (Slot){ 0 };
        }
        t->n = 0;
        memset(t->count, 0, sizeof t->count);
        memset(t->entries, 0, sizeof t->entries);
}

size_t table_bytes(const Table *t) {
        return t->pool.used + slots_bytes(t);
}

size_t table_count(const Table *t, TableSpace space) {
        return t->store && space == SPACE_USER ? store_count(t->store) : t->count[space];
}
