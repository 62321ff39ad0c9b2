/* STATE and COORDINATION events. */
#include "govern.h"

#include <stdlib.h>
#include <time.h>

#include "observe.h"

#define PLANNED 16u /* windows told by events and remembered for one loop; the oldest gives way */

typedef struct PlannedWindow {
        int64_t from, until;
        Name producer; /* empty: all */
} PlannedWindow;
typedef struct Planned {
        uint32_t n, next;
        PlannedWindow w[PLANNED];
} Planned;

static Key planned_key(Bytes loop) {
        return key_of('m', loop, tocsin_bytes_of(NULL, 0), tocsin_bytes_of(NULL, 0));
}

static bool has_word(Bytes b, const char *word) {
        size_t n = strlen(word);
        for (size_t i = 0; i + n <= b.len; i++) {
                size_t k = 0;
                while (k < n && (b.ptr[i + k] | 0x20) == (uint8_t)word[k])
                        k++;
                if (k == n)
                        return true;
        }
        return false;
}

static bool has_any(Bytes b, const char *const *words) {
        for (; *words; words++)
                if (has_word(b, *words))
                        return true;
        return false;
}

/* Microseconds, or RFC 3339 in UTC. */
static bool moment_read(Bytes b, int64_t *ret) {
        char text[40];
        if (b.len == 0 || b.len >= sizeof text)
                return false;
        memcpy(text, b.ptr, b.len);
        text[b.len] = 0;
        char *end;
        long long us = strtoll(text, &end, 10);
        if (!*end) {
                if (us < -TIME_MOST || us > TIME_MOST)
                        return false;
                *ret = us;
                return true;
        }
        struct tm tm = { 0 };
        end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
        if (!end)
                return false;
        int64_t fraction = 0;
        if (*end == '.')
                for (int64_t scale = SECOND / 10; *++end >= '0' && *end <= '9'; scale /= 10)
                        fraction += (*end - '0') * scale;
        if (strcmp(end, "Z") != 0 && strcmp(end, "+00:00") != 0)
                return false;
        *ret = (int64_t)timegm(&tm) * SECOND + fraction;
        return true;
}

static int load_planned(const Detector *d, Bytes loop, Key *k, Planned *p) {
        *k = planned_key(loop);
        return entry_load(d, k, p, sizeof *p);
}

int detector_quiets(Detector *d, const Spec *spec, Bytes producer, Quiets *ret) {
        Key k;
        Planned p;
        int r = load_planned(d, spec->id, &k, &p);
        if (r < 0)
                return r;
        spec_quiets(spec, producer, ret);
        for (uint32_t i = 0; i < p.n && i < PLANNED && ret->n < QUIETS; i++)
                if (p.w[i].producer.len == 0 || name_is(&p.w[i].producer, producer))
                        ret->q[ret->n++] = (Stretch){ p.w[i].from, p.w[i].until };
        return 0;
}

/* Whoever was quiet by plan is watched anew from now on. */
static int wake(Detector *d, const Input *in, Bytes whom, int64_t at) {
        int r = 0;
        for (uint32_t i = 0; r == 0 && i < in->spec->n_producers; i++) {
                const SpecProducer *p = &in->spec->producers[i];
                if (p->heartbeat == 0 || (whom.len && !tocsin_equal(whom, p->name)))
                        continue;
                Key k = key_of('p', in->loop, p->name, tocsin_bytes_of(NULL, 0));
                r = entry_timer(d, &k, base_later(at, p->heartbeat));
        }
        return r;
}

static void open_window(Planned *p, Bytes whom, int64_t from, int64_t until) {
        p->w[p->next] = (PlannedWindow){ from, until, name_of(whom) };
        p->next = (p->next + 1) % PLANNED;
        p->n += p->n < PLANNED;
}

/* whom empty: everybody's. */
static bool close_windows(Planned *p, Bytes whom, int64_t at) {
        bool any = false;
        for (uint32_t i = 0; i < p->n; i++)
                if (p->w[i].from <= at && p->w[i].until > at && (whom.len == 0 || name_is(&p->w[i].producer, whom))) {
                        p->w[i].until = at;
                        any = true;
                }
        return any;
}

