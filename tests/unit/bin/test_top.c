/* What `tocsin top` makes of the supervisor's answers. */
#include "bin/top.h"
#include "core/arena.h"
#include "core/cleanup.h"
#include "core/metric.h"
#include "json/json.h"

#include <criterion/criterion.h>
#include <math.h>

static const double bounds[] = { 1, 2, 4 };

Test(top, a_quantile_lies_in_its_bucket_and_grows_with_its_share) {
        const double none[4] = { 0 }, all[4] = { 10, 30, 39, 40 };
        cr_assert_lt(top_quantile(none, none, bounds, 4, 0.5), 0, "nothing came");
        cr_assert_float_eq(top_quantile(none, all, bounds, 4, 0.5), 1.5, 1e-9);
        cr_assert_float_eq(top_quantile(none, all, bounds, 4, 0.25), 1, 1e-9);
        cr_assert_float_eq(top_quantile(none, all, bounds, 4, 1), 4, 1e-9, "beyond the last bound: at least that");
        double last = 0;
        for (int i = 1; i <= 100; i++) {
                double q = top_quantile(none, all, bounds, 4, i / 100.0);
                cr_assert_geq(q, last);
                last = q;
        }
        const double later[4] = { 10, 30, 49, 50 }; /* ten more, all between 2 and 4 */
        cr_assert_float_eq(top_quantile(all, later, bounds, 4, 0.5), 3, 1e-9, "what was before does not count");
}

static tocsin_value parse(Arena *a, const char *z) {
        tocsin_value v = { 0 };
        Why why = { 0 };
        cr_assert_eq(json_parse(a, bytes_z(z), &v, NULL, &why), 0, "%s", why.text);
        return v;
}

#define WORKER(pipeline, ordinal, state, in, lag, text)                                                                       \
        "{\"pipeline\":\"" pipeline "\",\"ordinal\":" ordinal ",\"state\":\"" state "\",\"text\":\"" text "\",\"in\":" in "," \
        "\"processed\":" in ",\"lag\":" lag ",\"rss_bytes\":1048576}"
#define STATUS(now, workers) "{\"app\":\"a\",\"uptime_us\":9000000,\"now_us\":" now ",\"workers\":[" workers "]}"

static char screen[8192];
static const char *print(const TopShow *show, const char *now, const char *before) {
        _cleanup_(arena_freep) Arena *a = arena_new(1u << 20);
        tocsin_value n = parse(a, now), b = before ? parse(a, before) : (tocsin_value){ 0 };
        Buffer out = { .max = sizeof screen - 1 };
        top_print(&out, show, &n, before ? &b : NULL);
        cr_assert_eq(out.failed, 0);
        memcpy(screen, out.ptr, out.len);
        screen[out.len] = 0;
        buffer_deinit(&out);
        return screen;
}

Test(top, rates_are_what_came_between_two_looks_over_all_workers_of_a_pipeline) {
        const char *before =
                STATUS("1000000", WORKER("p", "0", "ready", "100", "7", "") "," WORKER("p", "1", "ready", "50", "0", ""));
        const char *now =
                STATUS("3000000", WORKER("p", "0", "ready", "300", "3", "") "," WORKER("p", "1", "ready", "70", "2", ""));
        const char *s = print(&(TopShow){ 0 }, now, before);
        cr_assert(strstr(s, "p                      2/2     110     110      0"), "%s", s);
        cr_assert(strstr(s, "       5 "), "%s", s);
        s = print(&(TopShow){ .workers = true }, now, before);
        cr_assert(strstr(s, "p/0                    1/1     100"), "%s", s);
        cr_assert(strstr(s, "p/1                    1/1      10"), "%s", s);
}

Test(top, a_supervisor_that_began_anew_between_two_looks_counts_from_nothing) {
        const char *s = print(&(TopShow){ 0 }, STATUS("2000000", WORKER("p", "0", "ready", "30", "0", "")),
                              STATUS("1000000", WORKER("p", "0", "ready", "500", "0", "")));
        cr_assert(strstr(s, "1/1      30"), "%s", s);
}

Test(top, who_is_not_ready_says_why_and_no_line_is_wider_than_the_screen) {
        const char *s = print(
                &(TopShow){ .width = 60 },
                STATUS("1", WORKER("p", "0", "trouble", "1", "0", "topic x does not exist; make it or set topics.create")), NULL);
        cr_assert(strstr(s, "0/1"), "%s", s);
        cr_assert(strstr(s, "topic x does not exist"), "%s", s);
        cr_assert(strstr(s, "since it began"), "%s", s);
        for (const char *l = s; *l; l = strchr(l, '\n') + 1)
                cr_assert_leq(strcspn(l, "\n"), 60);
}

Test(top, an_answer_that_makes_no_sense_is_shown_as_nothing_and_harms_nobody) {
        const char *const odd[] = { "{}",
                                    "{\"workers\":1}",
                                    "{\"workers\":[1,null,{}]}",
                                    "{\"workers\":[{\"in\":\"x\",\"commit_at_most\":{}}]}",
                                    "{\"workers\":[{\"commit_at_most\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}]}",
                                    "[]",
                                    "null" };
        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
                print(&(TopShow){ .colour = true, .width = 3 }, odd[i], odd[i]);
}

#define STANDBY(number, state, lag, text)                                                                       \
        "{\"pipeline\":\"p\",\"standby\":" number ",\"state\":\"" state "\",\"text\":\"" text "\",\"lag\":" lag \
        ",\"state_bytes\":2097152,\"rss_bytes\":3145728}"
#define STATUS_STANDBYS(standbys)                                                                             \
        "{\"app\":\"a\",\"uptime_us\":9000000,\"now_us\":1,\"workers\":[" WORKER("p", "0", "ready", "1", "0", \
                                                                                 "") "],"                     \
                                                                                     "\"standbys\":[" standbys "]}"

Test(top, standbys_have_a_line_of_their_own_with_how_far_the_worst_is_behind) {
        const char *both = STATUS_STANDBYS(STANDBY("0", "following", "3", "2.0 MiB, 3 records behind") "," STANDBY(
                "1", "reading", "70", "30 of 100 records"));
        const char *s = print(&(TopShow){ 0 }, both, NULL);
        cr_assert(strstr(s, "p standby              1/2       -       -      -      -      70"), "%s", s);
        cr_assert(strstr(s, " 4.0M   6.0M"), "%s", s);
        cr_assert(strstr(s, "30 of 100 records") && !strstr(s, "3 records behind"), "%s", s);
        s = print(&(TopShow){ .workers = true }, both, NULL);
        cr_assert(strstr(s, "p/s0                   1/1       -       -      -      -       3"), "%s", s);
        cr_assert(strstr(s, "p/s1                   0/1"), "%s", s);
}
