/* Inside the room only: what a table is made of, for table.c and disk.c. */
#pragma once

#include "core/limits.h"
#include "state/entry.h"
#include "state/pool.h"

#define SPACES 3u

typedef struct Slot {
        Entry *e;
        uint32_t hash;
} Slot;

struct Table {
        Pool pool;
        Slot *slot;
        size_t n_slots, n, max;      /* n_slots: power of two; n: entries */
        Entry **change;
        size_t n_change, change_size, dirty_bytes;
        size_t count[SPACES], entries[SPACES];
        TableWatch watch[SPACES];
        Store *store;                /* NULL: all is in memory; the rest: disk.c */
        size_t hand;
        int failed;                  /* STORE_E_…, `why` */
        Why why;
        size_t mark_len;
        bool mark_new, marked;       /* marked: one is written */
        bool attaching;              /* what is loaded comes from the store */
        uint8_t mark[TABLE_MARK_MAX];
};

uint32_t entry_hash(TableSpace space, Bytes key);
/* Where it is, or the free slot where it would be. */
Slot *slot_find(Table *t, TableSpace space, Bytes key, uint32_t hash);
size_t slots_bytes(const Table *t);
int entry_new(Table *t, TableSpace space, Bytes key, uint32_t hash, size_t room, Entry **ret);
void entry_drop(Table *t, Entry *e);
int blob_new(Table *t, Entry *e, Bytes value, Blob **ret);
void blob_give(Table *t, Entry *e, Blob *b);
size_t room_of(size_t len);          /* bytes to keep free beside the key for such a value */
int entry_by_key(const void *a, const void *b);
bool entry_unchanged(const Entry *e);        /* put and deleted again, or put as it was */

/* disk.c: only with a store */
bool disk_fits(const Table *t, TableSpace space);
Entry *disk_entry(Table *t, Entry *e, Bytes key, uint32_t hash);
int disk_scan(Table *t, Bytes prefix, int (*each)(void *, Bytes, Bytes), void *arg);
int disk_commit(Table *t);
int disk_load(Table *t, TableSpace space, Bytes key, Bytes value);
