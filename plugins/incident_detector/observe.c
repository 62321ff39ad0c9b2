/* Observations: onto the internal port and back. */
#include "observe.h"

Watched watched_of(const tocsin_host *h) {
        return (Watched){
                .key = h->field(h, PORT_OBSERVATIONS, "key"),
                .what = h->field(h, PORT_OBSERVATIONS, "what"),
                .loop = h->field(h, PORT_OBSERVATIONS, "loop"),
                .domain = h->field(h, PORT_OBSERVATIONS, "domain"),
                .producer = h->field(h, PORT_OBSERVATIONS, "producer"),
                .id = h->field(h, PORT_OBSERVATIONS, "event_id"),
                .digest = h->field(h, PORT_OBSERVATIONS, "digest"),
                .partition = h->field(h, PORT_OBSERVATIONS, "partition"),
                .offset = h->field(h, PORT_OBSERVATIONS, "offset"),
                .target = h->field(h, PORT_OBSERVATIONS, "target"),
                .attribute = h->field(h, PORT_OBSERVATIONS, "attribute"),
                .value = h->field(h, PORT_OBSERVATIONS, "value"),
                .planned = h->field(h, PORT_OBSERVATIONS, "planned"),
                .action = h->field(h, PORT_OBSERVATIONS, "action"),
                .level = h->field(h, PORT_OBSERVATIONS, "level"),
                .parent = h->field(h, PORT_OBSERVATIONS, "parent"),
                .ancestors = h->field(h, PORT_OBSERVATIONS, "ancestors"),
        };
}

void observation_of(const Input *in, uint32_t what, Bytes key, Observation *ret) {
        *ret = (Observation){ .what = what,
                              .key = key,
                              .loop = in->loop,
                              .domain = in->spec->domain,
                              .producer = in->producer,
                              .parent = in->spec->parent,
                              .planned = in->kind == KIND_PLAN,
                              .action = in->kind == KIND_PLAN || in->kind == KIND_RESULT,
                              .ref = in->ref };
}

int observation_tell(Detector *d, const Observation *o) {
        static const char *const kinds[] = { "WRITE", "CAUSE", "ANCESTORS", "ORDER", "CLAIM" };
        tocsin_value none = tocsin_list(NULL, 0);
        const tocsin_field f[] = {
                tocsin_field_of("key", tocsin_str_of(o->key)),
                tocsin_field_of("what", tocsin_symbol(kinds[o->what])),
                tocsin_field_of("loop", tocsin_str_of(o->loop)),
                tocsin_field_of("domain", tocsin_str_of(o->domain)),
                tocsin_field_of("producer", tocsin_str_of(o->producer)),
                tocsin_field_of("event_id", tocsin_str_n(o->ref.id, o->ref.id_len)),
                tocsin_field_of("digest", tocsin_raw(tocsin_bytes_of(o->ref.digest, sizeof o->ref.digest))),
                tocsin_field_of("event_time", tocsin_i64(o->ref.time)),
                tocsin_field_of("partition", tocsin_i64(o->ref.partition)),
                tocsin_field_of("offset", tocsin_i64(o->ref.offset)),
                tocsin_field_of("target", tocsin_str_of(o->target)),
                tocsin_field_of("attribute", tocsin_str_of(o->attribute)),
                tocsin_field_of("value", tocsin_str_of(o->value)),
                tocsin_field_of("planned", tocsin_bool(o->planned)),
                tocsin_field_of("action", tocsin_bool(o->action)),
                tocsin_field_of("level", tocsin_i64(o->level)),
                tocsin_field_of("parent", tocsin_str_of(o->parent)),
                tocsin_field_of("ancestors", o->ancestors ? *o->ancestors : none),
        };
        tocsin_value body = tocsin_record(f, sizeof f / sizeof f[0]);
        return d->host->emit(d->host, PORT_OBSERVATIONS, o->key, &body);
}

int observe_write(Detector *d, const Input *in, Bytes attribute, Bytes value) {
        if (in->subject.len == 0)
                return 0;
        char key[2 * LABEL_TEXT + 1];
        uint32_t len = base_fit(key, LABEL_TEXT, in->subject);
        key[len++] = 0;
        len += base_fit(key + len, LABEL_TEXT, attribute);
        Observation o;
        observation_of(in, OBSERVED_WRITE, tocsin_bytes_of(key, len), &o);
        o.target = in->subject;
        o.attribute = attribute;
        o.value = value;
        return observation_tell(d, &o);
}

