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
        if (retry_is(w, r))
                return false;
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

/* OK is of all of them, and any other verdict of one of them. */
static bool fits(uint32_t n, uint32_t done, int verdict) {
        return verdict == TOCSIN_OK ? done == n : done < n;
}

int run_answer(Task *t, uint32_t n, uint32_t done, int verdict) {
        static const char *const name[] = { "OK", "SKIP", "POISON", "RETRY" };
        Call *c = &t->w->call;
        char number[16], what[128];
        if (fits(n, done, verdict))
                return verdict;
        if (verdict < 0 && c->failed) { /* it has its own words */
                c->broken = true;
                return verdict;
        }
        snprintf(number, sizeof number, "%d", verdict);
        const char *v = verdict >= TOCSIN_OK && verdict <= TOCSIN_RETRY ? name[verdict] : number;
        if (done == n)
                snprintf(what, sizeof what, "process_batch says %s and that all %u are done", v, n);
        else
                snprintf(what, sizeof what, "process_batch says %s and that %u of %u are done", v, done, n);
        return call_broken(t, what);
}

/* The plugin has said how far it came: those count, the next has the verdict. If it contradicts itself nobody knows which record
 * has which: none counts, and halves of the run come again, down to single records. */
static int settle(Task *t, Source *s, Run *run, uint32_t done, int verdict) {
        Worker *w = t->w;
        if (w->call.broken || !fits(run->n, done, verdict)) {
                w->turn_records += run->n - 1;
                return deliver_verdict(t, s, &w->batch[run->at + run->n - 1], run_answer(t, run->n, done, verdict));
        }
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
