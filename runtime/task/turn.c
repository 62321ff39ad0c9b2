/* A turn: begun by the first thing that needs it, stamped once, over when its time or its memory is used up. */
#include "core/log.h"
#include "task/inner.h"

void fail_step(Worker *w, const char *what) {
        why_in(&w->back.why, 0, "%s", what);
}

void turn_touch(Task *t) {
        t->touched = true;
}

/* Silence is what we would have heard: nothing of that port waits in the batch, and its broker says that there is no more. */
static bool heard(const Task *t, uint32_t mark) {
        Worker *w = t->w;
        for (uint32_t s = 0; s < w->n_sources; s++) {
                if (!w->source[s].port || w->source[s].port->mark != mark || !position_of(w, s, t->partition))
                        continue;
                for (size_t i = w->batch_at; i < w->batch_n; i++)
                        if (w->batch[i].topic == s && w->batch[i].partition == t->partition)
                                return false;
                if (!bus_at_end(w->bus, s, t->partition))
                        return false;
        }
        return true;
}

static void listen(Task *t) {
        for (uint32_t i = 0; i < t->mark.n; i++)
                if (watermark_idle(&t->mark, &t->w->time, i, t->wall) && !heard(t, i))
                        watermark_wake(&t->mark, i, t->wall);
}

/* The machine's clock, but it never goes back: one that was set back by an hour is waited for at half speed, so that a timer
 * that is due in a second is so in two, and not in an hour. */
int64_t turn_wall(Worker *w) {
        int64_t wall = w->conf.clock->wall_us(w->conf.clock), mono = w->conf.clock->mono_us(w->conf.clock);
        int64_t on = w->wall_seen;
        if (wall < on)
                on += (mono - w->wall_mono) / 2;
        for (size_t i = 0; i < w->n_owned; i++)
                if (w->owned[i]->wall > on)
                        on = w->owned[i]->wall;
        w->wall_mono = mono;
        w->wall_seen = wall > on ? wall : on;
        return w->wall_seen;
}

/* The wall time of this turn: for every task the clock's, but never behind what it has journalled. */
static void stamp(Worker *w) {
        if (!w->conf.journal_wall)
                w->wall_us = turn_wall(w);
        for (size_t i = 0; i < w->n_owned; i++) {
                Task *t = w->owned[i];
                if (w->wall_us > t->wall)
                        t->wall = w->wall_us;
                if (!w->conf.journal_wall && !t->stopped)
                        listen(t);
                watermark_tick(&t->mark, &w->time, t->wall);
        }
}

int turn_begin(Worker *w) {
        if (w->open)
                return 0;
        int r = bus_begin(w->bus, &w->back.why);
        if (r != 0) {
                w->pending = r == BUS_E_ABORTED ? r : BUS_E_FATAL;
                return w->pending == BUS_E_ABORTED ? STEP_BACK : STEP_SPENT;
        }
        failpoint(w, FP_BEGIN);
        w->open = true;
        w->cut = false;
        w->undo.on = false;
        w->fired = false;
        w->mono_us = w->begun_us = w->conf.clock->mono_us(w->conf.clock);
        w->turn_bytes = w->dirty_bytes = 0;
        w->turn_records = w->turn_timers = w->clock_skip = 0;
        stamp(w);
        return 0;
}

int turn_ready(Worker *w) {
        GUARD(turn_begin(w));
        if (w->fired)
                return 0;
        w->fired = true;
        for (size_t i = 0; i < w->n_owned; i++)
                if (!w->owned[i]->stopped && !w->cut)
                        GUARD(ticks_fire(w->owned[i]));
        return 0;
}

/* A look at the clock costs as much as a small event: one in 32 records is enough. */
#define CLOCK_EVERY 32u

bool turn_due(Worker *w) {
        if (w->cut)
                return true;
        if (w->retry.limit && w->turn_records >= w->retry.limit)
                return true;
        if (w->turn_bytes + w->dirty_bytes >= w->pipe->commit_bytes)
                return true;
        if (w->clock_skip++ % CLOCK_EVERY == 0)
                w->mono_us = w->conf.clock->mono_us(w->conf.clock);
        return w->mono_us - w->begun_us >= w->pipe->commit_us;
}
