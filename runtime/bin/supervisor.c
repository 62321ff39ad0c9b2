/* The loop over signals, deaths, births, hangs, HTTP and the socket. */
#include "bin/process.h"
#include "bin/supervise.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>

#define EXIT_FORCED 130 /* by a second signal, as a shell says it */

#define MEND_US INT64_C(1000000) /* between two tries to write what a full disk kept out */

static void wanted(sigset_t *set) {
        sigemptyset(set);
        sigaddset(set, SIGTERM);
        sigaddset(set, SIGINT);
        sigaddset(set, SIGCHLD);
        sigaddset(set, SIGHUP);
}

void supervisor_signals(void) {
        sigset_t set;
        wanted(&set);
        sigprocmask(SIG_BLOCK, &set, NULL);
}

/* ---- births ------------------------------------------------------------------------------------------ */

typedef struct Birth {
        const SupervisorConf *conf;
        const Seat *seat;
        WorkerSkip skip[LIFE_CONVICTS];
} Birth;

static int be_worker(void *arg) {
        const Birth *b = arg;
        return b->conf->work(b->conf->arg, b->seat, b->skip, b->seat->life.n_convicts);
}

/* What the last life left in the page is not this one's. The text stays until it has something to say itself. */
static void wipe(InFlight *f) {
        atomic_store(&f->busy, 0);
        atomic_store(&f->doing, DOING_NOTHING);
        atomic_store(&f->ready, 0);
        atomic_store(&f->restore_done, 0);
        atomic_store(&f->restore_total, 0);
        f->topic[0] = 0;
        f->trouble[0] = 0;
        atomic_store(&f->seq, 0);
}

void seat_begin(Seat *seat) {
        wipe(seat->in_flight);
        seat->hung = seat->stuck = false;
        seat->term_us = 0;
        seat->beats = atomic_load(&seat->in_flight->beats);
        seat->alive_us = supervisor_now();
        seat->turns_at_birth = atomic_load(&seat->in_flight->turns);
}

static int bear(Supervisor *s, Seat *seat) {
        static Birth b; /* large, and the parent has no other use for the stack */
        b.conf = s->conf;
        b.seat = seat;
        for (uint32_t i = 0; i < seat->life.n_convicts; i++)
                b.skip[i] = (WorkerSkip){ seat->life.convict[i].topic, seat->life.convict[i].partition,
                                          seat->life.convict[i].offset };
        char name[16];
        snprintf(name, sizeof name, "%.10s/%u", seat->pipeline, seat->ordinal);
        seat_begin(seat);
        pid_t pid = process_start(&(ProcessStart){ .name = name, .main = be_worker, .arg = &b, .keep = -1 });
        life_born(&seat->life, supervisor_now());
        if (pid > 0) {
                seat->pid = pid;
                LOG(LOG_DEBUG, "worker.started", "worker started", LOG_S("pipeline", seat->pipeline),
                    LOG_I("ordinal", seat->ordinal), LOG_I("pid", pid));
                return 0;
        }
        life_died(&seat->life, supervisor_now(), false);
        LOG(LOG_ERROR, "worker.no_process", "cannot start a worker; it is tried again", LOG_S("pipeline", seat->pipeline),
            LOG_S("reason", strerror(-(int)pid)));
        return pid;
}

/* ---- deaths ------------------------------------------------------------------------------------------ */

static void blame(Seat *seat) {
        const InFlight *f = seat->in_flight;
        if (!atomic_load(&f->busy))
                return;
        char topic[LIFE_TOPIC_MAX];
        memcpy(topic, f->topic, sizeof topic);
        topic[sizeof topic - 1] = 0;
        int32_t partition = atomic_load(&f->partition);
        int64_t offset = atomic_load(&f->offset);
        int r = life_blame(&seat->life, topic, partition, offset);
        if (r == LIFE_E_CONVICTED)
                LOG(LOG_ERROR, "worker.plugin_crash", "the plugin died three times on this record; it goes to the dead letters",
                    LOG_S("pipeline", seat->pipeline), LOG_S("topic", topic), LOG_I("partition", partition),
                    LOG_I("offset", offset));
        else if (r == LIFE_E_FULL)
                LOG(LOG_ERROR, "worker.plugin_broken",
                    "the plugin dies on too many records; mend it, nothing more is dead-lettered for it",
                    LOG_S("pipeline", seat->pipeline), LOG_I("records", LIFE_CONVICTS));
        else
                LOG(LOG_WARN, "worker.blame", "the plugin had this record in its hands", LOG_S("pipeline", seat->pipeline),
                    LOG_S("topic", topic), LOG_I("partition", partition), LOG_I("offset", offset));
}

