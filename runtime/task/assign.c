/* Partitions come and go: a task for each number, its table restored before its first event. */
#include "core/log.h"
#include "seal/digest.h"
#include "task/inner.h"

Position *position_of(Worker *w, uint32_t source, int32_t partition) {
        int32_t i = w->pos_of[(size_t)source * (size_t)w->n_partitions + (size_t)partition];
        return i < 0 ? NULL : &w->pos[i];
}

void id_base_of(const char *topic, int32_t partition, uint8_t ret[16]) {
        uint8_t in[TOPIC_MAX + 8], out[DIGEST_LEN];
        size_t n = strlen(topic);
        memcpy(in, topic, n);
        memcpy(in + n, &partition, 4);
        digest_sha256(bytes_of(in, n + 4), out);
        memcpy(ret, out, 16);
}

int task_new(Task **ret, Worker *w, int32_t partition) {
        Task *t = calloc(1, sizeof *t);
        if (!t)
                return -ENOMEM;
        t->w = w;
        t->partition = partition;
        t->wall = t->wall_committed = t->begun = INT64_MIN;
        t->warm = -1;
        host_init(t);
        t->id_base = calloc(w->n_sources + 1, 16);
        if (!t->id_base || table_new(&t->table, disk_memory(w)) != 0 || timers_new(&t->timers, t->table) != 0) {
                task_free(t);
                return -ENOMEM;
        }
        for (uint32_t s = 0; s < w->n_sources; s++)
                id_base_of(w->source[s].topic, t->partition, t->id_base[s]);
        watermark_init(&t->mark, w->n_marks);
        t->mark_committed = t->mark;
        if (partition >= 0)
                accounts_task(t);
        *ret = t;
        return 0;
}

static void bury(Task *t) {
        if (t->inst && t->w->plugin->destroy) {
                call_begin(t, CALL_DESTROY);
                t->w->plugin->destroy(t->inst);
                call_end(t, 0);
        }
        t->inst = NULL;
}

Task *task_free(Task *t) {
        if (!t)
                return NULL;
        bury(t);
        if (t->table)
                table_clear(t->table);
        /* Another worker has these from now on. */
        metric_set(t->cell.lag, 0);
        metric_set(t->cell.state, 0);
        metric_set(t->cell.mark_lag, 0);
        disk_left(t);
        timers_free(t->timers);
        table_free(t->table);
        free(t->id_base);
        free(t);
        return NULL;
}

int task_birth(Task *t, Why *why) {
        Worker *w = t->w;
        void *inst = NULL;
        call_begin(t, CALL_CREATE);
        int r = w->plugin->create(&inst, &t->host, w->conf.settings);
        call_end(t, r);
        if (r != 0)
                return why_say(why, r < 0 ? r : -EINVAL, "plugin %s refuses its settings: %s", w->plugin->name,
                               w->call.failed ? w->call.why.text : strerror(r < 0 ? -r : EINVAL));
        t->inst = inst;
        return 0;
}

void task_stop(Task *t, const Why *why) {
        Why full = *why;
        t->stopped = true;
        t->touched = false;
        table_rollback(t->table);
        why_in(&full, 0, "partition %d of pipeline %s is stopped", (int)t->partition, t->w->pipe->name);
        trouble_say(t->w, "task.stopped", &full);
}

static int rebuild_once(Task *t, Why *why) {
        Worker *w = t->w;
        if (t->lost)
                bury(t);
        t->lost = false;
        if (!t->inst)
                GUARD(task_birth(t, why));
        if (!w->plugin->rebuild)
                return 0;
        call_begin(t, CALL_REBUILD);
        doing(w, DOING_REBUILD);
        int r = call_end(t, w->plugin->rebuild(t->inst, t->found));
        doing(w, DOING_NOTHING);
        if (w->pending)
                return STEP_BACK;
        if (r == 0)
                return 0;
        return why_say(why, r < 0 ? r : -EINVAL, "rebuild: %s", w->call.failed ? w->call.why.text : "the plugin refused");
}

/* The table is the truth: the instance reads it anew. What cannot be read stops this task and no other. */
int task_rebuild(Task *t) {
        Worker *w = t->w;
        Why why = { 0 };
        if (t->found > w->plugin->state_version) {
                why_say(&why, 0,
                        "its state was written by version %u of the layout, and plugin %s %s knows %u; install the newer plugin",
                        t->found, w->plugin->name, w->plugin->version, w->plugin->state_version);
                task_stop(t, &why);
                return 0;
        }
        if (t->found && t->found < w->plugin->state_version && !w->plugin->rebuild) {
                why_say(&why, 0, "its state has layout %u, and plugin %s %s (layout %u) does not say how to read it", t->found,
                        w->plugin->name, w->plugin->version, w->plugin->state_version);
                task_stop(t, &why);
                return 0;
        }
        int r = rebuild_once(t, &why);
        if (r < 0) { /* once more with a new instance: perhaps only its caches were broken */
                t->lost = true;
                r = rebuild_once(t, &why);
        }
        GUARD(disk_sound(w));
        if (r < 0) {
                task_stop(t, &why);
                return 0;
        }
        if (r == 0 && t->found && t->found < w->plugin->state_version) {
                GUARD(turn_begin(w));
                turn_touch(t); /* the new layout is journalled with the new state */
        }
        return r;
}

