/* A standby on the reference bus: it changes nothing, and whoever adopts what it has is as one that restored all. */
#include "task/standby.h"

#include "rig.h"

static Rig r;
static InFlight own;
static Standby *standby;

static void stand_by(void) {
        own = (InFlight){ 0 };
        cr_assert_eq(standby_new(&standby, &(StandbyConf){ .config = &r.config,
                                                           .pipeline = &r.pipe,
                                                           .clock = &r.clock.clock,
                                                           .mem = r.log,
                                                           .metrics = r.metrics,
                                                           .in_flight = &own }),
                     0);
}

static void follow(void) {
        for (int i = 0, idle = 0; idle < 3; i++) {
                int a = standby_step(standby, 0);
                cr_assert(a >= 0 && i < 10000);
                idle = a == 0 ? 0 : idle + 1;
                if (a == WORKER_E_WAIT)
                        r.clock.now_us += 100000;
        }
}

/* A worker borrows it. */
static void end(void) {
        for (uint32_t i = 0; i < r.n_workers; i++)
                r.worker[i] = worker_free(r.worker[i]);
        standby_free(standby);
        rig_deinit(&r);
}

static void feed(int n) {
        for (int i = 0; i < n; i++) {
                char key[16];
                snprintf(key, sizeof key, "key-%d", i % 17);
                rig_put(&r, key, r.clock.now_us, i, "", -1);
        }
}

static void adopt(uint32_t ordinal) {
        Why why = { 0 };
        char pointer[256];
        standby_halt(standby);
        const WorkerConf conf = { .config = &r.config,
                                  .pipeline = &r.pipe,
                                  .ordinal = ordinal,
                                  .plugin = &r.plugin,
                                  .settings = &r.settings,
                                  .schemas = r.schemas,
                                  .clock = &r.clock.clock,
                                  .mem = r.log,
                                  .metrics = r.metrics,
                                  .in_flight = &r.flight,
                                  .standby = standby };
        cr_assert_eq(worker_new(&r.worker[ordinal], &conf, &why, pointer), 0, "%s", why.text);
}

Test(standby, whoever_adopts_its_tables_is_as_one_that_restored_all) {
        rig_init(&r, &rig_counter, 4, 1);
        rig_start(&r, 0);
        feed(200);
        rig_drain(&r);
        stand_by();
        follow();
        cr_assert_eq(own.ready, 1);
        feed(100); /* the tail, which it does not know */
        rig_drain(&r);
        char *whole = rig_dump(&r, true);
        rig_kill(&r, 0);
        adopt(0);
        rig_settle(&r);
        char *now = rig_dump(&r, true);
        cr_assert_str_eq(now, whole);
        free(now);
        free(whole);
        cr_assert_leq(rig_metric(&r, "tocsin_restore_records"), 80, "only the tail is read");
        feed(100);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, "out"), 400);
        end();
}

Test(standby, what_a_turn_that_never_committed_wrote_is_not_in_its_tables) {
        rig_init(&r, &rig_counter, 2, 1);
        rig_start(&r, 0);
        feed(50);
        rig_drain(&r);
        stand_by();
        follow();
        feed(50);
        for (int i = 0; i < 5; i++)
                worker_turn(r.worker[0], 0);
        follow();
        rig_kill(&r, 0);
        adopt(0);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, "out"), 100);
        rig_balance(&r, 100);
        end();
}

Test(standby, it_waits_for_its_changelog_makes_nothing_and_never_belongs_to_the_group) {
        rig_init(&r, &rig_counter, 2, 1);
        stand_by();
        follow();
        cr_assert(own.ready == 0 && strstr(own.trouble, "does not exist yet"), "%s", own.trouble);
        BusTopic t = { 0 };
        BusGroup g = { 0 };
        Why why;
        const BusConf conf = { .mem = r.log, .clock = &r.clock.clock, .group = r.pipe.group };
        cr_assert(bus_topic_get(&conf, r.pipe.changelog, &t, &why) == 0 && t.partitions == 0, "it made a topic");
        rig_start(&r, 0);
        feed(20);
        rig_drain(&r);
        size_t before = rig_count(&r, r.pipe.changelog);
        r.clock.now_us += 10000000;
        follow();
        cr_assert(own.ready == 1 && own.trouble[0] == 0, "%s", own.trouble);
        cr_assert(bus_group_get(&conf, &g, &why) == 0 && g.members == 1, "%ld", (long)g.members);
        cr_assert_eq(rig_count(&r, r.pipe.changelog), before);
        end();
}

Test(standby, a_partition_that_does_not_fit_is_left_out_and_said_and_its_successor_restores_it) {
        rig_init(&r, &rig_counter, 2, 1);
        rig_start(&r, 0);
        feed(200);
        rig_drain(&r);
        size_t max = r.config.memory_max;
        r.config.memory_max = 2048; /* for the standby alone */
        stand_by();
        follow();
        cr_assert(strstr(own.trouble, "is not followed"), "%s", own.trouble);
        r.config.memory_max = max;
        char *whole = rig_dump(&r, true);
        rig_kill(&r, 0);
        adopt(0);
        rig_settle(&r);
        char *now = rig_dump(&r, true);
        cr_assert_str_eq(now, whole);
        free(now);
        free(whole);
        end();
}