/* The configuration is refused: at the start that ends everything, later it is a worker's trouble. */
static bool refused(const Supervisor *s, const Seat *seat, int status) {
        return !s->stop_us && WIFEXITED(status) && WEXITSTATUS(status) == EX_CONFIG && !seat->was_ready;
}

static void mourn(Supervisor *s, Seat *seat, int status) {
        seat->pid = 0;
        bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        seat->was_ready |= atomic_load(&seat->in_flight->ready);
        if (s->stop_us || s->reload_us) {
                seat->drained = well;
                if (!well)
                        LOG(LOG_WARN, "worker.undrained", "a worker did not end well; what it had open is undone",
                            LOG_S("pipeline", seat->pipeline), LOG_I("ordinal", seat->ordinal),
                            LOG_S("end", process_end_text(status)));
                return;
        }
        if (refused(s, seat, status)) {
                s->exit = EX_CONFIG;
                supervisor_stop(s);
                return;
        }
        if (!well)
                blame(seat);
        life_died(&seat->life, supervisor_now(), atomic_load(&seat->in_flight->turns) != seat->turns_at_birth);
        LOG(LOG_WARN, seat->hung ? "worker.hung" : "worker.died",
            seat->hung ? "worker hung in its plugin and was killed" : "worker ended", LOG_S("pipeline", seat->pipeline),
            LOG_I("ordinal", seat->ordinal), LOG_S("end", process_end_text(status)),
            LOG_D("restart_in_s", (double)(seat->life.next_us - supervisor_now()) / 1e6));
        standbys_adopt(s, seat);
}

static void reap(Supervisor *s) {
        int status = 0;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
                if (pid == s->conf->vital) {
                        s->vital_gone = true;
                        if (!s->stop_us)
                                LOG(LOG_ERROR, "supervisor.vital", "ended, and with it what it held; all ends",
                                    LOG_S("process", s->conf->vital_name), LOG_S("end", process_end_text(status)));
                        if (!s->stop_us) {
                                s->exit = EX_SOFTWARE;
                                supervisor_stop(s);
                        }
                        continue;
                }
                if (exporter_ended(s, pid, status) || standbys_ended(s, pid, status))
                        continue;
                for (size_t i = 0; i < s->n_seats; i++)
                        if (s->seats[i].pid == pid)
                                mourn(s, &s->seats[i], status);
        }
}

static void watch_hangs(Supervisor *s) {
        int64_t now = supervisor_now();
        for (size_t i = 0; i < s->n_seats; i++) {
                Seat *seat = &s->seats[i];
                const InFlight *f = seat->in_flight;
                if (seat->pid == 0 || seat->hung || !atomic_load(&f->busy) || now - atomic_load(&f->since_us) < seat->hang_us)
                        continue;
                seat->hung = true;
                seat->life.hangs++;
                kill(seat->pid, SIGKILL);
        }
}

static void watch_signs(Supervisor *s) {
        int64_t now = supervisor_now();
        char text[WHY_MAX];
        for (size_t i = 0; i < s->n_seats; i++) {
                Seat *seat = &s->seats[i];
                uint32_t beats = atomic_load(&seat->in_flight->beats);
                if (seat->pid == 0)
                        continue;
                if (beats != seat->beats) {
                        seat->beats = beats;
                        seat->alive_us = now;
                }
                bool stuck = seat_state(seat, now, text) == SEAT_STUCK;
                if (stuck && !seat->stuck)
                        LOG(LOG_WARN, "worker.stuck", text, LOG_S("pipeline", seat->pipeline), LOG_I("ordinal", seat->ordinal),
                            LOG_I("pid", seat->pid));
                else if (!stuck && seat->stuck)
                        LOG(LOG_INFO, "worker.alive", "it shows signs of life again", LOG_S("pipeline", seat->pipeline),
                            LOG_I("ordinal", seat->ordinal));
                seat->stuck = stuck;
                standbys_watch(s, seat, now);
        }
}

/* A plugin that leaks must not take the machine down: its worker commits, ends, and begins anew. */
static void watch_size(Supervisor *s) {
        int64_t now = supervisor_now();
        if (!s->conf->rss_max || now < s->look_us)
                return;
        s->look_us = now + SUPERVISOR_LOOK_US;
        for (size_t i = 0; i < s->n_seats; i++) {
                Seat *seat = &s->seats[i];
                size_t rss = seat->pid ? process_rss(seat->pid) : 0;
                if (seat->term_us && seat->pid && now >= seat->term_us)
                        kill(seat->pid, SIGKILL);
                if (seat->term_us || rss <= s->conf->rss_max)
                        continue;
                seat->term_us = now + SUPERVISOR_LEAVE_US;
                kill(seat->pid, SIGTERM);
                LOG(LOG_ERROR, "worker.too_large", "a worker uses far more than memory.max: its plugin leaks; it begins anew",
                    LOG_S("pipeline", seat->pipeline), LOG_I("ordinal", seat->ordinal), LOG_I("mib", rss >> 20),
                    LOG_I("limit_mib", s->conf->rss_max >> 20));
        }
}

