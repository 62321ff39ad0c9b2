/* What stays of a turn: commit and rollback, rows between turns, and the text at the end. */
#include "bin/conform_turn.h"

#include "bin/conform_calls.h"

int turns_commit(Turns *t) {
        Fake *h = &t->host;
        table_commit(h->table);
        buffer_put(&h->end->text, h->said.ptr, h->said.len);
        buffer_clear(&h->said);
        t->was_watermark_us = t->watermark_us;
        t->was_wall_us = t->wall_us;
        if (t->inner_at < h->inner.n)
                t->inner_at++; /* the record of an INTERNAL port that this turn took */
        t->was_inner_at = t->inner_at;
        size_t n = h->inner.n + h->inner_new.n;
        if (n > h->inner.room) {
                Item *more = realloc(h->inner.at, 2 * n * sizeof *more);
                if (!more)
                        return -ENOMEM;
                h->inner.at = more;
                h->inner.room = 2 * n;
        }
        if (h->inner_new.n)
                memcpy(h->inner.at + h->inner.n, h->inner_new.at, h->inner_new.n * sizeof *h->inner_new.at);
        h->inner.n = n;
        h->inner_new.n = 0;
        return 0;
}

void turns_rollback(Turns *t) {
        Fake *h = &t->host;
        table_rollback(h->table);
        buffer_clear(&h->said);
        h->inner_new.n = 0;
        t->watermark_us = t->was_watermark_us;
        t->wall_us = t->was_wall_us;
        t->inner_at = t->was_inner_at;
}

Item *turns_inner(Turns *t) {
        return t->inner_at < t->host.inner.n ? &t->host.inner.at[t->inner_at] : NULL;
}

bool turns_is_row(const Turns *t, const Item *it) {
        return t->host.kit->plugin.port[it->port]->role == TOCSIN_TABLE;
}

/* Rows stay in the order of their keys' bytes. */
static void keep_row(Fake *h, const Item *it) {
        Item *row = fake_row(h, it->port, it->key);
        if (row && it->gone) {
                memmove(row, row + 1, (size_t)(h->rows.at + h->rows.n - row - 1) * sizeof *row);
                h->rows.n--;
        } else if (row) {
                *row = *it;
        } else if (!it->gone && h->rows.n < h->rows.room) {
                size_t at = h->rows.n++;
                for (; at > 0 && bytes_cmp(h->rows.at[at - 1].key, it->key) > 0; at--)
                        h->rows.at[at] = h->rows.at[at - 1];
                h->rows.at[at] = *it;
        }
}

bool turns_row(Turns *t, Item *it) {
        Fake *h = &t->host;
        if (!turns_is_row(t, it))
                return false;
        if (!h->rows.at && (h->rows.at = calloc(h->plan->stream->n, sizeof *h->rows.at)))
                h->rows.room = h->plan->stream->n;
        keep_row(h, it);
        if (!h->kit->plugin.self.changed)
                return true;
        Bytes key = fake_lend_bytes(h, it->key.ptr ? it->key : bytes_z(""), false);
        fake_enter(h, PHASE_CHANGED);
        sight_at("changed() of a row of port '%s'", h->kit->plugin.port[it->port]->name);
        h->kit->plugin.self.changed(t->inst, it->port, key);
        fake_leave(h);
        return true;
}

void turns_pass(Turns *t, int64_t us) {
        if (t->watermark_us < INT64_MAX - us)
                t->watermark_us += us;
        if (t->wall_us < INT64_MAX - us)
                t->wall_us += us;
        t->was_watermark_us = t->watermark_us;
        t->was_wall_us = t->wall_us;
}

static void dump(Buffer *out, const char *what, Bytes key, Bytes value) {
        buffer_put_z(out, what);
        fake_print_bytes(out, key);
        buffer_put_z(out, " = ");
        fake_print_bytes(out, value);
        buffer_put_z(out, "\n");
}
static int dump_entry(void *arg, Bytes key, Bytes value) {
        Fake *h = arg;
        dump(&h->end->text, "table ", key, h->plan->outline ? BYTES_NULL : value);
        return 0;
}
static int dump_timer(void *arg, Bytes key, Bytes value) {
        Fake *h = arg;
        dump(&h->end->text, "timer ", key, value);
        return 0;
}

int turns_dump(Turns *t) {
        GUARD(table_scan(t->host.table, SPACE_USER, BYTES_NULL, dump_entry, &t->host));
        return table_scan(t->host.table, SPACE_TIMER, BYTES_NULL, dump_timer, &t->host);
}

void turns_deinit(Turns *t) {
        fake_deinit(&t->host);
}
