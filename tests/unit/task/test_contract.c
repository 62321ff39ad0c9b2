/* Plugins that break their contract: with the host of another partition's instance, with answers that contradict themselves, with
 * numbers that are none. No other partition is hurt, no record is lost from the accounts, and the dead letters say why. */
#include "rig.h"

#include <math.h>
#include <tocsin/value.h>

#define T(r) ((r)->clock.now_us)

static const tocsin_host *host_in(void *inst) {
        return *(const tocsin_host *const *)inst;
}

static tocsin_bytes z(const char *s) {
        return tocsin_bytes_of(s, strlen(s));
}

static bool is(const tocsin_event *e, const char *what) {
        return tocsin_equal_z(tocsin_get_bytes(&e->body, "what"), what);
}

static int said(void *arg, const BusRecord *r) {
        void **a = arg;
        const char *text = a[0];
        *(size_t *)a[1] += r->value.ptr && memmem(r->value.ptr, r->value.len, text, strlen(text));
        return 0;
}

/* Dead letters with `text` in them. */
static size_t letters(Rig *r, const char *text) {
        size_t n = 0;
        void *arg[] = { (void *)(uintptr_t)text, &n };
        bus_mem_each(r->log, r->pipe.dlq, said, arg);
        return n;
}

static void begin(Rig *r, const tocsin_plugin *plugin, int32_t partitions) {
        rig_init(r, plugin, partitions, 1);
        rig_start(r, 0);
        rig_settle(r);
}

/* ---- another instance's host ---------------------------------------------------------------------------- */

static const tocsin_host *host_at[2];
static unsigned strays, told;

static int never(void *arg, tocsin_bytes key, tocsin_bytes value) {
        (void)arg, (void)key, (void)value;
        cr_assert(false, "an entry of another partition");
        return 0;
}

static int never_row(void *arg, tocsin_bytes key, const tocsin_value *row) {
        (void)arg, (void)key, (void)row;
        cr_assert(false, "a row by another's host");
        return 0;
}

/* Every host call, by a host whose callback does not run. */
static void try_all(const tocsin_host *h, const tocsin_event *e) {
        tocsin_bytes old = z("untouched");
        tocsin_value v = tocsin_i64(7);
        const tocsin_json *json = h->extension(h, "tocsin.json/1");
        strays++;
        cr_assert_eq(h->get(h, e->key, &old), TOCSIN_E_PERM);
        cr_assert(tocsin_equal_z(old, "untouched"));
        cr_assert_eq(h->put(h, z("stray"), z("x")), TOCSIN_E_PERM);
        cr_assert_eq(h->del(h, e->key), TOCSIN_E_PERM);
        cr_assert_eq(h->scan(h, z(""), never, NULL), TOCSIN_E_PERM);
        cr_assert_eq(h->timer(h, z("stray"), e->time_us, TOCSIN_CLOCK_EVENT), TOCSIN_E_PERM);
        cr_assert_eq(h->emit(h, 1, e->key, &e->body), TOCSIN_E_PERM);
        cr_assert_eq(h->rows(h, 2, never_row, NULL), TOCSIN_E_PERM);
        cr_assert_eq(h->field(h, 0, "key"), TOCSIN_E_PERM);
        cr_assert_eq(json->parse(h, z("1"), &v), TOCSIN_E_PERM);
        cr_assert(!h->lookup(h, 2, e->key) && !h->scratch(h, 16));
        h->metric(h, 0, 1000);
        h->fail(h, "the words of a stranger");
        h->fail_at(h, "/stray", "the words of a stranger");
        h->log(h, TOCSIN_ERROR, "the words of a stranger", NULL, 0);
}

static int stray(void *inst, const tocsin_event *e) {
        const tocsin_host *h = host_in(inst), *other = host_at[1 - e->partition];
        tocsin_bytes old;
        host_at[e->partition] = h;
        if (other)
                try_all(other, e);
        if (is(e, "poison"))
                return TOCSIN_POISON;
        cr_assert_eq(h->get(h, e->key, &old), 0);
        cr_assert(h->scratch(h, 16));
        h->metric(h, 0, 1);
        return h->put(h, e->key, z("mine"));
}

static void stray_changed(void *inst, uint32_t port, tocsin_bytes key) {
        const tocsin_host *h = host_in(inst);
        for (int i = 0; i < 2; i++)
                if (host_at[i]) {
                        cr_assert_eq(host_at[i]->lookup(host_at[i], port, key) != NULL, host_at[i] == h);
                        told++;
                }
}

