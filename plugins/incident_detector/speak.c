/* One event of a producer against all that is remembered of it. */
#include "speak.h"

#define NO_LIFE 2u /* no window for it */

static Key speaker_key(Bytes loop, Bytes producer) {
        return key_of('p', loop, tocsin_bytes_of(producer.ptr ? producer.ptr : (const uint8_t *)"", producer.len),
                      tocsin_bytes_of(NULL, 0));
}

/* ---- L1 ---------------------------------------------------------------------------------------------- */

static int second_life(Detector *d, const Input *in, const Speaker *s, LifeAnswer answer) {
        Finding f;
        Ref refs[2];
        Key k = key_of('n', in->loop, in->producer, tocsin_bytes_of(NULL, 0));
        finding_init(&f, WHAT_LIVES, in);
        if (answer == LIFE_BELOW) {
                finding_say(&f, "Producer %.*s of loop %.*s speaks as incarnation %lld, but its first legitimate one is %lld",
                            SHOW(in->producer), SHOW(in->loop), (long long)in->incarnation, (long long)in->who->incarnation);
                return case_add(d, &f);
        }
        int r = entry_load(d, &k, &refs[0], sizeof refs[0]);
        if (r < 0)
                return r;
        if (r == 1) { /* the successor's first event and this one prove it together */
                refs[1] = in->ref;
                f.refs = refs;
                f.n_refs = 2;
        }
        finding_say(&f, "Producer %.*s of loop %.*s speaks as incarnation %lld although its successor %lld has spoken since %s",
                    SHOW(in->producer), SHOW(in->loop), (long long)in->incarnation, (long long)s->lives.now.number,
                    moment_of(s->lives.now.first).text);
        return case_add(d, &f);
}

static int judge_life(Detector *d, const Input *in, Speaker *s, uint32_t *window, bool *stop) {
        *window = 0;
        if (!in->has_incarnation)
                return 0;
        LifeAnswer answer = lives_step(&s->lives, in->incarnation, in->time, in->who->incarnation);
        if (answer == LIFE_SUCCESSOR) {
                s->window[1] = s->window[0];
                memset(&s->window[0], 0, sizeof s->window[0]);
                Key k = key_of('n', in->loop, in->producer, tocsin_bytes_of(NULL, 0));
                return entry_store(d, &k, &in->ref, sizeof in->ref);
        }
        if (answer == LIFE_LATE || answer == LIFE_ROGUE || answer == LIFE_ANCIENT)
                *window = s->lives.known == 2 && in->incarnation == s->lives.before.number ? 1 : NO_LIFE;
        *stop = answer == LIFE_BELOW;
        if (answer != LIFE_ROGUE && answer != LIFE_BELOW)
                return 0;
        int r = second_life(d, in, s, answer);
        return r < 0 ? r : 0;
}

/* ---- L3 and gaps ------------------------------------------------------------------------------------- */

static int order_finding(Detector *d, const Input *in, What what, const char *how, int64_t by) {
        Finding f;
        finding_init(&f, what, in);
        char number[32] = "";
        if (in->has_sequence)
                snprintf(number, sizeof number, " (number %lld)", (long long)in->sequence);
        finding_say(&f, "Event %.*s%s of producer %.*s in loop %.*s, dated %s, %s", SHOW(in->id), number, SHOW(in->producer),
                    SHOW(in->loop), moment_of(in->time).text, how);
        if (by > 0)
                snprintf(f.summary + strlen(f.summary), sizeof f.summary - strlen(f.summary), " %lld s",
                         (long long)(by / SECOND));
        int r = case_add(d, &f);
        return r < 0 ? r : 0;
}

static int open_gap(Detector *d, const Input *in, Speaker *s, const int64_t missing[2], int64_t time) {
        /* In a batch that was held up neighbours change places as well: it has its time from where the stream stands. */
        bool late = (in->event->flags & TOCSIN_EVENT_LATE) && d->clock != NO_TIME;
        int64_t due = base_later(late ? base_max(time, d->clock) : time, d->set.gap);
        uint32_t at = gaps_open(&s->gaps, (uint32_t)in->incarnation, missing[0], missing[1], due);
        char slot[4];
        Key k = key_of('g', in->loop, in->producer, tocsin_bytes_of(slot, (size_t)snprintf(slot, sizeof slot, "%u", at)));
        return entry_store(d, &k, &in->ref, sizeof in->ref);
}

static int raise_gap(Detector *d, const Spec *spec, Bytes producer, Speaker *s, uint32_t at);

/* What was due by the producer's own clock is raised first: whether the task's watermark, which others hold back or push
 * on, had fired the timer yet must not decide. */
