/* What core promises to several threads: one writer of metrics and any readers, log lines from anywhere, the key of the
 * hash drawn once. A plain program, because Criterion and ThreadSanitizer do not meet. */
#include "core/hash.h"
#include "core/log.h"
#include "core/metric.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TURNS 20000

static Metrics *page;
static uint64_t hashes[4];

static void must(bool so, const char *what) {
        if (!so) {
                fprintf(stderr, "%s\n", what);
                exit(1);
        }
}

static void *write_metrics(void *arg) {
        (void)arg;
        char label[32];
        for (int i = 0; i < TURNS; i++) {
                snprintf(label, sizeof label, "p=\"%d\"", i % 50);
                metric_add(metric_get(page, METRIC_COUNTER, "tocsin_x_total", label, "help"), 1);
                if (i % 100 == 0)
                        histogram_add(histogram_get(page, "tocsin_y_seconds", "", "help"), i / 1e4);
        }
        return NULL;
}

static void *read_metrics(void *arg) {
        (void)arg;
        for (int i = 0; i < 200; i++) {
                Buffer b = BUFFER_NULL;
                metrics_print(&b, (const Metrics *const[]){ page }, 1);
                must(b.failed == 0, "the page cannot be printed");
                must(metrics_sum(page, "tocsin_x_total") <= TURNS, "more was counted than happened");
                buffer_deinit(&b);
        }
        return NULL;
}

static void *write_log(void *arg) {
        for (int i = 0; i < 500; i++)
                LOG(LOG_INFO, "race.line", "a line", LOG_I("thread", *(int *)arg), LOG_I("i", i));
        hashes[*(int *)arg] = hash_bytes(bytes_z("the same"));
        return NULL;
}

int main(void) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        pthread_t t[7];
        int ids[4] = { 0, 1, 2, 3 };
        log_setup(null, true, false, LOG_INFO, "race");
        page = metrics_new();
        must(page && null >= 0, "cannot begin");
        pthread_create(&t[0], NULL, write_metrics, NULL);
        for (int i = 1; i < 3; i++)
                pthread_create(&t[i], NULL, read_metrics, NULL);
        for (int i = 0; i < 4; i++)
                pthread_create(&t[3 + i], NULL, write_log, &ids[i]);
        for (int i = 0; i < 7; i++)
                pthread_join(t[i], NULL);
        must(metrics_sum(page, "tocsin_x_total") == TURNS, "a count was lost");
        for (int i = 1; i < 4; i++)
                must(hashes[i] == hashes[0], "two keys in one process");
        metrics_free(page);
        close(null);
        puts("core: no race seen");
        return 0;
}
