/* What cannot be processed goes to the pipeline's own dead letters, as it lay and with the reason, in the turn's transaction. */
#include "core/log.h"
#include "task/inner.h"
#include "task/letter.h"
#include "value/utf8.h"

#define FIELDS 15u

/* Avro strings are UTF-8; what others wrote may be anything. */
static tocsin_value text_of(Worker *w, const char *z) {
        size_t n = strlen(z);
        if (utf8_valid((const uint8_t *)z, n))
                return tocsin_str_n(z, n);
        char *copy = arena_alloc(w->scratch, n + 1);
        if (!copy)
                return tocsin_str("?");
        for (size_t i = 0; i <= n; i++)
                copy[i] = (unsigned char)z[i] < 0x80 ? z[i] : '?';
        return tocsin_str_n(copy, n);
}

static tocsin_value bytes_or_null(Bytes b) {
        return b.ptr ? tocsin_raw(b) : tocsin_null();
}

static tocsin_value headers_of(Worker *w, const Source *s, const BusRecord *r) {
        tocsin_field *f = arena_alloc(w->scratch, LIMIT_HEADERS * sizeof *f);
        uint32_t n = 0;
        BusHeader h;
        for (uint32_t i = 0; f && n < LIMIT_HEADERS && bus_header(r, i, &h); i++) {
                size_t len = strlen(h.name);
                if (s && again_hides(s, h.name))
                        continue;
                if (utf8_valid((const uint8_t *)h.name, len))
                        f[n++] = tocsin_field_n(h.name, len, tocsin_raw(h.value));
        }
        return tocsin_map(f, n);
}

typedef struct Letter {
        const char *topic, *port, *reason, *text;
        const BusRecord *r;
        const Source *s; /* NULL: of a timer */
        uint32_t attempts;
        bool bare, keyless; /* without value and headers, without its key: the whole would be over message.max.bytes */
} Letter;

static int send_letter(Task *t, const Letter *l) {
        Worker *w = t->w;
        Why why = { 0 };
        const tocsin_field f[FIELDS] = {
                tocsin_field_of("topic", text_of(w, l->topic)),
                tocsin_field_of("partition", tocsin_i64(l->r->partition)),
                tocsin_field_of("offset", tocsin_i64(l->r->offset)),
                tocsin_field_of("timestamp", tocsin_i64(l->r->time_us)),
                tocsin_field_of("pipeline", text_of(w, w->pipe->name)),
                tocsin_field_of("plugin", text_of(w, w->plugin->name)),
                tocsin_field_of("plugin_version", text_of(w, w->plugin->version)),
                tocsin_field_of("port", text_of(w, l->port)),
                tocsin_field_of("reason", text_of(w, l->reason)),
                tocsin_field_of("text", text_of(w, l->text)),
                tocsin_field_of("key", l->keyless ? tocsin_null() : bytes_or_null(l->r->key)),
                tocsin_field_of("value", l->bare ? tocsin_null() : bytes_or_null(l->r->value)),
                tocsin_field_of("headers", l->bare ? tocsin_map(NULL, 0) : headers_of(w, l->s, l->r)),
                tocsin_field_of("attempts", tocsin_i64(l->attempts)),
                tocsin_field_of("time", tocsin_i64(t->wall)),
        };
        tocsin_value body = tocsin_record(f, FIELDS);
        buffer_clear(&w->dead);
        frame_put(&w->dead, FRAMING_SINGLE, w->dead_schema, -1);
        int r = codec_encode(w->dead_schema, &body, &w->dead, &why);
        arena_reset(w->scratch);
        if (w->dead.failed)
                return -ENOMEM;
        if (r != 0) {
                LOG(LOG_ERROR, "deadletter.misfit", "a dead letter does not fit its schema", LOG_S("why", why.text));
                return r < 0 ? r : -EPROTO;
        }
        BusHeader marks[2];
        uint32_t n = l->s ? again_marks(l->s, l->r, &w->again, marks) : 0;
        return turn_send(w, &(BusSend){
                                    .output = w->out_dlq,
                                    .partition = -1,
                                    .key = l->keyless ? BYTES_NULL : l->r->key,
                                    .value = buffer_bytes(&w->dead),
                                    .time_us = t->wall,
                                    .headers = marks,
                                    .n_headers = n,
                            });
}

static int send_or_cut(Task *t, Letter *l) {
        int r = send_letter(t, l);
        if (r != BUS_E_TOO_BIG)
                return r;
        const char *whole = l->text;
        char text[WHY_MAX];
        snprintf(text, sizeof text, "%.380s (its value of %zu bytes is left out: too large for a dead letter)", whole,
                 l->r->value.len);
        l->bare = true;
        l->text = text;
        r = send_letter(t, l);
        if (r != BUS_E_TOO_BIG)
                return r;
        /* A letter holds the key twice: one of half a megabyte must not stop the pipeline. */
        snprintf(text, sizeof text,
                 "%.340s (its key of %zu and its value of %zu bytes are left out: too large for a dead letter)", whole,
                 l->r->key.len, l->r->value.len);
        l->keyless = true;
        r = send_letter(t, l);
        return r == BUS_E_TOO_BIG ? -EMSGSIZE : r;
}

/* A record that came through the re-keying topic or once more lay somewhere else at first. */
static BusRecord origin_of(const Again *a, const Source *s, const BusRecord *r, char topic[TOPIC_MAX]) {
        BusRecord o = *r;
        BusHeader h;
        snprintf(topic, TOPIC_MAX, "%s", s->again ? a->topic : s->topic);
        if (s->again) {
                o.partition = a->partition;
                o.offset = a->offset;
                o.time_us = a->time_us;
        } else if (s->kind == SOURCE_REKEY && record_header(r, AGAIN_ORIGIN, &h)) {
                (void)origin_read(h.value, topic, &o.partition, &o.offset);
        }
        return o;
}

int dead_letter(Task *t, const Source *s, const BusRecord *r, const char *reason, const char *text, uint32_t attempts) {
        Worker *w = t->w;
        char topic[TOPIC_MAX];
        BusRecord origin = origin_of(&w->again, s, r, topic);
        const char *port = s->port ? s->port->decl->name : w->again.port;
        Letter l = { topic, port, reason, text, &origin, s, attempts, false, false };
        LOG(LOG_WARN, "record.dead", "a record went to the dead letters", LOG_S("pipeline", w->pipe->name), LOG_S("topic", topic),
            LOG_I("partition", origin.partition), LOG_I("offset", origin.offset), LOG_S("reason", reason), LOG_S("text", text));
        GUARD(send_or_cut(t, &l));
        t->now.dead++;
        if (w->spans.on)
                spans_dead(w, reason);
        return 0;
}

/* No record is to blame; the timer's name stands for the key, its time for the timestamp. */
int dead_timer(Task *t, Bytes name, int64_t at_us, const char *text, uint32_t attempts) {
        Worker *w = t->w;
        BusRecord r = { .partition = t->partition, .offset = -1, .time_us = at_us, .key = name };
        Letter l = { w->pipe->changelog, "", "plugin_error", text, &r, NULL, attempts, false, false };
        LOG(LOG_ERROR, "timer.dead", "a timer that always fails was dropped", LOG_S("pipeline", w->pipe->name),
            LOG_I("partition", t->partition), LOG_B("timer", name), LOG_S("text", text));
        return send_or_cut(t, &l);
}
