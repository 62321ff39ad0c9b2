/* Memory that runs out: at whichever allocation of a life, the next life makes up for it. */
#include "allocfail.h"
#include "rig.h"

#define EVENTS 5

static void feed(Rig *r) {
        for (int i = 0; i < EVENTS; i++) {
                char key[16], what[16];
                snprintf(key, sizeof key, "key-%d", i % 3);
                snprintf(what, sizeof what, "meet-%d", i % 2);
                rig_put(r, key, r->clock.now_us + i * 300000, i, what, -1);
        }
}

/* A worker from its birth to a commit, with one allocation missing. < 0: it cannot go on. */
static int starved(Rig *r, size_t nth, bool *hit) {
        Why why = { 0 };
        WorkerConf conf = { .config = &r->config,
                            .pipeline = &r->pipe,
                            .plugin = &r->plugin,
                            .settings = &r->settings,
                            .schemas = r->schemas,
                            .clock = &r->clock.clock,
                            .mem = r->log,
                            .metrics = r->metrics,
                            .in_flight = &r->flight };
        allocfail_arm(nth);
        int a = worker_new(&r->worker[0], &conf, &why, NULL);
        for (unsigned idle = 0, turns = 0; a >= 0 && r->worker[0] && idle < 2 && turns < 1000; turns++) {
                a = worker_turn(r->worker[0], 0);
                idle = a == WORKER_E_IDLE ? idle + 1 : 0;
                if (a == WORKER_E_WAIT)
                        r->clock.now_us += 50000;
        }
        if (a >= 0 && r->worker[0])
                a = worker_commit(r->worker[0]);
        *hit = allocfail_disarm();
        return r->worker[0] ? a : -ENOMEM;
}

static void anywhere(const tocsin_plugin *plugin) {
        char *outputs = NULL, *tables = NULL;
        unsigned lost = 0, n = 0;
        for (bool hit = true; hit; n++) {
                Rig r;
                rig_init(&r, plugin, 2, 1);
                r.pipe.idle_us = r.pipe.future_us = INT64_C(1000000000000); /* waiting is no part of what is compared */
                int64_t now = r.clock.now_us;
                feed(&r);
                int a = starved(&r, n ? n : 1u << 30, &hit); /* the first life: nothing is missing */
                hit |= n == 0;
                if (a < 0 || !r.worker[0]) {
                        cr_assert(n > 0 && a == -ENOMEM, "%s: allocation %u: %d", plugin->name, n, a);
                        lost++;
                        if (r.worker[0])
                                rig_kill(&r, 0);
                        rig_start(&r, 0);
                }
                r.clock.now_us = now + 5000000;
                rig_drain(&r);
                a = worker_finish(r.worker[0], now + 100000000);
                cr_assert_eq(a, 0, "%s: allocation %u: %d, phase %d, %s, back %s", plugin->name, n, a, (int)r.worker[0]->phase,
                             r.worker[0]->trouble.text, r.worker[0]->back.why.text);
                char *o = rig_outputs(&r, "out"), *t = rig_dump(&r, true);
                if (n == 0) {
                        outputs = o;
                        tables = t;
                        cr_assert(strlen(outputs) > 50);
                } else {
                        cr_assert_str_eq(o, outputs, "%s: allocation %u changes the outputs", plugin->name, n);
                        cr_assert_str_eq(t, tables, "%s: allocation %u changes the tables", plugin->name, n);
                        free(o);
                        free(t);
                }
                rig_balance(&r, -1);
                rig_deinit(&r);
        }
        cr_assert(n > 100 && lost > 20, "%u allocations, %u of them the end of a life", n, lost);
        free(outputs);
        free(tables);
}

Test(memory, that_runs_out_anywhere_costs_a_counter_no_record, .timeout = 120) {
        anywhere(&rig_counter);
}
Test(memory, that_runs_out_anywhere_costs_timers_nothing, .timeout = 120) {
        anywhere(&rig_window);
}
Test(memory, that_runs_out_anywhere_costs_what_meets_by_an_internal_port_nothing, .timeout = 120) {
        anywhere(&rig_meeting);
}
