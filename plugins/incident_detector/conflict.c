/* L11: writes of several loops to one attribute of one target. */
#include "conflict.h"

Write write_of(const Ref *ref, Bytes loop, Bytes producer, Bytes value, bool planned) {
        Write w = { .ref = *ref, .loop = name_of(loop), .producer = name_of(producer), .value = label_of(value) };
        w.is_number = text_number(value, &w.number);
        w.planned = planned;
        return w;
}

static Bytes id_of(const Write *w) {
        return tocsin_bytes_of(w->ref.id, w->ref.id_len);
}

static int order(const Write *a, const Write *b) {
        if (a->ref.time != b->ref.time)
                return a->ref.time < b->ref.time ? -1 : 1;
        int c = base_order(name_bytes(&a->loop), name_bytes(&b->loop));
        return c ? c : base_order(id_of(a), id_of(b));
}

static uint32_t insert(Write *list, uint32_t *n, const Write *one) {
        uint32_t at = *n;
        while (at > 0 && order(one, &list[at - 1]) < 0)
                at--;
        memmove(&list[at + 1], &list[at], (*n - at) * sizeof *list);
        list[at] = *one;
        (*n)++;
        return at;
}

static void drop_first(Write *list, uint32_t *n) {
        memmove(&list[0], &list[1], (*n - 1) * sizeof *list);
        (*n)--;
}

bool writes_add(Writes *w, const Write *one) {
        for (uint32_t i = 0; i < w->n_pending; i++)
                if (order(one, &w->pending[i]) == 0)
                        return false;
        for (uint32_t i = 0; i < w->n_settled; i++)
                if (order(one, &w->settled[i]) == 0)
                        return false;
        insert(w->pending, &w->n_pending, one);
        return w->n_pending == CONFLICT_PENDING;
}

int writes_settle(Writes *w, int64_t watermark, bool force) {
        if (w->n_pending == 0 || (!force && w->pending[0].ref.time > watermark))
                return -1;
        Write one = w->pending[0];
        drop_first(w->pending, &w->n_pending);
        if (w->n_settled == CONFLICT_SETTLED)
                drop_first(w->settled, &w->n_settled);
        return (int)insert(w->settled, &w->n_settled, &one);
}

bool writes_conflict(const Writes *w, uint32_t i, uint32_t j, int64_t span) {
        const Write *a = &w->settled[i], *b = &w->settled[j];
        int64_t by = a->ref.time - b->ref.time;
        if (by > span || by < -span || tocsin_equal(name_bytes(&a->loop), name_bytes(&b->loop)))
                return false;
        if (a->is_number && b->is_number)
                return a->number != b->number;
        return !tocsin_equal(label_bytes(&a->value), label_bytes(&b->value));
}

int64_t writes_next(const Writes *w) {
        return w->n_pending ? w->pending[0].ref.time : NEVER;
}

int64_t writes_last(const Writes *w) {
        if (w->n_pending)
                return w->pending[w->n_pending - 1].ref.time;
        return w->n_settled ? w->settled[w->n_settled - 1].ref.time : NO_TIME;
}
