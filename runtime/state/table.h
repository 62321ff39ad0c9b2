/* The table of one task: a committed map and an overlay of what the open turn changed. [one thread]
 *
 * A key lives in a space (one byte): the plugin's entries, timers and the host's meta records do not meet. Reads see the
 * overlay. In a steady state (the same keys, values of stable size) nothing is allocated.
 *
 * With a store behind it the plugin's entries lie on disk, and max bounds what is kept of them in memory; timers, meta records
 * and the overlay stay in memory. Every answer is the same. */
#pragma once

#include "core/arena.h"
#include "core/error.h"
#include "store/store.h"

typedef struct Table Table;

typedef enum TableSpace { SPACE_META = 0, SPACE_USER = 1, SPACE_TIMER = 2 } TableSpace;

enum {
        TABLE_E_FULL = 1,            /* max bytes reached; nothing changed */
        TABLE_E_STORE = 3,           /* the store behind it failed: ask table_sound() */
        TABLE_E_LIMIT = 2            /* key or value outside LIMIT_KEY_BYTES, LIMIT_VALUE_BYTES; nothing changed */
};

/* max: bytes of keys, values and bookkeeping together; with a store: of timers, and of what is kept in memory between turns. */
int table_new(Table **ret, size_t max);
Table *table_free(Table *t);
CLEANUP_DEFINE(Table, table_free)

/* Absent: ret->ptr NULL. Lent until the next put, del, commit or rollback. */
void table_get(Table *t, TableSpace space, Bytes key, Bytes *ret);
/* 0 | TABLE_E_… | -ENOMEM, in which case the overlay is as before. */
int table_put(Table *t, TableSpace space, Bytes key, Bytes value);
int table_del(Table *t, TableSpace space, Bytes key);          /* absent: 0 */
/* Entries of a space whose keys begin with `prefix`, sorted by key. each() != 0 ends it and is returned. -ENOMEM. */
int table_scan(Table *t, TableSpace space, Bytes prefix, int (*each)(void *arg, Bytes key, Bytes value), void *arg);

/* Every change of the overlay, once, in the order of first change; deleted: value.ptr NULL. A change that ends where it
 * began (put then del of an absent key) is left out. */
int table_changes(Table *t, int (*each)(void *arg, TableSpace space, Bytes key, Bytes value), void *arg);
size_t table_dirty_bytes(const Table *t);
bool table_dirty(const Table *t);
/* The overlay becomes the committed map; with a store as one write, mark included: 0 | TABLE_E_STORE: then nothing did, and
 * the table is spent. Without one it cannot fail. */
int table_commit(Table *t);
void table_rollback(Table *t);       /* overlay is dropped */

/* Restore: straight into the committed map. value.ptr NULL: tombstone. With a store: table_settle() ends it. */
int table_load(Table *t, TableSpace space, Bytes key, Bytes value);
void table_clear(Table *t);
size_t table_bytes(const Table *t);
size_t table_count(const Table *t, TableSpace space);        /* SPACE_USER with a store: an estimate */

/* ---- with a store: disk.c ------------------------------------------------------------------------------ */

#define TABLE_MARK_MAX 1024u
/* The table is empty and has no store yet. Timers and meta records that lie in the store come into memory.
 * buffer, cache: as store_open(). 0 | STORE_E_DOUBT | STORE_E_WAIT | -ENOMEM */
int table_attach(Table *t, const char *folder, StoreCache *cache, size_t buffer, Why *why);
/* What was last marked and written; ptr NULL: nothing, so what lies there is not whole. Lent until the next mark. */
Bytes table_marked(const Table *t);
/* What is known of what lies there; written with the next commit, or by table_settle(). At most TABLE_MARK_MAX bytes. */
void table_mark(Table *t, Bytes mark);
Bytes table_unwritten(const Table *t);       /* the mark that is to be written; ptr NULL: none */
/* What was loaded and marked is written. 0 | TABLE_E_STORE */
int table_settle(Table *t);
/* Its store is closed; what was not committed or settled is left out. */
void table_detach(Table *t);
/* Has every read and write of the store been answered? If not, nothing that was read counts. 0 | STORE_E_… */
int table_sound(const Table *t, Why *why);
/* No value is lent any more: what is kept in memory shrinks to max. */
void table_trim(Table *t);
size_t table_stored(const Table *t);         /* bytes on disk; 0: no store */
