/* The turn, from the outside: poll, work through what came, commit when due; and what to do when it ends badly. */
#include "core/log.h"
#include "task/inner.h"

#define SLICE_US INT64_C(20000) /* one wait while restoring: the group wants to be served in between */
#define LOOK_US INT64_C(1000000) /* gauges and the health of the bus */

static int64_t mono(const Worker *w) {
        return w->conf.clock->mono_us(w->conf.clock);
}

/* A turn that is to go back cannot on a Bus that is spent: what a send answered in it says so. */
static int way_back(const Worker *w, int r) {
        return r == STEP_BACK && w->pending && w->pending != BUS_E_ABORTED ? STEP_SPENT : r;
}

/* A step that did not end with 0: back to the last commit, or a new Bus, or nothing to be done. */
static int mend(Worker *w, int r) {
        Why health = { 0 };
        r = way_back(w, r);
        if (r == STEP_BACK) {
                r = turn_rollback(w, true);
                int sick = r == 0 && !w->back.by_record && !w->back.by_timer ? bus_health(w->bus, &health) : 0;
                if (sick == BUS_E_FATAL) {
                        w->back.why = health;
                        r = STEP_SPENT;
                }
                if (r == 0) {
                        if (sick)
                                trouble_say(w, "worker.trouble", &health);
                        retry_after(w, sick != 0);
                        return w->retry.due_us ? WORKER_E_WAIT : 0;
                }
                r = r < 0 ? r : STEP_SPENT;
        }
        if (r == STEP_SPENT) {
                Why why = w->back.why;
                open_lost(w, &why);
                return WORKER_E_WAIT;
        }
        return r;
}

/* The Bus said so where it has no words: the reason is what its health says. */
static int spent(Worker *w, const char *call) {
        Why why = { 0 };
        if (bus_health(w->bus, &why) == BUS_E_FATAL)
                w->back.why = why;
        else
                why_say(&w->back.why, 0, "%s: the bus is %s", call, bus_answer(BUS_E_FATAL));
        return mend(w, STEP_SPENT);
}

static int revoked(Worker *w, bool lost) {
        int r = 0;
        if (w->open && !lost)
                r = way_back(w, turn_commit(w, mono(w) + REVOKE_US));
        if (w->open && r != STEP_SPENT)
                r = turn_rollback(w, false);
        LOG(LOG_INFO, lost ? "worker.lost" : "worker.revoked", "partitions are gone", LOG_S("pipeline", w->pipe->name),
            LOG_I("tasks", w->n_owned));
        assign_drop(w);
        if (r == STEP_SPENT)
                return mend(w, STEP_SPENT);
        if (bus_release(w->bus) != 0)
                return spent(w, "release");
        return r < 0 ? r : 0;
}

/* How long a poll may wait: not beyond the commit that is due, nor beyond the next timer. */
static int64_t patience(Worker *w, int64_t wait_us) {
        int64_t left = wait_us;
        if (w->phase == PHASE_RESTORING || w->phase == PHASE_ASSIGNING)
                return 0;
        if (w->open) {
                left = w->begun_us + w->pipe->commit_us - mono(w);
        } else if (!w->conf.journal_wall) {
                int64_t due = ticks_due(w), now = turn_wall(w);
                left = due == INT64_MAX ? wait_us : due - now;
        }
        left = left < wait_us ? left : wait_us;
        return left > 0 ? left : 0;
}

static int nothing_came(Worker *w) {
        Why why = { 0 };
        if (w->phase == PHASE_RUNNING && !w->open && !w->conf.journal_wall && ticks_due(w) <= turn_wall(w)) {
                int r = turn_ready(w);
                return r == 0 ? 0 : mend(w, r);
        }
        if (w->open) {
                w->clock_skip = 0;
                if (turn_due(w)) {
                        int r = turn_commit(w, 0);
                        return r == 0 ? 0 : mend(w, r);
                }
        }
        if (mono(w) - w->health_us >= LOOK_US || w->in_trouble) {
                w->health_us = mono(w);
                int r = bus_health(w->bus, &why);
                if (r == BUS_E_FATAL) {
                        w->back.why = why;
                        return mend(w, STEP_SPENT);
                }
                if (r != 0) {
                        trouble_say(w, "worker.trouble", &why);
                        return WORKER_E_WAIT;
                }
                if (w->phase == PHASE_RUNNING)
                        trouble_over(w);
        }
        return WORKER_E_IDLE;
}

static int assigned(Worker *w) {
        int r;
        if (mono(w) < w->reopen_us && w->reopen_wait_us)
                return WORKER_E_WAIT;
        r = assign_begin(w);
        if (r == BUS_E_FATAL)
                return mend(w, STEP_SPENT);
        if (r <= 0)
                return r;
        w->phase = PHASE_ASSIGNING;
        return open_wait(w, &w->back.why);
}

static int restore(Worker *w, int64_t wait_us) {
        if (mono(w) < w->reopen_us && w->reopen_wait_us)
                return WORKER_E_WAIT;
        int r = restore_step(w, wait_us < SLICE_US ? wait_us : SLICE_US);
        if (r == BUS_E_END) {
                r = assign_run(w);
                return r == 0 ? 0 : mend(w, r);
        }
        if (r <= 0)
                return r;
        w->restore = bus_reader_close(w->restore);
        return r == BUS_E_FATAL ? mend(w, STEP_SPENT) : open_wait(w, &w->back.why);
}

