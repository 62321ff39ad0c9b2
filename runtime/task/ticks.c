/* Timers of the tasks: due on event time when the watermark is there, on wall time when the turn's stamp is. */
#include "core/log.h"
#include "seal/digest.h"
#include "task/inner.h"

#define STUCK_MAX (1u << 20) /* timers that fire for one and the same moment: a plugin that sets itself anew for ever */

static void origin_of(Task *t, Bytes name, int64_t at_us, unsigned clock) {
        uint8_t in[LIMIT_TIMER_NAME_BYTES + 16], out[DIGEST_LEN];
        memcpy(in, &t->partition, 4);
        memcpy(in + 4, &clock, 4);
        memcpy(in + 8, &at_us, 8);
        memcpy(in + 16, name.ptr, name.len);
        digest_sha256(bytes_of(in, 16 + name.len), out);
        memcpy(t->w->call.origin, out, 16);
}

static int verdict(Task *t, Bytes name, int64_t at_us, int r) {
        Worker *w = t->w;
        if (w->pending)
                return w->pending == BUS_E_FATAL ? STEP_SPENT : STEP_BACK;
        if (r == TOCSIN_OK || r == TOCSIN_SKIP) {
                if (w->retry.timer && bytes_eq(name, bytes_of(w->retry.timer_name, w->retry.timer_len)))
                        w->retry.timer = false;
                return 0;
        }
        if (r == TOCSIN_POISON && !w->call.effects)
                return dead_timer(t, name, at_us, w->call.failed ? w->call.why.text : "the plugin cannot process it", 1);
        if (r == TOCSIN_POISON) { /* never again: back, then straight to the dead letters */
                w->retry.timer = true;
                w->retry.attempts = w->pipe->retry_attempts;
                w->retry.timer_len = name.len;
                memcpy(w->retry.timer_name, name.ptr, name.len);
        }
        w->back.again_at_once = r == TOCSIN_POISON;
        w->back.by_timer = true;
        w->back.by_record = false;
        w->back.lost = r < 0;
        t->lost = r < 0;
        w->back.broken = w->call.broken;
        w->back.timer_at = at_us;
        w->back.timer_len = name.len;
        memcpy(w->back.timer, name.ptr, name.len);
        why_say(&w->back.why, 0, "timer: %s",
                w->call.failed ? w->call.why.text
                : r < 0        ? "the plugin failed"
                               : "the plugin says: not now");
        return STEP_BACK;
}

int ticks_call(Task *t, Bytes name, int64_t at_us, unsigned clock) {
        Worker *w = t->w;
        turn_touch(t);
        w->turn_timers++;
        Retry *y = &w->retry;
        if (y->timer && y->attempts >= w->pipe->retry_attempts && bytes_eq(name, bytes_of(y->timer_name, y->timer_len))) {
                retry_forget(w);
                w->cut = true;
                return dead_timer(t, name, at_us, w->back.why.text, w->pipe->retry_attempts);
        }
        call_begin(t, CALL_TIMER);
        w->call.timer = name;
        w->call.time_us = at_us;
        origin_of(t, name, at_us, clock);
        flight_enter(w, NULL, t->partition, -1);
        int v = call_end(t, w->plugin->on_timer ? w->plugin->on_timer(t->inst, name, at_us, clock) : 0);
        flight_leave(w);
        return verdict(t, name, at_us, v);
}

static int fire(Task *t, unsigned clock, int64_t until_us) {
        uint8_t name[LIMIT_TIMER_NAME_BYTES];
        size_t len;
        int64_t at, last = INT64_MIN;
        for (uint32_t stuck = 0;;) {
                int r = timers_take(t->timers, clock, until_us, name, &len, &at);
                if (r == TIMERS_E_NONE)
                        return 0;
                if (r != 0)
                        return r < 0 ? r : -EIO;
                stuck = at > last ? 0 : stuck + 1;
                last = at > last ? at : last;
                if (stuck > STUCK_MAX) {
                        LOG(LOG_ERROR, "timer.stuck", "a timer sets itself anew without end; dropped",
                            LOG_S("pipeline", t->w->pipe->name), LOG_B("timer", bytes_of(name, len)));
                        continue;
                }
                GUARD(ticks_call(t, bytes_of(name, len), at, clock));
                if (t->w->cut)
                        return 0;
        }
}

int ticks_fire(Task *t) {
        if (t->mark.now != WATERMARK_NONE)
                GUARD(fire(t, TOCSIN_CLOCK_EVENT, t->mark.now));
        return t->wall != INT64_MIN && !t->w->cut ? fire(t, TOCSIN_CLOCK_WALL, t->wall) : 0;
}

int64_t ticks_due(Worker *w) {
        int64_t due = INT64_MAX;
        for (size_t i = 0; i < w->n_owned; i++) {
                Task *t = w->owned[i];
                if (t->stopped)
                        continue;
                int64_t at = timers_next(t->timers, TOCSIN_CLOCK_WALL);
                if (at < due)
                        due = at;
                at = timers_next(t->timers, TOCSIN_CLOCK_EVENT);
                if (at != INT64_MAX && t->mark.wall != WATERMARK_NONE)
                        at = watermark_due(&t->mark, &w->time, at);
                if (at < due)
                        due = at;
        }
        return due;
}
