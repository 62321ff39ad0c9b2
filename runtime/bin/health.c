/* /livez, /readyz, /metrics, /version. */
#include "bin/supervise.h"
#include "bin/tame.h"

#include <sysexits.h>

/* The worker writes between two odd numbers; a text torn by its death is cut at the first NUL all the same. */
void trouble_read(const InFlight *f, char ret[WHY_MAX]) {
        for (int i = 0; i < 100; i++) {
                uint32_t before = atomic_load_explicit(&f->seq, memory_order_acquire);
                memcpy(ret, f->trouble, WHY_MAX);
                atomic_thread_fence(memory_order_acquire);
                if (!(before & 1) && atomic_load_explicit(&f->seq, memory_order_relaxed) == before)
                        break;
        }
        ret[WHY_MAX - 1] = 0;
}

static void say_stuck(const InFlight *f, int64_t silent_us, char text[WHY_MAX]) {
        char topic[sizeof f->topic], last[WHY_MAX], hand[sizeof topic + 80] = "";
        memcpy(topic, f->topic, sizeof topic);
        topic[sizeof topic - 1] = 0;
        memcpy(last, text, sizeof last);
        int partition = atomic_load(&f->partition);
        long long offset = atomic_load(&f->offset);
        if (atomic_load(&f->busy) && offset >= 0)
                snprintf(hand, sizeof hand, ": its plugin has %s/%d@%lld in hand", topic, partition, offset);
        else if (atomic_load(&f->busy))
                snprintf(hand, sizeof hand, ": its plugin has a timer of partition %d in hand", partition);
        snprintf(text, WHY_MAX, "no sign of life for %lld s%s%s%.700s", (long long)(silent_us / 1000000), hand,
                 last[0] ? "; last said: " : "", last);
}

static void say_doing(const InFlight *f, int64_t now_us, char text[WHY_MAX]) {
        static const char *const words[] = {
                [DOING_ASSIGN] = "asking where to begin",       [DOING_RESTORE] = "asking for its changelog",
                [DOING_REBUILD] = "its plugin reads its state", [DOING_COMMIT] = "committing",
                [DOING_ABORT] = "taking back what it began",    [DOING_CLOSE] = "disconnecting",
        };
        uint32_t doing = atomic_load(&f->doing);
        bool known = doing < sizeof words / sizeof *words && words[doing];
        snprintf(text, WHY_MAX, "%s for %lld s", known ? words[doing] : "busy",
                 (long long)((now_us - atomic_load(&f->doing_us)) / 1000000));
}

SeatState seat_state(const Seat *s, int64_t now_us, char text[WHY_MAX]) {
        const InFlight *f = s->in_flight;
        trouble_read(f, text);
        if (s->pid == 0 && s->life.deaths) {
                char last[WHY_MAX];
                memcpy(last, text, sizeof last);
                double wait = (double)(s->life.next_us - now_us) / 1e6;
                snprintf(text, WHY_MAX, "restarts in %.1f s, after %llu deaths%s%s", wait > 0 ? wait : 0,
                         (unsigned long long)s->life.deaths, last[0] ? "; last said: " : "", last);
                return SEAT_DOWN;
        }
        if (s->pid == 0) {
                snprintf(text, WHY_MAX, "not started yet");
                return SEAT_DOWN;
        }
        int64_t silent = atomic_load(&f->beats) == s->beats ? now_us - s->alive_us : 0;
        bool busy = atomic_load(&f->doing) != DOING_NOTHING, long_ago = silent >= s->stuck_us;
        if (long_ago && !busy) {
                say_stuck(f, silent, text);
                return SEAT_STUCK;
        }
        if (text[0])
                return SEAT_TROUBLE;
        if (atomic_load(&f->doing) == DOING_OPEN) {
                snprintf(text, WHY_MAX, "waiting for broker%s%.400s for %lld s", s->brokers ? " " : "",
                         s->brokers ? s->brokers : "", (long long)((now_us - atomic_load(&f->doing_us)) / 1000000));
                return SEAT_CONNECTING;
        }
        if (long_ago) {
                say_doing(f, now_us, text);
                return SEAT_BUSY;
        }
        if (atomic_load(&f->ready))
                return SEAT_READY;
        unsigned long long done = atomic_load(&f->restore_done), total = atomic_load(&f->restore_total);
        if (total)
                snprintf(text, WHY_MAX, "%llu of %llu records", done, total);
        else
                snprintf(text, WHY_MAX, "no partitions are its yet");
        return total ? SEAT_RESTORING : SEAT_STARTING;
}

const char *seat_state_word(SeatState state) {
        static const char *const words[] = { "ready", "starting", "connecting", "restoring", "trouble", "busy", "stuck", "down" };
        return words[state];
}

static void livez(void *arg, const HttpRequest *q, HttpAnswer *ret) {
        (void)arg;
        (void)q;
        buffer_put_z(&ret->body, "ok\n");
}

