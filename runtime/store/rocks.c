/* RocksDB, tuned for a store whose truth is elsewhere. A module of its own, tocsin_store.so: who has no such store does not
 * load it. */
#include <rocksdb/c.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "store/engine.h"

#define OPEN_FILES 32 /* of one store: a worker may have a hundred of them, and a process 1,024 descriptors */
#define FILE_BYTES (16u << 20)
#define BLOOM_BITS 10 /* by key: one absent key in a hundred costs a read */

typedef struct Cache {
        StoreCache head;
        rocksdb_cache_t *lru;
} Cache;

typedef struct Rocks {
        Store head;
        rocksdb_t *db;
        rocksdb_options_t *options;
        rocksdb_block_based_table_options_t *table;
        rocksdb_readoptions_t *read;
        rocksdb_writeoptions_t *write;
        rocksdb_writebatch_t *batch;
        rocksdb_pinnableslice_t *lent;
        size_t gathered;
} Rocks;

extern const StoreEngine tocsin_store_engine __attribute__((visibility("default")));

static Rocks *of(Store *s) {
        return (Rocks *)s;
}

static int cache_new(StoreCache **ret, size_t bytes) {
        Cache *c = calloc(1, sizeof *c);
        if (!c)
                return -ENOMEM;
        rocksdb_lru_cache_options_t *o = rocksdb_lru_cache_options_create();
        rocksdb_lru_cache_options_set_capacity(o, bytes);
        rocksdb_lru_cache_options_set_num_shard_bits(o, 0); /* one thread reads, and small shards would hold no large block */
        c->lru = rocksdb_cache_create_lru_opts(o);
        rocksdb_lru_cache_options_destroy(o);
        c->head.engine = &tocsin_store_engine;
        *ret = &c->head;
        return 0;
}

static void cache_free(StoreCache *c) {
        rocksdb_cache_destroy(((Cache *)c)->lru);
        free(c);
}

/* Its errors are texts. These are of the machine, not of the files; all others make the files doubtful. */
static int say(Why *why, char *error) {
        static const char *const passing[] = { "No space left",        "Disk quota exceeded",    "While lock file",
                                               "lock hold by current", "Permission denied",      "Read-only file system",
                                               "Too many open files",  "Cannot allocate memory", "File too large" };
        int r = STORE_E_DOUBT;
        for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
                if (strstr(error, passing[i]))
                        r = STORE_E_WAIT;
        why_say(why, r, "%s", error);
        rocksdb_free(error);
        return r;
}