static const tocsin_metric hits = {
        .size = sizeof hits, .kind = TOCSIN_COUNTER, .name = "hits", .unit = "1", .help = "how often"
};
static const tocsin_metric depth = {
        .size = sizeof depth, .kind = TOCSIN_GAUGE, .name = "depth", .unit = "1", .help = "how deep"
};
static const tocsin_metric *const metrics[] = { &hits, &depth };

static double counted(Rig *r) {
        return metric_value(r->worker[0]->plugin_cell[0]);
}

Test(contract, the_host_of_another_partitions_instance_answers_nothing_and_it_is_logged_once) {
        Rig r;
        tocsin_plugin p = rig_counter;
        p.process = stray;
        p.rebuild = NULL;
        p.changed = stray_changed;
        p.metrics = metrics;
        p.n_metrics = 2;
        host_at[0] = host_at[1] = NULL;
        begin(&r, &p, 2);
        char key[4];
        for (int i = 0; i < 40; i++) {
                snprintf(key, sizeof key, "k%d", i);
                rig_put(&r, key, T(&r), i, i == 39 ? "poison" : "", -1);
                if (i % 4 == 3)
                        rig_drain(&r);
        }
        rig_drain(&r);
        cr_assert_geq(strays, 20u);
        cr_assert(r.worker[0]->stray_said && !r.worker[0]->number_said);
        cr_assert_eq(letters(&r, "it calls the host of its instance for partition"), 1u);
        cr_assert_eq(letters(&r, "stranger"), 0u);
        cr_assert_eq(counted(&r), 39.0);
        rig_balance(&r, 40);
        char *dump = rig_dump(&r, true), *save = NULL;
        size_t n = 0;
        for (char *l = strtok_r(dump, "\n", &save); l; l = strtok_r(NULL, "\n", &save), n++) {
                int32_t partition;
                char name[16];
                cr_assert_eq(sscanf(l, "%d entry %15s", &partition, name), 2, "%s", l);
                cr_assert_eq(partition, bus_partition_murmur2(bytes_z(name), 2), "%s", l);
        }
        cr_assert_eq(n, 39u);
        free(dump);
        rig_row(&r, "k1", 5);
        rig_drain(&r);
        cr_assert_eq(told, 4u, "two instances, each with two hosts");
        rig_deinit(&r);
}

static unsigned buried;
static void buried_with_words(void *inst) {
        const tocsin_host *h = host_in(inst);
        buried++;
        h->log(h, TOCSIN_INFO, "goodbye", NULL, 0);
        cr_assert_eq(h->put(h, z("k"), z("v")), TOCSIN_E_PERM);
        free(inst);
}

Test(contract, the_last_callback_may_log_and_nothing_else) {
        Rig r;
        tocsin_plugin p = rig_counter;
        p.destroy = buried_with_words;
        begin(&r, &p, 1);
        rig_put(&r, "a", T(&r), 1, "die", -1);
        rig_put(&r, "a", T(&r), 2, "", -1);
        rig_drain(&r);
        cr_assert(buried >= 2 && !r.worker[0]->stray_said);
        rig_balance(&r, 2);
        rig_deinit(&r);
}

/* ---- answers that contradict themselves ----------------------------------------------------------------- */

typedef struct Lie {
        int verdict;
        uint32_t done; /* UINT32_MAX: all; UINT32_MAX - 1: one more than all */
        const char *text;
} Lie;
static Lie lie;

/* All is well but for runs that hold something bad. */
static int lies(void *inst, const tocsin_event *const *e, uint32_t n, uint32_t *done) {
        bool bad = false;
        for (*done = 0; *done < n; ++*done) {
                bad = bad || is(e[*done], "poison");
                if (!is(e[*done], "poison")) {
                        int r = rig_counter.process(inst, e[*done]);
                        if (r != 0)
                                return r;
                }
        }
        if (!bad)
                return TOCSIN_OK;
        *done = lie.done == UINT32_MAX ? n : lie.done == UINT32_MAX - 1 ? n + 1 : lie.done;
        return lie.verdict;
}

static const Lie every[] = {
        { TOCSIN_POISON, UINT32_MAX, "process_batch says POISON and that all 1 are done" },
        { TOCSIN_SKIP, UINT32_MAX, "process_batch says SKIP and that all 1 are done" },
        { TOCSIN_RETRY, UINT32_MAX, "process_batch says RETRY and that all 1 are done" },
        { -EIO, UINT32_MAX, "process_batch says -5 and that all 1 are done" },
        { TOCSIN_OK, 0, "process_batch says OK and that 0 of 1 are done" },
        { TOCSIN_OK, UINT32_MAX - 1, "process_batch says OK and that 2 of 1 are done" },
        { TOCSIN_POISON, UINT32_MAX - 1, "process_batch says POISON and that 2 of 1 are done" },
        { 7, UINT32_MAX, "it answers 7, which is no verdict" },
        { 7, 0, "it answers 7, which is no verdict" },
};