/* Only governance is believed: whoever may call a silence planned may switch the watch off. */
static bool governs(const Input *in) {
        return in->stage == STAGE_GOVERNANCE && (in->who->stage < 0 || in->who->stage == STAGE_GOVERNANCE);
}

static int claim(Detector *d, const Input *in, Bytes of, Bytes level, bool order) {
        double n = 0;
        bool given = text_number(level, &n) && n >= -1e9 && n <= 1e9;
        return observe_priority(d, in, of, given ? (int64_t)n : order ? INT64_MAX : 1, order);
}

typedef enum Told { TOLD_NOTHING, TOLD_BEGIN, TOLD_END } Told;

/* What a life-cycle event says about planned silence. `maintenance` is begin or end (or on and off, true and false, ...),
 * the moment it ends, or FROM/UNTIL; without it `state` is read: maintenance and stopped begin, a restart is given a
 * minute, and any other state ends what was begun. */
static Told planned_silence(const Input *in, int64_t *from, int64_t *until) {
        static const char *const ends[] = { "end",  "stop",   "off",      "false", "no", "over",
                                            "done", "finish", "complete", "exit",  NULL };
        static const char *const away[] = { "maint", "stop", "down", "paus", "suspend", "disable", "terminat", NULL };
        Bytes said = tocsin_get_bytes(in->attributes, "maintenance"), state = tocsin_get_bytes(in->attributes, "state");
        *from = in->time;
        *until = NEVER;
        moment_read(tocsin_get_bytes(in->attributes, "from"), from);
        moment_read(tocsin_get_bytes(in->attributes, "until"), until);
        if (said.len) {
                const uint8_t *slash = memchr(said.ptr, '/', said.len);
                if (slash && moment_read(tocsin_bytes_of(said.ptr, (size_t)(slash - said.ptr)), from) &&
                    moment_read(tocsin_bytes_of(slash + 1, (size_t)(said.ptr + said.len - slash - 1)), until))
                        return TOLD_BEGIN;
                if (moment_read(said, until))
                        return TOLD_BEGIN;
                return has_any(said, ends) && !has_word(said, "unt") ? TOLD_END : TOLD_BEGIN;
        }
        if (state.len == 0)
                return TOLD_NOTHING;
        if (has_word(state, "restart")) {
                *until = base_later(in->time, 60 * SECOND);
                return TOLD_BEGIN;
        }
        return has_any(state, away) && !(has_word(state, "maint") && has_any(state, ends)) ? TOLD_BEGIN : TOLD_END;
}

/* A priority above the registry's own is a claim, which an order must cover. */
int govern_priority(Detector *d, const Input *in) {
        Bytes level = tocsin_get_bytes(in->attributes, "priority");
        double n;
        if (!text_number(level, &n) || n <= (double)in->spec->priority)
                return 0;
        return claim(d, in, in->loop, level, governs(in));
}

int govern_state(Detector *d, const Input *in) {
        int r = govern_priority(d, in);
        int64_t from, until;
        Told told = governs(in) ? planned_silence(in, &from, &until) : TOLD_NOTHING;
        if (r != 0 || told == TOLD_NOTHING)
                return r;
        Key k;
        Planned p;
        Bytes whom = tocsin_get_bytes(in->attributes, "producer");
        r = load_planned(d, in->loop, &k, &p);
        if (r < 0)
                return r;
        if (told == TOLD_BEGIN)
                open_window(&p, whom, from, until);
        else if (!close_windows(&p, whom, in->time))
                return 0;
        r = entry_store(d, &k, &p, sizeof p);
        return r || told == TOLD_BEGIN ? r : wake(d, in, whom, in->time);
}

int govern_coordination(Detector *d, const Input *in) {
        if (!tocsin_equal_z(tocsin_get_bytes(in->attributes, "act"), "priority"))
                return govern_priority(d, in);
        Bytes other = tocsin_get_bytes(in->attributes, "loop"), level = tocsin_get_bytes(in->attributes, "priority");
        if (level.len == 0)
                level = tocsin_get_bytes(in->attributes, "value");
        return claim(d, in, other.len ? other : in->loop, level, governs(in));
}
