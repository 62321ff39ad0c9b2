/* L4 and L8, glue: what is asked, what is done, and in which order it is told.
 *
 * A duty is met when what it asks for is there when the watermark passes its deadline, whichever of the two came first. */
#include "duty.h"

typedef struct Duty {
        int64_t asked, done, due; /* event times; NO_TIME: not yet. due: of the timer */
        uint32_t raised, spare;
        Ref ref; /* of what asks */
        Name producer;
        Label target;
} Duty;

static Key duty_key(char sort, Bytes loop, Bytes item) {
        return key_of('o', loop, tocsin_bytes_of(&sort, 1), tocsin_bytes_of(item.ptr ? item.ptr : (const uint8_t *)"", item.len));
}

static int duty_load(Detector *d, const Key *k, Duty *duty) {
        int r = entry_load(d, k, duty, sizeof *duty);
        if (r == 0)
                duty->asked = duty->done = duty->due = NO_TIME;
        return r;
}

#define SKEW (5 * SECOND) /* between the clocks of two components: what the host allows to the future */

/* A plan has one result, whatever the clocks say; a trigger may come again, so its clear must not be older. */
static bool met(const Duty *duty, char sort) {
        return duty->done != NO_TIME && (sort == 'a' || duty->done >= duty->asked - SKEW);
}

/* What a clear belongs to: the correlation if there is one, else the subject. */
static Bytes episode(const Input *in) {
        return in->correlation.len ? in->correlation : in->subject;
}

static int64_t timeout_of(const Detector *d, const Spec *spec, char sort) {
        int64_t given = sort == 'a' ? spec->action_timeout : spec->clear_timeout;
        return given >= 0 ? given : sort == 'a' ? d->set.action_timeout : d->set.clear_timeout;
}

static int ask(Detector *d, const Input *in, char sort, Bytes item, uint32_t places) {
        Key k = duty_key(sort, in->loop, item);
        Duty duty;
        int known = duty_load(d, &k, &duty);
        if (known < 0)
                return known;
        if (duty.asked != NO_TIME && !met(&duty, sort))
                return 0; /* told again: the first one counts */
        if (known && sort == 'a' && duty.asked != NO_TIME)
                return 0; /* a plan is carried out once */
        duty.asked = in->time;
        duty.ref = in->ref;
        duty.producer = name_of(in->producer);
        duty.target = label_of(in->subject.len || sort == 'a' ? in->subject : in->correlation);
        duty.raised = 0;
        int r = 0;
        if (!known)
                r = shelf_put(d, sort, in->loop, places, &k);
        if (r == 0 && !met(&duty, sort)) {
                /* What was held up on its way is answered on its way: a late batch has its time-out from now. */
                bool late = (in->event->flags & TOCSIN_EVENT_LATE) && d->clock != NO_TIME;
                duty.due = base_later(late ? base_max(in->time, d->clock) : in->time, timeout_of(d, in->spec, sort));
                r = entry_timer(d, &k, duty.due);
        }
        return r ? r : entry_store(d, &k, &duty, sizeof duty);
}

/* item is done at `time`. 1: somebody had asked for it; 0: nobody yet. */
static int done(Detector *d, Bytes loop, char sort, Bytes item, int64_t time, bool keep) {
        Key k = duty_key(sort, loop, item);
        Duty duty;
        int known = duty_load(d, &k, &duty), r = 0;
        if (known < 0 || (!known && !keep))
                return known;
        bool asked = duty.asked != NO_TIME;
        duty.done = base_max(duty.done, time);
        if (!known)
                r = shelf_put(d, sort, loop, TRIGGERS, &k);
        if (r == 0 && duty.raised && met(&duty, sort)) {
                r = case_clear(d, sort == 'a' ? WHAT_NO_RESULT : WHAT_NO_CLEAR, loop, label_bytes(&duty.target),
                               name_bytes(&duty.producer), time);
                duty.raised = 0;
        }
        if (r == 0)
                r = entry_store(d, &k, &duty, sizeof duty);
        return r ? r : asked;
}

int duty_trigger(Detector *d, const Input *in) {
        return ask(d, in, 'c', episode(in), TRIGGERS);
}

int duty_clear(Detector *d, const Input *in) {
        int r = done(d, in->loop, 'c', episode(in), in->time, true);
        if (r == 0 && in->correlation.len && in->subject.len) /* a trigger that bore no correlation */
                r = done(d, in->loop, 'c', in->subject, in->time, false);
        return r < 0 ? r : 0;
}

int duty_plan(Detector *d, const Input *in) {
        return ask(d, in, 'a', in->id, PLANS);
}

