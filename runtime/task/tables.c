/* TABLE ports: read whole before the first event, followed afterwards, changed between turns only. One reader and one set of
 * rows serve all tasks of the worker. */
#include "core/log.h"
#include "task/inner.h"
#include "value/value.h"
#include "json/json.h"

#define OFFSETS_MAX 3500u /* journalled with each turn: more would not fit one record */

int tables_init(Worker *w) {
        Tables *s = &w->tables;
        for (uint32_t i = 0; i < w->plugin->n_ports; i++) {
                Port *p = &w->port[i];
                if (p->decl->role != TOCSIN_TABLE || !p->bound)
                        continue;
                GUARD(rows_new(&s->rows[i]));
                s->of[s->n] = p;
                s->topics[s->n++] = p->topic;
        }
        s->max = w->conf.config->memory_max / 8;
        s->arena = arena_new(LIMIT_DECODE_BYTES);
        return s->arena ? 0 : -ENOMEM;
}

void tables_deinit(Worker *w) {
        tables_close(w);
        for (uint32_t i = 0; i < LIMIT_PORTS; i++)
                w->tables.rows[i] = rows_free(w->tables.rows[i]);
        free(w->tables.at);
        arena_free(w->tables.arena);
}

int tables_open(Worker *w, Why *why) {
        Tables *s = &w->tables;
        s->whole = s->n == 0;
        s->n_at = s->bytes = 0;
        for (uint32_t i = 0; i < s->n; i++) { /* read anew: what was deleted meanwhile must not stay */
                uint32_t port = s->of[i]->index;
                s->rows[port] = rows_free(s->rows[port]);
                GUARD(rows_new(&s->rows[port]));
        }
        if (s->whole)
                return 0;
        return bus_reader_open(&s->reader, &w->bus_conf, s->topics, s->n, -1, why);
}

void tables_close(Worker *w) {
        w->tables.reader = bus_reader_close(w->tables.reader);
}

static int decode(Worker *w, const Port *p, Bytes in, tocsin_value *ret, Why *why) {
        int r;
        arena_reset(w->tables.arena);
        switch (p->decl->format) {
        case TOCSIN_AVRO:
                r = decoder_read(p->decoder, in, p->conf->framing == CONFIG_FRAMING_NONE, w->tables.arena, ret, why);
                if (r > 0 && !why->text[0])
                        why_say(why, r, "not a %s: %s", schema_name(p->schema), codec_answer(r));
                return r;
        case TOCSIN_JSON:
                return json_parse(w->tables.arena, in, ret, NULL, why);
        default:
                *ret = tocsin_raw(in);
                return 0;
        }
}

/* A row under another key than its content says would be found by nobody who may change it. */
static bool key_fits(const Port *p, const tocsin_value *v, Bytes key, Why *why) {
        if (!p->decl->key)
                return true;
        const tocsin_value *k = p->decl->format == TOCSIN_AVRO ? tocsin_at(v, p->key) : value_path(v, p->decl->key);
        if (tocsin_is(k, TOCSIN_STR) && bytes_eq(tocsin_as_bytes(k), key))
                return true;
        why_say(why, 0, "its key is not its %s", p->decl->key);
        return false;
}

static int offset_seen(Tables *s, const BusRecord *r) {
        for (size_t i = 0; i < s->n_at; i++)
                if (s->at[i].topic == r->topic && s->at[i].partition == r->partition) {
                        s->at[i].next = r->offset + 1;
                        return 0;
                }
        if (s->n_at == OFFSETS_MAX)
                return 0;
        if (s->n_at == s->size_at) {
                size_t size = s->size_at ? s->size_at * 2 : 8;
                struct TableOffset *more = realloc(s->at, size * sizeof *more);
                if (!more)
                        return -ENOMEM;
                s->at = more;
                s->size_at = size;
        }
        s->at[s->n_at++] = (struct TableOffset){ r->topic, r->partition, r->offset + 1 };
        return 0;
}

static void tell(Worker *w, uint32_t port, Bytes key) {
        for (size_t i = 0; w->plugin->changed && i < w->n_owned; i++) {
                Task *t = w->owned[i];
                if (t->stopped || !t->inst)
                        continue;
                call_begin(t, CALL_CHANGED);
                w->plugin->changed(t->inst, port, key);
                call_end(t, 0);
        }
}

static int apply(Worker *w, const BusRecord *r, Why *why) {
        Tables *s = &w->tables;
        Port *p = s->of[r->topic];
        Rows *rows = s->rows[p->index];
        tocsin_value v;
        Why bad = { 0 };
        GUARD(offset_seen(s, r));
        if (r->value.ptr) {
                int d = decode(w, p, r->value, &v, &bad);
                if (d < 0)
                        return d;
                if (d != 0 || !key_fits(p, &v, r->key, &bad)) {
                        metric_add(w->cell.table_bad, 1);
                        LOG(LOG_ERROR, "table.row_refused", "a row of a table cannot be read; the row before it stays",
                            LOG_S("pipeline", w->pipe->name), LOG_S("port", p->decl->name), LOG_S("topic", p->topic),
                            LOG_I("partition", r->partition), LOG_I("offset", r->offset), LOG_S("why", bad.text));
                        return 0;
                }
        }
        GUARD(rows_put(rows, r->key, r->value.ptr ? &v : NULL, &s->bytes));
        if (s->bytes > s->max)
                return why_say(why, BUS_E_CONF, "the tables of %s need more than %zu bytes, their share of memory.max; raise it",
                               w->pipe->name, s->max);
        tell(w, p->index, r->key);
        return 0;
}

/* Between turns only. */
int tables_step(Worker *w, int64_t wait_us, Why *why) {
        Tables *s = &w->tables;
        const BusRecord *r;
        size_t n;
        if (!s->reader)
                return BUS_E_END;
        int answer = bus_reader_poll(s->reader, wait_us, &r, &n);
        if (answer == BUS_E_END)
                s->whole = true;
        if (answer != 0)
                return answer;
        for (size_t i = 0; i < n; i++)
                GUARD(apply(w, &r[i], why));
        size_t rows = 0;
        for (uint32_t i = 0; i < s->n; i++)
                rows += rows_count(s->rows[s->of[i]->index]);
        metric_set(w->cell.table_rows, (double)rows);
        return 0;
}
