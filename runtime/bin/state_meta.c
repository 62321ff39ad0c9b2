/* The host's record of a task, as task/meta.c lays it out, and what else all of `state` has to do with. */
#include "bin/state.h"

#include "core/clock.h"

#define LAYOUT 1u
#define TELL_US INT64_C(2000000)

const char *state_kind(TableSpace s) {
        static const char *const words[] = { "host", "entry", "timer" };
        return words[s];
}

void state_tell(StateTell *t, const char *what, int32_t partition, int64_t done, int64_t total) {
        if (!t || !t->verb)
                return;
        int64_t now = clock_read_us(CLOCK_MONOTONIC);
        if (!t->begun_us)
                t->begun_us = t->said_us = now;
        if (now - t->said_us < TELL_US)
                return;
        t->said_us = now;
        fprintf(stderr, "tocsin state %s: %s", t->verb, what);
        if (partition >= 0)
                fprintf(stderr, ", partition %d", (int)partition);
        if (total > 0)
                fprintf(stderr, ": %lld of %lld records", (long long)done, (long long)total);
        else if (done > 0)
                fprintf(stderr, ": %lld entries", (long long)done);
        fprintf(stderr, " (%lld s)\n", (long long)((now - t->begun_us) / 1000000));
}

typedef struct Cursor {
        Bytes in;
        bool bad;
} Cursor;

static void get(Cursor *c, void *to, size_t n) {
        if (c->bad || c->in.len < n) {
                c->bad = true;
                memset(to, 0, n);
                return;
        }
        memcpy(to, c->in.ptr, n);
        c->in = bytes_of(c->in.ptr + n, c->in.len - n);
}

static Bytes get_name(Cursor *c) {
        uint8_t len;
        get(c, &len, 1);
        if (c->bad || c->in.len < len) {
                c->bad = true;
                return BYTES_NULL;
        }
        Bytes name = bytes_of(c->in.ptr, len);
        c->in = bytes_of(c->in.ptr + len, c->in.len - len);
        return name;
}

static int read_ports(Cursor *c, StateMeta *m, Arena *a) {
        uint16_t n;
        get(c, &n, 2);
        m->ports = arena_zalloc(a, n * sizeof *m->ports);
        REQUIRE(m->ports, -ENOMEM);
        for (; m->n_ports < n && !c->bad; m->n_ports++) {
                StatePort *p = &m->ports[m->n_ports];
                p->name = get_name(c);
                get(c, &p->seen_us, 8);
                get(c, &p->active_us, 8);
        }
        return 0;
}

static int read_tables(Cursor *c, StateMeta *m, Arena *a) {
        uint16_t n;
        get(c, &n, 2);
        m->tables = arena_zalloc(a, n * sizeof *m->tables);
        REQUIRE(m->tables, -ENOMEM);
        for (; m->n_tables < n && !c->bad; m->n_tables++) {
                StateTableAt *t = &m->tables[m->n_tables];
                t->topic = get_name(c);
                get(c, &t->partition, 4);
                get(c, &t->next, 8);
        }
        return 0;
}

int state_meta_read(StateMeta *ret, Bytes in, Arena *a, Why *why) {
        Cursor c = { .in = in };
        StateMeta m = { 0 };
        uint8_t layout;
        int64_t begun_us;
        get(&c, &layout, 1);
        if (!c.bad && layout > LAYOUT)
                return why_say(why, STATE_E_NEWER,
                               "the host's record has layout %u, this Tocsin knows %u: a newer one has written it; use that one",
                               layout, LAYOUT);
        get(&c, &m.version, 4);
        get(&c, &m.wall_us, 8);
        get(&c, &m.mark_us, 8);
        GUARD(read_ports(&c, &m, a));
        GUARD(read_tables(&c, &m, a));
        if (c.in.len) /* since when; earlier versions wrote none */
                get(&c, &begun_us, 8);
        if (c.bad || c.in.len || layout != LAYOUT)
                return why_say(why, STATE_E_FOREIGN, "the host's record of %zu bytes is torn, or not the host's", in.len);
        *ret = m;
        return 0;
}
