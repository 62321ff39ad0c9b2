/* Watermarks. */
#include "state/watermark.h"

/* Without overflow: times come from events, and an event may say anything. */
static int64_t minus(int64_t a, int64_t b) {
        int64_t r;
        return __builtin_sub_overflow(a, b, &r) ? (b > 0 ? INT64_MIN : INT64_MAX) : r;
}
static int64_t plus(int64_t a, int64_t b) {
        int64_t r;
        return __builtin_add_overflow(a, b, &r) ? (b > 0 ? INT64_MAX : INT64_MIN) : r;
}

void watermark_init(Watermark *w, uint32_t n) {
        *w = (Watermark){ .now = WATERMARK_NONE, .wall = WATERMARK_NONE, .n = n };
        for (uint32_t i = 0; i < n; i++)
                w->port[i] = (struct WatermarkPort){ WATERMARK_NONE, WATERMARK_NONE };
}

bool watermark_future(const WatermarkConf *c, int64_t time_us, int64_t wall_us) {
        return time_us > plus(wall_us, c->future_us);
}

bool watermark_late(const Watermark *w, int64_t time_us) {
        return time_us < w->now;
}

static bool idle(const struct WatermarkPort *p, const WatermarkConf *c, int64_t wall_us) {
        return p->active != WATERMARK_NONE && wall_us >= plus(p->active, c->idle_us);
}

static int64_t mark_of(const struct WatermarkPort *p, const WatermarkConf *c) {
        return p->seen == WATERMARK_NONE ? WATERMARK_NONE : minus(p->seen, c->lateness_us);
}

/* With `wall` of the last tick: whether a port is idle changes with ticks and records only. All idle: false. */
static bool settle(Watermark *w, const WatermarkConf *c) {
        int64_t least = INT64_MAX;
        bool any = false;
        for (uint32_t i = 0; i < w->n; i++) {
                const struct WatermarkPort *p = &w->port[i];
                if (idle(p, c, w->wall))
                        continue;
                any = true;
                int64_t mark = mark_of(p, c);
                if (mark < least)
                        least = mark;
        }
        if (any && least > w->now)
                w->now = least;
        return any || w->n == 0;
}

/* Of the ports that fall asleep last: when they do, and how far they let time come. */
static int64_t last_awake(const Watermark *w, const WatermarkConf *c, int64_t *mark) {
        int64_t active = WATERMARK_NONE;
        *mark = INT64_MAX;
        for (uint32_t i = 0; i < w->n; i++) {
                int64_t a = w->port[i].active == WATERMARK_NONE ? w->wall : w->port[i].active;
                int64_t m = mark_of(&w->port[i], c);
                if (a > active)
                        *mark = m;
                else if (a == active && m < *mark)
                        *mark = m;
                active = a > active ? a : active;
        }
        return plus(active, c->idle_us);
}

/* At the wall's pace from where it stood, and not to the wall: what is recorded long ago is followed by more of the
 * same, and is not late for that. */
static void go_on(Watermark *w, const WatermarkConf *c, int64_t was) {
        int64_t mark, asleep = last_awake(w, c, &mark), most = minus(minus(w->wall, c->lateness_us), c->idle_us);
        int64_t from = mark > w->now ? mark : w->now;
        int64_t to = from == WATERMARK_NONE ? most : plus(from, minus(w->wall, was > asleep ? was : asleep));
        to = to < most ? to : most;
        to = to > from ? to : from;
        if (to > w->now)
                w->now = to;
}

void watermark_see(Watermark *w, const WatermarkConf *c, uint32_t port, int64_t time_us, int64_t wall_us, bool future) {
        struct WatermarkPort *p = &w->port[port];
        bool woke = p->active != wall_us;
        if (woke)
                p->active = wall_us;
        if (!future && time_us > p->seen)
                p->seen = time_us;
        else if (!woke)
                return;
        settle(w, c);
}

bool watermark_idle(const Watermark *w, const WatermarkConf *c, uint32_t port, int64_t wall_us) {
        return idle(&w->port[port], c, wall_us > w->wall ? wall_us : w->wall);
}

void watermark_wake(Watermark *w, uint32_t port, int64_t wall_us) {
        w->port[port].active = wall_us;
}

void watermark_tick(Watermark *w, const WatermarkConf *c, int64_t wall_us) {
        int64_t was = w->wall;
        if (wall_us <= was)
                return;
        w->wall = wall_us;
        for (uint32_t i = 0; i < w->n; i++)
                if (w->port[i].active == WATERMARK_NONE)
                        w->port[i].active = wall_us;
        if (!settle(w, c))
                go_on(w, c, was);
}

int64_t watermark_due(const Watermark *w, const WatermarkConf *c, int64_t at_us) {
        int64_t behind = WATERMARK_NONE, awake = WATERMARK_NONE;
        if (w->now >= at_us)
                return w->wall;
        for (uint32_t i = 0; i < w->n; i++) {
                const struct WatermarkPort *p = &w->port[i];
                int64_t asleep = plus(p->active == WATERMARK_NONE ? w->wall : p->active, c->idle_us);
                bool ahead = p->seen != WATERMARK_NONE && minus(p->seen, c->lateness_us) >= at_us;
                int64_t *of = ahead ? &awake : &behind;
                if (asleep > *of)
                        *of = asleep;
        }
        if (behind < awake)
                return behind; /* those that hold it up fall asleep while one that is past it is awake */
        int64_t mark, asleep = last_awake(w, c, &mark), from = mark > w->now ? mark : w->now;
        int64_t alone = plus(plus(at_us, c->lateness_us), c->idle_us);
        if (from != WATERMARK_NONE) {
                int64_t paced = plus(asleep > w->wall ? asleep : w->wall, minus(at_us, from));
                alone = paced > alone ? paced : alone;
        }
        return alone > behind ? alone : behind;
}
