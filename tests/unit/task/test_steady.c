/* A steady state asks malloc for nothing by record: twice the records, the same number of calls. */
#include "rig.h"

static size_t calls;
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
void *malloc(size_t n) {
        calls++;
        return __libc_malloc(n);
}
void *calloc(size_t n, size_t m) {
        calls++;
        return __libc_calloc(n, m);
}
void *realloc(void *p, size_t n) {
        calls++;
        return __libc_realloc(p, n);
}

/* Calls of malloc while the worker takes n records in one turn and commits. */
static size_t turn_of(Rig *r, int n, const char *what) {
        for (int i = 0; i < n; i++) {
                char key[16];
                snprintf(key, sizeof key, "key-%d", i % 10);
                rig_put(r, key, r->clock.now_us + i, i, what, -1);
        }
        size_t before = calls;
        for (int i = 0; i < 20; i++)
                cr_assert(worker_turn(r->worker[0], 0) >= 0);
        cr_assert_eq(worker_commit(r->worker[0]), 0);
        return calls - before;
}

static void steady(const tocsin_plugin *plugin) {
        Rig r;
        rig_init(&r, plugin, 1, 1);
        r.ports[1].topic = "out";
        rig_start(&r, 0);
        rig_settle(&r);
        for (int i = 0; i < 5; i++)
                turn_of(&r, 2000, "skip");
        size_t few = turn_of(&r, 500, "skip"), many = turn_of(&r, 2000, "skip");
        cr_assert(many <= few + 8, "%zu calls for 500 records, %zu for 2000", few, many);
        rig_deinit(&r);
}
Test(steady, a_record_that_is_decoded_and_seen_costs_no_allocation) {
        steady(&rig_counter);
}
Test(steady, nor_does_it_by_batches) {
        steady(&rig_batch);
}
Test(steady, nor_does_a_change_of_the_table_and_a_timer) {
        Rig r;
        rig_init(&r, &rig_window, 1, 1);
        rig_start(&r, 0);
        rig_settle(&r);
        for (int i = 0; i < 5; i++)
                turn_of(&r, 2000, "");
        size_t few = turn_of(&r, 500, ""), many = turn_of(&r, 2000, "");
        cr_assert(many <= few + 8, "%zu calls for 500 records, %zu for 2000", few, many);
        rig_deinit(&r);
}
