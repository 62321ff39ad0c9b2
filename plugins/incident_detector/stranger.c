/* L1, glue: loops and producers nobody registered; and the clock of the task, against which events are stale. */
#include "case.h"

int stranger_event(Detector *d, const Input *in) {
        Finding f;
        finding_init(&f, in->spec ? WHAT_UNKNOWN : WHAT_UNREGISTERED, in);
        if (in->spec) {
                finding_say(&f, "Producer %.*s speaks for loop %.*s, whose registry entry does not know it (event %.*s)",
                            SHOW(in->producer), SHOW(in->loop), SHOW(in->id));
        } else {
                f.producer = tocsin_bytes_of(NULL, 0);
                finding_say(&f, "Loop %.*s is not in the registry, yet producer %.*s speaks for it (event %.*s)", SHOW(in->loop),
                            SHOW(in->producer), SHOW(in->id));
        }
        int r = case_add(d, &f);
        return r < 0 ? r : 0;
}

static Key clock_key(void) {
        return key_of('t', tocsin_bytes_of(NULL, 0), tocsin_bytes_of(NULL, 0), tocsin_bytes_of(NULL, 0));
}

int clock_rebuild(Detector *d) {
        Key k = clock_key();
        int r = entry_load(d, &k, &d->clock, sizeof d->clock);
        if (r == 0)
                d->clock = NO_TIME;
        return r < 0 ? r : 0;
}

int clock_move(Detector *d, const Input *in) {
        if (in->event->flags & TOCSIN_EVENT_FUTURE)
                return 0;
        int64_t step = in->time / CLOCK_STEP * CLOCK_STEP;
        if (in->time < 0 || step <= d->clock)
                return 0;
        d->clock = step;
        Key k = clock_key();
        return entry_store(d, &k, &d->clock, sizeof d->clock);
}
