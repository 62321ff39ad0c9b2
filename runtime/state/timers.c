/* Two heaps over the timers' entries. A node may stand earlier than its timer, never later: setting a timer anew to a
 * later time, which every event of a heartbeat does, touches no heap; the node is put right when it comes to the top. */
#include "state/timers.h"
#include "core/cleanup.h"
#include "core/limits.h"
#include "state/entry.h"

#define CLOCKS 2u

typedef struct Node {
        int64_t at;
        Entry *e;
} Node;

typedef struct Heap {
        Node *node;
        size_t n, size;
} Heap;

struct Timers {
        Table *table;
        Heap heap[CLOCKS];
};

typedef struct Stored { /* the table's value */
        int64_t at;
        uint8_t clock;
} __attribute__((packed)) Stored;

/* Entry.aux: 0 in no heap, else 1 + place * CLOCKS + clock. */
static unsigned aux_clock(const Entry *e) {
        return (e->aux - 1) % CLOCKS;
}
static size_t aux_place(const Entry *e) {
        return (e->aux - 1) / CLOCKS;
}
static void place(Heap *h, unsigned clock, size_t i, Node n) {
        h->node[i] = n;
        n.e->aux = (uint32_t)(1 + i * CLOCKS + clock);
}

static bool before(Node a, Node b) {
        return a.at != b.at ? a.at < b.at : bytes_cmp(entry_key(a.e), entry_key(b.e)) < 0;
}

static void up(Heap *h, unsigned clock, size_t i, Node n) {
        for (; i > 0 && before(n, h->node[(i - 1) / 2]); i = (i - 1) / 2)
                place(h, clock, i, h->node[(i - 1) / 2]);
        place(h, clock, i, n);
}

static void down(Heap *h, unsigned clock, size_t i, Node n) {
        for (size_t c; (c = 2 * i + 1) < h->n; i = c) {
                if (c + 1 < h->n && before(h->node[c + 1], h->node[c]))
                        c++;
                if (!before(h->node[c], n))
                        break;
                place(h, clock, i, h->node[c]);
        }
        place(h, clock, i, n);
}

static void take_out(Timers *m, Entry *e) {
        unsigned clock = aux_clock(e);
        Heap *h = &m->heap[clock];
        size_t i = aux_place(e);
        Node last = h->node[--h->n];
        e->aux = 0;
        if (last.e == e)
                return;
        if (i > 0 && before(last, h->node[(i - 1) / 2]))
                up(h, clock, i, last);
        else
                down(h, clock, i, last);
}

static bool stored(const Entry *e, Stored *ret) {
        const Blob *b = entry_seen(e);
        if (!b || b->len != sizeof *ret)
                return false;
        memcpy(ret, b->data, sizeof *ret);
        return ret->clock < CLOCKS;
}

static void on_moved(void *arg, Entry *e) {
        Timers *m = arg;
        Stored s;
        bool set = stored(e, &s);
        if (e->aux && (!set || aux_clock(e) != s.clock))
                take_out(m, e);
        if (!set)
                return;
        Heap *h = &m->heap[s.clock];
        if (!e->aux)
                up(h, s.clock, h->n++, (Node){ s.at, e });
        else if (s.at < h->node[aux_place(e)].at)
                up(h, s.clock, aux_place(e), (Node){ s.at, e });
}

static void on_gone(void *arg, Entry *e) {
        if (e->aux)
                take_out(arg, e);
}

static int on_reserve(void *arg, size_t n) {
        Timers *m = arg;
        for (unsigned c = 0; c < CLOCKS; c++) {
                Heap *h = &m->heap[c];
                if (n <= h->size)
                        continue;
                size_t size = h->size ? h->size * 2 : 16;
                Node *p = realloc(h->node, size * sizeof *p);
                if (!p)
                        return -ENOMEM;
                h->node = p;
                h->size = size;
        }
        return 0;
}

int timers_new(Timers **ret, Table *t) {
        Timers *m = calloc(1, sizeof *m);
        if (!m)
                return -ENOMEM;
        m->table = t;
        table_watch(t, SPACE_TIMER, &(TableWatch){ m, on_reserve, on_moved, on_gone });
        *ret = m;
        return 0;
}

Timers *timers_free(Timers *m) {
        if (!m)
                return NULL;
        table_watch(m->table, SPACE_TIMER, &(TableWatch){ 0 });
        for (unsigned c = 0; c < CLOCKS; c++)
                free(m->heap[c].node);
        free(m);
        return NULL;
}

int timers_set(Timers *m, Bytes name, int64_t at_us, unsigned clock) {
        if (name.len < 1 || name.len > LIMIT_TIMER_NAME_BYTES || clock >= CLOCKS)
                return TABLE_E_LIMIT;
        if (at_us == TOCSIN_TIMER_OFF)
                return table_del(m->table, SPACE_TIMER, name);
        Stored s = { .at = at_us, .clock = (uint8_t)clock };
        return table_put(m->table, SPACE_TIMER, name, bytes_of(&s, sizeof s));
}

/* The first node whose time is its timer's. */
static const Node *top(Timers *m, unsigned clock, int64_t until_us) {
        Heap *h = &m->heap[clock];
        Stored s;
        while (h->n > 0 && h->node[0].at <= until_us) {
                Node n = h->node[0];
                if (!stored(n.e, &s) || s.at == n.at)
                        return &h->node[0];
                n.at = s.at;
                down(h, clock, 0, n);
        }
        return NULL;
}

int64_t timers_next(Timers *m, unsigned clock) {
        const Node *n = top(m, clock, INT64_MAX);
        return n ? n->at : INT64_MAX;
}

int timers_take(Timers *m, unsigned clock, int64_t until_us, uint8_t *ret_name, size_t *ret_len, int64_t *ret_at_us) {
        const Node *n = top(m, clock, until_us);
        if (!n)
                return TIMERS_E_NONE;
        Bytes name = entry_key(n->e);
        int64_t at = n->at;
        memcpy(ret_name, name.ptr, name.len);
        *ret_len = name.len;
        *ret_at_us = at;
        return table_del(m->table, SPACE_TIMER, bytes_of(ret_name, *ret_len));
}

bool timers_peek(Timers *m, unsigned clock, Bytes *ret_name, int64_t *ret_at_us) {
        const Node *n = top(m, clock, INT64_MAX);
        if (!n)
                return false;
        *ret_name = entry_key(n->e);
        *ret_at_us = n->at;
        return true;
}

bool timers_read(Bytes value, int64_t *ret_at_us, unsigned *ret_clock) {
        Stored s;
        if (value.len != sizeof s)
                return false;
        memcpy(&s, value.ptr, sizeof s);
        *ret_at_us = s.at;
        *ret_clock = s.clock;
        return s.clock < CLOCKS;
}
