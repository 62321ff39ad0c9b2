/* After a turn was rolled back: wait, and come again with the culprit in a turn of its own; alone and failing again and
 * again, it is dead. If nobody knows which it is, turns become ever smaller until it is alone. */
#include "core/log.h"
#include "task/inner.h"

#define ABORTS_WHOLE 3u /* aborts by the broker before turns are made smaller, too: most have nothing to do with a record */

static bool same(Suspect a, Suspect b) {
        return a.source == b.source && a.partition == b.partition && a.offset == b.offset;
}

static void wait_on(Worker *w) {
        Retry *y = &w->retry;
        int64_t most = w->pipe->retry_max_us > 0 ? w->pipe->retry_max_us : BACKOFF_US;
        y->wait_us = y->failures <= 1 ? BACKOFF_US : y->wait_us * 2;
        if (y->wait_us > most)
                y->wait_us = most;
        y->due_us = w->conf.clock->mono_us(w->conf.clock) + y->wait_us;
}

static void smaller(Retry *y, uint32_t records) {
        y->limit = records / 2 > 1 ? records / 2 : 1;
}

static void blame_record(Worker *w, uint32_t before) {
        Retry *y = &w->retry;
        const Back *b = &w->back;
        y->timer = false;
        if (before > 0) {
                if (b->broken) /* its last, which stands for whichever of them it is */
                        smaller(y, before + 1);
                y->known = true;
                if (!same(y->suspect, b->suspect))
                        y->attempts = 0;
                y->suspect = b->suspect;
                return;
        }
        if (!y->known || !same(y->suspect, b->suspect))
                y->attempts = 0;
        y->known = true;
        y->suspect = b->suspect;
        if (b->broken)
                y->limit = 1;
        if (++y->attempts >= w->pipe->retry_attempts) {
                retry_doom(w, b->suspect, "plugin_error", b->why.text, y->attempts);
                y->due_us = 0;
        }
}

static void blame_timer(Worker *w) {
        Retry *y = &w->retry;
        const Back *b = &w->back;
        if (!y->timer || y->timer_len != b->timer_len || memcmp(y->timer_name, b->timer, b->timer_len) != 0)
                y->attempts = 0;
        y->timer = true;
        y->timer_len = b->timer_len;
        memcpy(y->timer_name, b->timer, b->timer_len);
        y->attempts++;
        y->limit = 1;
}

/* What a turn wants to journal is too large for the changelog: by halving, whose it is. */
static void blame_commit(Worker *w) {
        Retry *y = &w->retry;
        if (w->turn_records > 1) {
                smaller(y, w->turn_records);
        } else if (w->turn_records == 1) {
                retry_doom(w, w->last, "limit", w->back.why.text, 1);
                y->due_us = 0;
        } else {
                trouble_say(w, "worker.trouble", &w->back.why); /* a timer's doing: waits until the limit is raised */
        }
}

/* w->turn_records still holds what the turn had done before it failed. */
void retry_after(Worker *w, bool sick) {
        Retry *y = &w->retry;
        Back *b = &w->back;
        if (b->again_at_once) {
                b->again_at_once = y->over = false;
                return;
        }
        y->over = false;
        y->failures++;
        metric_add(w->cell.retries, 1);
        wait_on(w);
        if (b->by_record)
                blame_record(w, w->turn_records);
        else if (b->by_timer)
                blame_timer(w);
        else if (b->by_commit)
                blame_commit(w);
        else if (!sick && y->failures >= ABORTS_WHOLE && w->turn_records)
                smaller(y, w->turn_records);
        if (b->broken)
                y->due_us = 0;
        LOG(LOG_WARN, "turn.back", "the turn was rolled back and will be tried again", LOG_S("pipeline", w->pipe->name),
            LOG_S("why", b->why.text), LOG_I("wait_ms", y->due_us ? y->wait_us / 1000 : 0), LOG_I("limit", y->limit),
            LOG_I("attempts", y->attempts));
        b->by_record = b->by_timer = b->by_commit = b->broken = false;
}

void retry_forget(Worker *w) {
        Retry *y = &w->retry;
        y->limit = y->attempts = y->failures = 0;
        y->known = y->timer = y->over = false;
        y->due_us = 0;
}

bool retry_is(const Worker *w, const BusRecord *r) {
        return w->retry.known && same(w->retry.suspect, (Suspect){ r->topic, r->partition, r->offset });
}

/* A turn ends before the suspect and behind it. What else comes first is not made to wait for it: after the way back any
 * number of records of other partitions may, and one to a turn would be minutes. */
bool retry_apart(const Worker *w) {
        return w->retry.known && w->turn_records > 0 &&
               (same(w->last, w->retry.suspect) || (w->batch_at < w->batch_n && retry_is(w, &w->batch[w->batch_at])));
}

/* The suspect went through: it is over once this turn has committed. */
void retry_passed(Worker *w, uint32_t source, const BusRecord *r) {
        Retry *y = &w->retry;
        if (y->known && same(y->suspect, (Suspect){ source, r->partition, r->offset }))
                y->over = true;
}

void retry_committed(Worker *w) {
        Retry *y = &w->retry;
        uint32_t kept = 0;
        for (uint32_t i = 0; i < y->n_doomed; i++) {
                const Position *p = position_of(w, y->doomed[i].at.source, y->doomed[i].at.partition);
                if (p && y->doomed[i].at.offset >= p->committed)
                        y->doomed[kept++] = y->doomed[i];
        }
        y->n_doomed = kept;
        y->failures = 0;
        if (y->over) {
                y->over = y->known = false;
                y->limit = y->attempts = 0;
        }
        if (!y->limit || y->known || y->timer)
                return;
        y->attempts = 0;
        y->limit = y->limit >= 4096 ? 0 : y->limit * 8; /* aborts without a culprit: step by step back to full turns */
}

const Doomed *retry_doomed(Worker *w, uint32_t source, const BusRecord *r) {
        for (uint32_t i = 0; i < w->retry.n_doomed; i++)
                if (same(w->retry.doomed[i].at, (Suspect){ source, r->partition, r->offset }))
                        return &w->retry.doomed[i];
        return NULL;
}

void retry_doom(Worker *w, Suspect at, const char *reason, const char *text, uint32_t attempts) {
        Retry *y = &w->retry;
        for (uint32_t i = 0; i < y->n_doomed; i++)
                if (same(y->doomed[i].at, at))
                        return;
        Doomed *d = &y->doomed[y->n_doomed < DOOMED_MAX ? y->n_doomed++ : y->at_doomed++ % DOOMED_MAX];
        d->at = at;
        d->reason = reason;
        d->attempts = attempts;
        snprintf(d->text, sizeof d->text, "%s", text);
}
