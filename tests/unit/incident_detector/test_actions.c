/* L8, L9, L10 through the whole plugin. */
#include "scenario.h"

static void act(FakeHost *h, double at, const char *id, const char *kind, const char *target, const char *set,
                const char *cause) {
        char more[256];
        snprintf(more, sizeof more, "},\"subject\":{\"id\":\"%s\"},\"attributes\":{%s},\"causes\":[%s]", target, set, cause);
        say(h, at, at, id, "a", strcmp(kind, "ACTION_PLAN") == 0 ? "dec" : "exe", kind, more);
}

Test(actions, a_result_that_follows_from_no_plan_of_its_loop) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{\"action_timeout_s\":3600}", registry);
        say(h, 0, 0, "pb", "b", "dec", "ACTION_PLAN", "},\"subject\":{\"id\":\"shared\"}");
        act(h, 1, "r1", "ACTION_RESULT", "cell-1", "", "\"nope\",\"pb\"");
        fake_until(h, US(10));
        QUIET(h);
        fake_until(h, US(12));
        RAISES(h, "L8");
        cr_assert(proves(last(h), "r1") && is(last(h), "target", "cell-1"));
        act(h, 13, "r2", "ACTION_RESULT", "cell-1", "", "");
        fake_until(h, US(24));
        cr_assert(proves(last(h), "r2"), "what cites nothing neither");
}

Test(actions, a_plan_may_follow_from_what_is_not_heard_here_and_its_result_must_not) {
        static const char *const causes[] = { "", "\"nobody-knows\"", "\"of-another-loop\",\"nobody-knows\"" };
        for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
                _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
                say(h, 0, 0, "of-another-loop", "b", "exe", "ALARM", "");
                act(h, 1, "p", "ACTION_PLAN", "cell-1", "\"set.power\":\"1\"", causes[i]);
                act(h, 2, "r", "ACTION_RESULT", "cell-1", "\"set.power\":\"1\"", "\"p\"");
                fake_until(h, US(1000));
                QUIET(h);
                act(h, 1001, "q", "ACTION_RESULT", "cell-1", "\"set.power\":\"1\"", causes[i]);
                fake_until(h, US(1020));
                RAISES(h, "L8");
                cr_assert(proves(last(h), "q"));
        }
}

Test(actions, a_plan_outside_the_targets_is_one_incident_with_its_result) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        act(h, 0, "p", "ACTION_PLAN", "core", "\"set.power\":\"1\"", "");
        act(h, 1, "r", "ACTION_RESULT", "core", "\"set.power\":\"1\"", "\"p\"");
        fake_until(h, US(30));
        RAISES(h, "L8");
        cr_assert(is(last(h), "target", "core") && proves(last(h), "p") && proves(last(h), "r"));
}

Test(actions, a_component_of_another_stage_may_not_decide) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        say(h, 0, 0, "p", "a", "mon", "ACTION_PLAN", "},\"subject\":{\"id\":\"cell-1\"}");
        RAISES(h, "L8");
        _cleanup_(fake_freep) FakeHost *any = fake_new("{}", registry);
        say(any, 0, 0, "p", "b", "exe", "ACTION_PLAN", "},\"subject\":{\"id\":\"cell-1\"}");
        QUIET(any);
}

Test(actions, writes_outside_the_declared_attributes) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        act(h, 0, "p1", "ACTION_PLAN", "cell-1", "\"set.power\":\"1\",\"note\":\"x\"", "");
        QUIET(h);
        act(h, 1, "p2", "ACTION_PLAN", "cell-1", "\"set.power\":\"1\",\"set.admin\":\"1\",\"set.root\":\"1\"", "");
        RAISES(h, "L9");
        cr_assert_eq(tocsin_get_i64(last(h), "count", 0), 1, "one event is one finding");
        act(h, 2, "p3", "ACTION_PLAN", "shared", "\"set.power\":\"1\"", "");
        cr_assert(count(h, "L9", "RAISED") == 2 && is(last(h), "target", "shared"));
}

