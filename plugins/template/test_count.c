/* Laws of count.c, as a plain program: exit 0 when all hold. */
#include "count.h"
#include <stdio.h>

#define SECOND INT64_C(1000000)

static int failures;
#define CHECK(law)                                                                  \
        do {                                                                        \
                if (!(law)) {                                                       \
                        fprintf(stderr, "%d: does not hold: " #law "\n", __LINE__); \
                        failures++;                                                 \
                }                                                                   \
        } while (0)

static const CountRules three_a_minute = { .limit = 3, .window_us = 60 * SECOND };

static void the_limit_is_reached_once_in_a_window(void) {
        Count c = { 0, 0 };
        CHECK(!count_step(&c, &three_a_minute, 10 * SECOND));
        CHECK(!count_step(&c, &three_a_minute, 20 * SECOND));
        CHECK(count_step(&c, &three_a_minute, 69 * SECOND));
        CHECK(!count_step(&c, &three_a_minute, 69 * SECOND));
        CHECK(c.n == 4);
}

static void the_first_event_behind_the_end_opens_the_next_window(void) {
        Count c = { .since_us = 10 * SECOND, .n = 2 };
        CHECK(!count_step(&c, &three_a_minute, 70 * SECOND));
        CHECK(c.n == 1 && c.since_us == 70 * SECOND);
}

static void a_late_event_counts_into_the_open_window(void) {
        Count c = { .since_us = 10 * SECOND, .n = 2 };
        CHECK(count_step(&c, &three_a_minute, -SECOND));
        CHECK(c.since_us == 10 * SECOND);
}

static void no_time_is_too_extreme(void) {
        Count c = { 0, 0 };
        CHECK(!count_step(&c, &three_a_minute, INT64_MAX));
        CHECK(count_end_us(&c, &three_a_minute) == INT64_MAX);
        CHECK(!count_step(&c, &three_a_minute, INT64_MIN));
        c = (Count){ .since_us = INT64_MIN, .n = 1 };
        CHECK(!count_step(&c, &three_a_minute, INT64_MAX));
        CHECK(c.since_us == INT64_MAX);
}

static void what_is_written_reads_back_and_nothing_else_does(void) {
        const Count c = { .since_us = -2, .n = INT64_MAX };
        Count back = { 0, 0 };
        uint8_t bytes[COUNT_BYTES];
        count_write(&c, bytes);
        CHECK(count_read(&back, bytes, sizeof bytes) && back.since_us == c.since_us && back.n == c.n);
        CHECK(!count_read(&back, bytes, sizeof bytes - 1));
        bytes[15] = 0x80;
        CHECK(!count_read(&back, bytes, sizeof bytes));
}

int main(void) {
        the_limit_is_reached_once_in_a_window();
        the_first_event_behind_the_end_opens_the_next_window();
        a_late_event_counts_into_the_open_window();
        no_time_is_too_extreme();
        what_is_written_reads_back_and_nothing_else_does();
        return failures ? 1 : 0;
}
