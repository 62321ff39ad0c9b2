/* What the control socket answers to `status`. */
#include "bin/process.h"
#include "bin/supervise.h"

#include "value/value.h"

#include <tocsin/value.h>

static void text(Buffer *ret, const char *name, const char *z) {
        buffer_printf(ret, ",\"%s\":", name);
        value_print_string(ret, bytes_z(z));
}

static void number(Buffer *ret, const char *name, double v) {
        buffer_printf(ret, ",\"%s\":%.17g", name, v);
}

static void histogram(Buffer *ret, const char *name, const Metrics *m, const char *metric) {
        double at_most[HISTOGRAM_BUCKETS];
        histogram_read(m, metric, at_most);
        buffer_printf(ret, ",\"%s\":[", name);
        for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
                buffer_printf(ret, "%s%.17g", i ? "," : "", at_most[i]);
        buffer_u8(ret, ']');
}

static void worker(Buffer *ret, const Seat *seat, int64_t now) {
        static const struct {
                const char *name, *metric;
        } sums[] = {
                { "in", "tocsin_records_in_total" },
                { "processed", "tocsin_records_processed_total" },
                { "skipped", "tocsin_records_skipped_total" },
                { "dead", "tocsin_records_dead_total" },
                { "late", "tocsin_records_late_dropped_total" },
                { "aborts", "tocsin_aborts_total" },
                { "retries", "tocsin_retries_total" },
                { "lag", "tocsin_lag_records" },
                { "state_bytes", "tocsin_state_bytes" },
        };
        char why[WHY_MAX];
        SeatState state = seat_state(seat, now, why);
        buffer_put_z(ret, "{\"pipeline\":");
        value_print_string(ret, bytes_z(seat->pipeline));
        buffer_printf(ret, ",\"ordinal\":%u,\"pid\":%d,\"deaths\":%llu,\"hangs\":%llu,\"turns\":%llu", seat->ordinal,
                      (int)seat->pid, (unsigned long long)seat->life.deaths, (unsigned long long)seat->life.hangs,
                      (unsigned long long)atomic_load(&seat->in_flight->turns));
        text(ret, "state", seat_state_word(state));
        text(ret, "text", why);
        number(ret, "rss_bytes", seat->pid ? (double)process_rss(seat->pid) : 0);
        for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
                number(ret, sums[i].name, metrics_sum(seat->metrics, sums[i].metric));
        histogram(ret, "process_at_most", seat->metrics, "tocsin_process_seconds");
        histogram(ret, "commit_at_most", seat->metrics, "tocsin_commit_seconds");
        buffer_u8(ret, '}');
}

static void standby(Buffer *ret, const Seat *b, int64_t now) {
        char why[WHY_MAX];
        const char *state = standby_state(b, now, why);
        buffer_put_z(ret, "{\"pipeline\":");
        value_print_string(ret, bytes_z(b->pipeline));
        buffer_printf(ret, ",\"standby\":%u,\"pid\":%d", b->ordinal, (int)b->pid);
        text(ret, "state", state);
        text(ret, "text", why);
        number(ret, "rss_bytes", b->pid ? (double)process_rss(b->pid) : 0);
        number(ret, "lag", metrics_sum(b->metrics, "tocsin_standby_lag_records"));
        number(ret, "state_bytes", metrics_sum(b->metrics, "tocsin_standby_state_bytes"));
        buffer_u8(ret, '}');
}

void status_print(const Supervisor *s, Buffer *ret) {
        int64_t now = supervisor_now();
        buffer_printf(ret, "{\"ok\":true,\"pid\":%d,\"version\":\"%s\",\"uptime_us\":%lld,\"now_us\":%lld,\"stopping\":%s",
                      (int)getpid(), TOCSIN_VERSION, (long long)(now - s->started_us), (long long)now,
                      s->stop_us ? "true" : "false");
        text(ret, "app", s->conf->app);
        number(ret, "reloads", (double)s->reloads);
        buffer_put_z(ret, ",\"bounds_s\":[");
        for (uint32_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++)
                buffer_printf(ret, "%s%g", i ? "," : "", histogram_bounds[i]);
        buffer_put_z(ret, "],\"workers\":[");
        for (size_t i = 0; i < s->n_seats; i++) {
                if (i)
                        buffer_u8(ret, ',');
                worker(ret, &s->seats[i], now);
        }
        buffer_put_z(ret, "],\"standbys\":[");
        for (size_t i = 0; i < s->n_standbys; i++) {
                if (i)
                        buffer_u8(ret, ',');
                standby(ret, &s->standbys[i].seat, now);
        }
        buffer_put_z(ret, "]}");
}