void assign_drop(Worker *w) {
        for (size_t i = 0; i < w->n_owned; i++) {
                w->task[w->owned[i]->partition] = NULL;
                w->owned[i] = task_free(w->owned[i]);
        }
        w->n_owned = w->n_pos = 0;
        w->restore = bus_reader_close(w->restore);
        w->batch_n = w->batch_at = 0;
        w->open = false;
        w->pending = 0;
        w->retry.n_doomed = 0;
        retry_forget(w);
        if (w->conf.in_flight)
                atomic_store(&w->conf.in_flight->ready, 0);
        if (w->phase > PHASE_WAITING)
                w->phase = PHASE_WAITING;
}

/* What a standby knows of it already. */
static void warm(Task *t) {
        Table *table;
        Timers *timers;
        if (!standby_give(t->w->conf.standby, t->partition, &table, &timers, &t->warm))
                return;
        timers_free(t->timers);
        table_free(t->table);
        t->table = table;
        t->timers = timers;
}

static int own(Worker *w, int32_t partition) {
        if (w->task[partition])
                return 0;
        GUARD(task_new(&w->task[partition], w, partition));
        w->owned[w->n_owned++] = w->task[partition];
        warm(w->task[partition]);
        return 0;
}

static int by_partition(const void *a, const void *b) {
        const Task *x = *(Task *const *)a, *y = *(Task *const *)b;
        return (x->partition > y->partition) - (x->partition < y->partition);
}

/* Delivery is held by the Bus until assign_run(). 0 | BUS_E_… | < 0 */
int assign_begin(Worker *w) {
        const BusPosition *at;
        size_t n;
        Why why = { 0 };
        assign_drop(w);
        doing(w, DOING_ASSIGN);
        int r = bus_assigned(w->bus, &at, &n, &why);
        doing(w, DOING_NOTHING);
        if (r != 0) {
                w->back.why = why;
                return r;
        }
        for (size_t i = 0; i < (size_t)w->n_partitions * w->n_sources; i++)
                w->pos_of[i] = -1;
        for (size_t i = 0; i < n; i++) {
                if (at[i].partition < 0 || at[i].partition >= w->n_partitions || at[i].topic >= w->n_sources) {
                        why_say(&w->back.why, 0,
                                "topic %s has grown to more than %d partitions; stop, drain and reshape the pipeline",
                                at[i].topic < w->n_sources ? w->source[at[i].topic].topic : "?", (int)w->n_partitions);
                        return BUS_E_FATAL;
                }
                w->pos[w->n_pos] = (Position){ at[i].topic, at[i].partition, at[i].offset, at[i].offset };
                w->pos_of[(size_t)at[i].topic * (size_t)w->n_partitions + (size_t)at[i].partition] = (int32_t)w->n_pos++;
                GUARD(own(w, at[i].partition));
        }
        if (w->n_owned)
                qsort(w->owned, w->n_owned, sizeof(Task *), by_partition);
        LOG(LOG_INFO, "worker.assigned", "partitions assigned", LOG_S("pipeline", w->pipe->name), LOG_I("tasks", w->n_owned));
        w->restoring = 0;
        w->phase = PHASE_RESTORING;
        return 0;
}

int assign_rewind(Worker *w) {
        for (size_t i = 0; i < w->n_pos; i++)
                w->at[i] = (BusPosition){ w->pos[i].source, w->pos[i].partition, w->pos[i].committed };
        if (bus_rewind(w->bus, w->at, w->n_pos, &w->back.why) != 0)
                return STEP_SPENT;
        for (size_t i = 0; i < w->n_owned; i++)
                if (w->owned[i]->stopped)
                        bus_hold(w->bus, w->owned[i]->partition, true);
        return 0;
}

/* All tables are whole: instances read them, and delivery begins. */
int assign_run(Worker *w) {
        for (size_t i = 0; i < w->n_owned; i++)
                GUARD(task_rebuild(w->owned[i]));
        GUARD(assign_rewind(w));
        standby_forget(w->conf.standby); /* what others own */
        w->phase = PHASE_RUNNING;
        w->reopen_wait_us = 0;
        if (w->conf.in_flight)
                atomic_store(&w->conf.in_flight->ready, 1);
        return 0;
}