/* Who is not ready always stands there; who is, with ?verbose. */
static void readyz(void *arg, const HttpRequest *q, HttpAnswer *ret) {
        const Supervisor *s = arg;
        bool verbose = http_query(q, "verbose") != NULL;
        int64_t now = supervisor_now();
        size_t bad = 0;
        char text[WHY_MAX];
        for (size_t i = 0; i < s->n_seats; i++) {
                const Seat *seat = &s->seats[i];
                SeatState state = seat_state(seat, now, text);
                bad += state != SEAT_READY;
                if (state == SEAT_READY && !verbose)
                        continue;
                buffer_printf(&ret->body, "[%c] %s/%u %s%s", state == SEAT_READY ? '+' : '-', seat->pipeline, seat->ordinal,
                              seat_state_word(state), text[0] ? ": " : "");
                tame(&ret->body, bytes_z(text), 0); /* it may be a plugin's */
                buffer_u8(&ret->body, '\n');
        }
        standbys_print(s, verbose, &ret->body);
        if (s->reload_us && !s->stop_us) {
                bad++;
                buffer_put_z(&ret->body, "[-] reloading\n");
        }
        if (s->stop_us) {
                bad++;
                buffer_put_z(&ret->body, "[-] stopping\n");
        }
        ret->status = bad ? 503 : 200;
        buffer_put_z(&ret->body, bad ? "not ready\n" : "ready\n");
}

static void refresh(const Supervisor *s) {
        int64_t now = supervisor_now();
        char labels[METRIC_LABELS_MAX], text[WHY_MAX];
        size_t ready = 0;
        for (size_t i = 0; i < s->n_seats; i++) {
                const Seat *seat = &s->seats[i];
                SeatState state = seat_state(seat, now, text);
                ready += state == SEAT_READY;
                snprintf(labels, sizeof labels, "pipeline=\"%s\",ordinal=\"%u\"", seat->pipeline, seat->ordinal);
                metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_worker_up", labels, "1 while the process lives"),
                           seat->pid != 0);
                metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_worker_ready", labels,
                                      "1 when restored, without trouble and with signs of life"),
                           state == SEAT_READY);
                metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_worker_trouble", labels,
                                      "1 while something outside is in the way; /readyz?verbose says what"),
                           state == SEAT_TROUBLE);
                metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_worker_stuck", labels,
                                      "1 while there is no sign of life, and no wait for the broker to explain it"),
                           state == SEAT_STUCK);
                metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_worker_busy", labels,
                                      "1 while it waits for the broker for longer than a sign of life may be away"),
                           state == SEAT_BUSY);
                metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_worker_connecting", labels,
                                      "1 while no broker has answered it"),
                           state == SEAT_CONNECTING);
                metric_set(metric_get(s->metrics, METRIC_COUNTER, "tocsin_worker_starts_total", labels, "Lives begun"),
                           (double)seat->life.births);
                metric_set(
                        metric_get(s->metrics, METRIC_COUNTER, "tocsin_worker_deaths_total", labels, "Lives that ended unasked"),
                        (double)seat->life.deaths);
                metric_set(metric_get(s->metrics, METRIC_COUNTER, "tocsin_worker_hangs_total", labels,
                                      "Lives ended because one record did not come back from the plugin"),
                           (double)seat->life.hangs);
                metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_worker_convicts", labels,
                                      "Records that are dead-lettered because they killed the plugin three times"),
                           seat->life.n_convicts);
        }
        standbys_measure(s);
        metric_set(metric_get(s->metrics, METRIC_COUNTER, "tocsin_reloads_total", "result=\"done\"", "Reloads asked for"),
                   (double)s->reloads);
        metric_set(metric_get(s->metrics, METRIC_COUNTER, "tocsin_reloads_total", "result=\"refused\"", "Reloads asked for"),
                   (double)s->reloads_refused);
        metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_ready", "", "1 when every worker is ready"), ready == s->n_seats);
        metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_uptime_seconds", "", "Since the supervisor began"),
                   (double)(now - s->started_us) / 1e6);
        metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_build_info", "version=\"" TOCSIN_VERSION "\"", "1"), 1);
}

static void metrics(void *arg, const HttpRequest *q, HttpAnswer *ret) {
        const Supervisor *s = arg;
        (void)q;
        refresh(s);
        const Metrics **pages = calloc(s->n_seats + s->n_standbys + 2, sizeof *pages);
        if (!pages) {
                ret->status = 503;
                return;
        }
        size_t n = 0;
        pages[n++] = s->metrics;
        if (s->exporter.metrics)
                pages[n++] = s->exporter.metrics;
        for (size_t i = 0; i < s->n_seats; i++)
                pages[n++] = s->seats[i].metrics;
        for (size_t i = 0; i < s->n_standbys; i++)
                pages[n++] = s->standbys[i].seat.metrics;
        ret->type = "text/plain; version=0.0.4; charset=utf-8";
        metrics_print(&ret->body, pages, n);
        free(pages);
}

static void version(void *arg, const HttpRequest *q, HttpAnswer *ret) {
        (void)arg;
        (void)q;
        ret->type = "application/json";
        buffer_printf(&ret->body, "{\"version\":\"%s\",\"abi\":\"%u.%u\"}\n", TOCSIN_VERSION, TOCSIN_ABI >> 16,
                      TOCSIN_ABI & 0xffff);
}

int health_start(Supervisor *s, Why *why) {
        s->routes[0] = (HttpRoute){ "/livez", livez, s };
        s->routes[1] = (HttpRoute){ "/readyz", readyz, s };
        s->routes[2] = (HttpRoute){ "/metrics", metrics, s };
        s->routes[3] = (HttpRoute){ "/version", version, s };
        if (s->conf->http_port == 0)
                return 0;
        int r = http_start(&s->http, s->conf->http_host, s->conf->http_port, s->routes, why);
        if (r == 0)
                return 0;
        return r == HTTP_E_LISTEN ? EX_UNAVAILABLE : EX_OSERR;
}
