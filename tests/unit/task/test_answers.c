/* Whatever the bus answers at whatever call: the worker goes on, or rolls back and rewinds, or takes a new Bus. No other; and
 * nothing is lost, nothing doubled, and the records balance. */
#include "doors.h"
#include "rig.h"

#include <stdio.h>
#include <time.h>

#define EVENTS 9

/* The documented answers of each call. A commit that took effect does not answer ABORTED, nor does a send. */
static const DoorFault answers[] = {
        { DOOR_OPEN, BUS_E_CONF, false, 1 },
        { DOOR_OPEN, BUS_E_DOWN, false, 1 },
        { DOOR_OPEN, BUS_E_DENIED, false, 1 },
        { DOOR_OPEN, BUS_E_FATAL, false, 1 },
        { DOOR_POLL, BUS_E_IDLE, false, 1 },
        { DOOR_POLL, BUS_E_REVOKED, false, 1 },
        { DOOR_POLL, BUS_E_LOST, false, 1 },
        { DOOR_POLL, BUS_E_FATAL, false, 1 },
        { DOOR_POLL, BUS_E_FATAL, true, 1 },
        { DOOR_ASSIGNED, BUS_E_DOWN, false, 1 },
        { DOOR_ASSIGNED, BUS_E_DENIED, false, 1 },
        { DOOR_ASSIGNED, BUS_E_FATAL, false, 1 },
        { DOOR_REWIND, BUS_E_FATAL, false, 1 },
        { DOOR_REWIND, BUS_E_FATAL, true, 1 },
        { DOOR_RELEASE, BUS_E_FATAL, false, 1 },
        { DOOR_RELEASE, BUS_E_FATAL, true, 1 },
        { DOOR_HOLD, BUS_E_FATAL, false, 1 },
        { DOOR_BEGIN, BUS_E_FATAL, false, 1 },
        { DOOR_BEGIN, BUS_E_FATAL, true, 1 },
        { DOOR_SEND, BUS_E_TOO_BIG, false, 1 },
        { DOOR_SEND, BUS_E_ABORTED, false, 1 },
        { DOOR_SEND, BUS_E_FATAL, false, 1 },
        { DOOR_SEND, BUS_E_FATAL, true, 1 },
        { DOOR_COMMIT, BUS_E_ABORTED, false, 1 },
        { DOOR_COMMIT, BUS_E_FATAL, false, 1 },
        { DOOR_COMMIT, BUS_E_FATAL, true, 1 },
        { DOOR_ABORT, BUS_E_FATAL, false, 1 },
        { DOOR_ABORT, BUS_E_FATAL, true, 1 },
        { DOOR_HEALTH, BUS_E_DOWN, false, 1 },
        { DOOR_HEALTH, BUS_E_NO_TOPIC, false, 1 },
        { DOOR_HEALTH, BUS_E_DENIED, false, 1 },
        { DOOR_HEALTH, BUS_E_FATAL, false, 1 },
        { DOOR_READER_OPEN, BUS_E_NO_TOPIC, false, 1 },
        { DOOR_READER_OPEN, BUS_E_DENIED, false, 1 },
        { DOOR_READER_OPEN, BUS_E_DOWN, false, 1 },
        { DOOR_READER_OPEN, BUS_E_CONF, false, 1 },
        { DOOR_READER_POLL, BUS_E_IDLE, false, 1 },
        { DOOR_READER_POLL, BUS_E_FATAL, false, 1 },
        { DOOR_READER_POLL, BUS_E_FATAL, true, 1 },
        { DOOR_ADMIN_OPEN, BUS_E_CONF, false, 1 },
        { DOOR_ADMIN_GET, BUS_E_DOWN, false, 1 },
        { DOOR_ADMIN_GET, BUS_E_DENIED, false, 1 },
        { DOOR_ADMIN_MAKE, BUS_E_DOWN, false, 1 },
        { DOOR_ADMIN_MAKE, BUS_E_DENIED, false, 1 },
        { DOOR_ADMIN_MAKE, BUS_E_NO_TOPIC, false, 1 },
};
#define ANSWERS (sizeof answers / sizeof *answers)

typedef struct End {
        char *out, *table;
        double in;
} End;

