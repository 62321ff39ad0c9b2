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
        uint16_t room;               /* bytes of value that fit behind the key; 0: none */
        uint8_t space;
        uint8_t key[];               /* then, with room, a Blob: small values lie beside their key, one cache miss less */
} Entry;

#define ENTRY_ROOM_MAX 512u
/* Up to the next multiple of 8, counted from the entry's beginning. */
static inline size_t entry_near_at(size_t key_len) {
        return (offsetof(Entry, key) + key_len + 7) & ~(size_t)7;
}
static inline Blob *entry_near(Entry *e) {
        return e->room ? (Blob *)(void *)((uint8_t *)e + entry_near_at(e->key_len)) : NULL;
}

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
