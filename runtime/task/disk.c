/* Tables on disk, and why their stores can be believed. The changelog is the truth. A store is written after the turn is
 * committed, so it is never ahead of it; how far it came is told by the host's record in it, and by a mark: an offset of the
 * changelog below which everything is in the store, and at or above which the turn lies that wrote the mark. A new life reads
 * from there. If it does not meet a record of the same state that is at least as young as the store's, it believes nothing. */
#include "core/hash.h"
#include "core/log.h"
#include "task/inner.h"

#include <dirent.h>
#include <sys/stat.h>

#define FORMAT 1u /* of the store as a whole: keys, values, mark */
#define MARK_EVERY_US INT64_C(10000000) /* what lies behind the mark is read again after a crash */
/* Compaction forgets a deletion delete.retention.ms after it happened, one day unless told. A store that heard nothing for half
 * of that might bring back what was deleted. */
#define KEEP_US (INT64_C(12) * 3600 * 1000000)
#define BUFFER_LEAST (64u << 10)
#define BUFFER_MOST (16u << 20)

typedef struct DiskMark {
        uint32_t format;
        int64_t from, seen_us;
} __attribute__((packed)) DiskMark; /* then whose it is */

static bool on(const Worker *w) {
        return w->conf.config->state_store == STATE_DISK;
}