static int fill_gap(Detector *d, const Input *in, Speaker *s) {
        GapState was;
        int r = 0;
        for (int at; r == 0 && s->high != NO_TIME && (at = gaps_due(&s->gaps, s->high - d->lateness)) >= 0;)
                r = raise_gap(d, in->spec, in->producer, s, (uint32_t)at);
        if (r != 0)
                return r;
        if (gaps_fill(&s->gaps, (uint32_t)in->incarnation, in->sequence, &was) < 0 || was != GAP_RAISED || gaps_raised(&s->gaps))
                return 0;
        return case_clear(d, WHAT_GAP, in->loop, tocsin_bytes_of(NULL, 0), in->producer, in->time);
}

/* Did the same bytes come within the time of a resend? Where the memory of a fast producer is too short to say, what is
 * that young gets the benefit of the doubt: all that is not remembered came before the oldest that is. */
static bool is_resend(const Detector *d, const Input *in, const Speaker *s, const Window *w, const Seen *seen) {
        const Seen *old = recent_find(&s->recent, seen);
        if (!old && (uint64_t)w->high - (uint64_t)in->sequence >= RECENT_LEN)
                old = &s->recent.seen[s->recent.next % RECENT_LEN];
        return old && seen_resend(old, seen, base_behind(s->high, in->time), d->set.resend_ms);
}

/* time: what counts as the event's time for what is remembered. */
static int judge_number(Detector *d, const Input *in, Speaker *s, uint32_t window, const Seen *seen, int64_t time, bool *stop) {
        if (window == NO_LIFE) {
                const Seen *old = recent_find(&s->recent, seen);
                int64_t behind = base_behind(s->high, in->time);
                if (old ? seen_resend(old, seen, behind, d->set.resend_ms) : behind <= d->set.reordered) {
                        *stop = old != NULL;
                        if (!old)
                                recent_add(&s->recent, seen);
                        return 0;
                }
                *stop = true;
                return old ? order_finding(d, in, WHAT_REPLAY, "was received before: it is replayed", 0)
                           : order_finding(d, in, WHAT_REORDERED, "comes from a life long over, behind the latest by", behind);
        }
        Window *w = &s->window[window];
        if (!in->has_incarnation && w->used && in->sequence >= 0 && in->sequence <= 1 && in->sequence < w->high &&
            in->time > w->high_time)
                memset(w, 0, sizeof *w); /* without incarnations a restart shows only by numbers that begin anew */
        int64_t behind = w->high_time - in->time, missing[2];
        WindowAnswer answer = window_step(w, in->sequence, time, missing);
        if (answer == WINDOW_SEEN && is_resend(d, in, s, w, seen)) {
                *stop = true;
                return 0;
        }
        if (answer == WINDOW_SEEN || answer == WINDOW_BELOW) {
                *stop = true;
                bool known = recent_find(&s->recent, seen) != NULL;
                return order_finding(d, in, WHAT_REPLAY,
                                     known                   ? "was received before: it is replayed"
                                     : answer == WINDOW_SEEN ? "bears a number that was used before"
                                                             : "bears a number from long before",
                                     0);
        }
        recent_add(&s->recent, seen);
        if (answer == WINDOW_AHEAD || answer == WINDOW_LEAP)
                return open_gap(d, in, s, missing, time);
        if (answer != WINDOW_FILL)
                return 0;
        int r = fill_gap(d, in, s);
        if (r == 0 && behind > d->set.reordered)
                r = order_finding(d, in, WHAT_REORDERED, "comes behind a higher number by", behind);
        return r;
}

static int judge_bytes(Detector *d, const Input *in, const Speaker *s, const Seen *seen, bool *stop) {
        char slot[4];
        Key k = key_of('b', in->loop, in->producer,
                       tocsin_bytes_of(slot, (size_t)snprintf(slot, sizeof slot, "%u", bucket_of(seen))));
        RecentBucket b;
        int r = entry_load(d, &k, &b, sizeof b);
        if (r < 0)
                return r;
        const Seen *old = bucket_find(&b, seen);
        if (!old) {
                bucket_add(&b, seen, in->time);
                return entry_store(d, &k, &b, sizeof b);
        }
        *stop = true;
        return seen_resend(old, seen, base_behind(s->high, in->time), d->set.resend_ms)
                       ? 0
                       : order_finding(d, in, WHAT_REPLAY, "was received before: it is replayed", 0);
}

static int judge_stale(Detector *d, const Input *in, const Speaker *s, bool *stop) {
        int64_t clock = base_max(s->high, d->clock);
        if (clock == NO_TIME || clock - d->lateness - in->time <= d->set.stale)
                return 0;
        *stop = true;
        return order_finding(d, in, WHAT_STALE, "is behind the stream by", clock - in->time);
}

