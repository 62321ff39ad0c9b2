/* A table whose entries lie in a store. An entry that was read or changed is kept in memory as one of the hash until memory is
 * wanted back; so a table that fits costs no more reads than one without a store. Changes reach the store when the turn is
 * committed, all in one write. A key in the store: one byte of space, then the key; the mark has a space of its own. */
#include "core/cleanup.h"
#include "state/body.h"

#define LOAD_BYTES (1u << 20) /* of a restore in one write */
#define MARK_KEY ((Bytes){ (const uint8_t *)"\xff", 1 })
#define TIMER_BYTES 256u /* what one takes: entry with its name, place in the index and in the heap */

typedef struct Full {
        uint8_t bytes[1 + LIMIT_KEY_BYTES];
} Full;

static Bytes full(Full *f, TableSpace space, Bytes key) {
        f->bytes[0] = (uint8_t)space;
        if (key.len)
                memcpy(f->bytes + 1, key.ptr, key.len);
        return bytes_of(f->bytes, key.len + 1);
}

static int fail(Table *t, int r, const Why *why) {
        if (!t->failed) {
                t->failed = r;
                t->why = *why;
        }
        return TABLE_E_STORE;
}

int table_sound(const Table *t, Why *why) {
        return t->failed ? why_say(why, t->failed, "%s", t->why.text) : 0;
}

void table_detach(Table *t) {
        t->store = store_close(t->store);
        t->marked = t->mark_new = false;
}

size_t table_stored(const Table *t) {
        return t->store ? store_bytes(t->store) : 0;
}

/* ---- what is kept in memory ---------------------------------------------------------------------------- */

/* Of the plugin's entries any number while the turn lasts, which its own bound ends. Timers are in memory, all of them. */
bool disk_fits(const Table *t, TableSpace space) {
        return space != SPACE_TIMER || t->entries[SPACE_TIMER] < t->max / TIMER_BYTES;
}

static Entry *keep(Table *t, TableSpace space, Bytes key, uint32_t hash, Bytes value) {
        Entry *e = NULL;
        Blob *b;
        if (entry_new(t, space, key, hash, room_of(value.len), &e) != 0)
                return NULL;
        if (blob_new(t, e, value, &b) != 0) {
                entry_drop(t, e);
                return NULL;
        }
        e->old = b;
        t->count[space]++;
        return e;
}

/* e: as it is in memory. Entry.aux of SPACE_USER: asked for since the hand passed. */
Entry *disk_entry(Table *t, Entry *e, Bytes key, uint32_t hash) {
        Why why = { 0 };
        Full f;
        Bytes value;
        if (!e && key.len <= LIMIT_KEY_BYTES) {
                int r = store_get(t->store, full(&f, SPACE_USER, key), &value, &why);
                if (r != 0)
                        (void)fail(t, r, &why);
                else if (value.ptr && !(e = keep(t, SPACE_USER, key, hash, value)))
                        (void)fail(t, STORE_E_WAIT, (why_say(&why, 0, "out of memory"), &why));
        }
        if (e)
                e->aux = 1;
        return e;
}

static void evict(Table *t, Entry *e) {
        t->count[e->space]--;
        blob_give(t, e, e->old);
        e->old = NULL;
        entry_drop(t, e);
}

void table_trim(Table *t) {
        if (!t->store || table_bytes(t) <= t->max)
                return;
        size_t want = t->max / 8 * 7;
        for (size_t i = 0; i < 2 * t->n_slots && table_bytes(t) > want; i++) {
                Entry *e = t->slot[t->hand & (t->n_slots - 1)].e;
                if (e && e->space == SPACE_USER && !e->dirty && !e->aux) {
                        evict(t, e); /* another one may have moved here */
                        continue;
                }
                if (e && e->space == SPACE_USER)
                        e->aux = 0;
                t->hand++;
        }
        t->pool.max = t->max > slots_bytes(t) ? t->max - slots_bytes(t) : 0;
        (void)pool_fits(&t->pool, 1, 0); /* gives idle blocks back */
}

/* ---- open, mark, write --------------------------------------------------------------------------------- */

static int attach_one(void *arg, Bytes key, Bytes value) {
        Table *t = arg;
        int r = table_load(t, (TableSpace)key.ptr[0], bytes_of(key.ptr + 1, key.len - 1), value);
        return r > 0 ? STORE_E_DOUBT : r;
}

