/* A record becomes an event: decoded, keyed, dated. What cannot become one is answered with the word for it. */
#include "core/log.h"
#include "task/inner.h"
#include "value/value.h"
#include "json/json.h"

static int dead(Event *e, const char *reason, const char *text) {
        e->reason = reason;
        if (text)
                why_say(&e->why, 0, "%s", text);
        return EVENT_DEAD;
}

static int decode(Worker *w, const Port *p, Bytes in, tocsin_value *ret, Event *e) {
        int r;
        switch (p->decl->format) {
        case TOCSIN_AVRO: {
                bool bare = p->conf && p->conf->framing == CONFIG_FRAMING_NONE;
                r = decoder_read(p->decoder, in, bare, w->arena, ret, &e->why);
                if (r == 0)
                        return 0;
                if (r < 0)
                        return r;
                if (!e->why.text[0])
                        why_say(&e->why, 0, "not a %s: %s", schema_name(p->schema), codec_answer(r));
                return dead(e, r == CODEC_E_LIMIT ? "limit" : "decode", NULL);
        }
        case TOCSIN_JSON:
                r = json_parse(w->arena, in, ret, NULL, &e->why);
                if (r == 0)
                        return 0;
                return r < 0 ? r : dead(e, r == JSON_E_LIMIT ? "limit" : "decode", NULL);
        default:
                *ret = tocsin_raw(in);
                return 0;
        }
}

static const tocsin_value *field(const Port *p, const tocsin_value *body, int64_t handle, const char *path) {
        if (!path)
                return NULL;
        return p->decl->format == TOCSIN_AVRO ? tocsin_at(body, handle) : value_path(body, path);
}

/* Of this delivery: the hash of topic and partition, moved on by the offset in both halves. */
static void id_of(const uint8_t base[16], int64_t offset, uint8_t ret[16]) {
        uint64_t half[2];
        memcpy(half, base, 16);
        half[0] ^= (uint64_t)offset;
        half[1] += (uint64_t)offset * UINT64_C(0x9e3779b97f4a7c15);
        memcpy(ret, half, 16);
}

static int64_t time_of(const Again *a, const Port *p, const Source *s, const BusRecord *r, const tocsin_value *body) {
        const tocsin_value *v = field(p, body, p->time, p->decl->time);
        if (tocsin_is(v, TOCSIN_I64))
                return v->u.i64;
        BusHeader h;
        if (s->kind == SOURCE_INTERNAL && record_header(r, "tocsin-time", &h) && h.value.len > 0 && h.value.len < 24) {
                char text[24];
                memcpy(text, h.value.ptr, h.value.len);
                text[h.value.len] = 0;
                return strtoll(text, NULL, 10);
        }
        return s->again ? a->time_us : r->time_us;
}

/* One that comes once more is the record it was: plugins cite it by where it lay, what it causes keeps its ids. */
static void as_it_was(const Again *a, tocsin_event *e) {
        uint8_t base[16];
        e->arrival_us = a->time_us;
        e->topic = a->topic;
        e->partition = a->partition;
        e->offset = a->offset;
        id_base_of(a->topic, a->partition, base);
        id_of(base, a->offset, e->id);
}

/* Does it lie where its key belongs, by what the operator says of the topic? */
static int place(Task *t, Source *s, const BusRecord *r, const tocsin_value *body, Bytes *ret_key, Event *e) {
        Worker *w = t->w;
        Port *p = s->port;
        if (!p->decl->key || s->kind == SOURCE_INTERNAL)
                return 0;
        const tocsin_value *v = field(p, body, p->key, p->decl->key);
        Bytes key = tocsin_as_bytes(v);
        if (!tocsin_is(v, TOCSIN_STR) || key.len == 0) {
                why_say(&e->why, 0, "field %s holds no text, so nobody knows whose record this is", p->decl->key);
                return dead(e, "key", NULL);
        }
        int32_t owner = owner_of(w, key);
        bool any = p->conf && p->conf->partitioner == PARTITIONER_ANY, wrong = !bytes_eq(key, r->key) || owner != t->partition;
        *ret_key = key;
        if (!wrong)
                return 0;
        if (!any && s->kind == SOURCE_STREAM) {
                t->now.rekeyed++;
                if (!p->warned)
                        LOG(LOG_WARN, "record.misplaced",
                            bytes_eq(key, r->key)
                                    ? "a record lies in another partition than its key says; sent to where it belongs. If "
                                      "who writes the topic chooses partitions otherwise, set the port's `partitioner`"
                                    : "a record lies under another key than its content says; sent to where it belongs",
                            LOG_S("pipeline", w->pipe->name), LOG_S("port", p->decl->name), LOG_S("topic", s->topic),
                            LOG_I("partition", r->partition), LOG_I("belongs", owner), LOG_I("offset", r->offset),
                            LOG_B("key", r->key), LOG_B("content", key));
                p->warned = true;
        }
        if (owner == t->partition)
                return 0;
        if (s->kind == SOURCE_REKEY)
                return dead(e, "key",
                            "it was sent to where it belongs and still lies wrong; has the number of partitions changed?");
        e->key = key;
        return EVENT_REKEY;
}

int event_make(Task *t, Source *s, const BusRecord *r, tocsin_event *ret, Event *e) {
        Worker *w = t->w;
        tocsin_value body;
        Bytes key = r->key;
        e->reason = NULL;
        e->why.text[0] = 0;
        if (!r->value.ptr)
                return EVENT_SKIP;
        if (r->value.len > LIMIT_RECORD_BYTES)
                return dead(e, "too_large", "the record is larger than 1 MiB");
        GUARD(decode(w, s->port, r->value, &body, e));
        GUARD(place(t, s, r, &body, &key, e));
        int64_t time = time_of(&w->again, s->port, s, r, &body);
        uint32_t flags = 0;
        if (watermark_future(&w->time, time, t->wall)) {
                flags |= TOCSIN_EVENT_FUTURE;
                t->now.future++;
        }
        if (watermark_late(&t->mark, time)) {
                if (w->pipe->late == LATE_DROP)
                        return EVENT_LATE;
                if (w->pipe->late == LATE_DEADLETTER) {
                        why_say(&e->why, 0, "event time %ld is behind the watermark %ld", (long)time, (long)t->mark.now);
                        return dead(e, "late", NULL);
                }
                flags |= TOCSIN_EVENT_LATE;
        }
        *ret = (tocsin_event){
                .size = sizeof *ret,
                .port = s->port->index,
                .flags = flags,
                .time_us = time,
                .arrival_us = r->time_us,
                .now_us = t->wall,
                .key = key,
                .raw = r->value,
                .topic = s->topic,
                .partition = r->partition,
                .offset = r->offset,
                .body = body,
        };
        if (s->again)
                as_it_was(&w->again, ret);
        else
                id_of(t->id_base[r->topic], r->offset, ret->id);
        watermark_see(&t->mark, &w->time, s->port->mark, time, t->wall, flags & TOCSIN_EVENT_FUTURE);
        return 0;
}
