/* L11 and L14: what needs two loops. */
#include "scenario.h"

static void set(FakeHost *h, double at, const char *id, const char *loop, const char *value) {
        char more[256];
        snprintf(more, sizeof more, "},\"subject\":{\"id\":\"shared\"},\"attributes\":{\"set.tilt\":\"%s\"}", value);
        say(h, at, at, id, loop, "dec", "ACTION_PLAN", more);
}

static FakeHost *patient(void) {
        return fake_new("{\"action_timeout_s\":3600}", registry);
}

Test(meeting, two_loops_that_set_one_attribute_differently_are_in_conflict) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        set(h, 0, "w1", "a", "3");
        set(h, 15, "w2", "b", "4");
        fake_until(h, US(16));
        RAISES(h, "L11");
        cr_assert(is(last(h), "loop", "b") && is(last(h), "target", "shared/tilt") && proves(last(h), "w1") &&
                  proves(last(h), "w2"));
        cr_assert(tocsin_equal_z(tocsin_as_bytes(&tocsin_find(last(h), "related")->u.items[0]), "a"));
}

Test(meeting, equal_values_one_loop_and_distant_writes_are_none) {
        _cleanup_(fake_freep) FakeHost *h = patient();
        set(h, 0, "w1", "a", "3");
        set(h, 5, "w2", "b", "3.0");
        set(h, 21, "w3", "a", "7");
        set(h, 40, "w4", "b", "8");
        set(h, 70, "w5", "b", "9");
        fake_until(h, US(200));
        cr_assert_eq(count(h, "L11", NULL), 0);
}

/* One round: a plan, the other loop's answer, and the first one's plan in turn. */
static void answers(FakeHost *h, const char *first) {
        char more[200];
        snprintf(more, sizeof more, "},%s\"subject\":{\"id\":\"cell-1\"}", first);
        say(h, 1, 1, "p1", "a", "dec", "ACTION_PLAN", more);
        say(h, 2, 2, "s1", "b", "exe", "ALARM", "},\"causes\":[\"p1\"]");
        say(h, 3, 3, "p2", "b", "dec", "ACTION_PLAN", "},\"causes\":[\"s1\"],\"subject\":{\"id\":\"x\"}");
        say(h, 5, 5, "p3", "a", "dec", "ACTION_PLAN", "},\"causes\":[\"p2\"],\"subject\":{\"id\":\"cell-1\"}");
        fake_until(h, US(30));
}

Test(meeting, loops_that_answer_each_other_are_seen_whether_or_not_the_first_plan_has_a_cause) {
        static const char *const first[] = { "", "\"causes\":[],", "\"causes\":[\"t0\"]," };
        for (int i = 0; i < 3; i++) {
                _cleanup_(fake_freep) FakeHost *h = patient();
                answers(h, first[i]);
                cr_assert_eq(count(h, "L14", "RAISED"), 1, "%s", first[i]);
                cr_assert(proves(last(h), "p3"));
        }
}

/* What remains of a run: class, loops, evidence, times and last state of each incident. */
static void sum_up(const FakeHost *h, Buffer *out) {
        for (size_t i = 0; i < h->n_out; i++) {
                bool later = false;
                for (size_t k = i + 1; k < h->n_out; k++)
                        later |= tocsin_equal(tocsin_get_bytes(&h->out[i].value, "id"), tocsin_get_bytes(&h->out[k].value, "id"));
                const tocsin_value *v = &h->out[i].value, *proof = tocsin_find(v, "evidence");
                if (later)
                        continue;
                Bytes id = tocsin_get_bytes(v, "id"), state = tocsin_get_bytes(v, "state");
                buffer_printf(out, "%.*s %.*s %lld", (int)id.len, (const char *)id.ptr, (int)state.len, (const char *)state.ptr,
                              (long long)tocsin_get_i64(v, "last_time", 0));
                for (uint32_t e = 0; e < proof->len; e++) {
                        Bytes event = tocsin_get_bytes(&proof->u.items[e], "event_id");
                        buffer_printf(out, " %.*s", (int)event.len, (const char *)event.ptr);
                }
                buffer_put_z(out, "\n");
        }
}