Test(actions, a_priority_must_be_ordered_by_governance_of_whatever_loop) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        say(h, 0, 0, "s1", "a", "dec", "STATE", "},\"attributes\":{\"priority\":\"5\"}");
        say(h, 1, 1, "o1", "a", "gov", "COORDINATION",
            "},\"attributes\":{\"act\":\"priority\",\"loop\":\"b\",\"priority\":\"8\"}");
        say(h, 2, 2, "s2", "b", "dec", "STATE", "},\"attributes\":{\"priority\":\"8\"}");
        fake_until(h, US(20));
        QUIET(h);
        say(h, 21, 21, "s3", "b", "dec", "STATE", "},\"attributes\":{\"priority\":\"9\"}");
        fake_until(h, US(40));
        RAISES(h, "L9");
        cr_assert(is(last(h), "loop", "b") && proves(last(h), "s3"));
        say(h, 41, 41, "c1", "a", "dec", "COORDINATION",
            "},\"attributes\":{\"act\":\"priority\",\"loop\":\"a\",\"priority\":\"9\"}");
        fake_until(h, US(60));
        cr_assert(is(last(h), "loop", "a") && proves(last(h), "c1"));
}

Test(actions, six_reversals_in_two_minutes_are_an_oscillation_and_five_are_none) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        for (int i = 0; i < 8; i++) {
                char p[8], r[8], cite[16], set[32];
                snprintf(p, sizeof p, "p%d", i);
                snprintf(r, sizeof r, "r%d", i);
                snprintf(cite, sizeof cite, "\"p%d\"", i);
                snprintf(set, sizeof set, "\"set.power\":\"%d\"", i % 2 ? 10 : 20);
                act(h, 10 * i, p, "ACTION_PLAN", "cell-1", set, "");
                act(h, 10 * i + 1, r, "ACTION_RESULT", "cell-1", set, cite);
                if (i == 6)
                        QUIET(h);
        }
        RAISES(h, "L10");
        cr_assert(is(last(h), "target", "cell-1/power"));
        _cleanup_(fake_freep) FakeHost *slow = fake_new("{\"action_timeout_s\":3600}", registry);
        for (int i = 0; i < 20; i++) {
                char p[8], set[32];
                snprintf(p, sizeof p, "p%d", i);
                snprintf(set, sizeof set, "\"set.power\":\"%d\"", i % 2 ? 10 : 20);
                act(slow, 30 * i, p, "ACTION_PLAN", "cell-1", set, "");
        }
        cr_assert_eq(count(slow, "L10", NULL), 0);
}

/* Loop b numbers nothing here and beats nowhere: ves moves the clock meanwhile. */
static void stream_on(FakeHost *h, double from, double until) {
        for (double t = from; t < until; t += 5) {
                char id[32];
                snprintf(id, sizeof id, "v-%d", (int)t);
                say(h, t, t, id, "a", "ves", "TELEMETRY", "},\"metrics\":{\"cpu\":50}");
        }
}

Test(actions, what_was_held_up_on_its_way_has_its_time_out_from_there) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        stream_on(h, 0, 400);
        say(h, 400, 100, "late-plan", "b", "dec", "ACTION_PLAN",
            "},\"subject\":{\"id\":\"x\"},\"attributes\":{\"set.tilt\":\"1\"}");
        stream_on(h, 401, 404);
        say(h, 404, 102, "late-result", "b", "exe", "ACTION_RESULT",
            "},\"subject\":{\"id\":\"x\"},\"attributes\":{\"set.tilt\":\"1\"},\"causes\":[\"late-plan\"]");
        stream_on(h, 405, 700);
        fake_until(h, US(700));
        QUIET(h);
}

Test(actions, a_late_plan_that_nobody_answers_is_still_told) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        stream_on(h, 0, 400);
        say(h, 400, 100, "late-plan", "b", "dec", "ACTION_PLAN",
            "},\"subject\":{\"id\":\"x\"},\"attributes\":{\"set.tilt\":\"1\"}");
        stream_on(h, 401, 700);
        fake_until(h, US(700));
        RAISES(h, "L4");
}

Test(actions, late_findings_of_one_kind_are_one_incident) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        stream_on(h, 0, 900);
        for (int i = 0; i < 30; i++) {
                char id[32];
                snprintf(id, sizeof id, "old-%d", i);
                say(h, 900 + i * 0.1, 20 + i, id, "b", "dec", "TELEMETRY", "");
        }
        fake_until(h, US(905));
        RAISES(h, "L3");
}