static int tables(Worker *w, int64_t wait_us) {
        Why why = { 0 };
        if (mono(w) < w->reopen_us && w->reopen_wait_us)
                return WORKER_E_WAIT;
        int r = tables_step(w, wait_us, &why);
        if (r == BUS_E_END && w->phase == PHASE_TABLES)
                w->phase = PHASE_WAITING;
        if (r == BUS_E_END || r == BUS_E_IDLE || r <= 0)
                return r < 0 ? r : 0;
        w->back.why = why;
        if (w->phase == PHASE_TABLES || r == BUS_E_FATAL || r == BUS_E_CONF)
                return mend(w, STEP_SPENT);
        return open_wait(w, &why);
}

/* Through the records that came; a turn that is due ends here, the rest comes in the next. */
static int work(Worker *w) {
        while (w->batch_at < w->batch_n) {
                int r = turn_ready(w);
                if (r == 0 && !w->cut && !retry_apart(w))
                        r = deliver(w);
                bool due = r == 0 && (turn_due(w) || retry_apart(w));
                if (due)
                        r = turn_commit(w, 0);
                if (r != 0)
                        return mend(w, r);
                if (due)
                        return 0;
        }
        return 0;
}

static int poll(Worker *w, int64_t wait_us) {
        int r = bus_poll(w->bus, patience(w, wait_us), &w->batch, &w->batch_n);
        w->batch_at = 0;
        if (r != 0)
                w->batch_n = 0;
        switch (r) {
        case 0:
                return 0;
        case BUS_E_IDLE:
                return nothing_came(w);
        case BUS_E_ASSIGNED:
                if (w->open && (r = turn_rollback(w, false)) != 0)
                        return mend(w, r < 0 ? r : STEP_SPENT);
                w->phase = PHASE_ASSIGNING;
                w->reopen_wait_us = 0;
                return assigned(w);
        case BUS_E_REVOKED:
                return revoked(w, false);
        case BUS_E_LOST:
                return revoked(w, true);
        default:
                return r < 0 ? r : spent(w, "poll");
        }
}

static void look(Worker *w) {
        int64_t now = mono(w);
        if (now - w->gauges_us < LOOK_US || w->phase != PHASE_RUNNING)
                return;
        w->gauges_us = now;
        accounts_gauges(w);
}

int worker_turn(Worker *w, int64_t wait_us) {
        wait_us = wait_us > 0 ? wait_us : 0;
        if (w->phase == PHASE_DOWN)
                return open_bus(w);
        if (w->phase == PHASE_TABLES)
                return tables(w, wait_us < SLICE_US ? wait_us : SLICE_US);
        if (w->retry.due_us) {
                if (mono(w) < w->retry.due_us)
                        return WORKER_E_WAIT;
                w->retry.due_us = 0;
        }
        if (!w->open && w->tables.reader) {
                int r = tables(w, 0);
                if (r != 0)
                        return r;
        }
        look(w);
        if (w->batch_at == w->batch_n) {
                WorkerPhase before = w->phase;
                int r = poll(w, wait_us);
                if (w->phase == PHASE_ASSIGNING && before == PHASE_ASSIGNING)
                        return assigned(w);
                if (w->phase == PHASE_RESTORING && before == PHASE_RESTORING)
                        return restore(w, wait_us);
                if (r != 0)
                        return r;
        }
        return work(w);
}

int worker_commit(Worker *w) {
        int r = turn_commit(w, 0);
        return r == 0 ? 0 : mend(w, r);
}

/* The first timer of all tasks and both clocks: by time, then name. */
static Task *first_timer(Worker *w, int64_t until_us, unsigned *ret_clock) {
        Task *best = NULL;
        Bytes name = BYTES_NULL, n;
        int64_t at = until_us, a;
        for (size_t i = 0; i < w->n_owned; i++)
                for (unsigned c = 0; c < 2 && !w->owned[i]->stopped; c++) {
                        if (!timers_peek(w->owned[i]->timers, c, &n, &a) || a > at ||
                            (best && a == at && bytes_cmp(n, name) >= 0))
                                continue;
                        best = w->owned[i];
                        *ret_clock = c;
                        name = n;
                        at = a;
                }
        return best;
}

static int finish_one(Worker *w, Task *t, unsigned clock, int64_t until_us) {
        uint8_t name[LIMIT_TIMER_NAME_BYTES];
        size_t len;
        int64_t at;
        GUARD(turn_begin(w));
        w->fired = true; /* in their order, not task by task */
        int r = timers_take(t->timers, clock, until_us, name, &len, &at);
        if (r != 0)
                return r < 0 ? r : -EIO;
        if (at > w->wall_us)
                w->wall_us = at;
        if (at > t->wall)
                t->wall = at;
        return ticks_call(t, bytes_of(name, len), at, clock);
}

int worker_finish(Worker *w, int64_t until_us) {
        unsigned clock = 0;
        for (Task *t; w->phase == PHASE_RUNNING && (t = first_timer(w, until_us, &clock));) {
                int r = finish_one(w, t, clock, until_us);
                if (r == 0 && turn_due(w))
                        r = turn_commit(w, 0);
                if (r != 0 && (r = mend(w, r)) != 0 && r != WORKER_E_WAIT)
                        return r;
                if (r == WORKER_E_WAIT && w->phase != PHASE_RUNNING)
                        return r;
        }
        return worker_commit(w);
}
