/* Inside the room only: what tocsin_store.so gives to the program that opened it. Both are built together; that they were is
 * checked. */
#pragma once

#include "store/store.h"

#define ENGINE_SYMBOL "tocsin_store_engine"
#define ENGINE_BUILD "1 " TOCSIN_VERSION

typedef struct StoreEngine {
        const char *build; /* ENGINE_BUILD */
        int (*cache_new)(StoreCache **ret, size_t bytes);
        void (*cache_free)(StoreCache *c);
        int (*open)(Store **ret, const char *folder, StoreCache *cache, size_t buffer, Why *why);
        void (*close)(Store *s);
        int (*get)(Store *s, Bytes key, Bytes *ret, Why *why);
        void (*put)(Store *s, Bytes key, Bytes value);
        size_t (*gathered)(const Store *s);
        int (*write)(Store *s, Why *why);
        int (*each)(Store *s, Bytes prefix, int (*each)(void *, Bytes, Bytes), void *arg, Why *why);
        size_t (*bytes)(Store *s);
        size_t (*count)(Store *s);
} StoreEngine;

/* The first member of both. */
struct StoreCache {
        const StoreEngine *engine;
};
struct Store {
        const StoreEngine *engine;
};