static const char *tale(void) {
        static char text[200];
        const DoorFault *f = doors.fault;
        snprintf(text, sizeof text, "%s at %s%s (%u left), then %s at %s%s (%u left), %u struck", bus_answer(f[0].answer),
                 door_name(f[0].call), f[0].after ? " after its effect" : "", f[0].nth,
                 f[1].nth ? bus_answer(f[1].answer) : "none", door_name(f[1].call), f[1].after ? " after its effect" : "",
                 f[1].nth, doors.struck);
        return text;
}

/* Events of a few keys, with what is skipped, dead, and rolled back by the plugin's own wish among them. */
static void history(const tocsin_plugin *plugin, const DoorFault fault[2], bool late, End *ret) {
        static const char *const what[] = { "", "", "skip", "", "poison", "", "poison after", "", "" };
        Rig r;
        rig_init(&r, plugin, 2, 1);
        doors_reset(r.log, r.pipe.group);
        r.pipe.idle_us = r.pipe.future_us = INT64_C(1000000000000);
        int64_t base = r.clock.now_us;
        for (int i = 0; i < 2 && !late; i++)
                doors.fault[i] = fault[i];
        rig_start(&r, 0);
        rig_settle(&r);
        for (int i = 0; i < 2 && late; i++)
                doors.fault[i] = fault[i];
        for (int i = 0; i < EVENTS; i++) {
                char key[16];
                snprintf(key, sizeof key, "key-%d", i % 3);
                rig_put(&r, key, base + i * 400000, i,
                        plugin == &rig_meeting  ? i % 2 ? "odd" : "even"
                        : plugin == &rig_window ? ""
                                                : what[i],
                        -1);
                if (i % 3 == 2)
                        rig_settle(&r);
                if (i == 5)
                        rig_commit(&r);
                r.clock.now_us += 30000;
        }
        if (plugin == &rig_window)
                for (int32_t p = 0; p < 2; p++)
                        rig_put(&r, "the end", base + 100000000, 0, "", p);
        rig_drain(&r);
        cr_assert_eq(doors.broken, 0u, "%s: %s", tale(), doors.rule);
        rig_balance(&r, -1);
        *ret = (End){ rig_outputs(&r, "out"), rig_dump(&r, true), rig_metric(&r, "tocsin_records_in_total") };
        cr_assert_str_empty(r.flight.trouble, "%s: %s", tale(), r.flight.trouble);
        cr_assert_eq(atomic_load(&r.flight.ready), 1u, "%s", tale());
        rig_deinit(&r);
}

static bool among(const DoorFault fault[2], DoorCall call, int answer, bool after) {
        for (int i = 0; i < 2; i++)
                if (fault[i].answer && fault[i].call == call && fault[i].answer == answer && fault[i].after == after)
                        return true;
        return false;
}

/* Is it the end that comes without any fault? Frees it. true: the faults that were to strike did. */
static bool same(const tocsin_plugin *plugin, const DoorFault fault[2], bool late, const End *good) {
        End e;
        history(plugin, fault, late, &e);
        /* Too big is the record's own fault, and may make it a dead letter; a turn whose commit was not answered is durable,
         * but nobody has counted it. */
        if (!among(fault, DOOR_SEND, BUS_E_TOO_BIG, false)) {
                cr_assert_str_eq(e.out, good->out, "%s: %s", plugin->name, tale());
                cr_assert_str_eq(e.table, good->table, "%s: %s", plugin->name, tale());
                if (!among(fault, DOOR_COMMIT, BUS_E_FATAL, true))
                        cr_assert_eq(e.in, good->in, "%s: %s: %g records counted, not %g", plugin->name, tale(), e.in, good->in);
        }
        bool spent = false;
        for (unsigned i = 0; i < doors.struck && i < 2; i++)
                spent |= fault[i].answer == BUS_E_FATAL && fault[i].call != DOOR_OPEN && fault[i].call != DOOR_READER_POLL;
        cr_assert(!spent || doors.replaced, "%s: no new Bus", tale());
        if (doors.struck && fault[0].answer == BUS_E_ABORTED && !fault[1].answer)
                cr_assert(doors.undone && !doors.replaced, "%s: it is undone, and the Bus goes on", tale());
        free(e.out);
        free(e.table);
        return doors.struck > 0;
}