/* A plan that follows from nothing has nobody to tell its node what it is. */
static int observe_first(Detector *d, const Input *in) {
        char key[LABEL_TEXT];
        Observation o;
        if (in->kind != KIND_PLAN || in->id.len == 0)
                return 0;
        observation_of(in, OBSERVED_ANCESTORS, tocsin_bytes_of(key, base_fit(key, LABEL_TEXT, in->id)), &o);
        o.level = in->time;
        return observation_tell(d, &o);
}

int observe_causes(Detector *d, const Input *in) {
        if (!tocsin_is(in->causes, TOCSIN_LIST) || in->causes->len == 0)
                return observe_first(d, in);
        int r = 0;
        for (uint32_t i = 0; r == 0 && i < in->causes->len && i < CAUSES_TOLD; i++) {
                Bytes cause = tocsin_as_bytes(&in->causes->u.items[i]);
                if (cause.len == 0)
                        continue;
                char key[LABEL_TEXT];
                Observation o;
                observation_of(in, OBSERVED_CAUSE, tocsin_bytes_of(key, base_fit(key, LABEL_TEXT, cause)), &o);
                r = observation_tell(d, &o);
        }
        return r;
}

int observe_priority(Detector *d, const Input *in, Bytes loop, int64_t level, bool order) {
        char key[LABEL_TEXT + 9] = "priority";
        Observation o;
        observation_of(in, order ? OBSERVED_ORDER : OBSERVED_CLAIM, tocsin_bytes_of(key, 9 + base_fit(key + 9, LABEL_TEXT, loop)),
                       &o);
        o.target = loop;
        o.level = level;
        return observation_tell(d, &o);
}

static void observation_read(const Watched *at, const tocsin_event *event, Observation *ret) {
        const tocsin_value *b = &event->body, *what = tocsin_at(b, at->what);
        *ret = (Observation){
                .what = what ? what->index : OBSERVED_WRITE,
                .key = tocsin_as_bytes(tocsin_at(b, at->key)),
                .loop = tocsin_as_bytes(tocsin_at(b, at->loop)),
                .domain = tocsin_as_bytes(tocsin_at(b, at->domain)),
                .producer = tocsin_as_bytes(tocsin_at(b, at->producer)),
                .target = tocsin_as_bytes(tocsin_at(b, at->target)),
                .attribute = tocsin_as_bytes(tocsin_at(b, at->attribute)),
                .value = tocsin_as_bytes(tocsin_at(b, at->value)),
                .parent = tocsin_as_bytes(tocsin_at(b, at->parent)),
                .planned = tocsin_as_bool(tocsin_at(b, at->planned), 0),
                .action = tocsin_as_bool(tocsin_at(b, at->action), 0),
                .level = tocsin_as_i64(tocsin_at(b, at->level), 0),
                .ancestors = tocsin_at(b, at->ancestors),
                .ref = { .time = event->time_us,
                         .partition = (int32_t)tocsin_as_i64(tocsin_at(b, at->partition), -1),
                         .offset = tocsin_as_i64(tocsin_at(b, at->offset), -1) },
        };
        Bytes digest = tocsin_as_bytes(tocsin_at(b, at->digest));
        if (digest.len == sizeof ret->ref.digest)
                memcpy(ret->ref.digest, digest.ptr, digest.len);
        ret->ref.id_len = base_fit(ret->ref.id, REF_ID, tocsin_as_bytes(tocsin_at(b, at->id)));
}

int observe_event(Detector *d, const tocsin_event *event) {
        Observation o;
        observation_read(&d->watched, event, &o);
        switch (o.what) {
        case OBSERVED_WRITE:
                return conflict_observed(d, &o);
        case OBSERVED_CAUSE:
                return cause_observed(d, &o);
        case OBSERVED_ANCESTORS:
                return ancestors_observed(d, &o);
        default:
                return priority_observed(d, &o);
        }
}
