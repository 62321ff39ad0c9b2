/* The table against a naive model, and what it promises at its bounds. */
#include "core/limits.h"
#include "state/table.h"
#include <criterion/criterion.h>
#include <malloc.h>
#include <time.h>

#define KEYS 40
#define SPACES 3

typedef struct Model {
        int value[SPACES][KEYS]; /* 0: absent, else a number that stands for the value */
} Model;

static uint64_t rng;
static uint32_t draw(uint32_t n) {
        rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(rng >> 33) % n;
}
static uint64_t seed(void) {
        const char *z = getenv("TOCSIN_SEED");
        uint64_t s = z ? strtoull(z, NULL, 0) : (uint64_t)time(NULL);
        fprintf(stderr, "# TOCSIN_SEED=%lu\n", (unsigned long)s);
        return s;
}

static Bytes key_of(int k, char *buf) {
        return bytes_of(buf, (size_t)sprintf(buf, "key-%d", k));
}
/* Value number v: its length and content follow from v. */
static Bytes value_of(int v, char *buf) {
        size_t n = (size_t)(v % 7) * (size_t)(v % 131) + (size_t)(v % 3);
        for (size_t i = 0; i < n; i++)
                buf[i] = (char)(v + (int)i);
        return bytes_of(buf, n);
}

typedef struct Seen {
        const Model *m;
        int space, n;
        char last[32];
        Bytes prefix;
} Seen;

static int check_one(void *arg, Bytes key, Bytes value) {
        Seen *s = arg;
        char name[32], buf[1024];
        snprintf(name, sizeof name, "%.*s", BYTES_ARG(key));
        cr_assert(bytes_begin(key, s->prefix));
        cr_assert(s->n == 0 || strcmp(s->last, name) < 0, "order: %s after %s", name, s->last);
        strcpy(s->last, name);
        int v = s->m->value[s->space][atoi(name + 4)];
        cr_assert(v && bytes_eq(value, value_of(v, buf)));
        s->n++;
        return 0;
}

static void same(Table *t, const Model *m) {
        char name[32], buf[1024];
        for (int s = 0; s < SPACES; s++) {
                int n = 0, with_1 = 0;
                for (int k = 0; k < KEYS; k++) {
                        Bytes got;
                        table_get(t, (TableSpace)s, key_of(k, name), &got);
                        int v = m->value[s][k];
                        cr_assert_eq(got.ptr != NULL, v != 0, "space %d key %d", s, k);
                        cr_assert(!v || bytes_eq(got, value_of(v, buf)));
                        n += v != 0;
                        with_1 += v != 0 && name[4] == '1';
                }
                Seen all = { .m = m, .space = s }, some = { .m = m, .space = s, .prefix = bytes_z("key-1") };
                cr_assert_eq(table_scan(t, (TableSpace)s, BYTES_NULL, check_one, &all), 0);
                cr_assert_eq(all.n, n);
                cr_assert_eq(table_scan(t, (TableSpace)s, bytes_z("key-1"), check_one, &some), 0);
                cr_assert_eq(some.n, with_1);
                cr_assert_eq(table_count(t, (TableSpace)s), (size_t)n);
        }
}

typedef struct Replay {
        Table *into;
        int n;
} Replay;
static int replay(void *arg, TableSpace space, Bytes key, Bytes value) {
        Replay *r = arg;
        r->n++;
        return table_load(r->into, space, key, value);
}

Test(table, is_what_a_naive_model_is_over_random_operations_and_its_changes_rebuild_it) {
        rng = seed();
        for (int round = 0; round < 60; round++) {
                _cleanup_(table_freep) Table *t = NULL, *copy = NULL;
                cr_assert_eq(table_new(&t, 1 << 20), 0);
                cr_assert_eq(table_new(&copy, 1 << 20), 0);
                Model now = { 0 }, committed = { 0 };
                for (int step = 0; step < 1000; step++) {
                        char name[32], buf[1024];
                        int s = (int)draw(SPACES), k = (int)draw(KEYS), what = (int)draw(100);
                        if (what < 60) {
                                now.value[s][k] = 1 + (int)draw(1000);
                                cr_assert_eq(table_put(t, (TableSpace)s, key_of(k, name), value_of(now.value[s][k], buf)), 0);
                        } else if (what < 90) {
                                now.value[s][k] = 0;
                                cr_assert_eq(table_del(t, (TableSpace)s, key_of(k, name)), 0);
                        } else if (what < 95) {
                                Replay r = { copy, 0 };
                                cr_assert_eq(table_changes(t, replay, &r), 0);
                                table_commit(t);
                                committed = now;
                                same(copy, &committed);
                        } else {
                                table_rollback(t);
                                now = committed;
                        }
                        if (what >= 85)
                                same(t, &now);
                }
        }
}

