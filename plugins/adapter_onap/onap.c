/* What all control-loop messages have in common, and the alarms of DCAE. */
#include "onap.h"
#include "../adapter/canon.h"
#include "../adapter/number.h"

/* DCAE's threshold analysis hands on VES's microseconds where the format says milliseconds. From here on a number is taken for
 * microseconds: as such it is after 1973-03-03, and as milliseconds it would be after the year 5138. */
#define MICROSECONDS_FROM INT64_C(100000000000000)

/* A text under one of two names; ONAP spells requestID and target_type differently in its two families. */
static bool text_of(Kit *k, const tocsin_value *body, const char *name, const char *other, bool must, tocsin_bytes *ret) {
        const tocsin_value *v = tocsin_find(body, name), *w = other ? tocsin_find(body, other) : NULL;
        if (v && w && !tocsin_equal(tocsin_as_bytes(v), tocsin_as_bytes(w)))
                return kit_refuse(k, "%s and %s are both there and differ", name, other);
        if (!v) {
                v = w;
                name = w ? other : name;
        }
        if (v && !tocsin_is(v, TOCSIN_STR) && !tocsin_is(v, TOCSIN_NULL))
                return kit_refuse(k, "%s: must be a text", name);
        *ret = tocsin_as_bytes(v);
        return ret->len > 0 || !must || kit_refuse(k, "%s: is missing or empty", name);
}

static bool common(Kit *k, const tocsin_value *body, OnapMessage *m) {
        if (!tocsin_is(body, TOCSIN_MAP))
                return kit_refuse(k, "the message is no JSON object");
        m->body = body;
        m->aai = tocsin_find(body, "AAI");
        if (m->aai && !tocsin_is(m->aai, TOCSIN_MAP) && !tocsin_is(m->aai, TOCSIN_NULL))
                return kit_refuse(k, "AAI: must be an object");
        if (!text_of(k, body, "closedLoopControlName", NULL, true, &m->control) ||
            !text_of(k, body, "requestID", "requestId", true, &m->request) ||
            !text_of(k, body, "closedLoopEventClient", NULL, false, &m->client) ||
            !text_of(k, body, "from", NULL, false, &m->from) || !text_of(k, body, "target", NULL, false, &m->target) ||
            !text_of(k, body, "target_type", "targetType", false, &m->target_type))
                return false;
        return m->client.len || m->from.len ||
               kit_refuse(k, "closedLoopEventClient and from: both are missing, so nobody speaks");
}

tocsin_bytes onap_id(Kit *k, const OnapMessage *m, const char *step, uint32_t index, tocsin_bytes more) {
        uint8_t number[4] = { (uint8_t)index, (uint8_t)(index >> 8), (uint8_t)(index >> 16), (uint8_t)(index >> 24) };
        const tocsin_bytes parts[] = { tocsin_bytes_of("onap", 4),
                                       m->control,
                                       m->request,
                                       tocsin_bytes_of(step, strlen(step)),
                                       tocsin_bytes_of(number, sizeof number),
                                       more };
        return kit_id(k, parts, sizeof parts / sizeof *parts);
}

bool onap_time(const tocsin_value *v, int64_t *ret_us) {
        int64_t n;
        if (integer_of_value(v, true, &n)) {
                if (n < 0 || n > DRAFT_TIME_MAX)
                        return false;
                *ret_us = n < MICROSECONDS_FROM ? n * 1000 : n;
                return true;
        }
        return tocsin_is(v, TOCSIN_STR) && time_of_text(tocsin_as_bytes(v), ret_us) && *ret_us >= 0;
}