int table_attach(Table *t, const char *folder, StoreCache *cache, size_t buffer, Why *why) {
        Bytes mark = BYTES_NULL;
        static const uint8_t spaces[] = { SPACE_META, SPACE_TIMER };
        table_detach(t);
        int r = store_open(&t->store, folder, cache, buffer, why);
        if (r == 0)
                r = store_get(t->store, MARK_KEY, &mark, why);
        if (r == 0 && mark.len > TABLE_MARK_MAX)
                r = why_say(why, STORE_E_DOUBT, "a mark of %zu bytes", mark.len);
        t->failed = 0;
        t->marked = r == 0 && mark.ptr;
        t->mark_new = false;
        t->mark_len = t->marked ? mark.len : 0;
        if (t->marked)
                memcpy(t->mark, mark.ptr, mark.len);
        t->attaching = true;
        for (size_t i = 0; r == 0 && i < sizeof spaces; i++)
                r = store_each(t->store, bytes_of(&spaces[i], 1), attach_one, t, why);
        t->attaching = false;
        if (r != 0)
                table_detach(t);
        return r;
}

Bytes table_marked(const Table *t) {
        return t->marked ? bytes_of(t->mark, t->mark_len) : BYTES_NULL;
}

void table_mark(Table *t, Bytes mark) {
        if (!t->store || mark.len > TABLE_MARK_MAX)
                return;
        memmove(t->mark, mark.ptr, mark.len);
        t->mark_len = mark.len;
        t->mark_new = true;
}

Bytes table_unwritten(const Table *t) {
        return t->mark_new ? bytes_of(t->mark, t->mark_len) : BYTES_NULL;
}

static int write_out(Table *t) {
        Why why = { 0 };
        if (t->mark_new)
                store_put(t->store, MARK_KEY, bytes_of(t->mark, t->mark_len));
        int r = store_write(t->store, &why);
        if (r != 0)
                return fail(t, r, &why);
        t->marked = t->marked || t->mark_new;
        t->mark_new = false;
        return 0;
}

int table_settle(Table *t) {
        if (t->failed)
                return TABLE_E_STORE;
        return t->store ? write_out(t) : 0;
}

int disk_commit(Table *t) {
        Full f;
        if (t->failed)
                return TABLE_E_STORE;
        for (size_t i = 0; i < t->n_change; i++) {
                const Entry *e = t->change[i];
                if (!entry_unchanged(e))
                        store_put(t->store, full(&f, (TableSpace)e->space, entry_key(e)),
                                  e->new ? bytes_of(e->new->data, e->new->len) : BYTES_NULL);
        }
        return write_out(t);
}

int disk_load(Table *t, TableSpace space, Bytes key, Bytes value) {
        Why why = { 0 };
        Full f;
        if (t->attaching)
                return 0;
        if (t->failed)
                return TABLE_E_STORE;
        store_put(t->store, full(&f, space, key), value);
        int r = store_gathered(t->store) >= LOAD_BYTES ? store_write(t->store, &why) : 0;
        return r ? fail(t, r, &why) : 0;
}

/* ---- in order: what is new comes in between what lies in the store -------------------------------------- */

typedef struct Merge {
        Table *t;
        Entry **fresh; /* sorted; none of them is in the store */
        size_t n, at;
        int (*each)(void *, Bytes, Bytes);
        void *arg;
        int r; /* what each() said */
} Merge;

static int tell(Merge *m, const Entry *e) {
        return m->r = m->each(m->arg, entry_key(e), bytes_of(e->new->data, e->new->len));
}

static int merge_one(void *arg, Bytes in_store, Bytes value) {
        Merge *m = arg;
        Bytes key = bytes_of(in_store.ptr + 1, in_store.len - 1);
        for (; m->at < m->n && bytes_cmp(entry_key(m->fresh[m->at]), key) < 0; m->at++)
                GUARD(tell(m, m->fresh[m->at]));
        const Entry *e = m->t->n_change ? slot_find(m->t, SPACE_USER, key, entry_hash(SPACE_USER, key))->e : NULL;
        if (e && e->dirty)
                return e->new ? tell(m, e) : 0;
        return m->r = m->each(m->arg, key, value);
}

int disk_scan(Table *t, Bytes prefix, int (*each)(void *, Bytes, Bytes), void *arg) {
        Why why = { 0 };
        Full f;
        _cleanup_(freep) Entry **fresh = malloc((t->n_change + 1) * sizeof(Entry *));
        if (!fresh)
                return -ENOMEM;
        Merge m = { .t = t, .fresh = fresh, .each = each, .arg = arg };
        for (size_t i = 0; i < t->n_change; i++) {
                Entry *e = t->change[i];
                if (e->space == SPACE_USER && !e->old && e->new &&bytes_begin(entry_key(e), prefix))
                        fresh[m.n++] = e;
        }
        if (m.n)
                qsort(fresh, m.n, sizeof(Entry *), entry_by_key);
        if (prefix.len > LIMIT_KEY_BYTES)
                return 0;
        int r = store_each(t->store, full(&f, SPACE_USER, prefix), merge_one, &m, &why);
        if (m.r != 0)
                return m.r;
        if (r != 0)
                return fail(t, r, &why), -EIO;
        for (; m.at < m.n; m.at++)
                GUARD(tell(&m, fresh[m.at]));
        return 0;
}
