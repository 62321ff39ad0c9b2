/* The rig. */
#include "rig.h"

#include <ftw.h>

#define START_US INT64_C(1700000000000000)

void rig_init(Rig *r, const tocsin_plugin *plugin, int32_t partitions, uint32_t workers) {
        Why why = { 0 };
        memset(r, 0, sizeof *r);
        memset(&rig_calls, 0, sizeof rig_calls);
        log_setup(2, false, false, getenv("RIG_LOG") ? LOG_DEBUG : (LogLevel)(LOG_ERROR + 1), "rig");
        r->log = bus_mem_new();
        r->clock = clock_virtual(START_US);
        r->schemas = schemas_new();
        cr_assert_eq(schemas_load(r->schemas, RIG_SCHEMAS, &why), 0, "%s", why.text);
        cr_assert_eq(loader_adopt(&r->plugin, plugin, &why), 0, "%s", why.text);
        r->metrics = metrics_new();
        r->config = (Config){ .app = "test", .memory_max = 64u << 20, .create_topics = true };
        r->ports[0] = (ConfigPort){ .name = "events", .topic = "events", .partitioner = PARTITIONER_MURMUR2, .schema_id = -1 };
        r->ports[1] = (ConfigPort){ .name = "out", .topic = "out", .schema_id = -1 };
        r->ports[2] = (ConfigPort){ .name = "rows", .topic = "rows", .schema_id = -1 };
        r->pipe = (ConfigPipeline){ .name = "rig",
                                    .plugin = plugin->name,
                                    .exactly_once = true,
                                    .workers = workers,
                                    .partitions = partitions,
                                    .commit_us = 100000,
                                    .commit_bytes = 8u << 20,
                                    .lateness_us = 500000,
                                    .idle_us = 3000000,
                                    .future_us = 5000000,
                                    .retry_max_us = 5000000,
                                    .retry_attempts = 3,
                                    .ports = r->ports,
                                    .n_ports = plugin->n_ports == 3 && plugin->ports[2]->role == TOCSIN_TABLE ? 3 : 2,
                                    .dlq = "__tocsin.test.rig.dlq",
                                    .changelog = "__tocsin.test.rig.changelog",
                                    .retry = "__tocsin.test.rig.retry",
                                    .group = "test.rig" };
        r->config.pipelines = &r->pipe;
        r->config.n_pipelines = 1;
        cr_assert_eq(bus_mem_topic(r->log, "events", partitions, false), 0);
        cr_assert_eq(bus_mem_topic(r->log, "out", 3, false), 0);
        cr_assert_eq(bus_mem_topic(r->log, "rows", 2, true), 0);
        r->n_workers = workers;
        const char *store = getenv("RIG_STORE");
        if (store && !strcmp(store, "disk"))
                rig_on_disk(r);
}

void rig_on_disk(Rig *r) {
        snprintf(r->stores, sizeof r->stores, "%s/tocsin-rig-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"); /* no fsync there */
        cr_assert_not_null(mkdtemp(r->stores));
        setenv("TOCSIN_STORE", RIG_STORE_MODULE, 0);
        r->config.state_store = STATE_DISK;
        r->config.state_path = r->stores;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *f) {
        (void)s;
        (void)type;
        (void)f;
        return remove(path);
}