/* by_one: single records are for process(), which knows what is poison. */
static void lived(bool by_one) {
        for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
                Rig r;
                tocsin_plugin p = rig_batch;
                lie = every[i];
                p.process_batch = lies;
                if (!by_one)
                        p.process = NULL;
                begin(&r, &p, 1);
                for (int k = 0; k < 300; k++)
                        rig_put(&r, "a", T(&r), k, k == 77 || k == 200 || k == 201 ? "poison" : "", -1);
                rig_drain(&r);
                cr_assert_eq(rig_count(&r, "out"), 297u, "lie %zu: %zu", i, rig_count(&r, "out"));
                cr_assert_eq(rig_count(&r, r.pipe.dlq), 3u, "lie %zu: %zu letters", i, rig_count(&r, r.pipe.dlq));
                cr_assert_eq(letters(&r, by_one ? "it says so itself" : lie.text), 3u, "lie %zu", i);
                cr_assert_leq(rig_metric(&r, "tocsin_aborts_total"), 60.0, "lie %zu: by halves, not one by one", i);
                rig_balance(&r, 300);
                rig_deinit(&r);
        }
}
Test(contract, a_batch_that_contradicts_itself_loses_no_record_and_its_bad_ones_are_found_one_by_one) {
        lived(true);
}
Test(contract, a_plugin_with_nothing_but_batches_gets_batches_of_one_and_bad_ones_die_of_its_contradiction) {
        lived(false);
}

static int says_7(void *inst, const tocsin_event *e) {
        return is(e, "poison") ? 7 : rig_counter.process(inst, e);
}
static int rings_7(void *inst, tocsin_bytes name, int64_t at_us, uint32_t clock) {
        (void)inst, (void)name, (void)at_us, (void)clock;
        return 7;
}

Test(contract, a_number_that_is_no_verdict_costs_the_instance_and_then_its_record_or_timer) {
        Rig r;
        tocsin_plugin p = rig_counter, q = rig_window;
        p.process = says_7;
        begin(&r, &p, 1);
        for (int k = 0; k < 50; k++)
                rig_put(&r, "a", T(&r), k, k == 20 ? "poison" : "", -1);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, "out"), 49u);
        cr_assert_eq(letters(&r, "it answers 7, which is no verdict"), 1u);
        cr_assert_geq(rig_calls.create, 4u);
        rig_balance(&r, 50);
        rig_deinit(&r);
        q.on_timer = rings_7;
        begin(&r, &q, 1);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_put(&r, "a", T(&r) + 3000000, 2, "", -1);
        rig_drain(&r);
        cr_assert_geq(letters(&r, "it answers 7, which is no verdict"), 1u);
        rig_balance(&r, 2);
        rig_deinit(&r);
}

/* ---- numbers that are none ------------------------------------------------------------------------------ */

static int numbers(void *inst, const tocsin_event *e) {
        static const double bad[] = { NAN, -NAN, INFINITY, -INFINITY };
        const tocsin_host *h = host_in(inst);
        h->metric(h, 0, 2);
        h->metric(h, 1, 5);
        if (is(e, "bad")) {
                for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                        h->metric(h, 0, bad[i]);
                        h->metric(h, 1, bad[i]);
                }
                h->metric(h, 0, -1);
                h->metric(h, 2, 1);
                h->metric(h, UINT32_MAX, 1);
        }
        if (is(e, "below"))
                h->metric(h, 1, -3);
        return TOCSIN_OK;
}

Test(contract, a_metric_takes_no_number_that_is_none_and_a_counter_none_below_zero) {
        Rig r;
        tocsin_plugin p = rig_counter;
        p.process = numbers;
        p.metrics = metrics;
        p.n_metrics = 2;
        begin(&r, &p, 1);
        rig_put(&r, "a", T(&r), 1, "below", -1);
        rig_drain(&r);
        cr_assert_eq(counted(&r), 2.0);
        cr_assert_eq(metric_value(r.worker[0]->plugin_cell[1]), -3.0, "a gauge may be below zero");
        cr_assert(!r.worker[0]->number_said);
        rig_put(&r, "a", T(&r), 2, "bad", -1);
        rig_drain(&r);
        cr_assert_eq(counted(&r), 4.0);
        cr_assert_eq(metric_value(r.worker[0]->plugin_cell[1]), 5.0);
        cr_assert(r.worker[0]->number_said);
        rig_balance(&r, 2);
        rig_deinit(&r);
}
