/* What the service manager is told about the workers: `systemctl status` and `systemctl start` go by it. */
#include "bin/supervise.h"

#define LOOK_US INT64_C(100000) /* while somebody waits for the workers: nothing wakes the loop when one is ready */

static NotifyPhase phase_of(const Supervisor *s, bool all_ready) {
        if (s->stop_us)
                return NOTIFY_STOPPING;
        if (s->notify.told == NOTIFY_STARTING && !all_ready)
                return NOTIFY_STARTING;
        return s->reload_us ? NOTIFY_RELOADING : NOTIFY_READY;
}

static size_t describe(const Supervisor *s, int64_t now, char ret[NOTIFY_STATUS_MAX]) {
        char text[WHY_MAX], first[NOTIFY_STATUS_MAX] = "";
        size_t ready = 0, alive = 0;
        for (size_t i = 0; i < s->n_seats; i++) {
                const Seat *seat = &s->seats[i];
                SeatState state = seat_state(seat, now, text);
                ready += state == SEAT_READY;
                alive += seat->pid != 0;
                /* seconds: never the same */
                bool counts = state == SEAT_DOWN || state == SEAT_BUSY || state == SEAT_STUCK || state == SEAT_CONNECTING;
                if (state != SEAT_READY && !first[0] && !counts)
                        snprintf(first, sizeof first, "; %.60s/%u %s%s%.150s", seat->pipeline, seat->ordinal,
                                 seat_state_word(state), text[0] ? ": " : "", text);
                else if (counts && !first[0])
                        snprintf(first, sizeof first, "; %.60s/%u is %s", seat->pipeline, seat->ordinal, seat_state_word(state));
        }
        if (s->stop_us || s->reload_us)
                snprintf(ret, NOTIFY_STATUS_MAX, "%s: %zu workers have still to commit", s->stop_us ? "stopping" : "reloading",
                         alive);
        else
                snprintf(ret, NOTIFY_STATUS_MAX, "%zu of %zu workers ready%s", ready, s->n_seats, first);
        return ready;
}

void manager_tell(Supervisor *s) {
        char status[NOTIFY_STATUS_MAX];
        if (s->notify.fd < 0)
                return;
        int64_t now = supervisor_now();
        size_t ready = describe(s, now, status);
        notify_turn(&s->notify, phase_of(s, ready == s->n_seats), status, s->conf->shutdown_us + SUPERVISOR_LEAVE_US, now);
}

int64_t manager_due_us(const Supervisor *s, int64_t now_us) {
        int64_t due = notify_due_us(&s->notify);
        if (s->notify.fd < 0 || s->notify.told == NOTIFY_READY)
                return due;
        return due < now_us + LOOK_US ? due : now_us + LOOK_US;
}
