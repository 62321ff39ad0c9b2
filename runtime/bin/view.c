/* Reading topics for people. */
#include "bin/view.h"

#include "core/cleanup.h"
#include "core/limits.h"

#include <sysexits.h>

#define WAIT_US 500000
#define UNREADABLE_MAX 5u /* told one by one; a topic of something else is not told for ever */

typedef struct Eye {
        const View *v;
        Decoder *decoder;
        Arena *arena;
        unsigned unreadable;
} Eye;

const char *view_config(const char *told) {
        const char *env = getenv("TOCSIN_CONFIG");
        return told ? told : env && *env ? env : "tocsin.yaml";
}

static int see(Eye *e, const BusRecord *r) {
        tocsin_value v;
        Why why = { 0 };
        ViewRecord show = { .key = r->key, .time_us = r->time_us };
        arena_reset(e->arena);
        if (r->value.ptr) {
                int bad = decoder_read(e->decoder, r->value, true, e->arena, &v, &why);
                if (bad < 0)
                        return EX_OSERR;
                if (bad > 0) {
                        if (e->unreadable++ < UNREADABLE_MAX)
                                fprintf(stderr, "tocsin: %s partition %d offset %lld is no %s: %s %s\n", e->v->topic,
                                        (int)r->partition, (long long)r->offset, e->v->schema, codec_answer(bad), why.text);
                        return 0;
                }
                show.value = &v;
        }
        return e->v->each(e->v->arg, &show);
}

static int look(Eye *e, BusReader *reader, Why *why) {
        bool ended = false;
        for (;;) {
                const BusRecord *records;
                size_t n = 0;
                int r = bus_reader_poll(reader, WAIT_US, &records, &n);
                if (r == BUS_E_END && !ended) {
                        ended = true;
                        int end = e->v->ended ? e->v->ended(e->v->arg) : 0;
                        if (end != 0 || !e->v->follow)
                                return end;
                } else if (r != 0 && r != BUS_E_IDLE && r != BUS_E_END) {
                        return why_say(why, connect_exit(r), "%s: %s", e->v->topic, bus_answer(r));
                }
                for (size_t i = 0; r == 0 && i < n; i++) {
                        int out = see(e, &records[i]);
                        if (out != 0)
                                return out;
                }
        }
}

int view_read(const View *v, Why *why) {
        _cleanup_(decoder_freep) Decoder *decoder = NULL;
        _cleanup_(arena_freep) Arena *arena = arena_new(LIMIT_DECODE_BYTES);
        const Schema *schema = schemas_by_name(v->schemas, v->schema);
        if (!schema)
                return why_say(why, EX_CONFIG, "no schema is called %s", v->schema);
        if (!arena || decoder_new(&decoder, v->schemas, schema, NULL, 0, why) != 0)
                return EX_OSERR;
        BusReader *reader = NULL;
        Patience patience;
        connect_ask(v->at, &patience);
        int r = bus_reader_open(&reader, &v->at->conf, &v->topic, 1, -1, why);
        patience_end(&patience);
        if (r != 0)
                return connect_exit(r);
        Eye e = { .v = v, .decoder = decoder, .arena = arena };
        r = look(&e, reader, why);
        bus_reader_close(reader);
        if (e.unreadable > UNREADABLE_MAX)
                fprintf(stderr, "tocsin: %u records of %s are no %s\n", e.unreadable, v->topic, v->schema);
        return r;
}
