/* Nearest words, durations, sizes, dates. */
#include "complaints.h"
#include "config/keys.h"
#include "value/value.h"
#include "json/json.h"

Test(words, the_nearest_is_within_two_mistakes_and_a_third_of_the_word) {
        static const char *const words[] = { "limit", "limits", "pipelines", "at", "exactly_once", "murmur2" };
        static const char *const cases[][2] = { { "limt", "limit" },
                                                { "limit", "limit" },
                                                { "limist", "limit" },
                                                { "timil", NULL },
                                                { "pipelnies", "pipelines" },
                                                { "pipline", "pipelines" },
                                                { "piplin", NULL },
                                                { "ta", NULL },
                                                { "ate", "at" },
                                                { "exactly-once", "exactly_once" },
                                                { "murmur", "murmur2" },
                                                { "", NULL },
                                                { "something longer than any word that could be a key of ours here", NULL } };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                const char *near = config_nearest(cases[i][0], words, 6);
                cr_assert(near == cases[i][1] || (near && cases[i][1] && !strcmp(near, cases[i][1])), "%s -> %s", cases[i][0],
                          near ? near : "-");
        }
        cr_assert_null(config_nearest("a", NULL, 0));
}

Test(words, durations_and_sizes_have_units_and_no_overflow) {
        static const struct {
                const char *text;
                int64_t us;
        } times[] = { { "0", 0 },
                      { "0s", 0 },
                      { "1us", 1 },
                      { "100ms", 100000 },
                      { "5s", 5000000 },
                      { "2m", 120000000 },
                      { "1h", 3600000000 },
                      { "7d", 604800000000 },
                      { "5 s", 5000000 },
                      { "5", -1 },
                      { "", -1 },
                      { "s", -1 },
                      { "-5s", -1 },
                      { "5S", -1 },
                      { "5s ", -1 },
                      { "1.5s", -1 },
                      { "5  s", -1 },
                      { "+5s", -1 },
                      { "106751992d", -1 },
                      { "9223372036854775807us", INT64_MAX },
                      { "9223372036854775808us", -1 } };
        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
                int64_t us = -1;
                bool is = unit_time(times[i].text, &us);
                cr_assert_eq(is, times[i].us >= 0, "%s", times[i].text);
                cr_assert(!is || us == times[i].us, "%s", times[i].text);
        }
        static const struct {
                const char *text;
                int64_t n;
        } sizes[] = { { "1B", 1 },      { "500kB", 500000 },    { "16MB", 16000000 }, { "1GB", 1000000000 },
                      { "1KiB", 1024 }, { "16MiB", 16 << 20 },  { "1GiB", 1 << 30 },  { "1kb", -1 },
                      { "1M", -1 },     { "8589934592GiB", -1 } };
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                int64_t n = -1;
                bool is = unit_size(sizes[i].text, &n);
                cr_assert_eq(is, sizes[i].n >= 0, "%s", sizes[i].text);
                cr_assert(!is || n == sizes[i].n, "%s", sizes[i].text);
        }
}

Test(words, dates_are_those_of_rfc_3339) {
        static const struct {
                const char *text;
                int64_t us;
        } dates[] = { { "1970-01-01T00:00:00Z", 0 },
                      { "2026-01-31T12:00:00Z", INT64_C(1769860800000000) },
                      { "2026-01-31t13:00:00.5+01:00", INT64_C(1769860800500000) },
                      { "2026-01-31 11:30:00.1234567-00:30", INT64_C(1769860800123456) },
                      { "2024-02-29T00:00:00Z", INT64_C(1709164800000000) } };
        for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
                int64_t us = -1;
                cr_assert(unit_date(dates[i].text, &us), "%s", dates[i].text);
                cr_assert_eq(us, dates[i].us, "%s: %lld", dates[i].text, (long long)us);
        }
        static const char *const bad[] = { "",
                                           "2026",
                                           "2026-01-31",
                                           "2026-01-31T12:00:00",
                                           "2026-13-01T00:00:00Z",
                                           "2026-02-29T00:00:00Z",
                                           "2026-01-31T24:00:00Z",
                                           "2026-01-31T12:00:60Z",
                                           "2026-01-31T12:00:00.Z",
                                           "2026-01-31T12:00:00+1:00",
                                           "2026-01-31T12:00:00Zx",
                                           "2026-00-01T00:00:00Z",
                                           "2026-01-00T00:00:00Z",
                                           "2026-01-31T12:00:00+24:00" };
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                int64_t us = -7;
                cr_assert(!unit_date(bad[i], &us) && us == -7, "%s", bad[i]);
        }
}

Test(words, what_is_printed_of_a_unit_reads_back) {
        static const int64_t all[] = {
                0, 1, 999, 1000, 1500, 100000, 1000000, 90000000, 3600000000, 86400000000, 1 << 20, 3 << 29
        };
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
                char text[32];
                int64_t back = -1;
                unit_print_time(text, all[i]);
                cr_assert(unit_time(text, &back) && back == all[i], "%s", text);
                unit_print_size(text, all[i]);
                cr_assert(unit_size(text, &back) && back == all[i], "%s", text);
        }
}

static void count(void *arg, const char *path, const char *type, const char *help) {
        cr_assert(*path && *type && *help && strlen(path) + strlen(type) + strlen(help) < 400, "%s", path);
        ++*(unsigned *)arg;
}

Test(words, every_key_explains_itself) {
        unsigned n = 0;
        config_keys(count, &n);
        cr_assert_geq(n, 30);
}

Test(words, the_keys_are_a_json_schema_too) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        Buffer b = BUFFER_NULL;
        tocsin_value v;
        config_schema(&b);
        cr_assert_eq(json_parse(a, buffer_bytes(&b), &v, NULL, NULL), 0);
        static const char *const there[] = {
                "properties.kafka.anyOf[0].const", "properties.log.properties.level.enum[3]",
                "properties.pipelines.additionalProperties.properties.commit.properties.memory.anyOf",
                "properties.pipelines.additionalProperties.properties.ports.additionalProperties"
        };
        for (size_t i = 0; i < sizeof there / sizeof *there; i++)
                cr_assert_not_null(value_path(&v, there[i]), "%s", there[i]);
        buffer_deinit(&b);
}
