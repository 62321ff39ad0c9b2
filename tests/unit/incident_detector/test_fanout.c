/* Fan-out of a cause, and circles. */
#include "fanout.h"
#include "seed.h"
#include <criterion/criterion.h>

static Ref at(int64_t time) {
        Ref r = { .time = time };
        r.id_len = (uint32_t)snprintf(r.id, sizeof r.id, "e%lld", (long long)time);
        return r;
}

Test(fanout, an_action_counts_once_and_a_plan_and_its_result_are_one) {
        Fan f = { 0 };
        for (int i = 0; i < 10; i++) {
                Ref plan = at(2 * i), result = at(2 * i + 1);
                cr_assert(fan_add(&f, &plan, text_z("a"), true));
                cr_assert(!fan_add(&f, &plan, text_z("a"), true));
                cr_assert(fan_add(&f, &result, text_z("a"), false));
        }
        cr_assert_eq(fan_actions(&f), 10);
}

Test(fanout, the_earliest_are_kept_whatever_the_order_of_arrival) {
        uint64_t seed = seed_of(), s = seed;
        for (int round = 0; round < 300; round++) {
                Fan f = { 0 };
                int64_t t[50];
                for (int i = 0; i < 50; i++)
                        t[i] = i;
                for (int i = 49; i > 0; i--) {
                        int k = (int)below(&s, (uint64_t)i + 1);
                        int64_t x = t[i];
                        t[i] = t[k];
                        t[k] = x;
                }
                for (int i = 0; i < 50; i++) {
                        Ref r = at(t[i]);
                        fan_add(&f, &r, text_z("a"), true);
                }
                for (uint32_t i = 0; i < FAN_KEPT; i++)
                        cr_assert_eq(f.kept[i].ref.time, i, "seed %llu", (unsigned long long)seed);
                cr_assert_eq(fan_actions(&f), 50);
        }
}

static Ancestor plan(uint64_t id, uint64_t loop, uint64_t parent) {
        return (Ancestor){ id, loop, parent };
}

Test(fanout, an_event_among_its_own_ancestors_closes_a_circle) {
        Ancestors a = { 0 };
        Ancestor up[] = { { 1, 0, 0 }, { 2, 0, 0 } }, self = { 2, 0, 0 }, other = { 3, 0, 0 };
        cr_assert(ancestors_add(&a, up, 2));
        cr_assert(!ancestors_add(&a, up, 2), "nothing new");
        cr_assert(ancestors_circle(&a, &self) && !ancestors_circle(&a, &other));
}

Test(fanout, a_plan_that_comes_back_through_a_stranger_closes_a_circle) {
        Ancestors a = { 0 };
        Ancestor up[] = { { 1, 0, 0 }, plan(2, 200, 0), { 3, 0, 0 }, plan(4, 100, 0) };
        ancestors_add(&a, up, 4);
        Ancestor self = plan(9, 100, 0), told = { 9, 0, 0 };
        cr_assert(ancestors_circle(&a, &self));
        cr_assert(!ancestors_circle(&a, &told), "only plans count: a result that reports back is no circle");
}

Test(fanout, parent_and_child_may_answer_each_other) {
        Ancestors a = { 0 }, b = { 0 };
        Ancestor self = plan(9, 100, 200), parent[] = { plan(2, 200, 0), plan(4, 100, 200) };
        ancestors_add(&a, parent, 2);
        cr_assert(!ancestors_circle(&a, &self));
        Ancestor top = plan(9, 100, 0), child[] = { plan(2, 200, 100), plan(4, 100, 0) };
        ancestors_add(&b, child, 2);
        cr_assert(!ancestors_circle(&b, &top));
        Ancestors own = { 0 };
        Ancestor before[] = { plan(2, 100, 0), plan(4, 100, 0) };
        ancestors_add(&own, before, 2);
        cr_assert(!ancestors_circle(&own, &top), "a loop may follow from itself");
}

Test(fanout, ancestors_keep_their_bound) {
        Ancestors a = { 0 };
        for (uint64_t i = 0; i < 100; i++) {
                Ancestor one = { i + 1, 0, 0 };
                ancestors_add(&a, &one, 1);
        }
        cr_assert_eq(a.n, ANCESTORS);
}
