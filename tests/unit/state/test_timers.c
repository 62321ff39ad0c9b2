/* Timers against a naive model: order, the last call wins, they commit, roll back and come back with the table. */
#include "core/limits.h"
#include "state/timers.h"
#include <criterion/criterion.h>
#include <time.h>

#define NAMES 30

typedef struct Model {
        int64_t at[NAMES]; /* 0: off */
        unsigned clock[NAMES];
} Model;

static uint64_t rng;
static uint32_t draw(uint32_t n) {
        rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(rng >> 33) % n;
}
static Bytes name_of(int k, char *buf) {
        return bytes_of(buf, (size_t)sprintf(buf, "t%02d", k));
}

/* The model's first of a clock: by time, then name. */
static int first(const Model *m, unsigned clock) {
        int best = -1;
        for (int k = 0; k < NAMES; k++)
                if (m->at[k] && m->clock[k] == clock && (best < 0 || m->at[k] < m->at[best]))
                        best = k;
        return best;
}

static int load(void *arg, TableSpace space, Bytes key, Bytes value) {
        return table_load(arg, space, key, value);
}

Test(timers, fire_as_a_naive_model_says_over_random_operations_commits_rollbacks_and_restarts) {
        const char *z = getenv("TOCSIN_SEED");
        rng = z ? strtoull(z, NULL, 0) : (uint64_t)time(NULL);
        fprintf(stderr, "# TOCSIN_SEED=%lu\n", (unsigned long)rng);
        for (int round = 0; round < 50; round++) {
                Table *t = NULL, *kept = NULL;
                Timers *m = NULL;
                cr_assert(table_new(&t, 1 << 20) == 0 && table_new(&kept, 1 << 20) == 0 && timers_new(&m, t) == 0);
                Model now = { 0 }, committed = { 0 };
                for (int step = 0; step < 2000; step++) {
                        char buf[16];
                        int k = (int)draw(NAMES), what = (int)draw(100);
                        unsigned clock = draw(2);
                        if (what < 60) {
                                now.at[k] = 1 + draw(50);
                                now.clock[k] = clock;
                                cr_assert_eq(timers_set(m, name_of(k, buf), now.at[k], clock), 0);
                        } else if (what < 65) {
                                now.at[k] = 0;
                                cr_assert_eq(timers_set(m, name_of(k, buf), TOCSIN_TIMER_OFF, clock), 0);
                        } else if (what < 85) {
                                int64_t until = draw(50), at = 0;
                                uint8_t name[LIMIT_TIMER_NAME_BYTES];
                                size_t len = 0;
                                int want = first(&now, clock);
                                int r = timers_take(m, clock, until, name, &len, &at);
                                if (want < 0 || now.at[want] > until) {
                                        cr_assert_eq(r, TIMERS_E_NONE);
                                        continue;
                                }
                                cr_assert_eq(r, 0);
                                cr_assert(bytes_eq(bytes_of(name, len), name_of(want, buf)) && at == now.at[want]);
                                now.at[want] = 0;
                        } else if (what < 90) {
                                int want = first(&now, clock);
                                cr_assert_eq(timers_next(m, clock), want < 0 ? INT64_MAX : now.at[want]);
                        } else if (what < 94) {
                                cr_assert_eq(table_changes(t, load, kept), 0);
                                table_commit(t);
                                committed = now;
                        } else if (what < 98) {
                                table_rollback(t);
                                now = committed;
                        } else { /* a new life: what was committed, loaded again */
                                timers_free(m);
                                table_free(t);
                                t = NULL;
                                cr_assert(table_new(&t, 1 << 20) == 0 && timers_new(&m, t) == 0);
                                for (int i = 0; i < NAMES; i++) {
                                        Bytes v;
                                        table_get(kept, SPACE_TIMER, name_of(i, buf), &v);
                                        if (v.ptr)
                                                cr_assert_eq(table_load(t, SPACE_TIMER, name_of(i, buf), v), 0);
                                }
                                now = committed;
                        }
                }
                timers_free(m);
                table_free(t);
                table_free(kept);
        }
}

Test(timers, names_outside_the_bounds_are_refused) {
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_(timers_freep) Timers *m = NULL;
        char much[LIMIT_TIMER_NAME_BYTES + 1] = { 0 };
        cr_assert(table_new(&t, 1 << 20) == 0 && timers_new(&m, t) == 0);
        cr_assert_eq(timers_set(m, BYTES_NULL, 1, 0), TABLE_E_LIMIT);
        cr_assert_eq(timers_set(m, bytes_of(much, sizeof much), 1, 0), TABLE_E_LIMIT);
        cr_assert_eq(timers_set(m, bytes_z("x"), 1, 2), TABLE_E_LIMIT);
        cr_assert_eq(timers_next(m, 0), INT64_MAX);
        cr_assert_eq(timers_set(m, bytes_z("never"), INT64_MAX, 0), 0);
        cr_assert_eq(timers_set(m, bytes_z("long ago"), INT64_MIN + 1, 0), 0);
        cr_assert_eq(timers_next(m, 0), INT64_MIN + 1);
}
