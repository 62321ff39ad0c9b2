/* Incidents onto their port: identity and record. */
#include "told.h"

static void hex(char *to, const uint8_t *from, size_t n) {
        for (size_t i = 0; i < n; i++) {
                to[2 * i] = "0123456789abcdef"[from[i] >> 4];
                to[2 * i + 1] = "0123456789abcdef"[from[i] & 15];
        }
}

typedef struct Text {
        uint8_t at[1024];
        size_t len;
} Text;

/* Each part with its length in front, so that no two lists of parts are the same bytes. */
static void add(Text *t, Bytes part) {
        uint32_t n = (uint32_t)part.len;
        memcpy(t->at + t->len, &n, sizeof n);
        memcpy(t->at + t->len + sizeof n, part.len ? (const void *)part.ptr : "", part.len);
        t->len += sizeof n + part.len;
}

void case_identify(const Detector *d, Case *c) {
        Text t = { .len = 0 };
        Bytes loops[1 + CASE_RELATED];
        uint32_t n = 0;
        add(&t, text_z(what_class((What)c->what)));
        for (uint32_t i = 0; i <= c->n_related; i++) { /* insertion: at most five */
                Bytes one = i == 0 ? name_bytes(&c->loop) : name_bytes(&c->related[i - 1]);
                uint32_t at = n++;
                for (; at > 0 && base_order(one, loops[at - 1]) < 0; at--)
                        loops[at] = loops[at - 1];
                loops[at] = one;
        }
        for (uint32_t i = 0; i < n; i++)
                add(&t, loops[i]);
        add(&t, label_bytes(&c->target));
        add(&t, name_bytes(&c->producer));
        add(&t, tocsin_bytes_of(c->evidence[0].digest, sizeof c->evidence[0].digest));
        uint8_t digest[32];
        d->host->digest(d->host, tocsin_bytes_of(t.at, t.len), digest);
        hex(c->id, digest, sizeof c->id / 2);
}

typedef struct Shown { /* all parts of one emitted record, in scratch memory */
        char summary[SUMMARY_TEXT + 64];
        char digests[CASE_EVIDENCE][64];
        tocsin_field proof[CASE_EVIDENCE][6];
        tocsin_value evidence[CASE_EVIDENCE], related[CASE_RELATED], techniques[4];
        tocsin_field fields[24];
} Shown;

static tocsin_value or_null(Bytes b) {
        return b.len ? tocsin_str_of(b) : tocsin_null();
}

static void show_evidence(const Case *c, Shown *s) {
        for (uint32_t i = 0; i < c->n_evidence; i++) {
                const Ref *e = &c->evidence[i];
                tocsin_field *f = s->proof[i];
                bool placed = c->topic.len && e->partition >= 0;
                hex(s->digests[i], e->digest, sizeof e->digest);
                f[0] = tocsin_field_of("event_id", tocsin_str_n(e->id, e->id_len));
                f[1] = tocsin_field_of("digest", tocsin_str_n(s->digests[i], 64));
                f[2] = tocsin_field_of("event_time", tocsin_i64(e->time));
                f[3] = tocsin_field_of("topic", placed ? tocsin_str_of(name_bytes(&c->topic)) : tocsin_null());
                f[4] = tocsin_field_of("partition", placed ? tocsin_i64(e->partition) : tocsin_null());
                f[5] = tocsin_field_of("offset", placed ? tocsin_i64(e->offset) : tocsin_null());
                s->evidence[i] = tocsin_record(f, 6);
        }
}

int case_tell(const Detector *d, const Case *c, CaseState state) {
        static const char *const states[] = { "RAISED", "UPDATED", "CLEARED" };
        const WhatRow *row = what_row((What)c->what);
        Shown *s = d->host->scratch(d->host, sizeof *s);
        if (!s)
                return TOCSIN_E_NOMEM;
        show_evidence(c, s);
        for (uint32_t i = 0; i < c->n_related; i++)
                s->related[i] = tocsin_str_of(name_bytes(&c->related[i]));
        uint32_t n_techniques = 0;
        while (n_techniques < 4 && row->techniques[n_techniques]) {
                s->techniques[n_techniques] = tocsin_str(row->techniques[n_techniques]);
                n_techniques++;
        }
        char times[40] = "";
        if (c->count > 1)
                snprintf(times, sizeof times, ", %llu in all", (unsigned long long)c->count);
        snprintf(s->summary, sizeof s->summary, "%s%s%s.", c->summary, times, state == CASE_CLEARED ? "; it has ended" : "");
        tocsin_field *f = s->fields;
        uint32_t n = 0;
        f[n++] = tocsin_field_of("id", tocsin_str_n(c->id, sizeof c->id));
        f[n++] = tocsin_field_of("class", tocsin_str(row->class));
        f[n++] = tocsin_field_of("title", tocsin_str(row->title));
        f[n++] = tocsin_field_of("state", tocsin_symbol(states[state]));
        f[n++] = tocsin_field_of("loop", tocsin_str_of(name_bytes(&c->loop)));
        f[n++] = tocsin_field_of("related", tocsin_list(s->related, c->n_related));
        f[n++] = tocsin_field_of("domain", tocsin_str_of(name_bytes(&c->domain)));
        f[n++] = tocsin_field_of("producer", or_null(name_bytes(&c->producer)));
        f[n++] = tocsin_field_of("target", or_null(label_bytes(&c->target)));
        f[n++] = tocsin_field_of("severity", tocsin_symbol(state == CASE_CLEARED ? "CLEARED" : row->severity));
        f[n++] = tocsin_field_of("confidence", tocsin_f64(row->confidence));
        f[n++] = tocsin_field_of("alarm_type", tocsin_str(row->alarm));
        f[n++] = tocsin_field_of("techniques", tocsin_list(s->techniques, n_techniques));
        f[n++] = tocsin_field_of("evidence", tocsin_list(s->evidence, c->n_evidence));
        f[n++] = tocsin_field_of("first_time", tocsin_i64(c->first));
        f[n++] = tocsin_field_of("last_time", tocsin_i64(c->last));
        f[n++] = tocsin_field_of("count", tocsin_i64((int64_t)c->count));
        f[n++] = tocsin_field_of("summary", tocsin_str(s->summary));
        f[n++] = tocsin_field_of("detector", tocsin_str("incident_detector " DETECTOR_VERSION));
        tocsin_value body = tocsin_record(f, n);
        return d->host->emit(d->host, PORT_INCIDENTS, tocsin_bytes_of(c->id, sizeof c->id), &body);
}
