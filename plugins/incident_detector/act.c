/* L8, L9 and L10, glue. */
#include "act.h"

#include "observe.h"
#include "reversal.h"

static int tell(Detector *d, const Finding *f) {
        int r = case_add(d, f);
        return r < 0 ? r : 0;
}

/* 1: outside, told. */
static int outside(Detector *d, const Input *in) {
        int stage = in->kind == KIND_PLAN ? STAGE_DECISION : STAGE_EXECUTION;
        bool wrong = in->who->stage >= 0 && in->who->stage != stage;
        bool target = in->subject.len == 0 || scope_target(&in->spec->scope, in->subject);
        if (target && !wrong)
                return 0;
        Finding f;
        finding_init(&f, target ? WHAT_STAGE : WHAT_TARGET, in);
        f.target = in->subject;
        if (target)
                finding_say(&f, "Producer %.*s of loop %.*s, not registered for %s, tells %s %.*s on %.*s", SHOW(in->producer),
                            SHOW(in->loop), in->kind == KIND_PLAN ? "DECISION" : "EXECUTION",
                            in->kind == KIND_PLAN ? "plan" : "action", SHOW(in->id), SHOW(in->subject));
        else
                finding_say(&f, "Loop %.*s acts on %.*s, which is not among its declared targets (%s %.*s by %.*s)",
                            SHOW(in->loop), SHOW(in->subject), in->kind == KIND_PLAN ? "plan" : "action", SHOW(in->id),
                            SHOW(in->producer));
        int r = tell(d, &f);
        return r ? r : 1;
}

static int reversals(Detector *d, const Input *in, Bytes attribute, Bytes value) {
        char name[LABEL_TEXT + 2];
        uint32_t len = base_fit(name, LABEL_TEXT, attribute);
        name[len++] = in->kind == KIND_PLAN ? 'P' : 'R'; /* decided and done are two tellings of one turn */
        Key k = key_of('v', in->loop, in->subject, tocsin_bytes_of(name, len));
        Changes *h = d->host->scratch(d->host, sizeof *h);
        if (!h)
                return TOCSIN_E_NOMEM;
        int known = entry_load(d, &k, h, sizeof *h);
        if (known < 0)
                return known;
        int r = known ? 0 : shelf_put(d, 'v', in->loop, TRACKED, &k);
        uint32_t first = 0;
        changes_add(h, value, &in->ref);
        if (r == 0)
                r = entry_store(d, &k, h, sizeof *h);
        uint32_t n = changes_reversals(h, d->set.reversal_span, &first);
        if (r != 0 || n < d->set.reversals)
                return r;
        Ref refs[REVERSAL_LEN];
        Finding f;
        char target[2 * LABEL_TEXT];
        finding_init(&f, WHAT_OSCILLATION, in);
        for (f.n_refs = 0; first < h->n; first++)
                refs[f.n_refs++] = h->c[first].ref;
        f.refs = refs;
        f.topic = NULL;
        f.target =
                tocsin_bytes_of(target, (size_t)snprintf(target, sizeof target, "%.*s/%.*s", SHOW(in->subject), SHOW(attribute)));
        finding_say(&f, "Loop %.*s turns %.*s of %.*s back and forth: %u reversals within %lld s", SHOW(in->loop),
                    SHOW(attribute), SHOW(in->subject), n, (long long)(d->set.reversal_span / SECOND));
        return tell(d, &f);
}

int act_event(Detector *d, const Input *in) {
        int scope = outside(d, in), r = scope < 0 ? scope : 0;
        bool told = false;
        uint32_t n = 0;
        const tocsin_value *a = in->attributes;
        for (uint32_t i = 0; r == 0 && tocsin_is(a, TOCSIN_MAP) && i < a->len && n < WRITES_OF_EVENT; i++) {
                Bytes attribute = scope_write(tocsin_bytes_of(a->u.fields[i].name, a->u.fields[i].name_len));
                Bytes value = tocsin_as_bytes(&a->u.fields[i].value);
                if (attribute.len == 0)
                        continue;
                n++;
                ScopeAnswer answer = scope_attribute(&in->spec->scope, in->subject, attribute);
                if (answer != SCOPE_FINE && !told) { /* one event, one proof */
                        Finding f;
                        finding_init(&f, WHAT_ATTRIBUTE, in);
                        f.target = in->subject;
                        finding_say(&f, "Loop %.*s sets %.*s of %.*s, which is %s (event %.*s by %.*s)", SHOW(in->loop),
                                    SHOW(attribute), SHOW(in->subject),
                                    answer == SCOPE_DISALLOWED ? "disallowed" : "not among its writable attributes", SHOW(in->id),
                                    SHOW(in->producer));
                        r = tell(d, &f);
                        told = true;
                }
                if (r == 0)
                        r = reversals(d, in, attribute, value);
                if (r == 0)
                        r = observe_write(d, in, attribute, value);
        }
        return r ? r : scope;
}
