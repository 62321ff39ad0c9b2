/* The laws of the turn: whatever happens after any record, outputs and tables are the same. */
#include "rig.h"

typedef enum How { NOTHING, FREED, KILLED, ABORTED, ABORTED_SEND, FATAL_BEFORE, FATAL_AFTER, REBALANCED, HOWS } How;
static const char *const how_name[HOWS] = { "nothing",           "freed",        "killed",      "aborted",
                                            "aborted at a send", "fatal before", "fatal after", "rebalanced" };

#define EVENTS 24

/* The same for every life: keys in turn, time going on, a few out of order within the lateness. */
static void put_event(Rig *r, int i) {
        char key[16], what[16];
        int64_t base = r->clock.now_us - i * 20000;
        snprintf(key, sizeof key, "key-%d", i % 5);
        snprintf(what, sizeof what, "meet-%d", i % 3);
        rig_put(r, key, base - base % 1000000 + i * 190000 - (i % 4) * 60000, i, what, -1);
}

static void happen(Rig *r, How how) {
        switch (how) {
        case FREED:
                r->worker[0] = worker_free(r->worker[0]);
                rig_start(r, 0);
                break;
        case KILLED:
                rig_kill(r, 0);
                rig_start(r, 0);
                break;
        case ABORTED:
                bus_mem_fail(r->log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, false);
                rig_commit(r);
                break;
        case ABORTED_SEND:
                bus_mem_fail(r->log, BUS_MEM_SEND, 2, BUS_E_ABORTED, false);
                break;
        case FATAL_BEFORE:
                bus_mem_fail(r->log, BUS_MEM_COMMIT, 1, BUS_E_FATAL, false);
                rig_commit(r);
                break;
        case FATAL_AFTER:
                bus_mem_fail(r->log, BUS_MEM_COMMIT, 1, BUS_E_FATAL, true);
                rig_commit(r);
                break;
        case REBALANCED:
                bus_mem_rebalance(r->log, r->pipe.group);
                break;
        default:
                break;
        }
}

static void play(Rig *r, int at, How how, char **outputs, char **dump, bool partitions) {
        for (uint32_t i = 0; i < r->n_workers; i++)
                rig_start(r, i);
        rig_settle(r);
        for (int i = 0; i < EVENTS; i++) {
                if (i == at)
                        happen(r, how);
                put_event(r, i);
                rig_settle(r);
                r->clock.now_us += 20000; /* a commit every fifth event */
        }
        rig_drain(r);
        *outputs = rig_outputs(r, "out");
        *dump = rig_dump(r, partitions);
}

static void fault_anywhere(const tocsin_plugin *plugin, int32_t partitions, uint32_t workers) {
        Rig r;
        char *outputs, *dump;
        rig_init(&r, plugin, partitions, workers);
        play(&r, -1, NOTHING, &outputs, &dump, true);
        cr_assert(strlen(outputs) > 100, "%s", outputs);
        rig_balance(&r, plugin == &rig_meeting ? 2 * EVENTS : EVENTS);
        rig_deinit(&r);
        int step = getenv("RIG_STORE") ? 23 : 1; /* each life opens its stores */
        for (How how = FREED; how < HOWS; how++)
                for (int at = (int)how % step; at < EVENTS; at += step) {
                        char *o, *d;
                        rig_init(&r, plugin, partitions, workers);
                        play(&r, at, how, &o, &d, true);
                        cr_assert_str_eq(o, outputs, "%s: %s before event %d changes the outputs", plugin->name, how_name[how],
                                         at);
                        cr_assert_str_eq(d, dump, "%s: %s before event %d changes the tables", plugin->name, how_name[how], at);
                        rig_balance(&r, -1);
                        rig_deinit(&r);
                        free(o);
                        free(d);
                }
        free(outputs);
        free(dump);
}

Test(turn, no_fault_after_any_record_changes_what_a_counter_says) {
        fault_anywhere(&rig_counter, 3, 1);
}
Test(turn, no_fault_after_any_record_changes_what_a_counter_by_batches_says) {
        fault_anywhere(&rig_batch, 3, 1);
}
Test(turn, no_fault_after_any_record_changes_what_timers_say) {
        fault_anywhere(&rig_window, 2, 1);
}
Test(turn, no_fault_after_any_record_changes_what_meets_by_an_internal_port) {
        fault_anywhere(&rig_meeting, 3, 1);
}
Test(turn, no_fault_changes_anything_with_two_workers) {
        fault_anywhere(&rig_meeting, 3, 2);
}

Test(turn, one_partition_or_eight_one_worker_or_three_the_outputs_are_the_same) {
        const tocsin_plugin *const plugins[] = { &rig_counter, &rig_window, &rig_meeting };
        for (size_t p = 0; p < 3; p++) {
                char *first = NULL, *first_dump = NULL;
                for (int32_t partitions = 1; partitions <= 8; partitions += 7)
                        for (uint32_t workers = 1; workers <= 3; workers += 2) {
                                Rig r;
                                char *o, *d;
                                rig_init(&r, plugins[p], partitions, workers);
                                play(&r, -1, NOTHING, &o, &d, false);
                                rig_balance(&r, -1);
                                rig_deinit(&r);
                                if (!first) {
                                        first = o;
                                        first_dump = d;
                                        continue;
                                }
                                cr_assert_str_eq(o, first, "%s on %d partitions by %u workers", plugins[p]->name, partitions,
                                                 workers);
                                cr_assert_str_eq(d, first_dump);
                                free(o);
                                free(d);
                        }
                free(first);
                free(first_dump);
        }
}
