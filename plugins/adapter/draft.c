/* Drafts into records. */
#include "draft.h"
#include "number.h"
#include <stdio.h>

#define FIELDS(a) (a), (uint32_t)(sizeof(a) / sizeof *(a))

/* After 3GPP TS 29.571 (SUPI, GPSI, PEI) and what real messages carry. Names are compared without regard to case. */
static const struct {
        const char *name, *class;
} protected_names[] = {
        { "imsi", "personal.supi" },
        { "supi", "personal.supi" },
        { "msisdn", "personal.gpsi" },
        { "gpsi", "personal.gpsi" },
        { "phoneNumber", "personal.gpsi" },
        { "imei", "personal.pei" },
        { "pei", "personal.pei" },
        { "password", "secret.password" },
        { "passwd", "secret.password" },
        { "secret", "secret.other" },
        { "token", "secret.token" },
        { "privateKey", "secret.key" },
        { "changeContact", "personal.contact" },
};

static bool ends_with(tocsin_bytes name, const char *z) {
        size_t n = strlen(z);
        if (name.len < n || (name.len > n && name.ptr[name.len - n - 1] != '.'))
                return false;
        for (size_t i = 0; i < n; i++) {
                unsigned a = name.ptr[name.len - n + i], b = (unsigned char)z[i];
                if ((a >= 'A' && a <= 'Z' ? a | 0x20 : a) != (b >= 'A' && b <= 'Z' ? b | 0x20 : b))
                        return false;
        }
        return true;
}

static void note_class(Draft *d, const char *class) {
        for (uint32_t i = 0; i < d->n_classes; i++)
                if (strcmp(d->classes[i], class) == 0)
                        return;
        if (d->n_classes < DRAFT_CLASSES_MAX)
                d->classes[d->n_classes++] = class;
}

void draft_classify(Draft *d) {
        const Bag *bags[] = { &d->flat.attributes, &d->flat.metrics };
        for (unsigned b = 0; b < 2; b++)
                for (uint32_t i = 0; i < bags[b]->n; i++) {
                        const tocsin_field *f = &bags[b]->fields[i];
                        for (size_t n = 0; n < sizeof protected_names / sizeof *protected_names; n++)
                                if (ends_with(tocsin_bytes_of(f->name, f->name_len), protected_names[n].name))
                                        note_class(d, protected_names[n].class);
                }
}

void draft_close(Draft *d) {
        uint32_t dropped = flat_dropped(&d->flat);
        if (dropped) {
                d->flat.attributes.max++; /* the note itself always fits */
                bag_str(&d->flat.attributes, "adapter.dropped", kit_text(d->flat.kit, "%u", dropped));
        }
        draft_classify(d);
}

static tocsin_value text_or_null(tocsin_bytes b) {
        return b.len ? tocsin_str_of(b) : tocsin_null();
}

bool draft_value(Kit *k, const Draft *d, tocsin_value *ret) {
        const tocsin_field producer[] = {
                tocsin_field_of("name", tocsin_str_of(d->producer)),
                tocsin_field_of("incarnation", tocsin_null()),
                tocsin_field_of("sequence", d->has_sequence ? tocsin_i64(d->sequence) : tocsin_null()),
        };
        const tocsin_field subject[] = {
                tocsin_field_of("type", tocsin_str_of(d->subject_type)),
                tocsin_field_of("id", tocsin_str_of(d->subject_id)),
        };
        struct Record {
                tocsin_field producer[3], subject[2], event[17];
                tocsin_value causes[DRAFT_CAUSES_MAX], classes[DRAFT_CLASSES_MAX];
        } *r = kit_take(k, sizeof *r);
        if (!r)
                return false;
        memcpy(r->producer, producer, sizeof producer);
        memcpy(r->subject, subject, sizeof subject);
        for (uint32_t i = 0; i < d->n_causes; i++)
                r->causes[i] = tocsin_str_of(d->causes[i]);
        for (uint32_t i = 0; i < d->n_classes; i++)
                r->classes[i] = tocsin_str(d->classes[i]);
        const tocsin_field event[] = {
                tocsin_field_of("id", tocsin_str_of(d->id)),
                tocsin_field_of("loop", tocsin_str_of(d->loop->id)),
                tocsin_field_of("domain", tocsin_str_of(d->loop->domain)),
                tocsin_field_of("stage", tocsin_symbol(d->stage)),
                tocsin_field_of("kind", tocsin_symbol(d->kind)),
                tocsin_field_of("producer", tocsin_record(FIELDS(r->producer))),
                tocsin_field_of("event_time", tocsin_i64(d->event_time)),
                tocsin_field_of("correlation_id", text_or_null(d->correlation)),
                tocsin_field_of("causes", tocsin_list(r->causes, d->n_causes)),
                tocsin_field_of("subject", tocsin_record(FIELDS(r->subject))),
                tocsin_field_of("metrics", tocsin_map(d->flat.metrics.fields, d->flat.metrics.n)),
                tocsin_field_of("attributes", tocsin_map(d->flat.attributes.fields, d->flat.attributes.n)),
                tocsin_field_of("payload", d->payload.ptr ? tocsin_raw(d->payload) : tocsin_null()),
                tocsin_field_of("payload_type", d->payload.ptr ? tocsin_str("application/json") : tocsin_null()),
                tocsin_field_of("data_classes", tocsin_list(r->classes, d->n_classes)),
        };
        memcpy(r->event, event, sizeof event);
        *ret = tocsin_record(r->event, sizeof event / sizeof *event);
        return !k->no_memory && !k->too_large;
}

static tocsin_bytes text_of(Kit *k, const tocsin_value *v) {
        char text[40];
        if (tocsin_is(v, TOCSIN_I64))
                return kit_text(k, "%lld", (long long)v->u.i64);
        if (tocsin_is(v, TOCSIN_F64))
                return kit_text(k, "%.*s", (int)number_text(v->u.f64, text, sizeof text), text);
        if (tocsin_is(v, TOCSIN_BOOL))
                return v->u.i64 ? tocsin_bytes_of("true", 4) : tocsin_bytes_of("false", 5);
        return tocsin_as_bytes(v);
}

tocsin_bytes draft_field(Kit *k, const tocsin_value *message, tocsin_bytes path) {
        for (size_t from = 0; tocsin_is(message, TOCSIN_MAP);) {
                const char *rest = (const char *)path.ptr + from;
                size_t len = path.len - from, n = 0;
                const tocsin_value *whole = tocsin_find_n(message, rest, len), *part = NULL;
                if (whole)
                        return text_of(k, whole);
                for (; n < len && !part; n++) /* the shortest entry that is there; n ends behind its point */
                        part = rest[n] == '.' ? tocsin_find_n(message, rest, n) : NULL;
                if (!part)
                        break;
                message = part;
                from += n;
        }
        return tocsin_bytes_of(NULL, 0);
}
