/* Incidents: opened, joined, ended. Telling them is told.c's business. */
#include "case.h"

#include <stdarg.h>
#include <time.h>

#include "told.h"

void finding_init(Finding *f, What what, const Input *in) {
        memset(f, 0, sizeof *f);
        f->what = what;
        f->loop = in->loop;
        f->domain = in->spec ? in->spec->domain : tocsin_bytes_of(NULL, 0);
        f->producer = in->producer;
        f->refs = &in->ref;
        f->n_refs = 1;
        f->topic = in->event->topic;
}

void finding_say(Finding *f, const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        int n = vsnprintf(f->summary, sizeof f->summary, format, ap);
        va_end(ap);
        if (n >= (int)sizeof f->summary) /* a byte early, so that the cut can see what it cuts */
                f->summary[text_cut(tocsin_bytes_of(f->summary, sizeof f->summary - 1), sizeof f->summary - 2)] = 0;
}

Moment moment_of(int64_t time) {
        Moment m = { "" };
        time_t s = (time_t)(time / SECOND - (time % SECOND < 0));
        struct tm tm;
        if (!gmtime_r(&s, &tm) || !strftime(m.text, sizeof m.text, "%Y-%m-%dT%H:%M:%SZ", &tm))
                snprintf(m.text, sizeof m.text, "%lld us", (long long)time);
        return m;
}

/* The key holds hashes of nothing: it can be read. Producer and target tell incidents of one group apart, save where
 * the group is about the target whoever speaks (scope, oscillation) or about the pair of loops (conflict). */
static Key key_for(What what, Bytes loop, Bytes target, Bytes producer, const Bytes *related, uint32_t n_related) {
        char group = what_row(what)->group;
        Bytes last = producer;
        if (group == 't' || group == 'w' || group == 'o' || group == 'x')
                last = tocsin_bytes_of("", 0);
        if (group == 'y' && n_related == 1) { /* the pair in its order, whoever was later */
                bool swap = base_order(loop, related[0]) > 0;
                last = swap ? loop : related[0];
                loop = swap ? related[0] : loop;
        }
        char head[1 + LABEL_TEXT];
        head[0] = group;
        uint32_t len = base_fit(head + 1, LABEL_TEXT - 60, loop);
        return key_of('i', tocsin_bytes_of(head, len + 1),
                      tocsin_bytes_of(target.ptr ? target.ptr : (const uint8_t *)"", target.len),
                      tocsin_bytes_of(last.ptr ? last.ptr : (const uint8_t *)"", last.len));
}

static void add_evidence(Case *c, const Ref *ref) {
        for (uint32_t i = 0; i < c->n_evidence; i++)
                if (memcmp(c->evidence[i].digest, ref->digest, sizeof ref->digest) == 0 && c->evidence[i].offset == ref->offset)
                        return;
        uint32_t half = CASE_EVIDENCE / 2;
        if (c->n_evidence == CASE_EVIDENCE) {
                memmove(&c->evidence[half], &c->evidence[half + 1], (half - 1) * sizeof c->evidence[0]);
                c->n_evidence--;
        }
        c->evidence[c->n_evidence++] = *ref;
}

/* A forged number may claim 2^63 missing events. */
#define OCCURRENCES_MOST (UINT64_C(1) << 53)

static uint64_t occurrences(const Finding *f) {
        if (f->occurrences > OCCURRENCES_MOST)
                return OCCURRENCES_MOST;
        return f->occurrences ? f->occurrences : 1;
}

static void open_case(Case *c, const Detector *d, const Finding *f) {
        memset(c, 0, sizeof *c);
        c->what = f->what;
        c->loop = name_of(f->loop);
        c->domain = name_of(f->domain);
        c->producer = name_of(f->producer);
        c->target = label_of(f->target);
        c->topic = name_of(text_z(f->topic ? f->topic : ""));
        c->n_related = f->n_related;
        for (uint32_t i = 0; i < f->n_related; i++)
                c->related[i] = name_of(f->related[i]);
        memcpy(c->summary, f->summary, sizeof c->summary);
        c->first = c->last = f->refs[0].time;
        for (uint32_t i = 0; i < f->n_refs; i++) {
                add_evidence(c, &f->refs[i]);
                c->last = base_max(c->last, f->refs[i].time);
        }
        c->count = occurrences(f);
        case_identify(d, c);
}

/* When it ends if nothing follows. What came late rests from where the stream stands, or it would end before the next. */
static int64_t end_of(const Detector *d, const Case *c) {
        int64_t rest = what_rest(&d->set, (What)c->what), due = base_later(c->last, rest);
        bool behind = d->clock != NO_TIME && due <= d->clock - d->lateness;
        return behind ? base_later(d->clock, rest) : due;
}

