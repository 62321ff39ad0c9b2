/* The end of a turn: everything it did becomes durable and visible together, or none of it. */
#include "core/log.h"
#include "task/inner.h"

typedef struct Log {
        Task *t;
        int r;
} Log;

/* The changelog's key: one byte of space, then the key. */
static int send_change(void *arg, TableSpace space, Bytes key, Bytes value) {
        Log *l = arg;
        uint8_t full[1 + LIMIT_KEY_BYTES];
        full[0] = (uint8_t)space;
        memcpy(full + 1, key.ptr, key.len);
        l->r = turn_send(l->t->w, &(BusSend){
                                          .output = l->t->w->out_changelog,
                                          .partition = l->t->partition,
                                          .key = bytes_of(full, key.len + 1),
                                          .value = value,
                                          .time_us = l->t->wall,
                                  });
        if (l->r == BUS_E_TOO_BIG)
                why_say(&l->t->w->back.why, 0,
                        "a table value of %zu bytes is over message.max.bytes of the changelog; raise it on the topic and in "
                        "`kafka`",
                        value.len);
        l->t->w->back.by_commit = l->r == BUS_E_TOO_BIG;
        return l->r;
}

static int send_changes(Worker *w) {
        for (size_t i = 0; i < w->n_owned; i++) {
                Task *t = w->owned[i];
                if (!t->touched)
                        continue;
                int r = meta_write(t);
                if (r != 0)
                        return r < 0 ? r : -EIO;
                Log l = { t, 0 };
                r = table_changes(t->table, send_change, &l);
                if (r != 0)
                        return r < 0 ? r : STEP_BACK;
        }
        return 0;
}

static int send_offsets(Worker *w, int64_t deadline_us) {
        size_t n = 0;
        for (size_t i = 0; i < w->n_pos; i++)
                if (w->pos[i].next != w->pos[i].committed)
                        w->at[n++] = (BusPosition){ w->pos[i].source, w->pos[i].partition, w->pos[i].next };
        int r = bus_commit(w->bus, w->at, n, deadline_us, &w->back.why);
        if (r == 0)
                return 0;
        w->pending = r;
        return r < 0 ? r : r == BUS_E_ABORTED ? STEP_BACK : STEP_SPENT;
}

/* What is durable is now also what we believe. 0 | STEP_SPENT: a store on disk did not take it; it will hear of it by the
 * changelog. */
static int apply(Worker *w) {
        int r = 0;
        for (size_t i = 0; i < w->n_owned; i++) {
                Task *t = w->owned[i];
                if (!t->touched)
                        continue;
                if (table_commit(t->table) != 0)
                        r = STEP_SPENT;
                t->mark_committed = t->mark;
                t->wall_committed = t->wall;
                t->found = w->plugin->state_version;
                t->touched = false;
        }
        for (size_t i = 0; i < w->n_pos; i++)
                w->pos[i].committed = w->pos[i].next;
        w->wall_committed = w->wall_us;
        accounts_apply(w);
        retry_committed(w);
        w->open = false;
        return r ? disk_sound(w) : 0;
}

int turn_commit(Worker *w, int64_t deadline_us) {
        if (!w->open)
                return 0;
        int64_t from = w->conf.clock->mono_us(w->conf.clock);
        doing(w, DOING_COMMIT);
        failpoint(w, FP_BEFORE_CHANGELOG);
        int r = w->pending ? STEP_BACK : disk_sound(w);
        if (r == 0)
                r = send_changes(w);
        if (r == 0) {
                failpoint(w, FP_AFTER_CHANGELOG);
                failpoint(w, FP_BEFORE_OFFSETS);
                r = send_offsets(w, deadline_us);
        }
        doing(w, DOING_NOTHING);
        if (r != 0)
                return r;
        failpoint(w, FP_AFTER_COMMIT);
        failpoint(w, FP_BEFORE_APPLY);
        GUARD(apply(w));
        if (w->spans.on)
                spans_commit(w);
        failpoint(w, FP_AFTER_APPLY);
        trouble_over(w);
        w->mono_us = w->conf.clock->mono_us(w->conf.clock);
        histogram_add(w->cell.commit, (double)(w->mono_us - from) * 1e-6);
        metric_add(w->cell.turns, 1);
        disk_committed(w);
        if (w->conf.in_flight)
                atomic_fetch_add_explicit(&w->conf.in_flight->turns, 1, memory_order_relaxed);
        return 0;
}

static void forget(Worker *w) {
        for (size_t i = 0; i < w->n_owned; i++) {
                Task *t = w->owned[i];
                table_rollback(t->table);
                t->mark = t->mark_committed;
                t->wall = t->wall_committed;
                t->touched = false;
        }
        if (w->conf.journal_wall)
                w->wall_us = w->wall_committed;
        accounts_drop(w);
        for (size_t i = 0; i < w->n_pos; i++)
                w->pos[i].next = w->pos[i].committed;
        w->batch_n = w->batch_at = 0;
        w->open = false;
        w->pending = 0;
        spans_forget(w);
}

/* Whatever ended the turn, this is how it ends: overlay dropped, instances told, everything read again from where it was
 * committed. rewind: not when the partitions are being taken away. */
int turn_rollback(Worker *w, bool rewind) {
        doing(w, DOING_ABORT);
        int r = bus_abort(w->bus, &w->back.why);
        doing(w, DOING_NOTHING);
        metric_add(w->cell.aborts, 1);
        forget(w);
        if (r != 0 || !rewind)
                return r == 0 ? 0 : STEP_SPENT;
        for (size_t i = 0; i < w->n_owned; i++)
                if (!w->owned[i]->stopped)
                        GUARD(task_rebuild(w->owned[i]));
        failpoint(w, FP_BEFORE_REWIND);
        return assign_rewind(w);
}
