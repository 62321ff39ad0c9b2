/* Whoever dies when, command or worker: every letter is replayed once. */
#include "dlq_world.h"

Test(dlq_faults, with_any_fault_at_any_call_of_command_or_worker_every_letter_is_replayed_once) {
        static const BusMemCall calls[] = { BUS_MEM_BEGIN, BUS_MEM_SEND, BUS_MEM_COMMIT, BUS_MEM_ABORT };
        for (size_t c = 0; c < 4; c++)
                for (unsigned nth = 1; nth < 24; nth += nth < 4 ? 1 : 5)
                        for (int kind = 0; kind < 4; kind++) {
                                if (calls[c] == BUS_MEM_COMMIT && kind == 2) /* aborted and committed is no answer of a bus */
                                        continue;
                                World w;
                                world_begin(&w, NULL, 2, 1);
                                for (int i = 0; i < 10; i++)
                                        rig_put(&w.rig, i % 2 ? "a" : "b", T(&w.rig), i, "", -1);
                                rig_drain(&w.rig);
                                broken = false;
                                bus_mem_fail(w.rig.log, calls[c], nth, kind & 1 ? BUS_E_FATAL : BUS_E_ABORTED, kind & 2);
                                if (calls[c] == BUS_MEM_ABORT)
                                        bus_mem_fail(w.rig.log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, false);
                                size_t done = 0;
                                for (int tries = 0; tries < 3; tries++) {
                                        (void)world_act(&w, false); /* whoever runs it says the same again */
                                        done += w.act.done;
                                        cr_assert_eq(w.act.refused, 0u);
                                        rig_drain(&w.rig);
                                }
                                cr_assert_eq(world_count(&w, LETTER_OPEN), 0u);
                                cr_assert_eq(rig_count(&w.rig, w.rig.pipe.retry), 10u, "call %zu, %u, %d", c, nth, kind);
                                cr_assert_eq(rig_count(&w.rig, "out"), 10u, "call %zu, %u, %d", c, nth, kind);
                                cr_assert_leq(done, 10u);
                                world_end(&w);
                        }
}

typedef struct Rival {
        World *w;
        size_t told;
        bool done;
} Rival;

static void rival(void *arg, const Letter *l, const char *refused) {
        Rival *x = arg;
        (void)l;
        cr_assert_null(refused);
        if (++x->told == 1 && !x->done) { /* in the middle of the first command a second one does it all */
                x->done = true;
                cr_assert_eq(world_act(x->w, false), 0);
        }
}

Test(dlq_faults, two_commands_at_once_replay_each_letter_once_and_the_first_ends) {
        World w;
        Why why = { 0 };
        world_begin(&w, NULL, 2, 1);
        for (int i = 0; i < 1300; i++)
                rig_put(&w.rig, i % 2 ? "a" : "b", T(&w.rig), i, "", -1);
        rig_drain(&w.rig);
        broken = false;
        Rival x = { .w = &w };
        Act a = { .dlq = w.dlq, .pick = &w.pick, .plugin = &w.plugin, .by = "first", .told = rival, .arg = &x };
        cr_assert_eq(dlq_act(&a, &why), BUS_E_FATAL);
        cr_assert(strstr(why.text, "another"), "%s", why.text);
        cr_assert_eq(a.done, 500u, "its first batch");
        cr_assert_eq(w.act.done, 800u, "the rest");
        rig_drain(&w.rig);
        cr_assert_eq(rig_count(&w.rig, "out"), 1300u);
        world_end(&w);
}

Test(dlq_faults, a_command_that_is_killed_between_its_batches_is_gone_on_with) {
        World w;
        world_begin(&w, NULL, 2, 1);
        for (int i = 0; i < 700; i++)
                rig_put(&w.rig, i % 2 ? "a" : "b", T(&w.rig), i, "", -1);
        rig_drain(&w.rig);
        broken = false;
        bus_mem_fail(w.rig.log, BUS_MEM_SEND, 1111, BUS_E_FATAL, false);
        cr_assert_eq(world_act(&w, false), BUS_E_FATAL);
        cr_assert_eq(w.act.done, 500u);
        world_replay(&w, 200, 0);
        rig_drain(&w.rig);
        cr_assert_eq(rig_count(&w.rig, "out"), 700u);
        world_end(&w);
}

Test(dlq_faults, a_worker_that_dies_over_replays_takes_each_once) {
        World w;
        world_begin(&w, NULL, 2, 1);
        for (int i = 0; i < 50; i++)
                rig_put(&w.rig, i % 2 ? "a" : "b", T(&w.rig), i, "", -1);
        rig_drain(&w.rig);
        broken = false;
        for (int round = 0; round < 10; round++) {
                w.pick.max = 5;
                world_replay(&w, 5, 0);
                if (round % 2)
                        bus_mem_fail(w.rig.log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, false);
                for (int i = 0; i < 3; i++)
                        (void)worker_turn(w.rig.worker[0], 0);
                rig_kill(&w.rig, 0);
                rig_start(&w.rig, 0);
                rig_settle(&w.rig);
        }
        rig_drain(&w.rig);
        cr_assert_eq(rig_count(&w.rig, "out"), 50u);
        rig_drain(&w.rig);
        world_end(&w);
}

Test(dlq_faults, a_plugin_that_takes_runs_gets_replays_one_by_one) {
        World w;
        world_begin(&w, &rig_batch, 1, 1);
        for (int i = 0; i < 40; i++)
                rig_put(&w.rig, "a", T(&w.rig), i, i % 2 ? "poison" : "", -1);
        rig_drain(&w.rig);
        world_replay(&w, 20, 0);
        for (int i = 0; i < 40; i++)
                rig_put(&w.rig, "a", T(&w.rig), i, "", -1);
        rig_drain(&w.rig);
        cr_assert_eq(world_count(&w, LETTER_OPEN), 20u);
        cr_assert_eq(rig_count(&w.rig, "out"), 60u);
        rig_balance(&w.rig, 100);
        world_end(&w);
}
