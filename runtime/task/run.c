/* Runs of events of one port and task, handed over in one call to plugins that offer process_batch(). A run ends where a
 * timer is due, where the turn is full, and where a record does not become an event. */
#include "task/inner.h"

#define RUN_BYTES (1u << 20) /* of decoded events in one run: they stay in a cache */

typedef struct Run {
        uint32_t n;
        size_t at; /* where in the batch it began */
} Run;

/* Does the next record belong to the run? */
static bool goes_on(Worker *w, const Run *run, const BusRecord *first) {
        size_t i = run->at + run->n;
        if (run->n == 0)
                return true;
        if (run->n == BATCH_MAX || i == w->batch_n || (w->retry.limit && w->turn_records + run->n >= w->retry.limit))
                return false;
        const BusRecord *r = &w->batch[i];
        return r->topic == first->topic && r->partition == first->partition && arena_used(w->arena) < RUN_BYTES &&
               !w->conf.n_skip && !w->retry.n_doomed && !w->conf.journal_wall;
}

static int call(Task *t, Source *s, const Run *run, uint32_t *done) {
        Worker *w = t->w;
        const BusRecord *first = &w->batch[run->at];
        call_begin(t, CALL_PROCESS);
        w->call.cause = w->run[0];
        w->call.record = run->n == 1 ? first : NULL;
        w->spans.batch = run->n;
        w->call.time_us = w->run[0]->time_us;
        memcpy(w->call.origin, w->run[0]->id, 16);
        flight_enter(w, s, first->partition, first->offset);
        int64_t from = w->conf.clock->mono_us(w->conf.clock);
        int v = call_end(t, w->plugin->process_batch(t->inst, w->run, run->n, done));
        flight_leave(w);
        w->mono_us = w->conf.clock->mono_us(w->conf.clock);
        histogram_add(w->cell.process, (double)(w->mono_us - from) * 1e-6 / run->n);
        return v;
}

/* The plugin has said how far it came: those count, the next has the verdict. */
static int settle(Task *t, Source *s, Run *run, uint32_t done, int verdict) {
        Worker *w = t->w;
        if (done > run->n)
                done = run->n;
        if (verdict == TOCSIN_OK)
                done = run->n;
        else if (done == run->n)
                verdict = TOCSIN_OK;
        for (uint32_t i = 0; i < done; i++) {
                GUARD(deliver_verdict(t, s, &w->batch[w->batch_at], TOCSIN_OK));
                GUARD(deliver_end(t, &w->batch[w->batch_at++]));
        }
        if (verdict == TOCSIN_OK)
                return 0;
        GUARD(deliver_verdict(t, s, &w->batch[w->batch_at], verdict));
        return deliver_end(t, &w->batch[w->batch_at++]);
}

int deliver_run(Worker *w, Task *t, Source *s) {
        Run run = { .at = w->batch_at };
        const BusRecord *first = &w->batch[run.at], *aside = NULL;
        Watermark before = t->mark;
        Event e;
        int what = 0;
        arena_reset(w->arena);
        while (goes_on(w, &run, first)) {
                tocsin_event *ev = &w->events[run.n];
                what = event_make(t, s, &w->batch[run.at + run.n], ev, &e);
                if (what != 0) {
                        aside = &w->batch[run.at + run.n];
                        break;
                }
                w->run[run.n++] = ev;
                if (timers_next(t->timers, TOCSIN_CLOCK_EVENT) <= t->mark.now)
                        break;
        }
        if (run.n > 0) {
                uint32_t done = 0;
                int v = call(t, s, &run, &done);
                t->now.in += v == TOCSIN_OK || done >= run.n ? run.n : done + 1;
                GUARD(settle(t, s, &run, done, v));
                if (w->batch_at < run.at + run.n) { /* the rest comes again in the next run; time has not come so far */
                        t->mark = before;
                        for (size_t i = run.at; i < w->batch_at; i++)
                                watermark_see(&t->mark, &w->time, s->port->mark, w->events[i - run.at].time_us, t->wall,
                                              w->events[i - run.at].flags & TOCSIN_EVENT_FUTURE);
                        for (size_t i = w->batch_at - run.at; i < run.n; i++)
                                t->now.future -= (w->events[i].flags & TOCSIN_EVENT_FUTURE) != 0;
                        aside = NULL;
                }
        }
        if (aside) {
                t->now.in++;
                GUARD(deliver_aside(t, s, aside, what, &e));
                w->batch_at++;
                GUARD(deliver_end(t, aside));
        }
        return timers_next(t->timers, TOCSIN_CLOCK_EVENT) <= t->mark.now ? ticks_fire(t) : 0;
}
