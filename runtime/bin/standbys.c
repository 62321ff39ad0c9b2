/* Standbys: processes that follow a pipeline's changelog until a worker dies, and then are that worker. They hold nothing that
 * would be lost with them, so that at the end and at a reload they are just killed. */
#include "bin/process.h"
#include "bin/supervise.h"
#include "core/cleanup.h"

#include <signal.h>
#include <sys/mman.h>

#define AFTER_US 2000000 /* from an adoption to the next standby: the one that took over has the machine first */
/* A worker without a sign of life for twice as long as is said of it, ten seconds by default, has lost its session, and with
 * it its work. */
#define REPLACE_STUCK 2

int standbys_furnish(Supervisor *s) {
        const SupervisorConf *c = s->conf;
        s->standbys = calloc(c->n_standbys + 1, sizeof *s->standbys);
        if (!s->standbys)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_standbys; i++) {
                StandbySeat *b = &s->standbys[s->n_standbys++];
                if (seat_furnish(&b->seat, c, &c->standbys[i]) != 0)
                        return -ENOMEM;
                void *p = mmap(NULL, sizeof *b->orders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                if (p == MAP_FAILED)
                        return -ENOMEM;
                b->orders = p;
                b->seat.life.next_us = supervisor_now() + AFTER_US; /* workers first: they make the topics */
        }
        return 0;
}

void standbys_clear(Supervisor *s) {
        for (size_t i = 0; i < s->n_standbys; i++) {
                seat_clear(&s->standbys[i].seat);
                if (s->standbys[i].orders)
                        munmap(s->standbys[i].orders, sizeof *s->standbys[i].orders);
        }
        free(s->standbys);
        s->standbys = NULL;
        s->n_standbys = 0;
}

/* ---- lives ------------------------------------------------------------------------------------------- */

typedef struct Birth {
        const Supervisor *s;
        const StandbySeat *standby;
} Birth;

static int be_standby(void *arg) {
        const Birth *b = arg;
        return b->s->conf->stand_by(b->s->conf->arg, &b->standby->seat, b->standby->orders, b->s->seats);
}

static void bear(Supervisor *s, StandbySeat *b) {
        Birth birth = { s, b };
        char name[16];
        snprintf(name, sizeof name, "%.10s/s%u", b->seat.pipeline, b->seat.ordinal);
        atomic_store(&b->orders->go, 0);
        seat_begin(&b->seat);
        pid_t pid = process_start(&(ProcessStart){ .name = name, .main = be_standby, .arg = &birth, .keep = -1 });
        life_born(&b->seat.life, supervisor_now());
        if (pid > 0) {
                b->seat.pid = pid;
                return;
        }
        life_died(&b->seat.life, supervisor_now(), false);
        LOG(LOG_ERROR, "standby.no_process", "cannot start a standby; it is tried again", LOG_S("pipeline", b->seat.pipeline),
            LOG_S("reason", strerror(-(int)pid)));
}

void standbys_tend(Supervisor *s) {
        int64_t now = supervisor_now();
        for (size_t i = 0; i < s->n_standbys; i++) {
                Seat *seat = &s->standbys[i].seat;
                uint32_t beats = atomic_load(&seat->in_flight->beats);
                if (beats != seat->beats) {
                        seat->beats = beats;
                        seat->alive_us = now;
                }
                if (!s->stop_us && !s->reload_us && life_due(&seat->life, now))
                        bear(s, &s->standbys[i]);
        }
}

int64_t standbys_due_us(const Supervisor *s) {
        int64_t at = INT64_MAX;
        for (size_t i = 0; i < s->n_standbys; i++)
                if (s->standbys[i].seat.pid == 0 && s->standbys[i].seat.life.next_us < at)
                        at = s->standbys[i].seat.life.next_us;
        return s->stop_us || s->reload_us ? INT64_MAX : at;
}

bool standbys_ended(Supervisor *s, pid_t pid, int status) {
        for (size_t i = 0; i < s->n_standbys; i++) {
                Seat *seat = &s->standbys[i].seat;
                if (seat->pid != pid)
                        continue;
                seat->pid = 0;
                if (s->stop_us || s->reload_us)
                        return true;
                life_died(&seat->life, supervisor_now(), atomic_load(&seat->in_flight->ready));
                LOG(LOG_WARN, "standby.died", "standby ended", LOG_S("pipeline", seat->pipeline), LOG_I("standby", seat->ordinal),
                    LOG_S("end", process_end_text(status)), LOG_D("restart_in_s", (double)seat->life.backoff_us / 1e6));
                return true;
        }
        return false;
}

void standbys_end(Supervisor *s) {
        for (size_t i = 0; i < s->n_standbys; i++)
                if (s->standbys[i].seat.pid > 0)
                        kill(s->standbys[i].seat.pid, SIGKILL);
}

/* ---- adoption ---------------------------------------------------------------------------------------- */

static size_t choose(const Supervisor *s, const char *pipeline) {
        _cleanup_(freep) Spare *seen = calloc(s->n_standbys + 1, sizeof *seen);
        int64_t now = supervisor_now();
        for (size_t i = 0; seen && i < s->n_standbys; i++) {
                const Seat *b = &s->standbys[i].seat;
                const InFlight *f = b->in_flight;
                uint64_t done = atomic_load(&f->restore_done), total = atomic_load(&f->restore_total);
                seen[i] = (Spare){ .pipeline = b->pipeline,
                                   .up = b->pid > 0,
                                   .whole = atomic_load(&f->ready),
                                   .trouble = f->trouble[0] != 0,
                                   .lag = total > done ? total - done : 0,
                                   .silent_us = atomic_load(&f->beats) == b->beats ? now - b->alive_us : 0 };
        }
        return seen ? spare_choose(seen, s->n_standbys, pipeline) : s->n_standbys;
}

