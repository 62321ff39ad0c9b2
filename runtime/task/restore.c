/* A task's table from its changelog partition, a slice at a time, so that the group is served in between. */
#include "core/log.h"
#include "task/inner.h"

#define SLICE 64u /* polls of the reader in one step */
#define SAY_EVERY_US INT64_C(1000000)

static void progress(Worker *w) {
        int64_t done = 0, total = 0;
        bus_reader_progress(w->restore, &done, &total);
        metric_set(w->cell.restore_done, (double)done);
        metric_set(w->cell.restore_total, (double)total);
        if (w->conf.in_flight) {
                atomic_store(&w->conf.in_flight->restore_done, (uint64_t)done);
                atomic_store(&w->conf.in_flight->restore_total, (uint64_t)total);
        }
        int64_t now = w->conf.clock->mono_us(w->conf.clock);
        if (now - w->said_us < SAY_EVERY_US)
                return;
        w->said_us = now;
        LOG(LOG_INFO, "restore.progress", "restoring state", LOG_S("pipeline", w->pipe->name),
            LOG_I("partition", w->owned[w->restoring]->partition), LOG_I("records", done), LOG_I("of", total));
}

static int open_reader(Worker *w, Task *t, int64_t from, Why *why) {
        if (from < 0)
                return bus_reader_open(&w->restore, &w->bus_conf, &w->pipe->changelog, 1, t->partition, why);
        int r = bus_reader_open_from(&w->restore, &w->bus_conf, w->pipe->changelog, t->partition, from, why);
        if (r != BUS_E_END)
                return r;
        if (t->warm >= 0) { /* what a standby knew is of another time */
                t->warm = -1;
                table_clear(t->table);
        } else {
                GUARD(disk_anew(t, "its changelog does not reach so far", why));
        }
        return open_reader(w, t, -1, why);
}

static int begin(Worker *w, Task *t, Why *why) {
        int64_t from = t->warm;
        doing(w, DOING_RESTORE);
        if (from < 0)
                table_clear(t->table);
        int r = from < 0 ? disk_begin(t, &from, why) : 0;
        if (r == 0)
                r = open_reader(w, t, from, why);
        doing(w, DOING_NOTHING);
        if (r != 0)
                return r;
        if (!w->changelog_compact && bus_reader_first(w->restore, 0, t->partition) > 0)
                return why_say(why, BUS_E_CONF,
                               "the beginning of changelog %s, partition %d, is gone and its topic is not compacted: the state "
                               "cannot be "
                               "restored; use a real broker, or delete the changelog and the group's offsets to begin anew",
                               w->pipe->changelog, (int)t->partition);
        return 0;
}

/* Leaving it out would be a guess at what else is not ours. */
static int foreign(const Task *t, const BusRecord *r, const char *what, Why *why) {
        return why_say(why, BUS_E_CONF,
                       "changelog %s, partition %d, offset %lld: %s, which this pipeline never writes; see who writes there and "
                       "take that right away, then delete the changelog and the group's offsets to begin anew%s",
                       t->w->pipe->changelog, (int)t->partition, (long long)r->offset, what,
                       t->w->changelog_compact ? "" : "; with cleanup.policy=compact a broker refuses records without a key");
}

static int load(Task *t, const BusRecord *r, Why *why) {
        if (r->key.len < 1)
                return foreign(t, r, "a record without a key", why);
        int a = table_load(t->table, r->key.ptr[0], bytes_of(r->key.ptr + 1, r->key.len - 1), r->value);
        if (r->key.ptr[0] == SPACE_META)
                t->disk.meta = r->value.ptr ? r->offset : -1;
        if (a == TABLE_E_STORE)
                return disk_trouble(t, why);
        if (a == TABLE_E_FULL)
                return why_say(why, BUS_E_CONF, "partition %d has more state than its share of memory.max, %zu bytes; raise it",
                               (int)t->partition, t->w->table_bytes);
        if (a > 0)
                return foreign(t, r, "a record of another kind", why);
        return a;
}

static int finish(Task *t, Why *why) {
        meta_read(t);
        GUARD(disk_end(t, why));
        /* Silence is what we would have heard, and nobody listened: it begins anew, and what waits is read first. */
        for (uint32_t i = 0; i < t->mark.n; i++)
                t->mark.port[i].active = WATERMARK_NONE;
        t->mark_committed = t->mark;
        t->wall_committed = t->wall;
        LOG(LOG_INFO, "restore.done", "state restored", LOG_S("pipeline", t->w->pipe->name), LOG_I("partition", t->partition),
            LOG_I("entries", table_count(t->table, SPACE_USER)), LOG_I("bytes", table_bytes(t->table)),
            LOG_I("state_version", t->found));
        return 0;
}

/* 0: a slice is done | BUS_E_END: all tables are whole | BUS_E_…: trouble, *back.why | < 0 */
int restore_step(Worker *w, int64_t wait_us) {
        const BusRecord *r;
        size_t n;
        Why *why = &w->back.why;
        if (w->restoring == w->n_owned)
                return BUS_E_END;
        Task *t = w->owned[w->restoring];
        if (!w->restore)
                GUARD(begin(w, t, why));
        for (unsigned i = 0; i < SLICE; i++) {
                int a = bus_reader_poll(w->restore, i == 0 ? wait_us : 0, &r, &n);
                if (a == BUS_E_IDLE)
                        break;
                if (a == BUS_E_END) {
                        progress(w);
                        w->restore = bus_reader_close(w->restore);
                        a = finish(t, why);
                        w->restoring += a == 0;
                        return a == DISK_E_ANEW ? 0 : a;
                }
                if (a != 0)
                        return a;
                for (size_t k = 0; k < n; k++)
                        GUARD(load(t, &r[k], why));
                failpoint(w, FP_IN_RESTORE);
        }
        progress(w);
        return 0;
}
