/* A new configuration while the old one runs: looked at first, then everybody drains, then the new ones begin. */
#include "bin/supervise.h"

#include <signal.h>

int supervisor_reload(Supervisor *s, Why *why) {
        int r;
        if (s->stop_us)
                r = why_say(why, RELOAD_E_REFUSED, "this is stopping");
        else if (s->reload_us)
                r = why_say(why, RELOAD_E_REFUSED, "a reload is under way");
        else if (!s->conf->reload)
                r = why_say(why, RELOAD_E_REFUSED, "nothing here can be reloaded");
        else
                r = s->conf->reload(s->conf->arg, &s->next, why);
        if (r != 0) {
                s->reloads_refused++;
                LOG(LOG_ERROR, "reload.refused", "the configuration is not reloaded; the old one goes on",
                    LOG_S("reason", why->text));
                return r;
        }
        s->reload_us = supervisor_now() + s->conf->shutdown_us;
        manager_tell(s); /* before whoever asked has an answer */
        standbys_end(s);
        supervisor_signal_all(s, SIGTERM);
        LOG(LOG_INFO, "reload.draining", "reloading: workers finish and commit, then the new configuration begins");
        return 0;
}

/* Pages and lives of a seat that is there again go on, so that counters do. What is known against a record is forgotten: it
 * may be another plugin now. Records that were given up stay given up. */
static void inherit(Seat *to, size_t n, const SeatName *name, Seat *from, size_t n_from) {
        for (size_t i = 0; i < n_from; i++) {
                if (!from[i].in_flight || from[i].ordinal != name->ordinal || strcmp(from[i].pipeline, name->pipeline) != 0)
                        continue;
                to[n] = from[i];
                to[n].life.up = false;
                to[n].life.n_suspects = 0;
                to[n].life.next_us = to[n].life.backoff_us = 0;
                from[i].in_flight = NULL;
                from[i].metrics = NULL;
                from[i].spans = NULL;
        }
        to[n].was_ready = to[n].hung = to[n].drained = false;
        to[n].term_us = 0;
}

void supervisor_swap(Supervisor *s) {
        const SupervisorConf *c = &s->next;
        exporter_stop(s); /* it reads the pages of the old ones */
        Seat *seats = calloc(c->n_seats ? c->n_seats : 1, sizeof *seats);
        bool well = seats != NULL;
        for (size_t i = 0; well && i < c->n_seats; i++) {
                inherit(seats, i, &c->seats[i], s->seats, s->n_seats);
                well = seat_furnish(&seats[i], c, &c->seats[i]) == 0;
        }
        for (size_t i = 0; i < s->n_seats; i++)
                seat_clear(&s->seats[i]);
        free(s->seats);
        s->seats = seats;
        s->n_seats = seats ? c->n_seats : 0;
        standbys_clear(s);
        s->own = s->next;
        s->reload_us = 0;
        well = well && standbys_furnish(s) == 0;
        if (s->conf->reloaded)
                s->conf->reloaded(s->conf->arg);
        if (!well) {
                LOG(LOG_ERROR, "reload.memory", "out of memory while reloading; all ends");
                s->exit = EX_OSERR;
                supervisor_stop(s);
                return;
        }
        s->reloads++;
        LOG(LOG_INFO, "reload.done", "the new configuration runs", LOG_I("workers", s->n_seats));
}