bool onap_alarm(Kit *k, const OnapMessage *m, Draft *d) {
        const tocsin_bytes none = tocsin_bytes_of(NULL, 0);
        tocsin_bytes status = tocsin_get_bytes(m->body, "closedLoopEventStatus");
        const tocsin_value *start = tocsin_find(m->body, "closedLoopAlarmStart"),
                           *end = tocsin_find(m->body, "closedLoopAlarmEnd");
        tocsin_bytes onset = onap_id(k, m, "ONSET", 0, none);
        d->stage = "ANALYSIS";
        d->producer = m->client.len ? m->client : m->from;
        if (tocsin_equal_z(status, "ONSET")) {
                d->kind = "TRIGGER";
                d->id = onset;
                return onap_time(start, &d->event_time) ||
                       kit_refuse(k, "closedLoopAlarmStart: is missing or no time in milli- or microseconds");
        }
        if (!tocsin_equal_z(status, "ABATED") && !tocsin_equal_z(status, "ABATEMENT"))
                return kit_refuse(k, "closedLoopEventStatus: %s is none of ONSET, ABATED, ABATEMENT", kit_quote(k, status));
        d->kind = "CLEAR";
        d->id = onap_id(k, m, "ABATED", 0, none);
        d->causes[d->n_causes++] = onset;
        if (end && !tocsin_is(end, TOCSIN_NULL))
                return onap_time(end, &d->event_time) ||
                       kit_refuse(k, "closedLoopAlarmEnd: is no time in milli- or microseconds");
        d->event_time = m->record_us;
        bag_str(&d->flat.attributes, "adapter.time", tocsin_bytes_of("record", 6)); /* the message tells none */
        return true;
}

/* A payload is JSON inside a text; if it is none, or deeper than the host reads, it stays a text. */
static void payload(Kit *k, Flat *f, const tocsin_value *v) {
        tocsin_value parsed;
        size_t up = flat_push_z(f, "payload");
        int r = tocsin_is(v, TOCSIN_STR) ? k->parse(k->ctx, tocsin_as_bytes(v), &parsed) : TOCSIN_E_INVAL;
        if (r != 0 && r != TOCSIN_E_INVAL && r != TOCSIN_E_LIMIT && r != TOCSIN_E_NOENT)
                k->no_memory = true; /* the host's trouble, not the message's */
        flat_tree(f, r == 0 ? &parsed : v, false);
        flat_pop(f, up);
}

/* Everything the message says, under "onap."; what it says of the target under its own name. */
static void attributes(Kit *k, const OnapMessage *m, Flat *f) {
        for (uint32_t i = 0; i < m->body->len; i++) {
                const tocsin_field *e = &m->body->u.fields[i];
                tocsin_bytes name = tocsin_bytes_of(e->name, e->name_len);
                if (tocsin_equal_z(name, "payload")) {
                        payload(k, f, &e->value);
                        continue;
                }
                size_t up = flat_push_z(f, "onap"), below = flat_push(f, name);
                flat_tree(f, &e->value, false);
                flat_pop(f, below);
                flat_pop(f, up);
        }
}

/* `target` names an attribute of AAI, whose text is the target. */
static void subject(const OnapMessage *m, Draft *d) {
        tocsin_bytes id =
                m->target.len ? tocsin_as_bytes(tocsin_find_n(m->aai, (const char *)m->target.ptr, m->target.len)) : m->target;
        d->subject_type = m->target_type;
        d->subject_id = id.len ? id : m->target;
}

typedef struct Asked {
        Kit *kit;
        const OnapMessage *message;
} Asked;

static tocsin_bytes rule_field(void *message, tocsin_bytes field) {
        const Asked *a = message;
        return draft_field(a->kit, a->message->body, field);
}

bool onap_read(Kit *k, const OnapOptions *o, const Rules *rules, const tocsin_value *body, tocsin_bytes raw, int64_t record_us,
               Draft *d) {
        OnapMessage m = { .record_us = record_us };
        Asked asked = { k, &m };
        *d = (Draft){ .flat = flat_of(k, false) };
        if (!common(k, body, &m))
                return false;
        bool notification = tocsin_find(body, "notification") != NULL;
        if (!notification && !tocsin_find(body, "closedLoopEventStatus"))
                return kit_refuse(k, "neither closedLoopEventStatus nor notification is there: no control-loop message");
        d->correlation = m.request;
        subject(&m, d);
        if (!(notification ? onap_notification(k, &m, d) : onap_alarm(k, &m, d)))
                return false;
        d->loop = rules_find(rules, rule_field, &asked);
        if (!d->loop)
                return kit_refuse(k, "no loop of the registry takes it (Loop.sources of adapter_onap): closedLoopControlName %s",
                                  kit_quote(k, m.control));
        attributes(k, &m, &d->flat);
        if (o->keep_payload)
                d->payload = raw.ptr ? raw : canon_text(k, body);
        draft_close(d);
        return !k->no_memory && !k->too_large;
}
