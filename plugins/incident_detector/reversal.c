/* L10: reversals of one attribute. */
#include "reversal.h"

static bool same(const Change *a, const Change *b) {
        return a->is_number && b->is_number ? a->number == b->number : a->text == b->text;
}

static bool earlier(const Change *a, const Change *b) {
        if (a->ref.time != b->ref.time)
                return a->ref.time < b->ref.time;
        return base_order(tocsin_bytes_of(a->ref.id, a->ref.id_len), tocsin_bytes_of(b->ref.id, b->ref.id_len)) < 0;
}

static void remove_at(Changes *h, uint32_t i) {
        memmove(&h->c[i], &h->c[i + 1], (h->n - i - 1) * sizeof h->c[0]);
        h->n--;
}

void changes_add(Changes *h, Bytes value, const Ref *ref) {
        Change c = { .text = base_hash(value), .ref = *ref };
        c.is_number = text_number(value, &c.number);
        uint32_t at = h->n;
        while (at > 0 && earlier(&c, &h->c[at - 1]))
                at--;
        if (at > 0 && same(&h->c[at - 1], &c))
                return;
        if (at < h->n && same(&h->c[at], &c)) { /* the same value, told earlier */
                h->c[at].ref = c.ref;
                return;
        }
        if (h->n == REVERSAL_LEN) {
                if (at == 0)
                        return; /* older than all that is kept */
                remove_at(h, 0);
                at--;
        }
        memmove(&h->c[at + 1], &h->c[at], (h->n - at) * sizeof h->c[0]);
        h->c[at] = c;
        h->n++;
}

static bool reversal(const Change *a, const Change *b, const Change *c) {
        if (same(a, b) || same(b, c))
                return false;
        if (!a->is_number || !b->is_number || !c->is_number)
                return same(a, c);
        double there = b->number - a->number, back = b->number - c->number, off = c->number - a->number;
        if ((there > 0) != (back > 0))
                return false;
        return (off < 0 ? -off : off) <= 0.25 * (there < 0 ? -there : there);
}

uint32_t changes_reversals(const Changes *h, int64_t span, uint32_t *first) {
        uint32_t n = 0;
        for (uint32_t i = 2; i < h->n; i++) {
                if (h->c[i].ref.time < h->c[h->n - 1].ref.time - span)
                        continue;
                if (!reversal(&h->c[i - 2], &h->c[i - 1], &h->c[i]))
                        continue;
                if (n++ == 0)
                        *first = i - 2;
        }
        return n;
}
