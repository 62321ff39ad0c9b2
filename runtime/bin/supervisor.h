/* One process over the workers: it starts them, restarts them with back-off, watches for hangs, blames records that
 * kill, and alone owns HTTP and the control socket. It runs no plugin, parses no event and knows no Kafka, so that
 * nothing that comes from outside by topic can reach it. [one thread] */
#pragma once

#include "bin/life.h"
#include "core/clock.h"
#include "core/metric.h"
#include "task/worker.h"

typedef struct Seat {                /* of one worker, whoever sits there */
        const char *pipeline;
        uint32_t ordinal;
        pid_t pid;                   /* 0: nobody */
        InFlight *in_flight;         /* shared with the worker */
        Metrics *metrics;            /* shared; counters go on through all lives */
        SpanRing *spans;             /* shared; NULL: nothing is traced */
        bool was_ready, hung, drained, stuck; /* stuck: and that is said in the log */
        uint32_t beats;              /* InFlight.beats as it was when it last had gone on */
        int64_t alive_us, stuck_us;  /* monotonic: when that was seen; how long ago is too long */
        int64_t hang_us;             /* what one record may take in its plugin */
        const char *brokers;         /* what it connects to, for people; NULL: they are not told */
        int64_t term_us;             /* asked to end because it grew too large; monotonic, 0: not */
        uint64_t turns_at_birth;
        Life life;
} Seat;

typedef struct SeatName { const char *pipeline; uint32_t ordinal; int64_t hang_us; } SeatName; /* hang_us 0: the conf's */

/* What a standby waits for; shared, written by the supervisor before `go`. */
typedef struct StandbyOrders {
        _Atomic uint32_t go;         /* 1: it is that worker from now on */
        size_t seat;                 /* index of its seat, as at the standby's birth */
        uint32_t n_skip;
        LifeRecord skip[LIFE_CONVICTS];
} StandbyOrders;

typedef struct SupervisorConf {      /* borrowed */
        const char *app;
        const SeatName *seats;
        size_t n_seats;
        /* In the child. Returns its exit code: EX_CONFIG before the first time it was ready ends everything. */
        int (*work)(void *arg, const Seat *seat, const WorkerSkip *skip, size_t n_skip);
        /* In the child of a standby, whose seat has pages of its own and its number for an ordinal: follows until it is told to
         * go, then works as the worker of seats[orders->seat]. Its exit code is of no matter before. */
        int (*stand_by)(void *arg, const Seat *standby, const StandbyOrders *orders, const Seat *seats);
        const SeatName *standbys;
        size_t n_standbys;
        void *arg;
        pid_t vital;                 /* a child whose end ends everything (the embedded broker); killed last; 0: none */
        const char *vital_name;
        int64_t shutdown_us;
        int64_t hang_us;             /* what one record may take in a plugin before its worker is killed */
        int64_t stuck_us;            /* 0: SUPERVISOR_STUCK_US */
        const char *http_host;
        uint16_t http_port;          /* 0: no HTTP */
        const char *run_dir;         /* NULL: no control socket */
        const char *run_dir_shown;   /* as people may see it; NULL: as it is */
        size_t rss_max;              /* bytes of a worker's resident memory beyond which it is drained and begun anew; 0: any */
        /* SIGHUP, or `reload` by the socket: looks at the configuration anew, in a child, and says on stderr what is wrong
         * with it. 0: *ret is the new one | RELOAD_E_REFUSED, *why. NULL: nothing is ever reloaded. `reloaded`: the old one is
         * used no more. */
        int (*reload)(void *arg, struct SupervisorConf *ret, Why *why);
        void (*reloaded)(void *arg);
        const char *otlp;            /* where spans go, http://HOST:PORT; NULL: nothing is traced */
        const char *brokers;         /* addresses as people may see them; NULL: none are told */
        const char *bootstrap;       /* of the embedded broker: lies in RUN_DIR/APP.bootstrap while this runs; NULL: none */
} SupervisorConf;

enum { RELOAD_E_REFUSED = 1 };
/* Without a sign of life: five times the longest wait of a turn. It is said, and the worker is not ready; only a record in
 * a plugin's hands for hang_us is a reason to kill. */
#define SUPERVISOR_STUCK_US 5000000

/* Blocks SIGTERM, SIGINT, SIGCHLD; to be called before any child is started. */
void supervisor_signals(void);
#define SUPERVISOR_LOOK_US 1000000   /* between two looks at what workers use */
#define SUPERVISOR_LEAVE_US 10000000 /* what a worker that grew too large may take to commit */

/* Runs until SIGTERM or SIGINT (or `stop` by the socket): 0 when all workers drained in time, EX_SOFTWARE when one had to
 * be killed, 130 when a second signal came. EX_CONFIG, EX_UNAVAILABLE (HTTP), EX_CANTCREAT (socket, already running),
 * EX_OSERR (fork, memory), EX_SOFTWARE (the vital child ended). All of it is logged. */
int supervisor_run(const SupervisorConf *conf);