Test(table, a_change_that_ends_where_it_began_is_left_out) {
        _cleanup_(table_freep) Table *t = NULL;
        cr_assert_eq(table_new(&t, 1 << 20), 0);
        cr_assert_eq(table_load(t, SPACE_USER, bytes_z("b"), bytes_z("old")), 0);
        table_put(t, SPACE_USER, bytes_z("a"), bytes_z("x"));
        table_del(t, SPACE_USER, bytes_z("a"));
        table_put(t, SPACE_USER, bytes_z("b"), bytes_z("new"));
        table_put(t, SPACE_USER, bytes_z("b"), bytes_z("old"));
        Replay r = { t, 0 };
        cr_assert_eq(table_changes(t, replay, &r), 0);
        cr_assert_eq(r.n, 0);
        table_commit(t);
        cr_assert_eq(table_count(t, SPACE_USER), 1u);
}

Test(table, is_never_larger_than_max_and_full_changes_nothing) {
        _cleanup_(table_freep) Table *t = NULL;
        size_t max = 100000, n = 0;
        cr_assert_eq(table_new(&t, max), 0);
        char name[32], big[1000] = { 1 };
        int r;
        while ((r = table_put(t, SPACE_USER, key_of((int)n, name), bytes_of(big, n % 1000))) == 0) {
                n++;
                cr_assert(table_bytes(t) <= max, "%zu", table_bytes(t));
                if (n % 7 == 0)
                        table_commit(t);
        }
        cr_assert_eq(r, TABLE_E_FULL);
        cr_assert(n > 100);
        cr_assert_eq(table_count(t, SPACE_USER), n);
        Bytes got;
        table_get(t, SPACE_USER, key_of((int)n, name), &got);
        cr_assert_null(got.ptr);
        cr_assert_eq(table_put(t, SPACE_META, bytes_z("m"), bytes_z("the host's own always fits")), 0);
        table_rollback(t);
        for (int k = 0; k < (int)n; k++)
                cr_assert_eq(table_del(t, SPACE_USER, key_of(k, name)), 0);
        table_commit(t);
        cr_assert_eq(table_count(t, SPACE_USER), 0u);
        cr_assert_eq(table_put(t, SPACE_USER, bytes_z("of another size"), bytes_of(big, sizeof big)), 0);
}

Test(table, keys_and_values_outside_the_bounds_are_refused) {
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_(freep) char *much = calloc(1, LIMIT_VALUE_BYTES + 1);
        cr_assert_eq(table_new(&t, 4 << 20), 0);
        cr_assert_eq(table_put(t, SPACE_USER, BYTES_NULL, bytes_z("v")), TABLE_E_LIMIT);
        cr_assert_eq(table_put(t, SPACE_USER, bytes_of(much, LIMIT_KEY_BYTES + 1), bytes_z("v")), TABLE_E_LIMIT);
        cr_assert_eq(table_put(t, SPACE_USER, bytes_z("k"), bytes_of(much, LIMIT_VALUE_BYTES + 1)), TABLE_E_LIMIT);
        cr_assert_not(table_dirty(t));
        cr_assert_eq(table_put(t, SPACE_USER, bytes_z("k"), bytes_of(much, LIMIT_VALUE_BYTES)), 0);
        cr_assert_eq(table_put(t, SPACE_USER, bytes_of(much, LIMIT_KEY_BYTES), BYTES_NULL), 0);
        Bytes got;
        table_get(t, SPACE_USER, bytes_of(much, LIMIT_KEY_BYTES), &got);
        cr_assert(got.ptr && got.len == 0, "an empty value is not an absent one");
}

Test(table, the_same_keys_with_values_of_the_same_size_allocate_nothing) {
        _cleanup_(table_freep) Table *t = NULL;
        cr_assert_eq(table_new(&t, 1 << 20), 0);
        char name[32], value[100] = { 0 };
        size_t before = 0;
        for (int round = 0; round < 50; round++) {
                for (int k = 0; k < 200; k++) {
                        value[0] = (char)round;
                        cr_assert_eq(table_put(t, SPACE_USER, key_of(k, name), bytes_of(value, 60 + (size_t)(k % 40))), 0);
                        if (k % 2)
                                table_del(t, SPACE_USER, key_of(k, name));
                }
                if (round % 3)
                        table_commit(t);
                else
                        table_rollback(t);
                size_t now = mallinfo2().uordblks;
                if (round == 10)
                        before = now;
                cr_assert(round <= 10 || now == before, "%zu more bytes in round %d", now - before, round);
        }
}

Test(table, a_value_may_be_put_from_where_get_lent_it) {
        _cleanup_(table_freep) Table *t = NULL;
        cr_assert_eq(table_new(&t, 1 << 20), 0);
        Bytes got;
        table_put(t, SPACE_USER, bytes_z("a"), bytes_z("0123456789012345678901234567890123456789"));
        table_get(t, SPACE_USER, bytes_z("a"), &got);
        cr_assert_eq(table_put(t, SPACE_USER, bytes_z("a"), bytes_of(got.ptr + 30, 5)), 0);
        table_get(t, SPACE_USER, bytes_z("a"), &got);
        cr_assert(bytes_eq_z(got, "01234"));
}