int duty_timer(Detector *d, Bytes name, int64_t now) {
        Bytes part[3];
        key_split(name, part, 3);
        char sort = part[1].len ? (char)part[1].ptr[0] : 'c';
        Key k = key_again(name);
        Duty duty;
        int r = duty_load(d, &k, &duty);
        if (r <= 0 || met(&duty, sort) || duty.asked == NO_TIME || duty.raised)
                return r < 0 ? r : 0;
        const Spec *spec = detector_spec(d, part[0], &r);
        if (!spec)
                return r;
        Quiets quiets = { 0 };
        r = detector_quiets(d, spec, name_bytes(&duty.producer), &quiets);
        if (r != 0)
                return r;
        int64_t due = quiet_deadline(&quiets, duty.asked, timeout_of(d, spec, sort));
        if (due > now) { /* planned maintenance: the time-out starts anew when it ends */
                duty.due = due;
                r = entry_timer(d, &k, due);
                return r ? r : entry_store(d, &k, &duty, sizeof duty);
        }
        Finding f = { .what = sort == 'a' ? WHAT_NO_RESULT : WHAT_NO_CLEAR,
                      .loop = spec->id,
                      .domain = spec->domain,
                      .producer = name_bytes(&duty.producer),
                      .target = label_bytes(&duty.target),
                      .refs = &duty.ref,
                      .n_refs = 1 };
        finding_say(&f, "%s %.*s of producer %.*s in loop %.*s, on %.*s at %s, has seen no %s within %.3g s",
                    sort == 'a' ? "Action" : "Trigger", SHOW(tocsin_bytes_of(duty.ref.id, duty.ref.id_len)), SHOW(f.producer),
                    SHOW(spec->id), SHOW(f.target), moment_of(duty.asked).text, sort == 'a' ? "result" : "clear",
                    (double)timeout_of(d, spec, sort) / SECOND);
        r = case_add(d, &f);
        if (r < 0)
                return r;
        duty.raised = 1;
        return entry_store(d, &k, &duty, sizeof duty);
}

/* ---- results ----------------------------------------------------------------------------------------- */

typedef struct Result { /* waits for its plan */
        Ref ref;
        Name producer;
        Label target;
        uint32_t n, spare;
        Label cause[CITED];
} Result;

/* Is one of them a plan of this loop? Those that are, are done. 1, 0, < 0. */
static int cited(Detector *d, Bytes loop, const Bytes *causes, uint32_t n, int64_t time) {
        int any = 0;
        for (uint32_t i = 0; i < n; i++) {
                int r = done(d, loop, 'a', causes[i], time, false);
                if (r < 0)
                        return r;
                any |= r;
        }
        return any;
}

int duty_result(Detector *d, const Input *in, bool judge) {
        Bytes causes[CITED];
        uint32_t n = 0;
        for (uint32_t i = 0; tocsin_is(in->causes, TOCSIN_LIST) && i < in->causes->len && n < CITED; i++)
                causes[n++] = tocsin_as_bytes(&in->causes->u.items[i]);
        int r = cited(d, in->loop, causes, n, in->time);
        if (r != 0 || !judge)
                return r < 0 ? r : 0;
        Result wait = { .ref = in->ref, .producer = name_of(in->producer), .target = label_of(in->subject), .n = n };
        for (uint32_t i = 0; i < n; i++)
                wait.cause[i] = label_of(causes[i]);
        Key k = key_of('r', in->loop, in->id, tocsin_bytes_of(NULL, 0));
        r = shelf_put(d, 'r', in->loop, WAITING, &k);
        if (r == 0)
                r = entry_store(d, &k, &wait, sizeof wait);
        return r ? r : entry_timer(d, &k, base_later(in->time, d->set.plan_grace));
}

int result_timer(Detector *d, Bytes name, int64_t now) {
        (void)now;
        Bytes part[2];
        key_split(name, part, 2);
        Key k = key_again(name);
        Result wait;
        int r = entry_load(d, &k, &wait, sizeof wait);
        if (r <= 0)
                return r;
        Bytes causes[CITED];
        for (uint32_t i = 0; i < wait.n && i < CITED; i++)
                causes[i] = label_bytes(&wait.cause[i]);
        r = cited(d, part[0], causes, wait.n, wait.ref.time);
        if (r == 0) {
                const Spec *spec = detector_spec(d, part[0], &r);
                Finding f = { .what = WHAT_NO_PLAN,
                              .loop = part[0],
                              .domain = spec ? spec->domain : tocsin_bytes_of(NULL, 0),
                              .producer = name_bytes(&wait.producer),
                              .target = label_bytes(&wait.target),
                              .refs = &wait.ref,
                              .n_refs = 1 };
                finding_say(&f, "Action %.*s on %.*s by producer %.*s of loop %.*s follows from no plan of that loop%s%.*s",
                            SHOW(tocsin_bytes_of(wait.ref.id, wait.ref.id_len)), SHOW(f.target), SHOW(f.producer), SHOW(f.loop),
                            wait.n ? ": it cites " : ": it cites nothing", SHOW(wait.n ? causes[0] : tocsin_bytes_of(NULL, 0)));
                if (r == 0)
                        r = case_add(d, &f);
        }
        return r < 0 ? r : entry_drop(d, &k);
}
