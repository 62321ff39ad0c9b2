/* Keys and values on disk, sorted by key. RocksDB lives in this room and nowhere else: in tocsin_store.so, which
 * is loaded by the first who wants a store, not by everybody who starts the program. [one thread]
 *
 * There is no log and no fsync: after a kill -9 or a power cut a store is what it was after one of its earlier writes, whole,
 * or it is found to be broken (blocks have checksums). Whoever uses it knows how to make it anew. */
#pragma once

#include "core/bytes.h"
#include "core/error.h"

typedef struct Store Store;
typedef struct StoreCache StoreCache; /* blocks that were read, of all stores of one worker */

enum {
        STORE_E_DOUBT = 20,          /* what lies there is broken, or none: store_drop() it */
        STORE_E_WAIT = 21,           /* no room, no right, held by another process: it may pass, and what lies there is sound */
        STORE_E_MODULE = 22          /* tocsin_store.so is not there, or not of this program */
};

int store_there(Why *why);                                                 /* can there be stores? 0 | STORE_E_MODULE */
int store_cache_new(StoreCache **ret, size_t bytes, Why *why);             /* 0 | STORE_E_MODULE | -ENOMEM */
StoreCache *store_cache_free(StoreCache *c);                               /* after its stores */

/* Makes the folder (not those above it). buffer: bytes gathered in memory before they are written out, up to twice that.
 * 0 | STORE_E_… | -ENOMEM */
int store_open(Store **ret, const char *folder, StoreCache *cache, size_t buffer, Why *why);
Store *store_close(Store *s);                                              /* all that was written is on disk */
/* The folder is gone, whatever lay there. 0 (nothing there, too) | STORE_E_WAIT */
int store_drop(const char *folder, Why *why);

/* Absent: ret->ptr NULL. Lent until the next call. 0 | STORE_E_… */
int store_get(Store *s, Bytes key, Bytes *ret, Why *why);
/* Gathers; value.ptr NULL: gone. Not seen by store_get before store_write. */
void store_put(Store *s, Bytes key, Bytes value);
size_t store_gathered(const Store *s);                                     /* bytes */
/* All that was gathered, or nothing. 0 | STORE_E_…: then the store is spent. */
int store_write(Store *s, Why *why);
/* Keys that begin with prefix, in order. each() != 0 ends it and is returned. STORE_E_… */
int store_each(Store *s, Bytes prefix, int (*each)(void *arg, Bytes key, Bytes value), void *arg, Why *why);
size_t store_bytes(Store *s);        /* on disk and not yet there */
size_t store_count(Store *s);        /* an estimate */
