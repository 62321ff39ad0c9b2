/* L3, glue: events that come late into a loop that is not. */
#include "speak.h"

typedef struct Suspect {
        Ref ref;
        Name producer;
        int64_t lag;
} Suspect;

static Key pace_key(Bytes loop) {
        return key_of('a', loop, tocsin_bytes_of(NULL, 0), tocsin_bytes_of(NULL, 0));
}

static Key suspect_key(Bytes loop, uint32_t number) {
        char slot[12];
        return key_of('a', loop, tocsin_bytes_of(slot, (size_t)snprintf(slot, sizeof slot, "%u", number)),
                      tocsin_bytes_of(NULL, 0));
}

/* The loop's pace lies in the table, and beside its registry entry as long as that is kept decoded. */
static int load(const Detector *d, const Spec *spec) {
        if (*spec->pace_loaded)
                return 0;
        Key k = pace_key(spec->id);
        int r = entry_load(d, &k, spec->pace, sizeof *spec->pace);
        *spec->pace_loaded = r >= 0;
        return r < 0 ? r : 0;
}

static int keep(const Detector *d, const Spec *spec) {
        Key k = pace_key(spec->id);
        return entry_store(d, &k, spec->pace, sizeof *spec->pace);
}

static int accuse(const Detector *d, const Spec *spec, uint32_t number) {
        Key k = suspect_key(spec->id, number);
        Suspect s;
        int r = entry_load(d, &k, &s, sizeof s);
        if (r <= 0)
                return r;
        Finding f = { .what = WHAT_STALE,
                      .loop = spec->id,
                      .domain = spec->domain,
                      .producer = name_bytes(&s.producer),
                      .refs = &s.ref,
                      .n_refs = 1 };
        finding_say(&f, "Event %.*s of producer %.*s in loop %.*s, dated %s, arrives %lld s late where others do not",
                    SHOW(tocsin_bytes_of(s.ref.id, s.ref.id_len)), SHOW(f.producer), SHOW(f.loop), moment_of(s.ref.time).text,
                    (long long)(s.lag / SECOND));
        r = case_add(d, &f);
        return r < 0 ? r : entry_drop(d, &k);
}

static int accuse_all(const Detector *d, const Spec *spec, uint32_t proven) {
        int r = 0;
        for (uint32_t i = 1; r == 0 && i <= proven; i++)
                r = accuse(d, spec, i);
        return r;
}

static int suspect(const Detector *d, const Input *in, int64_t lag) {
        Suspect s = { .ref = in->ref, .producer = name_of(in->producer), .lag = lag };
        uint32_t number = in->spec->pace->suspects;
        Key k = suspect_key(in->loop, number), timer = pace_key(in->loop);
        int r = entry_store(d, &k, &s, sizeof s);
        if (r == 0 && number == 1) /* should nobody speak in this loop again */
                r = entry_timer(d, &timer, base_later(in->time, d->set.stale));
        return r;
}

int stale_event(const Detector *d, const Input *in) {
        if (in->event->arrival_us <= 0) /* the topic's records have no timestamps */
                return 0;
        const Spec *spec = in->spec;
        uint32_t proven;
        int r = load(d, spec);
        if (r != 0)
                return r;
        int64_t lag = base_min(in->event->arrival_us, TIME_MOST) - in->time;
        PaceAnswer answer = pace_step(spec->pace, lag, d->set.stale, &proven);
        if (answer == PACE_STEADY)
                return 0;
        r = answer == PACE_SUSPECT ? suspect(d, in, lag - spec->pace->lag) : accuse_all(d, spec, proven);
        return r ? r : keep(d, spec);
}

int stale_timer(Detector *d, Bytes name) {
        Bytes loop;
        int r;
        key_split(name, &loop, 1);
        const Spec *spec = detector_spec(d, loop, &r);
        if (!spec) { /* no longer registered */
                Key k = pace_key(loop);
                return r ? r : entry_drop(d, &k);
        }
        r = load(d, spec);
        if (r != 0 || spec->pace->suspects == 0)
                return r;
        if (spec->pace->suspects == spec->pace->run) /* else they came by degrees: the stream is slow, not they */
                r = accuse_all(d, spec, spec->pace->suspects);
        spec->pace->run = spec->pace->suspects = 0;
        return r ? r : keep(d, spec);
}
