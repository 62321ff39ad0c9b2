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

Test(log, bytes_that_are_no_text_are_replaced) {
        static const struct {
                const char *said, *shown;
        } of[] = {
                { "a\xff"
                  "b",
                  "a\xef\xbf\xbd"
                  "b" },
                { "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
                { "cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd" },
                { "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
        };
        for (size_t i = 0; i < sizeof of / sizeof *of; i++)
                for (int json = 0; json < 2; json++) {
                        int fds[2];
                        char message[64], field[64];
                        start(fds, json);
                        LOG(LOG_WARN, json ? "a.b" : "a.c", of[i].said, LOG_S("of", of[i].said), LOG_I("i", i));
                        const char *s = said(fds[0]);
                        snprintf(message, sizeof message, json ? "\"message\":\"%s\"" : " %s ", of[i].shown);
                        snprintf(field, sizeof field, json ? "\"of\":\"%s\"" : "of=\"%s\"", of[i].shown);
                        cr_assert(strstr(s, message) && strstr(s, field), "%s", s);
                        close(fds[0]);
                        close(fds[1]);
                }
}

Test(log, no_words_begin_a_line_of_their_own_or_give_a_terminal_an_order) {
        static const struct {
                const char *said, *shown;
        } of[] = {
                { "a\n2026-01-01 error forged", "a\\u000a2026-01-01 error forged" },
                { "\033[2Jcleared\r", "\\u001b[2Jcleared\\u000d" },
                { "\xc2\x9b"
                  "31m",
                  "\\u009b31m" },
                { "\xe2\x80\xae"
                  "txet",
                  "\\u202etxet" },
                { "\xe2\x80\xa8 \xe2\x81\xa6 \xe2\x82\xac", "\\u2028 \\u2066 \xe2\x82\xac" },
        };
        for (size_t i = 0; i < sizeof of / sizeof *of; i++)
                for (int json = 0; json < 2; json++) {
                        int fds[2];
                        start(fds, json);
                        LOG(LOG_WARN, json ? "o.a" : "o.b", of[i].said, LOG_S("of", of[i].said), LOG_I("i", i));
                        const char *s = said(fds[0]), *first = strstr(s, of[i].shown);
                        cr_assert(first && strstr(first + 1, of[i].shown), "%s", s);
                        cr_assert_eq(strchr(s, '\n'), s + strlen(s) - 1);
                        close(fds[0]);
                        close(fds[1]);
                }
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