Test(meeting, the_order_in_which_two_partitions_arrive_decides_nothing) {
        Buffer text[2] = { BUFFER_NULL, BUFFER_NULL };
        for (int turn = 0; turn < 2; turn++) {
                _cleanup_(fake_freep) FakeHost *h = patient();
                static const struct {
                        double at;
                        const char *id, *loop, *value;
                } w[] = { { 100, "a1", "a", "1" }, { 101, "b1", "b", "2" }, { 102, "a2", "a", "2" },
                          { 103, "b2", "b", "5" }, { 108, "a3", "a", "5" }, { 109, "b3", "b", "1" } };
                say(h, 99, 99, "start", "a", "gov", "HEARTBEAT", "");
                for (int pass = 0; pass < 2; pass++)
                        for (size_t i = 0; i < sizeof w / sizeof w[0]; i++)
                                if ((w[i].loop[0] == 'a') == (pass == turn))
                                        set(h, w[i].at, w[i].id, w[i].loop, w[i].value);
                fake_until(h, US(1000));
                sum_up(h, &text[turn]);
        }
        cr_assert(text[0].len > 0 && bytes_eq(buffer_bytes(&text[0]), buffer_bytes(&text[1])), "%.*s\nagainst\n%.*s",
                  (int)text[0].len, text[0].ptr, (int)text[1].len, text[1].ptr);
        buffer_deinit(&text[0]);
        buffer_deinit(&text[1]);
}

static void follow(FakeHost *h, double at, const char *id, const char *loop, const char *kind, const char *cause) {
        char more[256];
        snprintf(more, sizeof more, "},\"subject\":{\"id\":\"shared\"},\"causes\":[\"%s\"]", cause);
        say(h, at, at, id, loop, strcmp(kind, "ACTION_PLAN") ? "exe" : "dec", kind, more);
}

Test(meeting, sixteen_actions_from_one_cause_are_a_cascade_and_fifteen_are_none) {
        _cleanup_(fake_freep) FakeHost *h = patient();
        for (int i = 0; i < 16; i++) {
                char p[16], r[16];
                snprintf(p, sizeof p, "p%d", i);
                snprintf(r, sizeof r, "r%d", i);
                follow(h, i, p, i % 3 ? "a" : "b", "ACTION_PLAN", "root");
                follow(h, i + 0.5, r, i % 3 ? "a" : "b", "ACTION_RESULT", p);
                if (i == 14) {
                        fake_until(h, US(14.6));
                        QUIET(h);
                }
        }
        fake_until(h, US(20));
        RAISES(h, "L14");
        cr_assert(is(last(h), "target", "root") && is(last(h), "loop", "b") && tocsin_find(last(h), "evidence")->len == 16);
}

/* `n` plans whose causes go round, over `loops` loops, heard from `start` on, forwards or backwards. */
static void go_round(FakeHost *h, int n, int loops, int start, int step) {
        for (int i = 0; i < n; i++) {
                int at = ((start + step * i) % n + n) % n;
                char id[16], cause[16];
                snprintf(id, sizeof id, "z%d", at);
                snprintf(cause, sizeof cause, "z%d", (at + n - 1) % n);
                follow(h, 10 + at, id, at % loops ? "b" : "a", "ACTION_PLAN", cause);
        }
        fake_until(h, US(9));
        QUIET(h);
        fake_until(h, US(40));
}

Test(meeting, a_circle_is_one_incident_with_all_its_events_and_loops_in_whatever_order_it_is_heard) {
        for (int n = 2; n <= 5; n++)
                for (int loops = 1; loops <= 2; loops++)
                        for (int order = 0; order < 2 * n; order++) {
                                _cleanup_(fake_freep) FakeHost *h = patient();
                                go_round(h, n, loops, order / 2, order % 2 ? -1 : 1);
                                RAISES(h, "L14");
                                const tocsin_value *proof = tocsin_find(last(h), "evidence"),
                                                   *others = tocsin_find(last(h), "related");
                                cr_assert_eq(proof->len, (uint32_t)n, "%d of %d", (int)proof->len, n);
                                for (int i = 0; i < n; i++) {
                                        char id[16];
                                        snprintf(id, sizeof id, "z%d", i);
                                        cr_assert(is(&proof->u.items[i], "event_id", id));
                                        cr_assert_eq(tocsin_get_i64(&proof->u.items[i], "event_time", 0), US(10 + i));
                                }
                                cr_assert(is(last(h), "loop", "a") && is(last(h), "target", "z0"));
                                cr_assert_eq(others->len, (uint32_t)loops - 1);
                                cr_assert(loops == 1 || tocsin_equal_z(tocsin_as_bytes(&others->u.items[0]), "b"));
                        }
}