/* A folder for each ordinal: no two processes that live want the same. */
static int folder_of(const Worker *w, int32_t partition, char ret[PATH_MAX]) {
        int n = snprintf(ret, PATH_MAX, "%s/%s.%s.%u", w->conf.config->state_path, w->conf.config->app, w->pipe->name,
                         w->conf.ordinal);
        if (partition >= 0 && n < PATH_MAX)
                n += snprintf(ret + n, (size_t)(PATH_MAX - n), "/%d", (int)partition);
        return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static const char *brokers(const Worker *w) {
        for (uint32_t i = 0; i < w->bus_conf.n_properties; i++)
                if (!strcmp(w->bus_conf.properties[i].name, "bootstrap.servers"))
                        return w->bus_conf.properties[i].value;
        return "";
}

static void mark(Task *t, int64_t from) {
        Worker *w = t->w;
        uint8_t out[TABLE_MARK_MAX];
        DiskMark m = { FORMAT, from, w->conf.clock->wall_us(w->conf.clock) };
        memcpy(out, &m, sizeof m);
        int n = snprintf((char *)out + sizeof m, sizeof out - sizeof m, "%s %d %s", w->pipe->changelog, (int)t->partition,
                         brokers(w));
        size_t room = sizeof out - sizeof m - 1;
        table_mark(t->table, bytes_of(out, sizeof m + ((size_t)n < room ? (size_t)n : room)));
}

/* Whose it is and of when. NULL: it may be rolled forward from *ret_from; else why not. */
static const char *believe(Task *t, int64_t *ret_from) {
        Worker *w = t->w;
        Bytes was = table_marked(t->table);
        uint8_t copy[TABLE_MARK_MAX];
        DiskMark m;
        if (was.len < sizeof m)
                return "it is not whole";
        memcpy(copy, was.ptr, was.len);
        memcpy(&m, copy, sizeof m);
        if (m.format != FORMAT)
                return "it was written by another version of Tocsin";
        mark(t, m.from);
        Bytes want = table_unwritten(t->table);
        if (want.len != was.len || memcmp(want.ptr + sizeof m, copy + sizeof m, was.len - sizeof m) != 0)
                return "it is of another changelog";
        int64_t now = w->conf.clock->wall_us(w->conf.clock);
        if (m.seen_us < now - KEEP_US || m.seen_us > now + KEEP_US)
                return "it heard nothing for half a day, and a changelog may have forgotten deletions since";
        if (m.from < 0 || !meta_found(t))
                return "the host's record is missing";
        *ret_from = m.from;
        return NULL;
}

static void say_dropped(const Task *t, const char *what, const char *folder) {
        LOG(LOG_WARN, "state.dropped", "the store on disk is left; state is restored from the changelog",
            LOG_S("pipeline", t->w->pipe->name), LOG_I("partition", t->partition), LOG_S("because", what),
            LOG_S("folder", folder));
}

static int attach(Task *t, const char *folder, Why *why) {
        Worker *w = t->w;
        size_t buffer = w->table_bytes / 8;
        buffer = buffer < BUFFER_LEAST ? BUFFER_LEAST : buffer > BUFFER_MOST ? BUFFER_MOST : buffer;
        if (!w->stores)
                GUARD(store_cache_new(&w->stores, w->conf.config->memory_max / 8, why));
        return table_attach(t->table, folder, w->stores, buffer, why);
}

static int make_folders(Worker *w, Why *why) {
        char folder[PATH_MAX];
        GUARD(folder_of(w, -1, folder));
        if ((mkdir(w->conf.config->state_path, 0700) != 0 && errno != EEXIST) || (mkdir(folder, 0700) != 0 && errno != EEXIST))
                return why_say(why, BUS_E_CONF, "state.path: the folder %s cannot be made: %s", folder, strerror(errno));
        return 0;
}

/* Stores of partitions that others have by now, and that would not be believed any more. */
static void sweep(Worker *w) {
        char folder[PATH_MAX], one[PATH_MAX];
        DIR *d = folder_of(w, -1, folder) == 0 ? opendir(folder) : NULL;
        for (struct dirent *e; d && (e = readdir(d));) {
                char *end;
                struct stat s;
                long p = strtol(e->d_name, &end, 10);
                if (*end || end == e->d_name || p < 0 || (p < w->n_partitions && w->task[p]) ||
                    folder_of(w, (int32_t)p, one) != 0 || stat(one, &s) != 0)
                        continue;
                if (w->conf.clock->wall_us(w->conf.clock) / 1000000 - s.st_mtime > KEEP_US / 1000000)
                        (void)store_drop(one, NULL);
        }
        if (d)
                closedir(d);
}

static int wait_for(int r, const char *folder, Why *why) {
        return r < 0 ? r : why_in(why, BUS_E_CONF, "state.path: the store %s", folder);
}

int disk_begin(Task *t, int64_t *ret_from, Why *why) {
        char folder[PATH_MAX];
        *ret_from = -1;
        t->disk = (TaskDisk){ .meta = -1 };
        if (!on(t->w))
                return 0;
        GUARD(folder_of(t->w, t->partition, folder));
        GUARD(make_folders(t->w, why));
        if (t->w->restoring == 0)
                sweep(t->w);
        bool there = access(folder, F_OK) == 0;
        int r = attach(t, folder, why);
        if (r != 0 && (r != STORE_E_DOUBT || !there)) /* what was only just made is no old store that one could do without */
                return wait_for(r, folder, why);
        const char *doubt = r ? why->text : !there ? "" : !table_marked(t->table).ptr ? "it is not whole" : believe(t, ret_from);
        t->disk.found = !doubt;
        if (!doubt) {
                meta_read(t);
                t->disk.wall = t->wall;
                t->disk.begun = t->begun;
                t->disk.record = meta_hash(t);
        }
        return doubt && there ? disk_anew(t, doubt, why) : 0;
}

/* Of its share of memory a store takes half: blocks, and what is being written out. */
size_t disk_memory(const Worker *w) {
        return on(w) ? w->table_bytes / 2 : w->table_bytes;
}

static int drop(Task *t, const char *because, const char *folder, Why *why) {
        say_dropped(t, because, folder);
        t->disk = (TaskDisk){ .meta = -1 };
        table_detach(t->table);
        table_clear(t->table);
        return store_drop(folder, why);
}

int disk_anew(Task *t, const char *because, Why *why) {
        char folder[PATH_MAX];
        GUARD(folder_of(t->w, t->partition, folder));
        int r = drop(t, because, folder, why);
        if (r == 0)
                r = attach(t, folder, why);
        return r ? wait_for(r, folder, why) : 0;
}

/* What the changelog said since is in the table. 0 | DISK_E_ANEW: it was not to be believed | BUS_E_CONF, *why | < 0 */
int disk_end(Task *t, Why *why) {
        char folder[PATH_MAX];
        const char *doubt = NULL;
        const TaskDisk *d = &t->disk;
        if (!on(t->w))
                return 0;
        GUARD(folder_of(t->w, t->partition, folder));
        if (d->found && (d->meta < 0 || t->begun != d->begun))
                doubt = "its changelog was made anew, or reset";
        else if (d->found && (t->wall < d->wall || (t->wall == d->wall && meta_hash(t) != d->record)))
                doubt = "it is ahead of the changelog";
        if (doubt) {
                int r = drop(t, doubt, folder, why);
                return r ? wait_for(r, folder, why) : DISK_E_ANEW;
        }
        int r = table_settle(t->table);
        mark(t, d->meta < 0 ? 0 : d->meta);
        if (r == 0 && d->meta >= 0)
                r = table_settle(t->table);
        return r ? disk_trouble(t, why) : 0;
}

int disk_trouble(Task *t, Why *why) {
        char folder[PATH_MAX];
        int r = table_sound(t->table, why);
        if (r == 0 || folder_of(t->w, t->partition, folder) != 0)
                return r ? -EIO : 0;
        t->disk.doubt = r == STORE_E_DOUBT;
        return wait_for(r, folder, why);
}

void disk_left(Task *t) {
        char folder[PATH_MAX];
        if (!t->disk.doubt || folder_of(t->w, t->partition, folder) != 0)
                return;
        say_dropped(t, "it is damaged", folder);
        table_detach(t->table);
        (void)store_drop(folder, NULL);
}

int disk_sound(Worker *w) {
        if (!on(w))
                return 0;
        for (size_t i = 0; i < w->n_owned; i++)
                if (disk_trouble(w->owned[i], &w->back.why) != 0)
                        return STEP_SPENT;
        return 0;
}

void disk_committed(Worker *w) {
        if (!on(w) || !w->n_owned || w->mono_us - w->ends_us < MARK_EVERY_US)
                return;
        w->ends_us = w->mono_us;
        for (size_t i = 0; i < w->n_owned; i++)
                w->at[i] = (BusPosition){ .partition = w->owned[i]->partition };
        if (bus_ends(w->bus, w->out_changelog, w->at, w->n_owned) != 0)
                return;
        for (size_t i = 0; i < w->n_owned; i++)
                mark(w->owned[i], w->at[i].offset);
}