/* An event ahead of the host's clock: told, its number ticked off, and no clock or timer moved by it. */
static int from_the_future(Detector *d, const Input *in, Speaker *s) {
        bool numbered = in->who->numbered && in->has_sequence;
        bool same = !in->has_incarnation || (s->lives.known && s->lives.now.number == in->incarnation);
        int r = order_finding(d, in, WHAT_FUTURE, "is ahead of the clock by", in->time - in->event->now_us);
        int64_t missing[2];
        if (r != 0 || !numbered || !same || !s->window[0].used)
                return r;
        int64_t time = s->high == NO_TIME ? base_min(in->time, in->event->now_us) : s->high;
        WindowAnswer answer = window_step(&s->window[0], in->sequence, time, missing);
        if (answer == WINDOW_AHEAD || answer == WINDOW_LEAP)
                return open_gap(d, in, s, missing, time);
        return answer == WINDOW_FILL ? fill_gap(d, in, s) : 0;
}

/* ---- L15 --------------------------------------------------------------------------------------------- */

static int judge_flood(Detector *d, const Input *in, Speaker *s) {
        bool was = s->flood.flooded;
        int64_t second = s->flood.second;
        if (!flood_step(&s->flood, in->time, d->set.flood_rate, d->set.flood_times, in->who->rate) ||
            (was && second == s->flood.second))
                return 0; /* told once a second while it lasts */
        Finding f;
        finding_init(&f, WHAT_FLOOD, in);
        char own[64] = "it is new here, and nothing says that it may";
        if (!flood_newcomer(&s->flood))
                snprintf(own, sizeof own, "its own rate is %.2f", flood_own(&s->flood));
        finding_say(&f, "Producer %.*s floods loop %.*s with %u events a second; %s", SHOW(in->producer), SHOW(in->loop),
                    flood_peak(&s->flood), own);
        f.restated = true;
        int r = case_add(d, &f);
        return r < 0 ? r : 0;
}

/* ---- silence ----------------------------------------------------------------------------------------- */

static Key pause_key(Bytes loop, Bytes producer, int64_t time) {
        char slot = (char)('0' + (uint64_t)time / 1000 % 8);
        return key_of('h', loop, producer, tocsin_bytes_of(&slot, 1));
}

static int hear(Detector *d, const Input *in, Speaker *s) {
        if (!in->who->heartbeat)
                return 0;
        uint32_t n = s->heard.n;
        HeardAnswer answer =
                (in->event->flags & TOCSIN_EVENT_LATE ? heard_late : heard_add)(&s->heard, in->time, in->who->heartbeat);
        if (answer == HEARD_BACK)
                return case_clear(d, WHAT_SILENT, in->loop, tocsin_bytes_of(NULL, 0), in->producer, in->time);
        if (n == 0 || s->heard.n <= n || in->time <= s->last.time)
                return 0;
        /* A pause the watermark has not judged yet: keep the event before it, should it become evidence. */
        Key k = pause_key(in->loop, in->producer, s->last.time);
        return entry_store(d, &k, &s->last, sizeof s->last);
}

static int set_timer(const Detector *d, const Key *k, Speaker *s, int64_t want) {
        if (want == NEVER || (s->timer != 0 && s->timer <= want))
                return 0;
        s->timer = want;
        return entry_timer(d, k, want);
}

int speak_event(Detector *d, const Input *in, bool *stop) {
        Speaker s;
        Key k = speaker_key(in->loop, in->producer);
        int r = entry_load(d, &k, &s, sizeof s);
        if (r < 0)
                return r;
        if (r == 0)
                s.high = NO_TIME;
        *stop = false;
        if (in->event->flags & TOCSIN_EVENT_FUTURE) {
                *stop = true;
                r = from_the_future(d, in, &s);
                return r ? r : entry_store(d, &k, &s, sizeof s);
        }
        uint32_t window;
        Seen seen = seen_of(in->ref.digest, in->event->arrival_us, in->event->now_us);
        r = judge_flood(d, in, &s);
        if (r == 0)
                r = judge_life(d, in, &s, &window, stop);
        if (r == 0 && !*stop)
                r = in->who->numbered && in->has_sequence ? judge_number(d, in, &s, window, &seen, in->time, stop)
                                                          : judge_bytes(d, in, &s, &seen, stop);
        if (r == 0 && !*stop)
                r = judge_stale(d, in, &s, stop);
        if (r == 0 && !*stop)
                r = stale_event(d, in);
        if (r == 0 && !*stop) {
                r = hear(d, in, &s);
                s.high = base_max(s.high, in->time);
                if (s.last.id_len == 0 || in->time >= s.last.time)
                        s.last = in->ref;
        }
        if (r == 0)
                r = set_timer(d, &k, &s, gaps_next(&s.gaps));
        if (r == 0 && in->who->heartbeat && s.heard.n && s.heard.silent != 1)
                r = set_timer(d, &k, &s, base_later(s.heard.s[0].to, in->who->heartbeat));
        return r ? r : entry_store(d, &k, &s, sizeof s);
}

