/* L4: the dead-man's switch of one producer. */
#include "deadman.h"

static void remove_at(Heard *h, uint32_t i) {
        memmove(&h->s[i], &h->s[i + 1], (h->n - i - 1) * sizeof h->s[0]);
        h->n--;
}

static void join_next(Heard *h, uint32_t i) {
        h->s[i].to = base_max(h->s[i].to, h->s[i + 1].to);
        remove_at(h, i + 1);
}

HeardAnswer heard_add(Heard *h, int64_t time, int64_t limit) {
        if (h->n && time >= h->s[h->n - 1].from) { /* the hot path: it goes on */
                Stretch *last = &h->s[h->n - 1];
                if (time <= base_later(last->to, limit) && !(h->silent && h->n == 1 && time > last->to)) {
                        last->to = base_max(last->to, time);
                        return HEARD_FINE;
                }
        }
        if (h->silent && time <= h->s[0].to)
                return HEARD_FINE; /* from before a silence that was raised: it neither ends it nor begins another */
        if (h->silent && h->n == 1 && time > h->s[0].to) {
                h->s[0] = (Stretch){ time, time };
                h->silent = 0;
                return HEARD_BACK;
        }
        uint32_t at = 0;
        while (at < h->n && base_later(h->s[at].to, limit) < time)
                at++;
        if (at < h->n && time >= h->s[at].from - limit) {
                h->s[at].from = base_min(h->s[at].from, time);
                h->s[at].to = base_max(h->s[at].to, time);
        } else {
                if (h->n == HEARD) {
                        join_next(h, HEARD - 2);
                        return heard_add(h, time, limit);
                }
                memmove(&h->s[at + 1], &h->s[at], (h->n - at) * sizeof h->s[0]);
                h->s[at] = (Stretch){ time, time };
                h->n++;
        }
        if (at + 1 < h->n && h->s[at + 1].from <= base_later(h->s[at].to, limit))
                join_next(h, at);
        return HEARD_FINE;
}

HeardAnswer heard_late(Heard *h, int64_t time, int64_t limit) {
        if (!h->silent || h->n != 1 || time <= h->s[0].to || h->silent == MAYBE_BACK)
                return heard_add(h, time, limit);
        h->s[0].to = time;
        h->silent = MAYBE_BACK;
        return HEARD_FINE;
}

int64_t quiet_deadline(const Quiets *q, int64_t from, int64_t limit) {
        int64_t due = base_later(from, limit);
        for (bool moved = true; moved;) { /* windows may touch: each move ends at a later window's end */
                moved = false;
                for (uint32_t i = 0; i < q->n; i++)
                        if (q->q[i].from < due && q->q[i].to > from && base_later(q->q[i].to, limit) > due) {
                                due = base_later(q->q[i].to, limit);
                                moved = true;
                        }
        }
        return due;
}

HeardAnswer heard_due(Heard *h, int64_t watermark, int64_t limit, const Quiets *q, int64_t *at, int64_t *next) {
        *next = NEVER;
        while (h->n) {
                int64_t due = quiet_deadline(q, h->s[0].to, limit);
                if (h->silent == MAYBE_BACK && h->n == 1 && due > watermark) {
                        *next = due;
                        return HEARD_FINE;
                }
                if (h->silent) {
                        h->silent = 1;
                        if (h->n == 1)
                                return HEARD_FINE; /* the next event ends it */
                        h->silent = 0;
                        *at = h->s[1].from;
                        remove_at(h, 0);
                        return HEARD_BACK;
                }
                if (h->n > 1 && h->s[1].from <= due) {
                        remove_at(h, 0);
                        continue;
                }
                if (due > watermark) {
                        *next = due;
                        return HEARD_FINE;
                }
                h->silent = 1;
                *at = h->s[0].to;
                return HEARD_SILENT;
        }
        return HEARD_FINE;
}