Test(meeting, an_event_that_follows_from_itself_is_a_circle_and_what_follows_from_it_is_none) {
        _cleanup_(fake_freep) FakeHost *h = patient();
        follow(h, 0, "x", "a", "ACTION_PLAN", "x");
        follow(h, 1, "r", "a", "ACTION_RESULT", "x");
        follow(h, 2, "y", "b", "ACTION_PLAN", "r");
        fake_until(h, US(30));
        RAISES(h, "L14");
        cr_assert(is(last(h), "target", "x") && tocsin_find(last(h), "evidence")->len == 1);
}

Test(meeting, an_honest_chain_through_two_loops_is_no_circle) {
        _cleanup_(fake_freep) FakeHost *h = patient();
        follow(h, 1, "p1", "a", "ACTION_PLAN", "t1");
        follow(h, 2, "r1", "a", "ACTION_RESULT", "p1");
        follow(h, 3, "p2", "b", "ACTION_PLAN", "r1");
        follow(h, 4, "r2", "b", "ACTION_RESULT", "p2");
        fake_until(h, US(100));
        QUIET(h);
        follow(h, 101, "p3", "a", "ACTION_PLAN", "r2");
        fake_until(h, US(110));
        RAISES(h, "L14");
}

/* A plan of loop a or b that follows from `cause`; "": from nothing. */
static void answer(FakeHost *h, int i, const char *cause) {
        char id[16];
        snprintf(id, sizeof id, "p%d", i);
        if (cause[0])
                follow(h, i, id, i % 2 ? "b" : "a", "ACTION_PLAN", cause);
        else
                say(h, i, i, id, i % 2 ? "b" : "a", "dec", "ACTION_PLAN", "},\"subject\":{\"id\":\"shared\"}");
}

/* What a run of answers ends in: one incident that cites its plans, in order. */
static void proves_chain(const FakeHost *h, int from, int until) {
        const tocsin_value *proof = tocsin_find(last(h), "evidence"), *others = tocsin_find(last(h), "related");
        RAISES(h, "L14");
        cr_assert_eq(proof->len, (uint32_t)(until - from + 1), "%u", proof->len);
        for (int i = from; i <= until; i++) {
                char id[16];
                snprintf(id, sizeof id, "p%d", i);
                cr_assert(is(&proof->u.items[i - from], "event_id", id), "%s", id);
        }
        cr_assert(is(last(h), "loop", "a") && others->len == 1 && tocsin_equal_z(tocsin_as_bytes(&others->u.items[0]), "b"));
}

Test(meeting, two_loops_that_answer_each_other_are_one_incident_with_the_plans_of_both) {
        for (int results = 0; results < 2; results++)
                for (int rooted = 0; rooted < 2; rooted++)
                        for (int n = 3; n <= 6; n++) {
                                _cleanup_(fake_freep) FakeHost *h = patient();
                                for (int i = 0; i < n; i++) {
                                        char cause[16], result[16];
                                        snprintf(cause, sizeof cause, "%c%d", results ? 'r' : 'p', i - 1);
                                        answer(h, i, i > 0 ? cause : rooted ? "trigger" : "");
                                        snprintf(cause, sizeof cause, "p%d", i);
                                        snprintf(result, sizeof result, "r%d", i);
                                        follow(h, i + 0.5, result, i % 2 ? "b" : "a", "ACTION_RESULT", cause);
                                        fake_cut(h);
                                }
                                fake_until(h, US(60));
                                proves_chain(h, 0, n - 1);
                        }
}

Test(meeting, a_chain_is_proven_in_whatever_order_its_plans_are_heard) {
        static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
        for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
                _cleanup_(fake_freep) FakeHost *h = patient();
                for (int k = 0; k < 3; k++) {
                        char cause[16] = "";
                        if (orders[i][k])
                                snprintf(cause, sizeof cause, "p%d", orders[i][k] - 1);
                        answer(h, orders[i][k], cause);
                }
                fake_until(h, US(30)); /* before results are missed */
                proves_chain(h, 0, 2);
        }
}

Test(meeting, who_answers_on_and_on_is_cited_within_bounds) {
        _cleanup_(fake_freep) FakeHost *h = patient();
        for (int i = 0; i < 30; i++) {
                char cause[16] = "";
                if (i)
                        snprintf(cause, sizeof cause, "p%d", i - 1);
                answer(h, i, cause);
        }
        fake_until(h, US(38));
        RAISES(h, "L14");
        cr_assert_eq(tocsin_find(last(h), "evidence")->len, 16u);
        cr_assert(proves(last(h), "p0") && proves(last(h), "p17"), "the first, and those when it was last told");
}