static void each(const tocsin_plugin *plugin) {
        const DoorFault none[2] = { 0 };
        End good;
        unsigned struck = 0;
        history(plugin, none, false, &good);
        cr_assert_str_not_empty(good.out);
        for (size_t k = 0; k < ANSWERS; k++)
                for (int late = 0; late < 2; late++)
                        for (unsigned n = 1; n <= 8; n++) {
                                const DoorFault fault[2] = { { answers[k].call, answers[k].answer, answers[k].after, n } };
                                if (!same(plugin, fault, late, &good))
                                        break;
                                struck++;
                        }
        cr_log_info("%s: %u faults", plugin->name, struck);
        cr_assert_gt(struck, 120u);
        free(good.out);
        free(good.table);
}

Test(answers, any_of_the_bus_at_any_call_changes_nothing_a_counter_says) {
        each(&rig_counter);
}
Test(answers, any_of_the_bus_at_any_call_changes_nothing_a_counter_by_batches_says) {
        each(&rig_batch);
}
Test(answers, any_of_the_bus_at_any_call_changes_nothing_timers_say) {
        each(&rig_window);
}
Test(answers, any_of_the_bus_at_any_call_changes_nothing_that_meets_by_an_internal_port) {
        each(&rig_meeting);
}

/* What is sent in the last turn before partitions go, too: a Bus that is spent then is not asked to abort. */
Test(answers, a_bus_that_is_spent_while_partitions_are_given_up_is_replaced) {
        const DoorFault none[2] = { 0 };
        End good;
        history(&rig_counter, none, false, &good);
        for (unsigned poll = 1; poll <= 8; poll++)
                for (unsigned send = 1; send <= 8; send++)
                        for (int after = 0; after < 2; after++) {
                                const DoorFault fault[2] = { { DOOR_POLL, BUS_E_REVOKED, false, poll },
                                                             { DOOR_SEND, BUS_E_FATAL, after, send } };
                                same(&rig_counter, fault, true, &good);
                        }
        free(good.out);
        free(good.table);
}

Test(answers, a_second_fault_while_the_first_is_mended_changes_nothing) {
        static const tocsin_plugin *const plugins[] = { &rig_counter, &rig_batch, &rig_meeting, &rig_window };
        const char *z = getenv("TOCSIN_SEED");
        uint64_t seed = z ? strtoull(z, NULL, 0) : (uint64_t)time(NULL), rng = seed;
        cr_log_info("TOCSIN_SEED=%lu", (unsigned long)seed);
        const DoorFault none[2] = { 0 };
        for (int p = 0; p < 4; p++) {
                End good;
                history(plugins[p], none, false, &good);
                for (int i = 0; i < 60; i++) {
                        DoorFault fault[2];
                        for (int k = 0; k < 2; k++) {
                                rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                                fault[k] = answers[(rng >> 33) % ANSWERS];
                                fault[k].nth = 1 + (unsigned)(rng >> 50) % 5;
                        }
                        same(plugins[p], fault, rng >> 40 & 1, &good);
                }
                free(good.out);
                free(good.table);
        }
}

Test(answers, the_reason_of_a_bus_that_is_spent_is_what_the_trouble_says) {
        static const DoorCall calls[] = { DOOR_POLL, DOOR_RELEASE };
        for (size_t i = 0; i < 2; i++) {
                Rig r;
                rig_init(&r, &rig_counter, 2, 1);
                doors_reset(r.log, r.pipe.group);
                rig_start(&r, 0);
                rig_settle(&r);
                doors.fault[0] = (DoorFault){ calls[i], BUS_E_FATAL, false, 1 };
                if (calls[i] == DOOR_RELEASE)
                        bus_mem_rebalance(r.log, r.pipe.group);
                cr_assert_eq(worker_turn(r.worker[0], 0), WORKER_E_WAIT);
                cr_assert_str_eq(r.flight.trouble, DOOR_SPENT);
                rig_drain(&r);
                cr_assert_str_empty(r.flight.trouble);
                cr_assert_eq(doors.replaced, 1u);
                rig_deinit(&r);
        }
}
