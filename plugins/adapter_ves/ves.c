/* The message, its header and whose it is. */
#include "ves.h"
#include "../adapter/canon.h"
#include "../adapter/number.h"

#define EVENTS_MAX TOCSIN_EMITS_MAX /* of one message: each is one emit */
#define EVENT_ID_BYTES_MAX 96u /* of the source's own id that is kept in ours */

typedef struct Message {
        Kit *kit;
        const tocsin_value *event, *header;
} Message;

/* A rule's field: a name of the header, or a path from the event. */
static tocsin_bytes rule_field(void *message, tocsin_bytes field) {
        const Message *m = message;
        tocsin_bytes ret = draft_field(m->kit, m->header, field);
        return ret.len ? ret : draft_field(m->kit, m->event, field);
}

/* What of the header has a place of its own in the event. */
static bool has_place(tocsin_bytes name) {
        return tocsin_equal_z(name, "reportingEntityName") || tocsin_equal_z(name, "sourceName") ||
               tocsin_equal_z(name, "lastEpochMicrosec");
}

static void note_header(Draft *d, const tocsin_value *header) {
        Flat *f = &d->flat;
        size_t up = flat_push_z(f, "ves");
        bool numbers = f->numbers;
        f->numbers = false;
        for (uint32_t i = 0; i < header->len; i++) {
                const tocsin_field *e = &header->u.fields[i];
                if (has_place(tocsin_bytes_of(e->name, e->name_len)))
                        continue;
                size_t below = flat_push(f, tocsin_bytes_of(e->name, e->name_len));
                flat_tree(f, &e->value, false);
                flat_pop(f, below);
        }
        f->numbers = numbers;
        flat_pop(f, up);
}

static bool event_time(Kit *k, const char *where, const tocsin_value *header, int64_t *ret) {
        double d;
        int64_t us;
        const tocsin_value *v = tocsin_find(header, "lastEpochMicrosec");
        if (!integer_of_value(v, true, &us)) {
                if (!number_of_value(v, true, &d) || !(d >= 0 && d <= 0x1p53))
                        us = -1;
                else
                        us = (int64_t)d;
        }
        if (us < 0 || us > DRAFT_TIME_MAX)
                return kit_refuse(k, "%s.commonEventHeader.lastEpochMicrosec: is no time between 1970 and 9999", where);
        *ret = us;
        return true;
}

/* The source's own id does not tell two events of one alarm apart, so the digest of the content stands behind it. */
static tocsin_bytes event_id(Kit *k, const tocsin_value *header, tocsin_bytes canonical) {
        tocsin_bytes own = text_cut(tocsin_get_bytes(header, "eventId"), EVENT_ID_BYTES_MAX), hash = kit_hex(k, canonical);
        if (own.len == 0)
                return hash;
        return kit_text(k, "%.*s.%.*s", (int)own.len, (const char *)own.ptr, (int)hash.len, (const char *)hash.ptr);
}

static bool find_loop(Kit *k, const char *where, const Rules *rules, Draft *d, const tocsin_value *event,
                      const tocsin_value *header) {
        Message m = { k, event, header };
        d->loop = rules_find(rules, rule_field, &m);
        return d->loop ||
               kit_refuse(k,
                          "%s: no loop of the registry takes it (Loop.sources of adapter_ves): domain %s, sourceName %s, "
                          "reportingEntityName %s",
                          where, kit_quote(k, tocsin_get_bytes(header, "domain")),
                          kit_quote(k, tocsin_get_bytes(header, "sourceName")),
                          kit_quote(k, tocsin_get_bytes(header, "reportingEntityName")));
}

static bool read_event(Kit *k, const VesOptions *o, const Rules *rules, const char *where, const tocsin_value *event,
                       tocsin_bytes raw, Draft *d) {
        d->flat = flat_of(k, false);
        flat_push_z(&d->flat, where);
        if (!shape_check(&d->flat, &ves_event, event, &o->shape))
                return false;
        flat_pop(&d->flat, 0);
        const tocsin_value *header = tocsin_find(event, "commonEventHeader");
        d->producer = tocsin_get_bytes(header, "reportingEntityName");
        d->subject_id = tocsin_get_bytes(header, "sourceName");
        if (d->producer.len == 0)
                return kit_refuse(k, "%s.commonEventHeader.reportingEntityName: is empty, so nobody speaks", where);
        if (!event_time(k, where, header, &d->event_time) || !find_loop(k, where, rules, d, event, header))
                return false;
        int64_t sequence = 0;
        if (o->sequence && integer_of_value(tocsin_find(header, "sequence"), true, &sequence) && sequence > 0 &&
            rule_numbered(d->loop, d->producer)) {
                d->has_sequence = true;
                d->sequence = sequence;
        }
        note_header(d, header);
        if (!ves_domain(k, d, event, tocsin_get_bytes(header, "domain"))) {
                kit_place(k, where);
                return false;
        }
        tocsin_bytes canonical = canon_text(k, event);
        d->id = event_id(k, header, canonical);
        if (o->keep_payload)
                d->payload = raw.ptr ? raw : canonical;
        draft_close(d);
        return !k->no_memory && !k->too_large;
}

/* Which of the list is wrong, and how many are, so that a person need not try again and again. */
static bool read_list(Kit *k, const VesOptions *o, const Rules *rules, const tocsin_value *list, Draft *drafts) {
        uint32_t bad = 0;
        char first[KIT_REASON_BYTES] = "";
        for (uint32_t i = 0; i < list->len && !k->no_memory && !k->too_large; i++) {
                tocsin_bytes where = kit_text(k, "eventList[%u]", i);
                if (where.len == 0 ||
                    read_event(k, o, rules, (const char *)where.ptr, &list->u.items[i], tocsin_bytes_of(NULL, 0), &drafts[i]))
                        continue;
                if (bad++ == 0)
                        memcpy(first, k->reason, sizeof first);
                k->reason[0] = 0;
        }
        if (bad > 1)
                return kit_refuse(k, "%u of %u events cannot be read; the first: %s", bad, list->len, first);
        return bad == 0 || kit_refuse(k, "%s", first);
}

bool ves_read(Kit *k, const VesOptions *o, const Rules *rules, const tocsin_value *message, tocsin_bytes raw, Draft **ret,
              uint32_t *n) {
        const tocsin_value *one = tocsin_find(message, "event"), *list = tocsin_find(message, "eventList");
        if (!tocsin_is(message, TOCSIN_MAP))
                return kit_refuse(k, "the message is no JSON object");
        if (!one == !list)
                return kit_refuse(k, one ? "both event and eventList are there" : "neither event nor eventList is there");
        if (list && !tocsin_is(list, TOCSIN_LIST))
                return kit_refuse(k, "eventList: must be an array");
        uint32_t count = one ? 1 : list->len;
        if (count > EVENTS_MAX)
                return kit_refuse(k, "eventList: %u events, and no more than %u are taken from one message", count, EVENTS_MAX);
        Draft *drafts = kit_take(k, count * sizeof *drafts);
        if (!drafts)
                return false;
        if (one ? !read_event(k, o, rules, "event", one, raw, drafts) : !read_list(k, o, rules, list, drafts))
                return false;
        *ret = drafts;
        *n = count;
        return !k->no_memory && !k->too_large;
}
