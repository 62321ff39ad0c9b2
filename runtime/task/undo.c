/* One call taken back without its turn. A record that turns out to be poison after it has put and emitted costs its turn, and a
 * burst of them would cost a turn each: so for a while after the first one every call is watched. What it emits waits here
 * until its verdict is known, and of what it changes in the table the old is noted. What remains is the same either way. */
#include "task/inner.h"

#define CAREFUL_RECORDS 4096u /* after the last such record: a burst is over then, and being careful costs a copy of each emit */

typedef struct UndoNote {
        struct UndoNote *next; /* the one before */
        TableSpace space;
        Bytes key, old; /* old.ptr NULL: there was none */
} UndoNote;

typedef struct UndoSend {
        struct UndoSend *next;
        BusSend s;
        BusHeader header[UNDO_HEADERS];
} UndoSend;

void undo_expect(Worker *w) {
        if (!w->undo.arena)
                w->undo.arena = arena_new(LIMIT_DECODE_BYTES);
        w->undo.careful = w->undo.arena ? CAREFUL_RECORDS : 0;
}

void undo_begin(Task *t) {
        Undo *u = &t->w->undo;
        size_t n = t->w->plugin->n_metrics * sizeof(double);
        arena_reset(u->arena);
        u->notes = NULL;
        u->first = NULL;
        u->last = NULL;
        u->mark = t->mark;
        u->now = t->now;
        u->delta = arena_alloc(u->arena, n);
        u->lost = !u->delta;
        u->full = false;
        if (u->delta && n)
                memcpy(u->delta, t->w->delta, n);
        u->careful--;
}

void undo_note(Task *t, TableSpace space, Bytes key) {
        Undo *u = &t->w->undo;
        UndoNote *n = arena_alloc(u->arena, sizeof *n);
        Bytes old;
        table_get(t->table, space, key, &old);
        if (n)
                *n = (UndoNote){ u->notes, space, arena_dup(u->arena, key), old.ptr ? arena_dup(u->arena, old) : BYTES_NULL };
        if (n && n->key.ptr && (!old.ptr || n->old.ptr))
                u->notes = n;
        else
                u->lost = true;
}

static bool copy(Arena *a, Bytes *b) {
        if (!b->ptr)
                return true;
        *b = arena_dup(a, *b);
        return b->ptr;
}

static bool hold_back(Undo *u, const BusSend *s) {
        UndoSend *k = arena_alloc(u->arena, sizeof *k);
        if (!k || s->n_headers > UNDO_HEADERS)
                return false;
        *k = (UndoSend){ .s = *s };
        k->s.headers = k->header; /* their names are the host's, or the record's that is at hand until the verdict */
        if (!copy(u->arena, &k->s.key) || !copy(u->arena, &k->s.value))
                return false;
        for (uint32_t i = 0; i < s->n_headers; i++) {
                k->header[i] = s->headers[i];
                if (!copy(u->arena, &k->header[i].value))
                        return false;
        }
        if (u->last)
                u->last->next = k;
        else
                u->first = k;
        u->last = k;
        return true;
}

void undo_send(Worker *w, const BusSend *s) {
        w->undo.full |= !hold_back(&w->undo, s);
}

static int flush(Worker *w) {
        Undo *u = &w->undo;
        int r = u->full ? BUS_E_TOO_BIG : 0;
        for (UndoSend *k = u->first; r == 0 && k; k = k->next)
                r = turn_send(w, &k->s);
        u->first = u->last = NULL;
        return r;
}

static int restore(Task *t, const UndoNote *n) {
        int64_t at = TOCSIN_TIMER_OFF;
        unsigned clock = TOCSIN_CLOCK_EVENT;
        if (n->space != SPACE_TIMER)
                return n->old.ptr ? table_put(t->table, n->space, n->key, n->old) : table_del(t->table, n->space, n->key);
        if (n->old.ptr && !timers_read(n->old, &at, &clock))
                return -EPROTO;
        return timers_set(t->timers, n->key, at, clock);
}

/* 0: nothing of the call stays, and the instance has read its table anew | anything else: only its turn can go back */
static int take_back(Task *t) {
        Worker *w = t->w;
        Undo *u = &w->undo;
        const Call call = w->call;
        size_t dirty = table_dirty_bytes(t->table);
        if (u->lost)
                return STEP_BACK;
        u->first = u->last = NULL;
        for (const UndoNote *n = u->notes; n; n = n->next)
                GUARD(restore(t, n));
        w->dirty_bytes += table_dirty_bytes(t->table) - dirty;
        memcpy(w->delta, u->delta, w->plugin->n_metrics * sizeof(double));
        t->mark = u->mark;
        t->now = u->now;
        GUARD(task_rebuild(t));
        if (t->stopped)
                return STEP_BACK;
        w->call = call;
        w->call.effects = false;
        return 0;
}

int undo_end(Task *t, int verdict) {
        Worker *w = t->w;
        Undo *u = &w->undo;
        u->on = false;
        if (w->pending || verdict < 0 || verdict == TOCSIN_RETRY)
                return 0; /* the turn goes back */
        if (verdict == TOCSIN_POISON) {
                u->careful = !w->call.effects || take_back(t) == 0 ? CAREFUL_RECORDS : 0;
                return 0;
        }
        int r = flush(w);
        if (r != BUS_E_TOO_BIG)
                return r == STEP_BACK ? 0 : r; /* pending: said by whoever looks at the verdict */
        /* Too large for the bus, of which the plugin must hear when it emits, or too much to hold: once more, without care. */
        u->careful = 0;
        w->back.again_at_once = true;
        w->back.by_record = w->back.by_timer = false;
        why_say(&w->back.why, 0, "what it emits cannot be held back until its verdict");
        return STEP_BACK;
}
