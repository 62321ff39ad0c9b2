/* Which standby is adopted, and on which deaths one is spent. */
#include "bin/spare.h"

#include <criterion/criterion.h>

static const Spare good = { .pipeline = "p", .up = true, .whole = true };

Test(spare, one_that_is_down_unfinished_silent_in_trouble_or_of_another_pipeline_is_never_adopted) {
        Spare s[5] = { good, good, good, good, good };
        s[0].up = false;
        s[1].whole = false;
        s[2].silent_us = SPARE_SILENT_US;
        s[3].trouble = true;
        s[4].pipeline = "q";
        cr_assert_eq(spare_choose(s, 5, "p"), 5);
        cr_assert_eq(spare_choose(s, 0, "p"), 0);
        s[1].whole = true;
        cr_assert_eq(spare_choose(s, 5, "p"), 1);
}

Test(spare, of_several_the_least_behind_is_adopted_then_the_first) {
        Spare s[4] = { good, good, good, good };
        s[0].lag = 7;
        s[1].lag = 3;
        s[2].lag = 3;
        s[3].lag = 4;
        cr_assert_eq(spare_choose(s, 4, "p"), 1);
        s[1].lag = 1000000; /* however far behind, it has less to read than a new process */
        s[0].up = s[2].up = s[3].up = false;
        cr_assert_eq(spare_choose(s, 4, "p"), 1);
}

Test(spare, two_dead_at_once_with_one_standby_leave_the_second_to_a_new_process) {
        Spare s[1] = { good };
        size_t i = spare_choose(s, 1, "p");
        cr_assert_eq(i, 0);
        s[i].up = false; /* it has a seat now */
        cr_assert_eq(spare_choose(s, 1, "p"), 1);
}

Test(spare, a_seat_that_fails_again_and_again_uses_up_one_standby_and_no_more) {
        Life l = { 0 };
        int spent = 0;
        for (int i = 0; i < 20; i++) {
                life_born(&l, i * 1000);
                life_died(&l, i * 1000 + 1, false);
                spent += spare_worth(&l);
        }
        cr_assert_eq(spent, 1);
        life_born(&l, 100000000);
        life_died(&l, 100000000 + LIFE_HEALTHY_US, true);
        cr_assert(spare_worth(&l));
}
