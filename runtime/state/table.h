/* The table of one task: a committed map and an overlay of what the open turn changed. [one thread]
 *
 * A key lives in a space (one byte): the plugin's entries, timers and the host's meta records do not meet. Reads see the
 * overlay. In a steady state (the same keys, values of stable size) nothing is allocated. */
#pragma once

#include "core/arena.h"
#include "core/error.h"

typedef struct Table Table;

typedef enum TableSpace { SPACE_META = 0, SPACE_USER = 1, SPACE_TIMER = 2 } TableSpace;

enum {
        TABLE_E_FULL = 1,            /* max bytes reached; nothing changed */
        TABLE_E_LIMIT = 2            /* key or value outside LIMIT_KEY_BYTES, LIMIT_VALUE_BYTES; nothing changed */
};

/* max: bytes of keys, values and bookkeeping together. */
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
void table_commit(Table *t);         /* overlay becomes the committed map; cannot fail */
void table_rollback(Table *t);       /* overlay is dropped */

/* Restore: straight into the committed map. value.ptr NULL: tombstone. */
int table_load(Table *t, TableSpace space, Bytes key, Bytes value);
void table_clear(Table *t);
size_t table_bytes(const Table *t);
size_t table_count(const Table *t, TableSpace space);
/* The changelog's key: one byte of space, then the key. */