static void tune(Rocks *s, const Cache *cache, size_t buffer) {
        rocksdb_options_t *o = s->options;
        rocksdb_options_set_create_if_missing(o, 1);
        rocksdb_options_set_write_buffer_size(o, buffer);
        rocksdb_options_set_max_write_buffer_number(o, 2);
        rocksdb_options_set_target_file_size_base(o, FILE_BYTES);
        rocksdb_options_set_max_open_files(o, OPEN_FILES);
        rocksdb_options_set_max_file_opening_threads(o, 1); /* else sixteen are made to open a few files */
        rocksdb_options_set_max_background_jobs(o, 2);
        rocksdb_options_set_compression(o, rocksdb_no_compression);
        rocksdb_options_set_level_compaction_dynamic_level_bytes(o, 1);
        rocksdb_options_set_info_log_level(o, 4); /* fatal: what it has to say comes as errors */
        rocksdb_options_set_keep_log_file_num(o, 1);
        rocksdb_options_set_stats_dump_period_sec(o, 0);
        rocksdb_options_set_stats_persist_period_sec(o, 0);
        rocksdb_block_based_options_set_block_cache(s->table, cache->lru);
        /* Indexes and filters in the cache and in parts: whole ones would grow with the table, or push each other out. */
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(s->table, 1);
        rocksdb_block_based_options_set_index_type(s->table, rocksdb_block_based_table_index_type_two_level_index_search);
        rocksdb_block_based_options_set_partition_filters(s->table, 1);
        rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(s->table, 1);
        rocksdb_block_based_options_set_filter_policy(s->table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
        rocksdb_block_based_options_set_format_version(s->table, 5);
        rocksdb_options_set_block_based_table_factory(o, s->table);
        rocksdb_writeoptions_disable_WAL(s->write, 1);
}

static void rocks_close(Store *head) {
        Rocks *s = of(head);
        rocksdb_pinnableslice_destroy(s->lent);
        if (s->db) {
                rocksdb_flushoptions_t *f = rocksdb_flushoptions_create();
                char *error = NULL;
                rocksdb_flush(s->db, f, &error); /* what does not get there is read from the changelog again */
                rocksdb_free(error);
                rocksdb_flushoptions_destroy(f);
                rocksdb_close(s->db);
        }
        rocksdb_writebatch_destroy(s->batch);
        rocksdb_writeoptions_destroy(s->write);
        rocksdb_readoptions_destroy(s->read);
        rocksdb_block_based_options_destroy(s->table);
        rocksdb_options_destroy(s->options);
        free(s);
}

static int rocks_open(Store **ret, const char *folder, StoreCache *cache, size_t buffer, Why *why) {
        char *error = NULL;
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
                return why_say(why, STORE_E_WAIT, "%s: %s", folder, strerror(errno));
        Rocks *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->options = rocksdb_options_create();
        s->table = rocksdb_block_based_options_create();
        s->read = rocksdb_readoptions_create();
        s->write = rocksdb_writeoptions_create();
        s->batch = rocksdb_writebatch_create();
        tune(s, (const Cache *)cache, buffer);
        s->db = rocksdb_open(s->options, folder, &error);
        if (!error) {
                s->head.engine = &tocsin_store_engine;
                *ret = &s->head;
                return 0;
        }
        rocks_close(&s->head);
        return say(why, error);
}

static int rocks_get(Store *head, Bytes key, Bytes *ret, Why *why) {
        Rocks *s = of(head);
        char *error = NULL;
        rocksdb_pinnableslice_destroy(s->lent);
        s->lent = rocksdb_get_pinned(s->db, s->read, (const char *)key.ptr, key.len, &error);
        *ret = BYTES_NULL;
        if (error)
                return say(why, error);
        if (!s->lent)
                return 0;
        size_t n;
        const char *p = rocksdb_pinnableslice_value(s->lent, &n);
        *ret = bytes_of(p ? p : "", n);
        return 0;
}

static void rocks_put(Store *head, Bytes key, Bytes value) {
        Rocks *s = of(head);
        if (value.ptr)
                rocksdb_writebatch_put(s->batch, (const char *)key.ptr, key.len, (const char *)value.ptr, value.len);
        else
                rocksdb_writebatch_delete(s->batch, (const char *)key.ptr, key.len);
        s->gathered += key.len + value.len + 16;
}

static size_t rocks_gathered(const Store *s) {
        return ((const Rocks *)s)->gathered;
}

static int rocks_write(Store *head, Why *why) {
        Rocks *s = of(head);
        char *error = NULL;
        if (!s->gathered)
                return 0;
        rocksdb_write(s->db, s->write, s->batch, &error);
        rocksdb_writebatch_clear(s->batch);
        s->gathered = 0;
        return error ? say(why, error) : 0;
}

static int rocks_each(Store *head, Bytes prefix, int (*each)(void *, Bytes, Bytes), void *arg, Why *why) {
        Rocks *s = of(head);
        rocksdb_iterator_t *i = rocksdb_create_iterator(s->db, s->read);
        char *error = NULL;
        int r = 0;
        for (rocksdb_iter_seek(i, (const char *)prefix.ptr, prefix.len); r == 0 && rocksdb_iter_valid(i); rocksdb_iter_next(i)) {
                size_t n, m;
                const char *k = rocksdb_iter_key(i, &n), *v = rocksdb_iter_value(i, &m);
                if (!bytes_begin(bytes_of(k, n), prefix))
                        break;
                r = each(arg, bytes_of(k, n), bytes_of(v, m));
        }
        rocksdb_iter_get_error(i, &error);
        rocksdb_iter_destroy(i);
        return error ? say(why, error) : r;
}

static size_t number(Store *s, const char *name) {
        uint64_t n = 0;
        return rocksdb_property_int(of(s)->db, name, &n) == 0 ? (size_t)n : 0;
}

static size_t rocks_bytes(Store *s) {
        return number(s, "rocksdb.live-sst-files-size") + number(s, "rocksdb.cur-size-all-mem-tables");
}

static size_t rocks_count(Store *s) {
        return number(s, "rocksdb.estimate-num-keys");
}

const StoreEngine tocsin_store_engine = {
        .build = ENGINE_BUILD,
        .cache_new = cache_new,
        .cache_free = cache_free,
        .open = rocks_open,
        .close = rocks_close,
        .get = rocks_get,
        .put = rocks_put,
        .gathered = rocks_gathered,
        .write = rocks_write,
        .each = rocks_each,
        .bytes = rocks_bytes,
        .count = rocks_count,
};
