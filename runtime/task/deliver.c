/* One record after the other: to the plugin, to the dead letters, or to where it belongs; and what the verdict means. */
#include "core/log.h"
#include "task/inner.h"
#include "task/letter.h"

#define SAMPLE_EVERY 64u /* events of which one is timed */

void flight_enter(Worker *w, const Source *s, int32_t partition, int64_t offset) {
        InFlight *f = w->conf.in_flight;
        if (!f)
                return;
        if (s && strcmp(f->topic, s->topic) != 0)
                snprintf(f->topic, sizeof f->topic, "%s", s->topic);
        atomic_store_explicit(&f->partition, partition, memory_order_relaxed);
        atomic_store_explicit(&f->offset, offset, memory_order_relaxed);
        atomic_store_explicit(&f->since_us, w->mono_us, memory_order_relaxed);
        in_flight_beat(f);
        atomic_store_explicit(&f->busy, 1, memory_order_release);
}

void flight_leave(Worker *w) {
        if (w->conf.in_flight)
                atomic_store_explicit(&w->conf.in_flight->busy, 0, memory_order_release);
}

void doing(Worker *w, Doing what) {
        InFlight *f = w->conf.in_flight;
        if (!f)
                return;
        in_flight_beat(f);
        if (what != DOING_NOTHING)
                atomic_store_explicit(&f->doing_us, w->conf.clock->mono_us(w->conf.clock), memory_order_relaxed);
        atomic_store_explicit(&f->doing, what, memory_order_release);
}

int deliver_end(Task *t, const BusRecord *r) {
        Worker *w = t->w;
        position_of(w, r->topic, r->partition)->next = r->offset + 1;
        w->turn_records++;
        w->last = (Suspect){ r->topic, r->partition, r->offset };
        turn_touch(t);
        if (w->spans.on)
                spans_end(t, r);
        if (w->retry.known)
                retry_passed(w, r->topic, r);
        failpoint(w, FP_AFTER_RECORD);
        return 0;
}

static int rekey(Task *t, Source *s, const BusRecord *r, Bytes key) {
        Worker *w = t->w;
        const Again *a = s->again ? &w->again : NULL;
        BusHeader h[4];
        char origin[TOPIC_MAX + 40];
        uint32_t n = 0;
        if (record_header(r, "traceparent", &h[n]))
                n++;
        int len = snprintf(origin, sizeof origin, "%s/%d/%ld", a ? a->topic : s->topic, (int)(a ? a->partition : r->partition),
                           (long)(a ? a->offset : r->offset));
        h[n++] = (BusHeader){ AGAIN_ORIGIN, bytes_of(origin, (size_t)len) };
        n += again_marks(s, r, &w->again, h + n);
        int to = turn_send(w, &(BusSend){
                                      .output = s->port->rekey_output,
                                      .partition = owner_of(w, key),
                                      .key = key,
                                      .value = r->value,
                                      .time_us = a ? a->time_us : r->time_us,
                                      .headers = h,
                                      .n_headers = n,
                              });
        if (to == BUS_E_TOO_BIG)
                return dead_letter(t, s, r, "too_large", "the topic that brings it to where it belongs takes no record so large",
                                   1);
        if (to == 0)
                t->now.processed++;
        w->spans.elsewhere = true;
        return to;
}

int deliver_aside(Task *t, Source *s, const BusRecord *r, int what, const Event *e) {
        switch (what) {
        case EVENT_SKIP:
                t->now.skipped++;
                return 0;
        case EVENT_LATE:
                t->now.late++;
                return 0;
        case EVENT_REKEY:
                return rekey(t, s, r, e->key);
        case EVENT_DEAD:
                return dead_letter(t, s, r, e->reason, e->why.text, 1);
        default:
                return what;
        }
}

/* A bad end: the turn goes back, and retry.c decides how the record comes again. */
static int go_back(Task *t, const BusRecord *r, int verdict) {
        Worker *w = t->w;
        Back *b = &w->back;
        b->by_record = true;
        b->by_timer = false;
        b->lost = t->lost = verdict < 0;
        b->broken = w->call.broken;
        b->suspect = (Suspect){ r->topic, r->partition, r->offset };
        why_say(&b->why, 0, "%s",
                w->call.failed ? w->call.why.text
                : verdict < 0  ? "the plugin failed and did not say why"
                               : "the plugin says: not now");
        return STEP_BACK;
}

int deliver_verdict(Task *t, Source *s, const BusRecord *r, int verdict) {
        Worker *w = t->w;
        if (w->pending)
                return w->pending == BUS_E_FATAL ? STEP_SPENT : STEP_BACK;
        switch (verdict) {
        case TOCSIN_OK:
                t->now.processed++;
                return 0;
        case TOCSIN_SKIP:
                t->now.skipped++;
                return 0;
        case TOCSIN_POISON: {
                const char *text = w->call.failed ? w->call.why.text : "the plugin cannot process it and did not say why";
                if (!w->call.effects)
                        return dead_letter(t, s, r, "poison", text, 1);
                /* What it has put and emitted must not stay: once back, then straight to the dead letters. The next ones like it
                 * are taken back alone. */
                undo_expect(w);
                retry_doom(w, (Suspect){ r->topic, r->partition, r->offset }, "poison", text, 1);
                w->back.again_at_once = true;
                w->back.by_record = w->back.by_timer = false;
                why_say(&w->back.why, 0, "%s", text);
                return STEP_BACK;
        }
        default:
                return go_back(t, r, verdict);
        }
}

