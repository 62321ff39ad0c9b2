/* Inside the room only: an entry as table.c and timers.c see it. */
#pragma once

#include "state/table.h"

typedef struct Blob {
        uint32_t len;
        uint8_t data[];
} Blob;

typedef struct Entry {
        Blob *old, *new;             /* committed; of the open turn (valid while dirty, NULL: deleted) */
        uint32_t hash, key_len;
        uint32_t dirty;              /* 1 + place in the list of changes; 0: clean */
        uint32_t aux;                /* the watcher's */
        uint8_t space;
        uint8_t key[];
} Entry;

static inline const Blob *entry_seen(const Entry *e) {
        return e->dirty ? e->new : e->old;
}
static inline Bytes entry_key(const Entry *e) {
        return bytes_of(e->key, e->key_len);
}

/* Told of every entry of one space. An entry keeps its address as long as it lives. */
typedef struct TableWatch {
        void *arg;
        int (*reserve)(void *arg, size_t n);         /* before there are n entries: 0 | -ENOMEM */
        void (*moved)(void *arg, Entry *e);          /* what is seen of it has changed */
        void (*gone)(void *arg, Entry *e);           /* it is about to be freed */
} TableWatch;
void table_watch(Table *t, TableSpace space, const TableWatch *watch);       /* before the first entry of that space */
