/* Conflicts between loops: every pair found, in an order that arrival does not change. */
#include "conflict.h"
#include "seed.h"
#include <criterion/criterion.h>

#define SPAN 15

static Write write_at(int64_t time, const char *loop, const char *value) {
        Ref r = { .time = time };
        r.id_len = (uint32_t)snprintf(r.id, sizeof r.id, "%s-%lld", loop, (long long)time);
        return write_of(&r, text_z(loop), text_z("p"), text_z(value), true);
}

/* A line for each conflict found up to the watermark. */
static size_t found(Writes *w, int64_t watermark, char *text, size_t len) {
        for (int at; (at = writes_settle(w, watermark, false)) >= 0;)
                for (uint32_t i = 0; i < (uint32_t)at; i++)
                        if (writes_conflict(w, (uint32_t)at, i, SPAN))
                                len += (size_t)sprintf(text + len, "%.*s %.*s\n", (int)w->settled[at].ref.id_len,
                                                       w->settled[at].ref.id, (int)w->settled[i].ref.id_len,
                                                       w->settled[i].ref.id);
        return len;
}

static size_t one_pair(int64_t ta, const char *la, const char *va, int64_t tb, const char *lb, const char *vb) {
        Writes w = { 0 };
        char text[1000];
        Write a = write_at(ta, la, va), b = write_at(tb, lb, vb);
        writes_add(&w, &a);
        writes_add(&w, &b);
        return found(&w, 1000, text, 0);
}

Test(conflict, different_values_of_two_loops_within_the_span_are_one) {
        cr_assert(one_pair(0, "a", "1", 15, "b", "2") > 0);
        cr_assert_eq(one_pair(0, "a", "1", 16, "b", "2"), 0, "too far apart");
        cr_assert_eq(one_pair(0, "a", "1", 5, "b", "1"), 0, "equal values");
        cr_assert_eq(one_pair(0, "a", "1", 5, "b", "1.0"), 0, "equal numbers");
        cr_assert_eq(one_pair(0, "a", "1", 5, "a", "2"), 0, "the same loop");
        cr_assert(one_pair(0, "a", "on", 0, "b", "off") > 0, "at the same moment");
}

Test(conflict, an_event_that_comes_twice_counts_once) {
        Writes w = { 0 };
        Write a = write_at(3, "a", "1");
        writes_add(&w, &a);
        writes_add(&w, &a);
        cr_assert_eq(w.n_pending, 1);
        writes_settle(&w, 10, false);
        writes_add(&w, &a);
        cr_assert_eq(w.n_pending, 0);
}

Test(conflict, arrival_within_the_lateness_changes_nothing) {
        uint64_t seed = seed_of(), s = seed;
        for (int round = 0; round < 500; round++) {
                static Writes one, two;
                Write in[30];
                char a[20000] = "", b[20000] = "";
                size_t la = 0, lb = 0;
                memset(&one, 0, sizeof one);
                memset(&two, 0, sizeof two);
                uint32_t n = 5 + (uint32_t)below(&s, 25);
                int64_t t = 0;
                for (uint32_t i = 0; i < n; i++) {
                        t += 1 + (int64_t)below(&s, 8);
                        char loop[2] = { (char)('a' + below(&s, 3)), 0 }, value[2] = { (char)('0' + below(&s, 3)), 0 };
                        in[i] = write_at(t, loop, value);
                }
                for (uint32_t i = 0; i < n; i++) { /* in order, watermark at their heels */
                        writes_add(&one, &in[i]);
                        la = found(&one, in[i].ref.time, a, la);
                }
                for (uint32_t i = 0; i < n; i += 4) { /* four by four, turned round, watermark once they are all there */
                        uint32_t end = i + 4 < n ? i + 4 : n;
                        for (uint32_t k = end; k > i; k--)
                                writes_add(&two, &in[k - 1]);
                        lb = found(&two, in[end - 1].ref.time, b, lb);
                }
                cr_assert_str_eq(a, b, "seed %llu", (unsigned long long)seed);
        }
}

Test(conflict, a_flood_of_writes_keeps_its_bound_and_asks_to_be_judged) {
        static Writes w;
        bool full = false;
        for (int i = 0; i < 100 && !full; i++) {
                Write one = write_at(i, "a", "1");
                full = writes_add(&w, &one);
        }
        cr_assert(full && w.n_pending == CONFLICT_PENDING);
        cr_assert_eq(writes_settle(&w, -1, false), -1);
        cr_assert_geq(writes_settle(&w, -1, true), 0);
        cr_assert_eq(w.n_pending, CONFLICT_PENDING - 1);
}
