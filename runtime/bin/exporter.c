/* The exporter as the supervisor's child: begun with the workers, begun again when it ends, ended after them. */
#include "bin/otlp.h"
#include "bin/process.h"
#include "bin/supervise.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define AGAIN_US INT64_C(1000000) /* before it is begun again */
#define LEAVE_MS 1500 /* for the spans of the last turns */

static int be_exporter(void *arg) {
        Supervisor *s = arg;
        _cleanup_(freep) OtlpSource *sources = calloc(s->n_seats + 1, sizeof *sources);
        Otlp o = { .url = s->conf->otlp, .app = s->conf->app, .sources = sources, .metrics = s->exporter.metrics };
        for (size_t i = 0; sources && i < s->n_seats; i++)
                if (s->seats[i].spans)
                        sources[o.n++] = (OtlpSource){ s->seats[i].pipeline, s->seats[i].ordinal, s->seats[i].spans };
        return sources ? otlp_run(&o) : EX_OSERR;
}

void exporter_tend(Supervisor *s, int64_t now_us) {
        Exporter *e = &s->exporter;
        if (!s->conf->otlp || e->pid > 0 || s->stop_us || s->reload_us || now_us < e->next_us)
                return;
        if (!e->metrics)
                e->metrics = metrics_new();
        e->next_us = now_us + AGAIN_US;
        pid_t pid = e->metrics ? process_start(&(ProcessStart){ .name = "exporter", .main = be_exporter, .arg = s, .keep = -1 })
                               : -ENOMEM;
        if (pid > 0)
                e->pid = pid;
        else
                LOG(LOG_WARN, "exporter.no_process", "cannot start what exports spans; it is tried again",
                    LOG_S("reason", strerror(-(int)pid)));
}

bool exporter_ended(Supervisor *s, pid_t pid, int status) {
        Exporter *e = &s->exporter;
        if (pid != e->pid)
                return false;
        e->pid = 0;
        if (!s->stop_us)
                LOG(LOG_WARN, "exporter.died", "what exports spans ended; it is begun again",
                    LOG_S("end", process_end_text(status)));
        return true;
}

int64_t exporter_due_us(const Supervisor *s) {
        return s->conf->otlp && s->exporter.pid == 0 && !s->stop_us && !s->reload_us ? s->exporter.next_us : INT64_MAX;
}

void exporter_stop(Supervisor *s) {
        Exporter *e = &s->exporter;
        int status;
        if (e->pid <= 0)
                return;
        bool gone = false;
        kill(e->pid, SIGTERM);
        for (int ms = 0; ms < LEAVE_MS && !gone; ms += 10) {
                gone = waitpid(e->pid, &status, WNOHANG) != 0;
                if (!gone)
                        poll(NULL, 0, 10);
        }
        if (!gone) {
                kill(e->pid, SIGKILL);
                waitpid(e->pid, &status, 0);
        }
        e->pid = 0;
        e->next_us = 0;
}
