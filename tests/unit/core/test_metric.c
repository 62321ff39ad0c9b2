/* Metrics: a cell by name and labels, text as Prometheus 0.0.4 has it. */
#include "core/metric.h"
#include <criterion/criterion.h>

Test(metric, the_same_name_and_labels_are_the_same_cell) {
        Metrics *m = metrics_new();
        Metric *a = metric_get(m, METRIC_COUNTER, "tocsin_x_total", "p=\"1\"", "help");
        Metric *b = metric_get(m, METRIC_COUNTER, "tocsin_x_total", "p=\"2\"", "help");
        cr_assert(a && b && a != b && a == metric_get(m, METRIC_COUNTER, "tocsin_x_total", "p=\"1\"", "help"));
        metric_add(a, 2);
        metric_add(b, 3);
        cr_assert_eq(metrics_sum(m, "tocsin_x_total"), 5);
        metrics_free(m);
}

Test(metric, a_family_stands_together_once_typed) {
        Metrics *m = metrics_new(), *other = metrics_new();
        metric_set(metric_get(m, METRIC_GAUGE, "tocsin_b", "", "second"), 1.5);
        metric_add(metric_get(m, METRIC_COUNTER, "tocsin_a_total", "w=\"0\"", "first"), 1);
        metric_add(metric_get(other, METRIC_COUNTER, "tocsin_a_total", "w=\"1\"", "first"), 7);
        Buffer b = BUFFER_NULL;
        metrics_print(&b, (const Metrics *const[]){ m, other }, 2);
        buffer_u8(&b, 0);
        cr_assert_str_eq((char *)b.ptr, "# HELP tocsin_a_total first\n# TYPE tocsin_a_total counter\n"
                                        "tocsin_a_total{w=\"0\"} 1\ntocsin_a_total{w=\"1\"} 7\n"
                                        "# HELP tocsin_b second\n# TYPE tocsin_b gauge\ntocsin_b 1.5\n");
        buffer_deinit(&b);
        metrics_free(m);
        metrics_free(other);
}

Test(metric, a_histogram_is_cumulative_and_one_family) {
        Metrics *m = metrics_new();
        Histogram h = histogram_get(m, "tocsin_commit_seconds", "p=\"1\"", "time of a commit");
        histogram_add(h, 0.00005);
        histogram_add(h, 0.3);
        histogram_add(h, 99);
        Buffer b = BUFFER_NULL;
        metrics_print(&b, (const Metrics *const[]){ m }, 1);
        buffer_u8(&b, 0);
        const char *s = (char *)b.ptr;
        cr_assert(strstr(s, "# TYPE tocsin_commit_seconds histogram\n"), "%s", s);
        cr_assert(strstr(s, "_bucket{p=\"1\",le=\"0.0001\"} 1\n"), "%s", s);
        cr_assert(strstr(s, "_bucket{p=\"1\",le=\"1\"} 2\n"), "%s", s);
        cr_assert(strstr(s, "_bucket{p=\"1\",le=\"+Inf\"} 3\n"), "%s", s);
        cr_assert(strstr(s, "_count{p=\"1\"} 3\n"), "%s", s);
        cr_assert_null(strstr(strstr(s, "# TYPE") + 1, "# TYPE"), "%s", s);
        buffer_deinit(&b);
        metrics_free(m);
}

Test(metric, a_full_page_answers_null_and_null_is_harmless) {
        Metrics *m = metrics_new();
        char label[32];
        for (unsigned i = 0; i < METRIC_CELLS; i++) {
                snprintf(label, sizeof label, "i=\"%u\"", i);
                cr_assert(metric_get(m, METRIC_GAUGE, "tocsin_g", label, ""));
        }
        cr_assert_null(metric_get(m, METRIC_GAUGE, "tocsin_more", "", ""));
        metric_add(NULL, 1);
        histogram_add((Histogram){ 0 }, 1);
        metrics_free(m);
}
