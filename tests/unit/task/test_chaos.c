/* Many faults in one history, drawn at random: outputs and tables are those of a history without any. */
#include "rig.h"

#include <stdio.h>
#include <time.h>

#define EVENTS 120

static uint64_t rng;
static uint32_t draw(uint32_t n) {
        rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(rng >> 33) % n;
}

static void fault(Rig *r) {
        static const BusMemCall calls[] = { BUS_MEM_POLL,   BUS_MEM_BEGIN, BUS_MEM_SEND,
                                            BUS_MEM_COMMIT, BUS_MEM_ABORT, BUS_MEM_REWIND };
        uint32_t i = draw(r->n_workers), what = draw(10);
        switch (what) {
        case 0:
        case 1:
                if (r->worker[i]) {
                        rig_kill(r, i);
                        if (draw(2))
                                rig_start(r, i);
                } else {
                        rig_start(r, i);
                }
                break;
        case 2:
                if (r->worker[i])
                        r->worker[i] = worker_free(r->worker[i]);
                rig_start(r, i);
                break;
        case 3:
                bus_mem_rebalance(r->log, r->pipe.group);
                break;
        case 4:
        case 5:
                bus_mem_fail(r->log, draw(2) ? BUS_MEM_COMMIT : BUS_MEM_SEND, 1 + draw(4), BUS_E_ABORTED, false);
                break;
        case 6:
                bus_mem_fail(r->log, calls[draw(6)], 1 + draw(4), BUS_E_FATAL, draw(2));
                break;
        default:
                rig_commit(r);
        }
        bool any = false;
        for (uint32_t k = 0; k < r->n_workers; k++)
                any |= r->worker[k] != NULL;
        if (!any)
                rig_start(r, 0);
}

static void history(const tocsin_plugin *plugin, int32_t partitions, uint32_t workers, bool faults, char **o, char **d) {
        static const char *const what[] = { "", "", "", "skip", "poison", "poison after" };
        Rig r;
        rig_init(&r, plugin, partitions, workers);
        r.pipe.idle_us = r.pipe.future_us = INT64_C(1000000000000);
        int64_t base = r.clock.now_us;
        for (uint32_t i = 0; i < workers; i++)
                rig_start(&r, i);
        rig_settle(&r);
        for (int i = 0; i < EVENTS; i++) {
                char key[16], meet[16];
                snprintf(key, sizeof key, "key-%d", i % 11);
                snprintf(meet, sizeof meet, "meet-%d", i % 4);
                if (faults && draw(4) == 0)
                        fault(&r);
                rig_put(&r, key, base + i * 70000 - (i % 3) * 100000, i,
                        plugin == &rig_meeting  ? meet
                        : plugin == &rig_window ? ""
                                                : what[i % 6],
                        -1);
                if (draw(3))
                        rig_settle(&r);
                r.clock.now_us += 10000 + draw(20000);
        }
        for (uint32_t i = 0; i < workers; i++)
                if (!r.worker[i])
                        rig_start(&r, i);
        if (plugin == &rig_window)
                rig_put(&r, "the end", base + 100000000, 0, "", -1);
        rig_drain(&r);
        rig_drain(&r);
        rig_balance(&r, -1);
        *o = rig_outputs(&r, "out");
        *d = rig_dump(&r, true);
        rig_deinit(&r);
}

static void chaos(const tocsin_plugin *plugin, int32_t partitions, uint32_t workers, int rounds) {
        const char *z = getenv("TOCSIN_SEED");
        uint64_t seed = z ? strtoull(z, NULL, 0) : (uint64_t)time(NULL) * 1000;
        char *o, *d;
        if (getenv("RIG_STORE"))
                rounds /= 12; /* each life opens its stores */
        history(plugin, partitions, workers, false, &o, &d);
        for (int i = 0; i < rounds; i++) {
                char *oo, *dd;
                rng = seed + (uint64_t)i;
                history(plugin, partitions, workers, true, &oo, &dd);
                cr_assert_str_eq(oo, o, "%s: outputs differ with TOCSIN_SEED=%lu", plugin->name,
                                 (unsigned long)seed + (unsigned long)i);
                cr_assert_str_eq(dd, d, "%s: tables differ with TOCSIN_SEED=%lu", plugin->name,
                                 (unsigned long)seed + (unsigned long)i);
                free(oo);
                free(dd);
        }
        free(o);
        free(d);
}

Test(chaos, changes_nothing_a_counter_says) {
        chaos(&rig_counter, 4, 3, 60);
}
Test(chaos, changes_nothing_a_counter_by_batches_says) {
        chaos(&rig_batch, 4, 2, 60);
}
Test(chaos, changes_nothing_timers_say) {
        chaos(&rig_window, 1, 1, 60);
}
Test(chaos, changes_nothing_that_meets_by_an_internal_port) {
        chaos(&rig_meeting, 4, 3, 60);
}