static int call(Task *t, Source *s, const BusRecord *r, const tocsin_event *ev) {
        Worker *w = t->w;
        bool timed = w->turn_records % SAMPLE_EVERY == SAMPLE_EVERY - 1;
        int64_t from = timed ? w->conf.clock->mono_us(w->conf.clock) : 0;
        call_begin(t, CALL_PROCESS);
        w->call.cause = ev;
        w->call.record = r;
        w->call.time_us = ev->time_us;
        memcpy(w->call.origin, ev->id, 16);
        flight_enter(w, s, r->partition, r->offset);
        uint32_t done = 0;
        int v = call_end(t,
                         w->plugin->process ? w->plugin->process(t->inst, ev) : w->plugin->process_batch(t->inst, &ev, 1, &done));
        flight_leave(w);
        if (!w->plugin->process)
                v = run_answer(t, 1, done, v);
        if (timed)
                histogram_add(w->cell.process, (double)(w->conf.clock->mono_us(w->conf.clock) - from) * 1e-6);
        return v;
}

/* Event timers that are due after this event; with the wall of replay those, too. */
static int after(Task *t) {
        if (timers_next(t->timers, TOCSIN_CLOCK_EVENT) <= t->mark.now)
                return ticks_fire(t);
        return 0;
}

/* Replay: wall time is the greatest arrival so far. */
static int arrival(Task *t, const BusRecord *r) {
        Worker *w = t->w;
        if (!w->conf.journal_wall || r->time_us <= w->wall_us)
                return 0;
        w->wall_us = r->time_us;
        for (size_t i = 0; i < w->n_owned; i++) {
                w->owned[i]->wall = w->wall_us;
                watermark_tick(&w->owned[i]->mark, &w->time, w->wall_us);
                if (!w->owned[i]->stopped)
                        GUARD(ticks_fire(w->owned[i]));
        }
        return 0;
}

static bool skipped(const Worker *w, const Source *s, const BusRecord *r) {
        for (size_t i = 0; i < w->conf.n_skip; i++) {
                const WorkerSkip *k = &w->conf.skip[i];
                if (k->offset == r->offset && k->partition == r->partition && !strcmp(k->topic, s->topic))
                        return true;
        }
        return false;
}

static int deliver_one(Task *t, Source *s, const BusRecord *r) {
        Worker *w = t->w;
        Event e;
        tocsin_event *ev = &w->events[0];
        bool careful = w->undo.careful > 0;
        arena_reset(w->arena);
        t->now.in++;
        if (careful)
                undo_begin(t);
        int what = event_make(t, s, r, ev, &e);
        w->undo.on = careful && what == 0;
        if (what != 0)
                return deliver_aside(t, s, r, what, &e);
        int v = call(t, s, r, ev);
        if (careful)
                GUARD(undo_end(t, v));
        GUARD(deliver_verdict(t, s, r, v));
        return after(t);
}

int deliver(Worker *w) {
        const BusRecord *r = &w->batch[w->batch_at];
        Source *s = &w->source[r->topic];
        Task *t = w->task[r->partition];
        if (!t || t->stopped || !position_of(w, r->topic, r->partition)) { /* its position stays where it is */
                w->batch_at++;
                return 0;
        }
        GUARD(arrival(t, r));
        if (w->spans.on)
                spans_begin(w);
        if (s->kind == SOURCE_RETRY) {
                s = again_source(w, r);
                t->now.again++;
        }
        if (w->conf.n_skip && skipped(w, s, r)) {
                t->now.in++;
                GUARD(dead_letter(t, s, r, "plugin_crash", "the plugin's process died or hung on this record again and again",
                                  3));
        } else if (w->retry.n_doomed && retry_doomed(w, r->topic, r)) {
                const Doomed *d = retry_doomed(w, r->topic, r);
                t->now.in++;
                GUARD(dead_letter(t, s, r, d->reason, d->text, d->attempts));
                w->cut = w->retry.n_doomed == DOOMED_MAX;
        } else if (!s->port) {
                t->now.in++;
                GUARD(dead_letter(t, s, r, w->again.reason, w->again.why.text, 1));
        } else if (w->plugin->process_batch && w->retry.limit != 1 && !s->again && !w->undo.careful && !retry_is(w, r)) {
                return deliver_run(w, t, s);
        } else {
                GUARD(deliver_one(t, s, r));
        }
        w->batch_at++;
        return deliver_end(t, r);
}
