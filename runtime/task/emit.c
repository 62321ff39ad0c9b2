/* From an emit to a record: check, encode, route, and the headers that tell where it comes from. */
#include "core/hash.h"
#include "core/log.h"
#include "seal/digest.h"
#include "task/inner.h"
#include "value/value.h"

/* Where a key lives in this pipeline. */
int32_t owner_of(const Worker *w, Bytes key) {
        return w->crc32 ? bus_partition_crc32(key, w->n_partitions) : bus_partition_murmur2(key, w->n_partitions);
}

bool record_header(const BusRecord *r, const char *name, BusHeader *ret) {
        BusHeader h;
        for (uint32_t i = 0; r && bus_header(r, i, &h); i++)
                if (!strcmp(h.name, name)) {
                        *ret = h;
                        return true;
                }
        return false;
}

/* Trouble of the bus inside a callback is kept, and ends the turn when the callback has returned. */
int turn_send(Worker *w, const BusSend *s) {
        if (w->pending)
                return STEP_BACK;
        int r = bus_send(w->bus, s, &w->back.why);
        if (r == 0) {
                w->turn_bytes += s->key.len + s->value.len;
                return 0;
        }
        if (r == BUS_E_TOO_BIG)
                return r;
        w->pending = r;
        return STEP_BACK;
}

static void hex(const uint8_t *in, size_t n, char *ret) {
        static const char digit[] = "0123456789abcdef";
        for (size_t i = 0; i < n; i++) {
                ret[2 * i] = digit[in[i] >> 4];
                ret[2 * i + 1] = digit[in[i] & 15];
        }
}

void emit_init(Worker *w) {
        digest_sha256(bytes_z(w->pipe->name), w->id_key);
}

/* H(pipeline, id of what caused it, ordinal): the same on every redelivery, so that a reader beyond exactly-once can drop
 * what it has seen. It keeps records apart and proves nothing, so two SipHashes do, under keys that are the pipeline's. */
static void record_id(Worker *w, char ret[32]) {
        uint8_t in[20];
        uint64_t key[4], half[2];
        memcpy(key, w->id_key, sizeof key);
        memcpy(in, w->call.origin, 16);
        memcpy(in + 16, &w->call.emits, 4);
        half[0] = hash_sip(bytes_of(in, sizeof in), key[0], key[1], 1, 3);
        half[1] = hash_sip(bytes_of(in, sizeof in), key[2], key[3], 1, 3);
        hex((const uint8_t *)half, 16, ret);
}

static int encode(Worker *w, const Port *p, const tocsin_value *body) {
        Why why = { 0 };
        int r = 0;
        buffer_clear(&w->enc);
        switch (p->decl->format) {
        case TOCSIN_AVRO: {
                static const Framing framing[] = { FRAMING_SINGLE, FRAMING_CONFLUENT, FRAMING_NONE };
                Framing f = p->conf ? framing[p->conf->framing] : FRAMING_SINGLE;
                frame_put(&w->enc, f, p->schema, p->conf ? p->conf->schema_id : -1);
                r = codec_encode(p->schema, body, &w->enc, &why);
                break;
        }
        case TOCSIN_JSON:
                value_print(&w->enc, body);
                break;
        default:
                if (body->kind == TOCSIN_BYTES || body->kind == TOCSIN_STR)
                        buffer_put(&w->enc, body->u.bytes, body->len);
                else
                        r = why_say(&why, CODEC_E_MISFIT, "a raw port takes BYTES or STR");
        }
        if (w->enc.failed)
                return w->enc.failed == -EMSGSIZE ? TOCSIN_E_LIMIT : TOCSIN_E_NOMEM;
        if (r > 0)
                LOG(LOG_WARN, "emit.misfit", "an emitted value does not fit its port", LOG_S("pipeline", w->pipe->name),
                    LOG_S("port", p->decl->name), LOG_S("why", why.text));
        return r == 0 ? 0 : r < 0 ? r : r == CODEC_E_LIMIT ? TOCSIN_E_LIMIT : TOCSIN_E_SCHEMA;
}

int host_emit(const tocsin_host *h, uint32_t port, tocsin_bytes key, const tocsin_value *body) {
        Task *t = h->ctx;
        Worker *w = t->w;
        Call *c = &w->call;
        if (!call_mine(t) || (c->kind != CALL_PROCESS && c->kind != CALL_TIMER))
                return TOCSIN_E_PERM;
        if (port >= w->plugin->n_ports)
                return TOCSIN_E_NOENT;
        const Port *p = &w->port[port];
        bool internal = p->decl->role == TOCSIN_INTERNAL;
        if (p->decl->direction != TOCSIN_OUT && !internal)
                return TOCSIN_E_NOENT;
        if (!body || (internal && key.len == 0) || (key.len && !key.ptr))
                return TOCSIN_E_INVAL;
        if (c->emits >= TOCSIN_EMITS_MAX)
                return TOCSIN_E_LIMIT;
        if (!p->bound)
                return 0;
        int r = encode(w, p, body);
        if (r != 0)
                return r;
        BusHeader header[UNDO_HEADERS];
        char id[32], time[24], parent[56];
        uint32_t n = 0;
        record_id(w, id);
        header[n++] = (BusHeader){ "tocsin-id", bytes_of(id, sizeof id) };
        if (!c->traced && !record_header(c->record, "traceparent", &c->trace))
                c->trace.name = NULL;
        c->traced = true;
        bool child = false;
        if (c->trace.name) {
                header[n] = c->trace;
                child = w->spans.on && spans_child(t, &header[n], parent);
                n++;
        }
        if (internal)
                header[n++] = (BusHeader){ "tocsin-time",
                                           bytes_of(time, (size_t)snprintf(time, sizeof time, "%ld", (long)c->time_us)) };
        const BusSend s = {
                .output = p->output,
                .partition = internal ? owner_of(w, key) : -1,
                .key = key.len ? key : BYTES_NULL,
                .value = buffer_bytes(&w->enc),
                .time_us = t->wall,
                .headers = header,
                .n_headers = n,
        };
        r = 0;
        if (w->undo.on)
                undo_send(w, &s);
        else
                r = turn_send(w, &s);
        if (r == BUS_E_TOO_BIG) {
                LOG(LOG_WARN, "emit.too_big", "an emitted record is over message.max.bytes", LOG_S("pipeline", w->pipe->name),
                    LOG_S("port", p->decl->name), LOG_I("bytes", w->enc.len));
                return TOCSIN_E_LIMIT;
        }
        if (r != 0)
                return -EIO;
        if (child)
                spans_sent(t, p->topic, s.partition);
        c->emits++;
        c->effects = true;
        turn_touch(t);
        return 0;
}
