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

static bool one_of(Bytes b, const char *const *words) {
        for (; *words; words++) {
                size_t n = strlen(*words);
                if (b.len != n)
                        continue;
                size_t i = 0;
                while (i < n && (b.ptr[i] | 0x20) == (uint8_t)(*words)[i])
                        i++;
                if (i == n)
                        return true;
        }
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
        return table_load(d, k, p, sizeof *p);
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
                r = table_timer(d, &k, base_later(at, p->heartbeat));
        }
        return r;
}

static void open_window(Planned *p, Bytes whom, int64_t from, int64_t until) {
        p->w[p->next] = (PlannedWindow){ from, until, name_of(whom) };
        p->next = (p->next + 1) % PLANNED;
        p->n += p->n < PLANNED;
}

static bool close_windows(Planned *p, Bytes whom, int64_t at) {
        bool any = false;
        for (uint32_t i = 0; i < p->n; i++)
                if (p->w[i].from <= at && p->w[i].until > at && name_is(&p->w[i].producer, whom)) {
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

int govern_state(Detector *d, const Input *in) {
        static const char *const begins[] = { "begin", "start", "on", "true", "yes", "maintenance", NULL };
        static const char *const ends[] = { "end", "stop", "off", "false", "no", NULL };
        Bytes level = tocsin_get_bytes(in->attributes, "priority");
        double n;
        if (text_number(level, &n) && n > (double)in->spec->priority) {
                int r = claim(d, in, in->loop, level, governs(in));
                if (r != 0)
                        return r;
        }
        Bytes said = tocsin_get_bytes(in->attributes, "maintenance"), state = tocsin_get_bytes(in->attributes, "state");
        if (!governs(in) || (said.len == 0 && state.len == 0))
                return 0;
        Key k;
        Planned p;
        int r = load_planned(d, in->loop, &k, &p);
        if (r < 0)
                return r;
        Bytes whom = tocsin_get_bytes(in->attributes, "producer");
        int64_t from = in->time, until = NEVER;
        const uint8_t *slash = said.len ? memchr(said.ptr, '/', said.len) : NULL;
        if (slash && moment_read(tocsin_bytes_of(said.ptr, (size_t)(slash - said.ptr)), &from) &&
            moment_read(tocsin_bytes_of(slash + 1, (size_t)(said.ptr + said.len - slash - 1)), &until)) {
                open_window(&p, whom, from, until);
                return table_store(d, &k, &p, sizeof p);
        }
        if (one_of(said, begins) || (said.len == 0 && one_of(state, begins + 5))) {
                moment_read(tocsin_get_bytes(in->attributes, "from"), &from);
                moment_read(tocsin_get_bytes(in->attributes, "until"), &until);
                open_window(&p, whom, from, until);
                return table_store(d, &k, &p, sizeof p);
        }
        if (!one_of(said, ends) && (said.len || state.len == 0))
                return 0;
        if (!close_windows(&p, whom, in->time))
                return 0;
        r = table_store(d, &k, &p, sizeof p);
        return r ? r : wake(d, in, whom, in->time);
}

int govern_coordination(Detector *d, const Input *in) {
        if (!tocsin_equal_z(tocsin_get_bytes(in->attributes, "act"), "priority"))
                return 0;
        Bytes other = tocsin_get_bytes(in->attributes, "loop"), level = tocsin_get_bytes(in->attributes, "priority");
        if (level.len == 0)
                level = tocsin_get_bytes(in->attributes, "value");
        return claim(d, in, other.len ? other : in->loop, level, governs(in));
}