/* ---- the watermark passes ---------------------------------------------------------------------------- */

static void timer_finding(Finding *f, What what, const Spec *spec, Bytes producer, const Ref *ref) {
        memset(f, 0, sizeof *f);
        f->what = what;
        f->loop = spec->id;
        f->domain = spec->domain;
        f->producer = producer;
        f->refs = ref;
        f->n_refs = 1;
}

static int raise_gap(Detector *d, const Spec *spec, Bytes producer, Speaker *s, uint32_t at) {
        char slot[4];
        Key k = key_of('g', spec->id, producer, tocsin_bytes_of(slot, (size_t)snprintf(slot, sizeof slot, "%u", at)));
        Ref ref;
        int r = entry_load(d, &k, &ref, sizeof ref);
        if (r < 0)
                return r;
        const Gap gap = s->gaps.gap[at];
        Finding f;
        timer_finding(&f, WHAT_GAP, spec, producer, &ref);
        f.occurrences = gap.left;
        finding_say(&f, "Of producer %.*s in loop %.*s %llu events are missing between numbers %lld and %lld, noticed at %s",
                    SHOW(producer), SHOW(spec->id), (unsigned long long)gap.left, (long long)gap.from - 1, (long long)gap.to + 1,
                    moment_of(ref.time).text);
        r = case_add(d, &f);
        if (r == 1) { /* a new incident: what an older one waited for does not keep it open */
                gaps_forget(&s->gaps);
                s->gaps.gap[at] = gap;
                return 0;
        }
        return r;
}

static int raise_silence(Detector *d, const Spec *spec, const SpecProducer *who, const Speaker *s, int64_t since) {
        Ref ref = s->last;
        if (ref.time != since) {
                Key k = pause_key(spec->id, who->name, since);
                Ref kept;
                int r = entry_load(d, &k, &kept, sizeof kept);
                if (r < 0)
                        return r;
                if (r == 1 && kept.time == since)
                        ref = kept;
        }
        Finding f;
        timer_finding(&f, WHAT_SILENT, spec, who->name, &ref);
        finding_say(&f, "Producer %.*s of loop %.*s has been silent since %s, longer than its %.3g s", SHOW(who->name),
                    SHOW(spec->id), moment_of(since).text, (double)who->heartbeat / SECOND);
        int r = case_add(d, &f);
        return r < 0 ? r : 0;
}

static int judge_silence(Detector *d, const Spec *spec, const SpecProducer *who, Speaker *s, int64_t now, int64_t *next) {
        Quiets quiets = { 0 };
        int r = detector_quiets(d, spec, who->name, &quiets);
        while (r == 0) {
                int64_t at;
                HeardAnswer answer = heard_due(&s->heard, now, who->heartbeat, &quiets, &at, next);
                if (answer == HEARD_FINE)
                        return 0;
                r = answer == HEARD_SILENT ? raise_silence(d, spec, who, s, at)
                                           : case_clear(d, WHAT_SILENT, spec->id, tocsin_bytes_of(NULL, 0), who->name, at);
        }
        return r;
}

int speak_timer(Detector *d, Bytes name, int64_t now) {
        Bytes part[2];
        Speaker s;
        key_split(name, part, 2);
        Key k = speaker_key(part[0], part[1]);
        int r = entry_load(d, &k, &s, sizeof s);
        if (r <= 0)
                return r;
        const Spec *spec = detector_spec(d, part[0], &r);
        const SpecProducer *who = spec ? spec_producer(spec, part[1]) : NULL;
        if (!who)
                return r ? r : entry_drop(d, &k); /* no longer registered */
        for (int at; r == 0 && (at = gaps_due(&s.gaps, now)) >= 0;)
                r = raise_gap(d, spec, who->name, &s, (uint32_t)at);
        int64_t next = NEVER;
        if (r == 0 && who->heartbeat)
                r = judge_silence(d, spec, who, &s, now, &next);
        if (r != 0)
                return r;
        s.timer = 0;
        r = set_timer(d, &k, &s, base_min(next, gaps_next(&s.gaps)));
        return r ? r : entry_store(d, &k, &s, sizeof s);
}
