/* Log lines: one write each, valid whatever is in them, repeats folded. */
#include "core/log.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char text[8192];

static const char *said(int fd) {
        ssize_t n = read(fd, text, sizeof text - 1);
        text[n > 0 ? n : 0] = 0;
        return text;
}

static void start(int fds[2], bool json) {
        cr_assert_eq(pipe2(fds, O_NONBLOCK), 0);
        log_setup(fds[1], json, false, LOG_INFO, "detector");
}

Test(log, json_is_escaped) {
        int fds[2];
        start(fds, true);
        LOG(LOG_WARN, "a.b", "he said \"no\"\n", LOG_S("who", "\x01\\"), LOG_I("n", -3));
        const char *s = said(fds[0]);
        cr_assert(strstr(s, "\"message\":\"he said \\\"no\\\"\\u000a\""), "%s", s);
        cr_assert(strstr(s, "\"who\":\"\\u0001\\\\\",\"n\":-3}\n"), "%s", s);
}

Test(log, nothing_below_the_level) {
        int fds[2];
        start(fds, false);
        LOG(LOG_DEBUG, "a.b", "quiet");
        cr_assert_str_eq(said(fds[0]), "");
}

Test(log, a_repeat_within_a_second_is_folded) {
        int fds[2];
        start(fds, false);
        for (int i = 0; i < 100; i++)
                LOG(LOG_INFO, "a.b", "again");
        LOG(LOG_INFO, "a.c", "other");
        const char *s = said(fds[0]);
        int lines = 0;
        for (const char *p = s; *p; p++)
                lines += *p == '\n';
        cr_assert_eq(lines, 3, "%s", s);
        const char *count = strstr(s, "suppressed=99"), *other = strstr(s, "other");
        cr_assert(count && other && count < other, "the count stands with what it counts: %s", s);
}

Test(log, a_line_too_long_is_cut_and_still_a_line) {
        int fds[2];
        char *big = calloc(1, 100001);
        memset(big, 'x', 100000);
        start(fds, false);
        LOG(LOG_INFO, "a.b", "big", LOG_S("v", big));
        const char *s = said(fds[0]);
        cr_assert_eq(s[strlen(s) - 1], '\n');
        free(big);
}