/* ---- the end ----------------------------------------------------------------------------------------- */

void supervisor_signal_all(Supervisor *s, int sig) {
        for (size_t i = 0; i < s->n_seats; i++)
                if (s->seats[i].pid > 0)
                        kill(s->seats[i].pid, sig);
}

void supervisor_stop(Supervisor *s) {
        if (s->stop_us)
                return;
        s->stop_us = supervisor_now() + s->conf->shutdown_us;
        standbys_end(s);
        supervisor_signal_all(s, SIGTERM);
        LOG(LOG_INFO, "supervisor.stopping", "stopping: workers finish and commit what they have begun");
}

static void on_signal(Supervisor *s) {
        struct signalfd_siginfo info;
        while (read(s->signals, &info, sizeof info) == sizeof info) {
                if (info.ssi_signo == SIGCHLD)
                        continue; /* reap() looks anyway: signals of the same number merge */
                if (info.ssi_signo == SIGHUP) {
                        Why why = { 0 };
                        supervisor_reload(s, &why);
                        continue;
                }
                if (++s->stops > 1) {
                        s->exit = EXIT_FORCED;
                        supervisor_signal_all(s, SIGKILL);
                }
                supervisor_stop(s);
        }
        reap(s);
}

static bool anybody(const Supervisor *s) {
        for (size_t i = 0; i < s->n_seats; i++)
                if (s->seats[i].pid != 0)
                        return true;
        return false;
}

/* ---- the loop ---------------------------------------------------------------------------------------- */

static void bear_due(Supervisor *s) {
        int64_t now = supervisor_now();
        if (s->stop_us || s->reload_us)
                return;
        for (size_t i = 0; i < s->n_seats; i++)
                if (life_due(&s->seats[i].life, now))
                        bear(s, &s->seats[i]);
}

static void sooner(int64_t *at, int64_t us) {
        *at = us < *at ? us : *at;
}

/* Until the next thing is due; -1: nothing is. */
static int wait_ms(const Supervisor *s) {
        int64_t at = INT64_MAX, now = supervisor_now();
        for (size_t i = 0; i < s->n_seats; i++) {
                const Seat *seat = &s->seats[i];
                if (!s->stop_us && !s->reload_us && seat->pid == 0)
                        sooner(&at, seat->life.next_us);
                if (seat->pid != 0)
                        sooner(&at, now + (seat->hang_us < seat->stuck_us ? seat->hang_us : seat->stuck_us) / 4);
        }
        if (s->stop_us)
                sooner(&at, s->stop_us);
        if (s->reload_us)
                sooner(&at, s->reload_us);
        if (s->conf->rss_max)
                sooner(&at, s->look_us);
        if (s->control.unwritten)
                sooner(&at, now + MEND_US);
        if (s->http && http_wait_ms(s->http) >= 0)
                sooner(&at, now + (int64_t)http_wait_ms(s->http) * 1000);
        sooner(&at, manager_due_us(s, now));
        sooner(&at, exporter_due_us(s));
        sooner(&at, standbys_due_us(s));
        if (at == INT64_MAX)
                return -1;
        return at <= now ? 0 : (int)((at - now + 999) / 1000);
}

static void turn(Supervisor *s) {
        struct pollfd p[2 + 1 + CONTROL_PEERS] = { { s->signals, POLLIN, 0 }, { s->http ? http_fd(s->http) : -1, POLLIN, 0 } };
        int fds[1 + CONTROL_PEERS];
        size_t n = control_fds(&s->control, fds);
        for (size_t i = 0; i < n; i++)
                p[2 + i] = (struct pollfd){ fds[i], POLLIN, 0 };
        if (poll(p, 2 + n, wait_ms(s)) < 0 && errno != EINTR)
                return;
        control_mend(&s->control);
        if (p[0].revents)
                on_signal(s);
        if (s->http)
                http_serve(s->http);
        for (size_t i = 0; i < n; i++)
                if (p[2 + i].revents)
                        control_serve(&s->control, s, fds[i]);
        watch_hangs(s);
        watch_signs(s);
        watch_size(s);
        if (s->reload_us && !s->stop_us && !anybody(s))
                supervisor_swap(s);
        if (s->reload_us && supervisor_now() >= s->reload_us) {
                LOG(LOG_WARN, "reload.overdue", "workers did not drain in time and are killed");
                supervisor_signal_all(s, SIGKILL);
                s->reload_us = INT64_MAX;
        }
        if (s->stop_us && supervisor_now() >= s->stop_us) {
                LOG(LOG_WARN, "supervisor.overdue", "workers did not drain in time and are killed");
                supervisor_signal_all(s, SIGKILL);
                s->stop_us = INT64_MAX;
        }
        exporter_tend(s, supervisor_now());
        bear_due(s);
        standbys_tend(s);
        manager_tell(s);
}

