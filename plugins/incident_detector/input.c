/* One event, decoded by handles; the registry entry behind it. */
#include "detector.h"

Fields fields_of(const tocsin_host *h) {
        return (Fields){
                .id = h->field(h, PORT_EVENTS, "id"),
                .loop = h->field(h, PORT_EVENTS, "loop"),
                .stage = h->field(h, PORT_EVENTS, "stage"),
                .kind = h->field(h, PORT_EVENTS, "kind"),
                .producer = h->field(h, PORT_EVENTS, "producer.name"),
                .incarnation = h->field(h, PORT_EVENTS, "producer.incarnation"),
                .sequence = h->field(h, PORT_EVENTS, "producer.sequence"),
                .correlation = h->field(h, PORT_EVENTS, "correlation_id"),
                .causes = h->field(h, PORT_EVENTS, "causes"),
                .subject = h->field(h, PORT_EVENTS, "subject.id"),
                .metrics = h->field(h, PORT_EVENTS, "metrics"),
                .attributes = h->field(h, PORT_EVENTS, "attributes"),
        };
}

void input_read(const Detector *d, const tocsin_event *event, Input *ret) {
        const tocsin_value *body = &event->body;
        const Fields *at = &d->at;
        const tocsin_value *stage = tocsin_at(body, at->stage), *kind = tocsin_at(body, at->kind);
        const tocsin_value *incarnation = tocsin_at(body, at->incarnation), *sequence = tocsin_at(body, at->sequence);
        *ret = (Input){
                .event = event,
                .loop = tocsin_as_bytes(tocsin_at(body, at->loop)),
                .id = tocsin_as_bytes(tocsin_at(body, at->id)),
                .producer = tocsin_as_bytes(tocsin_at(body, at->producer)),
                .subject = tocsin_as_bytes(tocsin_at(body, at->subject)),
                .correlation = tocsin_as_bytes(tocsin_at(body, at->correlation)),
                .causes = tocsin_at(body, at->causes),
                .metrics = tocsin_at(body, at->metrics),
                .attributes = tocsin_at(body, at->attributes),
                .stage = stage ? stage->index : 0,
                .kind = kind ? kind->index : 0,
                .has_sequence = tocsin_is(sequence, TOCSIN_I64),
                .has_incarnation = tocsin_is(incarnation, TOCSIN_I64),
                .sequence = tocsin_as_i64(sequence, 0),
                .incarnation = tocsin_as_i64(incarnation, 0),
                .time = event->time_us,
                .ref = { .time = event->time_us, .offset = event->offset, .partition = event->partition },
        };
        ret->ref.id_len = base_fit(ret->ref.id, REF_ID, ret->id);
}

const Spec *detector_spec(Detector *d, Bytes loop, int *r) {
        const Spec *found = specs_find(&d->specs, loop);
        *r = 0;
        if (found)
                return found;
        const tocsin_value *row = d->host->lookup(d->host, PORT_REGISTRY, loop);
        if (!row)
                return NULL;
        Spec *s = spec_new(row);
        if (!s) {
                *r = TOCSIN_E_NOMEM;
                return NULL;
        }
        if (!tocsin_equal(s->id, loop)) /* the key decides: a row under another's name is not believed */
                s->id = tocsin_bytes_of(NULL, 0);
        if (!s->id.ptr) {
                specs_keep(&d->specs, s);
                specs_drop(&d->specs, s->id);
                return NULL;
        }
        specs_keep(&d->specs, s);
        return s;
}
