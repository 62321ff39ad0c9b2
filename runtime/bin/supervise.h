/* The inside of the supervisor, shared by its files: supervisor.c (the loop), health.c (HTTP), control.c (the socket),
 * manager.c (systemd), exporter.c (spans), standbys.c. */
#pragma once

#include "bin/notify.h"
#include "bin/spare.h"
#include "bin/supervisor.h"
#include "http/http.h"

#include <sysexits.h>

#define CONTROL_PEERS 8u             /* people at the socket at once; the oldest gives way */
#define CONTROL_LINE_BYTES 4096u     /* of one request */

typedef struct Control {
        int listener, lock;
        char shown[256];             /* the folder, as people may see it */
        char path[108], note[4096];  /* the socket; the file with the address of the embedded broker, empty: none */
        char bootstrap[256];         /* what the note says */
        bool unwritten;              /* the disk was full */
        struct ControlPeer { int fd; size_t len; char line[CONTROL_LINE_BYTES]; } *peer[CONTROL_PEERS];
        size_t n_peers;
} Control;

typedef struct Exporter {
        pid_t pid;                   /* 0: none */
        int64_t next_us;             /* monotonic: not begun before */
        Metrics *metrics;            /* shared; its own page */
} Exporter;

typedef struct StandbySeat {
        Seat seat;                   /* its ordinal: the standby's number */
        StandbyOrders *orders;       /* shared */
        uint64_t adoptions;
} StandbySeat;

typedef struct Supervisor {
        const SupervisorConf *conf;  /* &own */
        SupervisorConf own, next;    /* next: while reloading */
        Seat *seats;
        size_t n_seats;
        StandbySeat *standbys;
        size_t n_standbys;
        Metrics *metrics;            /* the supervisor's own page */
        int signals;                 /* signalfd */
        Http *http;
        HttpRoute routes[5];
        Control control;
        Notify notify;
        Exporter exporter;
        int64_t started_us, look_us, stop_us; /* monotonic; stop_us: 0 while running, else when workers are killed */
        int64_t reload_us;           /* monotonic: when those who have not drained are killed; 0: no reload is under way */
        uint64_t reloads, reloads_refused;
        unsigned stops;              /* signals that asked for it */
        bool vital_gone;
        int exit;
} Supervisor;

/* The clock of everything in here: monotonic. */
static inline int64_t supervisor_now(void) {
        return clock_system.mono_us(&clock_system);
}

/* ---- what a seat looks like from outside ------------------------------------------------------------- */

/* STARTING: nothing is its yet; CONNECTING: no broker has answered so far; BUSY: it waits for the broker longer than a sign of
 * life may be away; STUCK: nothing says why there is none */
typedef enum SeatState {
        SEAT_READY, SEAT_STARTING, SEAT_CONNECTING, SEAT_RESTORING, SEAT_TROUBLE, SEAT_BUSY, SEAT_STUCK, SEAT_DOWN
} SeatState;
/* text: "waiting for broker kafka:9092 for 3 s", "12 of 400 records", "topic x does not exist …", "restarts in 0.4 s after …",
 * "committing for 7 s", "no sign of life for 12 s: its plugin has events/3@17 in hand"; empty: ready */
SeatState seat_state(const Seat *s, int64_t now_us, char text[WHY_MAX]);
const char *seat_state_word(SeatState state);

void trouble_read(const InFlight *f, char ret[WHY_MAX]);

int health_start(Supervisor *s, Why *why);           /* 0 | EX_UNAVAILABLE | EX_OSERR */

/* ---- the socket -------------------------------------------------------------------------------------- */

/* shown, bootstrap: see SupervisorConf. 0 | EX_CANTCREAT */
int control_open(Control *c, const char *run_dir, const char *shown, const char *app, const char *bootstrap, Why *why);
void control_close(Control *c);
/* Writes what could not be written. */
void control_mend(Control *c);
size_t control_fds(const Control *c, int ret[1 + CONTROL_PEERS]);
/* Serves what is readable; lines are answered by supervisor_answer(). */
void control_serve(Control *c, Supervisor *s, int fd);
/* One request -> one line of answer. */
void control_answer(Supervisor *s, Bytes request, Buffer *ret);
/* Everything about every worker, one line of JSON: what `tocsin top` and scripts read. status.c */
void status_print(const Supervisor *s, Buffer *ret);
/* Ask for the end, as a signal does. */
void supervisor_stop(Supervisor *s);
void supervisor_signal_all(Supervisor *s, int sig);

/* ---- manager.c --------------------------------------------------------------------------------------- */

/* Once a turn: the main loop lives, and this is how the workers are. */
void manager_tell(Supervisor *s);
int64_t manager_due_us(const Supervisor *s, int64_t now_us); /* monotonic; INT64_MAX: never */

/* ---- exporter.c -------------------------------------------------------------------------------------- */

void exporter_tend(Supervisor *s, int64_t now_us);   /* begins it if there is to be one */
bool exporter_ended(Supervisor *s, pid_t pid, int status);   /* was it this child? */
int64_t exporter_due_us(const Supervisor *s);        /* monotonic; INT64_MAX: never */
void exporter_stop(Supervisor *s);                   /* when the workers are gone: what they left is sent, a second at most */

/* ---- standbys.c -------------------------------------------------------------------------------------- */

int standbys_furnish(Supervisor *s);                 /* 0 | -ENOMEM */
void standbys_clear(Supervisor *s);
void standbys_tend(Supervisor *s);                   /* begins those that are due */
int64_t standbys_due_us(const Supervisor *s);        /* monotonic; INT64_MAX: never */
bool standbys_ended(Supervisor *s, pid_t pid, int status);   /* was it one? */
void standbys_end(Supervisor *s);                    /* they are killed, and do not come again while this stops or reloads */
/* One of them sits there from now on, if there is one and it is worth it. */
bool standbys_adopt(Supervisor *s, Seat *seat);
void standbys_watch(Supervisor *s, Seat *seat, int64_t now);
/* "following", "reading", "trouble", "stuck", "down", and more about it. */
const char *standby_state(const Seat *b, int64_t now_us, char text[WHY_MAX]);
void standbys_print(const Supervisor *s, bool verbose, Buffer *ret);   /* for /readyz */
void standbys_measure(const Supervisor *s);
void seat_begin(Seat *seat);                         /* supervisor.c: somebody is about to sit there */

/* ---- reload.c ---------------------------------------------------------------------------------------- */

/* As SIGHUP does. 0: under way | RELOAD_E_REFUSED: *why, the old configuration goes on */
int supervisor_reload(Supervisor *s, Why *why);
/* Once nobody is left of the old configuration. */
void supervisor_swap(Supervisor *s);
/* Whose it is, its bounds, and the pages that it lacks. 0 | -ENOMEM */
int seat_furnish(Seat *seat, const SupervisorConf *c, const SeatName *name);
void seat_clear(Seat *seat);