static void *shared(size_t n) {
        void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        return p == MAP_FAILED ? NULL : p;
}

int seat_furnish(Seat *seat, const SupervisorConf *c, const SeatName *name) {
        seat->pipeline = name->pipeline;
        seat->ordinal = name->ordinal;
        seat->hang_us = name->hang_us ? name->hang_us : c->hang_us;
        seat->stuck_us = c->stuck_us ? c->stuck_us : SUPERVISOR_STUCK_US;
        seat->brokers = c->brokers;
        if (!seat->in_flight)
                seat->in_flight = shared(sizeof(InFlight));
        if (!seat->metrics)
                seat->metrics = metrics_new();
        if (c->otlp && !seat->spans)
                seat->spans = shared(sizeof(SpanRing));
        return seat->in_flight && seat->metrics && (!c->otlp || seat->spans) ? 0 : -ENOMEM;
}

void seat_clear(Seat *seat) {
        metrics_free(seat->metrics);
        if (seat->in_flight)
                munmap(seat->in_flight, sizeof(InFlight));
        if (seat->spans)
                munmap(seat->spans, sizeof(SpanRing));
}

static int furnish(Supervisor *s) {
        const SupervisorConf *c = s->conf;
        s->seats = calloc(c->n_seats ? c->n_seats : 1, sizeof *s->seats);
        s->metrics = metrics_new();
        if (!s->seats || !s->metrics)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_seats; i++) {
                s->n_seats++;
                if (seat_furnish(&s->seats[i], c, &c->seats[i]) != 0)
                        return -ENOMEM;
        }
        return standbys_furnish(s);
}

static void clear_out(Supervisor *s) {
        http_stop(s->http);
        control_close(&s->control);
        notify_close(&s->notify);
        for (size_t i = 0; i < s->n_seats; i++)
                seat_clear(&s->seats[i]);
        standbys_clear(s);
        metrics_free(s->metrics);
        metrics_free(s->exporter.metrics);
        free(s->seats);
        if (s->signals >= 0)
                close(s->signals);
}

static int open_doors(Supervisor *s) {
        Why why = { 0 };
        sigset_t set;
        int r = 0;
        if (s->conf->run_dir) /* first, because "it runs already" says more than "its port is taken" */
                r = control_open(&s->control, s->conf->run_dir, s->conf->run_dir_shown, s->conf->app, s->conf->bootstrap, &why);
        if (r == 0)
                r = health_start(s, &why);
        if (r != 0) {
                LOG(LOG_ERROR, "supervisor.door", why.text);
                return r;
        }
        wanted(&set);
        s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        return s->signals < 0 ? EX_OSERR : 0;
}

static void end_vital(const Supervisor *s) {
        int status;
        if (s->conf->vital <= 0 || s->vital_gone)
                return;
        kill(s->conf->vital, SIGKILL);
        waitpid(s->conf->vital, &status, 0);
}

int supervisor_run(const SupervisorConf *conf) {
        Supervisor s = { .own = *conf, .signals = -1, .control = { .listener = -1, .lock = -1 }, .started_us = supervisor_now() };
        s.conf = &s.own;
        Why why = { 0 };
        supervisor_signals();
        if (notify_open(&s.notify, &why) != 0)
                LOG(LOG_WARN, "supervisor.notify", "the service manager will hear nothing", LOG_S("reason", why.text));
        int r = furnish(&s) == 0 ? open_doors(&s) : EX_OSERR;
        if (r == 0) {
                LOG(LOG_INFO, "supervisor.running", "running", LOG_I("workers", s.n_seats),
                    LOG_S("http", s.http ? s.conf->http_host : "off"), LOG_I("port", s.http ? http_port(s.http) : 0),
                    LOG_S("version", TOCSIN_VERSION));
                exporter_tend(&s, supervisor_now());
                bear_due(&s);
                manager_tell(&s);
                while (!s.stop_us || anybody(&s))
                        turn(&s);
                exporter_stop(&s);
                manager_tell(&s);
                r = s.exit;
                for (size_t i = 0; r == 0 && i < s.n_seats; i++)
                        if (!s.seats[i].drained && s.seats[i].life.births && s.seats[i].life.up)
                                r = EX_SOFTWARE;
                LOG(LOG_INFO, "supervisor.ended", r == 0 ? "ended: all is committed" : "ended", LOG_I("exit", r));
        }
        end_vital(&s);
        clear_out(&s);
        return r;
}