bool standbys_adopt(Supervisor *s, Seat *seat) {
        size_t i = spare_worth(&seat->life) ? choose(s, seat->pipeline) : s->n_standbys;
        if (i >= s->n_standbys)
                return false;
        StandbySeat *b = &s->standbys[i];
        StandbyOrders *o = b->orders;
        o->seat = (size_t)(seat - s->seats);
        o->n_skip = seat->life.n_convicts;
        memcpy(o->skip, seat->life.convict, o->n_skip * sizeof *o->skip);
        seat_begin(seat);
        seat->pid = b->seat.pid;
        life_born(&seat->life, supervisor_now());
        atomic_store(&o->go, 1);
        b->seat.pid = 0;
        b->seat.life.up = false;
        b->seat.life.next_us = supervisor_now() + AFTER_US;
        b->adoptions++;
        atomic_store(&b->seat.in_flight->ready, 0);
        LOG(LOG_INFO, "standby.adopts", "a standby takes the place of the worker", LOG_S("pipeline", seat->pipeline),
            LOG_I("ordinal", seat->ordinal), LOG_I("standby", b->seat.ordinal), LOG_I("pid", seat->pid));
        return true;
}

/* By a signal, a debugger, a frozen group: whatever it was doing, it does no more. */
static bool stopped(pid_t pid) {
        char path[32], text[512];
        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        FILE *f = fopen(path, "re");
        size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
        if (f)
                fclose(f);
        text[n] = 0;
        const char *name_end = strrchr(text, ')');
        return name_end && (name_end[2] == 'T' || name_end[2] == 't');
}

/* Without a sign of life, be it stopped or spinning outside its plugin: the group has given it up, and a standby would go on at
 * once. One that waits for a broker, or whose plugin has a record in hand, has a reason to be silent; but not while stopped. */
static bool given_up(const Seat *seat, int64_t now) {
        if (seat->pid == 0 || now - seat->alive_us < REPLACE_STUCK * seat->stuck_us)
                return false;
        return (seat->stuck && !atomic_load(&seat->in_flight->busy)) || stopped(seat->pid);
}

void standbys_watch(Supervisor *s, Seat *seat, int64_t now) {
        if (s->stop_us || s->reload_us || !given_up(seat, now) || choose(s, seat->pipeline) >= s->n_standbys)
                return;
        LOG(LOG_WARN, "worker.replaced", "a worker without a sign of life is ended: a standby can take its place",
            LOG_S("pipeline", seat->pipeline), LOG_I("ordinal", seat->ordinal), LOG_I("pid", seat->pid));
        kill(seat->pid, SIGKILL);
}

/* ---- seen from outside ------------------------------------------------------------------------------- */

const char *standby_state(const Seat *b, int64_t now_us, char text[WHY_MAX]) {
        const InFlight *f = b->in_flight;
        uint64_t done = atomic_load(&f->restore_done), total = atomic_load(&f->restore_total);
        text[0] = 0;
        if (b->pid == 0) {
                double wait = (double)(b->life.next_us - now_us) / 1e6;
                snprintf(text, WHY_MAX, "starts in %.1f s", wait > 0 ? wait : 0);
                return "down";
        }
        if (f->trouble[0]) {
                trouble_read(f, text);
                return "trouble";
        }
        if (atomic_load(&f->beats) == b->beats && now_us - b->alive_us >= b->stuck_us) {
                snprintf(text, WHY_MAX, "no sign of life for %lld s", (long long)((now_us - b->alive_us) / 1000000));
                return "stuck";
        }
        if (!atomic_load(&f->ready)) {
                snprintf(text, WHY_MAX, "%llu of %llu records", (unsigned long long)done, (unsigned long long)total);
                return "reading";
        }
        snprintf(text, WHY_MAX, "%.1f MiB, %llu records behind",
                 metrics_sum(b->metrics, "tocsin_standby_state_bytes") / (1 << 20),
                 (unsigned long long)(total > done ? total - done : 0));
        return "following";
}

void standbys_print(const Supervisor *s, bool verbose, Buffer *ret) {
        char text[WHY_MAX];
        int64_t now = supervisor_now();
        for (size_t i = 0; i < s->n_standbys; i++) {
                const Seat *b = &s->standbys[i].seat;
                const char *state = standby_state(b, now, text);
                bool well = strcmp(state, "following") == 0;
                if (!well || verbose)
                        buffer_printf(ret, "[%c] %s standby %u %s: %s\n", well ? '+' : '.', b->pipeline, b->ordinal, state, text);
        }
}

void standbys_measure(const Supervisor *s) {
        char labels[METRIC_LABELS_MAX], text[WHY_MAX];
        int64_t now = supervisor_now();
        for (size_t i = 0; i < s->n_standbys; i++) {
                const StandbySeat *b = &s->standbys[i];
                const char *state = standby_state(&b->seat, now, text);
                snprintf(labels, sizeof labels, "pipeline=\"%s\",standby=\"%u\"", b->seat.pipeline, b->seat.ordinal);
                metric_set(metric_get(s->metrics, METRIC_GAUGE, "tocsin_standby_ready", labels,
                                      "1 while it has caught up with the changelog and can take a worker's place"),
                           strcmp(state, "following") == 0);
                metric_set(metric_get(s->metrics, METRIC_COUNTER, "tocsin_standby_adoptions_total", labels,
                                      "Times it took the place of a worker that died"),
                           (double)b->adoptions);
                metric_set(metric_get(s->metrics, METRIC_COUNTER, "tocsin_standby_deaths_total", labels,
                                      "Lives that ended before a worker's did"),
                           (double)b->seat.life.deaths);
        }
}
