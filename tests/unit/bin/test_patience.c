/* What a terminal shows while an answer is waited for. */
#include "bin/patience.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static char said[4096];

static void listen_to(int fd) {
        ssize_t n = read(fd, said, sizeof said - 1);
        said[n > 0 ? n : 0] = 0;
}

Test(patience, what_is_answered_soon_is_not_spoken_of) {
        int ends[2];
        cr_assert_eq(pipe(ends), 0);
        Patience p;
        patience_begin_at(&p, ends[1], 60000000, "kafka:9092", 10000000);
        patience_end(&p);
        patience_end(&p);
        close(ends[1]);
        listen_to(ends[0]);
        cr_assert_str_eq(said, "");
}

Test(patience, who_waits_is_told_for_whom_and_until_when_in_one_line_that_is_taken_back) {
        int ends[2];
        cr_assert_eq(pipe(ends), 0);
        Patience p;
        patience_begin_at(&p, ends[1], 20000, "kafka:9092", 10000000);
        usleep(200000);
        patience_end(&p);
        close(ends[1]);
        listen_to(ends[0]);
        cr_assert_str_eq(said, "\r\033[Kwaiting for broker kafka:9092: 0 s, given up in 10 s\r\033[K");
}

Test(patience, a_line_never_wraps_and_a_bound_that_is_over_is_not_told) {
        int ends[2];
        char whom[400];
        cr_assert_eq(pipe(ends), 0);
        memset(whom, 'k', sizeof whom - 1);
        whom[sizeof whom - 1] = 0;
        Patience p;
        patience_begin_at(&p, ends[1], 20000, whom, 1);
        usleep(200000);
        patience_end(&p);
        close(ends[1]);
        listen_to(ends[0]);
        cr_assert_leq(strlen(said), 80 + 8);
        cr_assert_null(strstr(said, "given up"));
}

Test(patience, nothing_is_shown_where_there_is_no_terminal) {
        int ends[2];
        cr_assert_eq(pipe(ends), 0);
        dup2(ends[1], STDERR_FILENO);
        Patience p;
        patience_begin(&p, "kafka:9092", 10000000);
        cr_assert_not(p.begun);
        patience_end(&p);
}
