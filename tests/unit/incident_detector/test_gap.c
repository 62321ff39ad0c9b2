/* Gaps: raised when their time is up, cleared when they fill. */
#include "gap.h"
#include <criterion/criterion.h>

Test(gap, what_does_not_fill_in_time_is_raised_once) {
        Gaps g = { 0 };
        gaps_open(&g, 1, 3, 5, 100);
        cr_assert_eq(gaps_next(&g), 100);
        cr_assert_eq(gaps_due(&g, 99), -1);
        cr_assert_eq(gaps_due(&g, 100), 0);
        cr_assert_eq(gaps_due(&g, 1000), -1);
        cr_assert(gaps_raised(&g) && gaps_next(&g) == NEVER);
}

Test(gap, a_gap_that_fills_says_in_which_state_it_was) {
        Gaps g = { 0 };
        GapState was = GAP_FREE;
        gaps_open(&g, 1, 3, 4, 100);
        cr_assert_eq(gaps_fill(&g, 1, 3, &was), -1);
        cr_assert_eq(gaps_fill(&g, 1, 4, &was), 0);
        cr_assert_eq(was, GAP_WAITING);
        gaps_open(&g, 1, 6, 6, 200);
        gaps_due(&g, 200);
        cr_assert_eq(gaps_fill(&g, 1, 6, &was), 0);
        cr_assert(was == GAP_RAISED && !gaps_raised(&g));
}

Test(gap, numbers_of_another_life_fill_nothing) {
        Gaps g = { 0 };
        GapState was;
        gaps_open(&g, 1, 3, 3, 100);
        cr_assert_eq(gaps_fill(&g, 2, 3, &was), -1);
        cr_assert_eq(gaps_due(&g, 100), 0);
}

Test(gap, more_gaps_than_there_is_room_for_lose_no_missing_number) {
        Gaps g = { 0 };
        for (int64_t i = 0; i < 100; i++)
                gaps_open(&g, 1, 10 * i, 10 * i + 1, 1000 + i);
        uint64_t left = 0;
        for (int at; (at = gaps_due(&g, 5000)) >= 0;)
                left += g.gap[at].left;
        cr_assert_eq(left, 200);
}

Test(gap, gaps_are_due_in_the_order_of_their_deadlines) {
        Gaps g = { 0 };
        gaps_open(&g, 1, 1, 1, 300);
        gaps_open(&g, 1, 3, 3, 100);
        gaps_open(&g, 1, 5, 5, 200);
        cr_assert_eq(gaps_due(&g, 400), 1);
        cr_assert_eq(gaps_due(&g, 400), 2);
        cr_assert_eq(gaps_due(&g, 400), 0);
}
