/* Lives of a producer: a restart is no attack, two that speak at once are. */
#include "producer.h"
#include "seed.h"
#include <criterion/criterion.h>

Test(producer, an_old_life_that_speaks_after_its_successor_is_a_rogue) {
        Lives l = { 0 };
        cr_assert_eq(lives_step(&l, 7, 100, INT64_MIN), LIFE_FIRST);
        cr_assert_eq(lives_step(&l, 8, 200, INT64_MIN), LIFE_SUCCESSOR);
        cr_assert_eq(lives_step(&l, 7, 201, INT64_MIN), LIFE_ROGUE);
        cr_assert_eq(lives_step(&l, 8, 202, INT64_MIN), LIFE_SAME);
        cr_assert_eq(lives_step(&l, 7, 203, INT64_MIN), LIFE_ROGUE, "again and again");
}

Test(producer, a_lower_incarnation_nobody_heard_of_is_a_rogue) {
        Lives l = { 0 };
        lives_step(&l, 7, 100, INT64_MIN);
        cr_assert_eq(lives_step(&l, 3, 150, INT64_MIN), LIFE_ROGUE);
}

Test(producer, what_the_registry_rules_out_is_below) {
        Lives l = { 0 };
        cr_assert_eq(lives_step(&l, 4, 100, 5), LIFE_BELOW);
        cr_assert_eq(l.known, 0, "and leaves no trace");
        cr_assert_eq(lives_step(&l, 5, 100, 5), LIFE_FIRST);
}

Test(producer, a_restart_is_benign_and_so_is_what_comes_late_from_the_life_before) {
        Lives l = { 0 };
        lives_step(&l, 1, 100, INT64_MIN);
        cr_assert_eq(lives_step(&l, 2, 200, INT64_MIN), LIFE_SUCCESSOR);
        cr_assert_eq(lives_step(&l, 1, 199, INT64_MIN), LIFE_LATE);
        cr_assert_eq(lives_step(&l, 5, 300, INT64_MIN), LIFE_SUCCESSOR, "numbers may be left out");
        cr_assert_eq(lives_step(&l, 2, 250, INT64_MIN), LIFE_LATE);
        cr_assert_eq(lives_step(&l, 1, 150, INT64_MIN), LIFE_ANCIENT);
}

Test(producer, any_honest_sequence_of_lives_is_without_alarm) {
        uint64_t seed = seed_of(), s = seed;
        for (int round = 0; round < 300; round++) {
                Lives l = { 0 };
                int64_t t = 0, n = (int64_t)below(&s, 100);
                for (int i = 0; i < 200; i++) {
                        t += 1 + (int64_t)below(&s, 50);
                        if (below(&s, 20) == 0)
                                n += 1 + (int64_t)below(&s, 3);
                        LifeAnswer a = lives_step(&l, n, t, INT64_MIN);
                        cr_assert(a == LIFE_FIRST || a == LIFE_SAME || a == LIFE_SUCCESSOR, "seed %llu",
                                  (unsigned long long)seed);
                }
        }
}