static int store(const Detector *d, const Key *k, Case *c) {
        int64_t due = end_of(d, c);
        if (c->timer == 0 || due < c->timer) { /* a later one is set when this fires */
                c->timer = due;
                int r = entry_timer(d, k, due);
                if (r != 0)
                        return r;
        }
        return entry_store(d, k, c, sizeof *c);
}

static int end_case(const Detector *d, const Key *k, Case *c, bool say) {
        int r = say ? case_tell(d, c, CASE_CLEARED) : 0;
        if (r == 0)
                r = entry_drop(d, k);
        return r ? r : entry_timer(d, k, NEVER);
}

/* Room for one more? Floods of names must not push the honest incidents out, so L1 is what is refused. */
static int take_place(const Detector *d, const Finding *f, const Key *k) {
        bool unregistered = f->what == WHAT_UNREGISTERED;
        Bytes owner = unregistered ? tocsin_bytes_of("", 0) : f->loop;
        char sort = unregistered ? 'u' : f->what == WHAT_UNKNOWN ? 'p' : 'i';
        uint32_t places = unregistered ? CASES_UNREGISTERED : CASES_OF_LOOP;
        if (sort != 'i') {
                int r = shelf_full(d, sort, owner, places);
                if (r != 0) {
                        d->host->metric(d->host, METRIC_SUPPRESSED, 1);
                        return r;
                }
        }
        return shelf_put(d, sort, owner, places, k);
}

static int raise_case(const Detector *d, const Key *k, const Finding *f, Case *c) {
        int r = take_place(d, f, k);
        if (r != 0)
                return r < 0 ? r : 0;
        open_case(c, d, f);
        r = case_tell(d, c, CASE_RAISED);
        if (r == 0)
                r = store(d, k, c);
        d->host->metric(d->host, METRIC_INCIDENTS, 1);
        return r ? r : 1;
}

static bool worth_telling(uint64_t before, uint64_t now) {
        if (now <= CASE_FEW)
                return true;
        for (uint64_t step = CASE_FEW * 2; step && step <= now; step *= 2)
                if (before < step)
                        return true;
        return false;
}

int case_add(const Detector *d, const Finding *f) {
        if (what_off(&d->set, f->what))
                return 0;
        Key k = key_for(f->what, f->loop, f->target, f->producer, f->related, f->n_related);
        Case *c = d->host->scratch(d->host, sizeof *c);
        if (!c)
                return TOCSIN_E_NOMEM;
        int r = entry_load(d, &k, c, sizeof *c);
        if (r < 0)
                return r;
        int64_t time = f->refs[f->n_refs - 1].time;
        if (r == 1 && time > base_later(c->last, what_rest(&d->set, (What)c->what))) {
                /* Its timer was due before this event: what was open is over, whichever came first. */
                r = end_case(d, &k, c, what_row((What)c->what)->ending == END_QUIET);
                if (r != 0)
                        return r;
        }
        if (r == 0)
                return raise_case(d, &k, f, c);
        uint64_t before = c->count;
        c->count = c->count + occurrences(f) < OCCURRENCES_MOST ? c->count + occurrences(f) : OCCURRENCES_MOST;
        for (uint32_t i = 0; i < f->n_refs; i++) {
                add_evidence(c, &f->refs[i]);
                c->last = base_max(c->last, f->refs[i].time);
                c->first = base_min(c->first, f->refs[i].time);
        }
        if (f->restated)
                memcpy(c->summary, f->summary, sizeof c->summary);
        r = worth_telling(before, c->count) ? case_tell(d, c, CASE_UPDATED) : 0;
        return r ? r : store(d, &k, c);
}

int case_clear(const Detector *d, What what, Bytes loop, Bytes target, Bytes producer, int64_t time) {
        Key k = key_for(what, loop, target, producer, NULL, 0);
        Case *c = d->host->scratch(d->host, sizeof *c);
        if (!c)
                return TOCSIN_E_NOMEM;
        int r = entry_load(d, &k, c, sizeof *c);
        if (r <= 0)
                return r;
        c->last = base_max(c->last, time);
        return end_case(d, &k, c, true);
}

int case_timer(const Detector *d, Bytes name, int64_t now) {
        Key k = key_again(name);
        Case *c = d->host->scratch(d->host, sizeof *c);
        if (!c)
                return TOCSIN_E_NOMEM;
        int r = entry_load(d, &k, c, sizeof *c);
        if (r <= 0)
                return r;
        int64_t due = base_later(c->last, what_rest(&d->set, (What)c->what));
        if (due > now) {
                c->timer = due;
                r = entry_timer(d, &k, due);
                return r ? r : entry_store(d, &k, c, sizeof *c);
        }
        return end_case(d, &k, c, what_row((What)c->what)->ending == END_QUIET);
}