void rig_remove(const char *folder) {
        (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void rig_deinit(Rig *r) {
        for (uint32_t i = 0; i < r->n_workers; i++)
                worker_free(r->worker[i]);
        if (r->stores[0])
                rig_remove(r->stores);
        bus_mem_free(r->log);
        schemas_free(r->schemas);
        metrics_free(r->metrics);
}

Worker *rig_start(Rig *r, uint32_t i) {
        Why why = { 0 };
        char pointer[256];
        WorkerConf conf = { .config = &r->config,
                            .pipeline = &r->pipe,
                            .ordinal = i,
                            .plugin = &r->plugin,
                            .settings = &r->settings,
                            .schemas = r->schemas,
                            .clock = &r->clock.clock,
                            .mem = r->log,
                            .metrics = r->metrics,
                            .in_flight = &r->flight,
                            .spans = r->spans,
                            .skip = r->skip,
                            .n_skip = r->n_skip,
                            .journal_wall = r->journal_wall };
        cr_assert_eq(worker_new(&r->worker[i], &conf, &why, pointer), 0, "%s", why.text);
        return r->worker[i];
}

void rig_kill(Rig *r, uint32_t i) {
        Worker *w = r->worker[i];
        if (w->bus)
                bus_mem_kill(w->bus);
        w->bus = NULL;
        w->open = false;
        if (w->restore)
                w->restore = bus_reader_close(w->restore);
        r->worker[i] = worker_free(w);
}

static void put_long(Buffer *b, int64_t n) {
        uint64_t z = ((uint64_t)n << 1) ^ (uint64_t)(n >> 63);
        for (; z >= 0x80; z >>= 7)
                buffer_u8(b, (uint8_t)(z | 0x80));
        buffer_u8(b, (uint8_t)z);
}

static const Schema *schema_at(Rig *r, uint32_t port) {
        static Schema *kept[2];
        Why why;
        if (!kept[port])
                cr_assert_eq(schema_parse(&kept[port], bytes_z(r->plugin.port[port]->schema), NULL, &why), 0);
        return kept[port];
}

void rig_put_raw(Rig *r, const char *key, Bytes value, int32_t partition) {
        cr_assert_eq(bus_mem_put(r->log, "events", partition, bytes_z(key), value, r->clock.now_us), 0);
}

void rig_put(Rig *r, const char *key, int64_t time_us, int64_t n, const char *what, int32_t partition) {
        Buffer b = BUFFER_NULL;
        frame_put(&b, FRAMING_SINGLE, schema_at(r, 0), -1);
        put_long(&b, (int64_t)strlen(key));
        buffer_put_z(&b, key);
        put_long(&b, time_us);
        put_long(&b, n);
        put_long(&b, (int64_t)strlen(what));
        buffer_put_z(&b, what);
        rig_put_raw(r, key, buffer_bytes(&b), partition);
        buffer_deinit(&b);
}

void rig_row(Rig *r, const char *key, int64_t n) {
        Buffer b = BUFFER_NULL;
        frame_put(&b, FRAMING_SINGLE, schema_at(r, 1), -1);
        put_long(&b, (int64_t)strlen(key));
        buffer_put_z(&b, key);
        put_long(&b, 0);
        put_long(&b, n);
        cr_assert_eq(bus_mem_put(r->log, "rows", -1, bytes_z(key), n < 0 ? BYTES_NULL : buffer_bytes(&b), r->clock.now_us), 0);
        buffer_deinit(&b);
}

void rig_settle(Rig *r) {
        for (unsigned quiet = 0, turns = 0; quiet < 2; turns++) {
                cr_assert(turns < 20000, "the workers find no rest");
                bool idle = true, wait = false;
                for (uint32_t i = 0; i < r->n_workers; i++) {
                        if (!r->worker[i])
                                continue;
                        int a = worker_turn(r->worker[i], 0);
                        cr_assert(a >= 0, "worker_turn: %d", a);
                        idle = idle && a == WORKER_E_IDLE;
                        wait = wait || a == WORKER_E_WAIT;
                }
                if (wait)
                        r->clock.now_us += 50000;
                quiet = idle ? quiet + 1 : 0;
        }
}

void rig_commit(Rig *r) {
        for (uint32_t i = 0; i < r->n_workers; i++)
                if (r->worker[i])
                        cr_assert(worker_commit(r->worker[i]) >= 0);
        rig_settle(r);
}

void rig_drain(Rig *r) {
        for (int i = 0; i < 12; i++) {
                rig_settle(r);
                rig_commit(r);
                r->clock.now_us += 1000000;
        }
        rig_settle(r);
        rig_commit(r);
}

/* ---- looking ---------------------------------------------------------------------------------------- */

typedef struct Lines {
        char **at;
        size_t n, size;
} Lines;

static void lines_add(Lines *l, char *z) {
        if (l->n == l->size)
                l->at = realloc(l->at, (l->size = l->size ? 2 * l->size : 64) * sizeof *l->at);
        l->at[l->n++] = z;
}

static int by_text(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *lines_join(Lines *l) {
        Buffer b = BUFFER_NULL;
        if (l->n)
                qsort(l->at, l->n, sizeof *l->at, by_text);
        for (size_t i = 0; i < l->n; i++) {
                buffer_put_z(&b, l->at[i]);
                buffer_u8(&b, '\n');
                free(l->at[i]);
        }
        buffer_u8(&b, 0);
        free(l->at);
        return (char *)b.ptr;
}

static int add_record(void *arg, const BusRecord *r) {
        Buffer b = BUFFER_NULL;
        BusHeader id;
        buffer_printf(&b, "%.*s ", BYTES_ARG(r->key));
        for (size_t i = 0; i < r->value.len; i++)
                buffer_printf(&b, "%02x", r->value.ptr[i]);
        if (getenv("RIG_IDS") && record_header(r, "tocsin-id", &id))
                buffer_printf(&b, " %.*s", BYTES_ARG(id.value));
        buffer_u8(&b, 0);
        lines_add(arg, (char *)b.ptr);
        return 0;
}

char *rig_outputs(Rig *r, const char *topic) {
        Lines l = { 0 };
        bus_mem_each(r->log, topic, add_record, &l);
        return lines_join(&l);
}

static int add_one(void *arg, const BusRecord *r) {
        (void)r;
        ++*(size_t *)arg;
        return 0;
}

size_t rig_count(Rig *r, const char *topic) {
        size_t n = 0;
        bus_mem_each(r->log, topic, add_one, &n);
        return n;
}

char *rig_dump(Rig *r, bool partitions) {
        Lines l = { 0 };
        for (uint32_t i = 0; i < r->n_workers; i++) {
                Buffer b = BUFFER_NULL;
                if (!r->worker[i])
                        continue;
                cr_assert_eq(worker_dump(r->worker[i], &b), 0);
                buffer_u8(&b, 0);
                char *save = NULL;
                for (char *z = strtok_r((char *)b.ptr, "\n", &save); z; z = strtok_r(NULL, "\n", &save))
                        lines_add(&l, strdup(partitions ? z : strchr(z, ' ') + 1));
                buffer_deinit(&b);
        }
        return lines_join(&l);
}

double rig_metric(Rig *r, const char *name) {
        return metrics_sum(r->metrics, name);
}

void rig_balance(Rig *r, double in) {
        double all = rig_metric(r, "tocsin_records_in_total");
        double sum = rig_metric(r, "tocsin_records_processed_total") + rig_metric(r, "tocsin_records_skipped_total") +
                     rig_metric(r, "tocsin_records_dead_total") + rig_metric(r, "tocsin_records_late_dropped_total");
        cr_assert_eq(all, sum, "in %g, accounted for %g", all, sum);
        cr_assert(in < 0 || all == in, "in %g, expected %g", all, in);
}
