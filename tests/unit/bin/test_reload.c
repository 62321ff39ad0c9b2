/* A new configuration for a supervisor that runs, and workers that grow too large, over real processes. */
#include "bin/process.h"
#include "bin/supervise.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/mman.h>
#include <sysexits.h>

typedef struct Board {
        _Atomic int lives[8], drained[8], asked, swapped;
} Board;
static Board *board;
static pid_t supervisor;
static int (*script)(const Seat *seat, int life);
static int answer; /* of the look at the new configuration */

static const SeatName before[] = { { "alpha", 0, 0 }, { "alpha", 1, 0 } };
static const SeatName after[] = { { "alpha", 1, 0 }, { "beta", 5, 0 } };

static int work(void *arg, const Seat *seat, const WorkerSkip *skip, size_t n_skip) {
        (void)arg;
        (void)skip;
        (void)n_skip;
        return script(seat, atomic_fetch_add(&board->lives[seat->ordinal], 1));
}

static SupervisorConf conf(void) {
        return (SupervisorConf){
                .app = "test", .seats = before, .n_seats = 2, .work = work, .shutdown_us = 3000000, .hang_us = 5000000
        };
}

static void looked(void *arg) {
        (void)arg;
        atomic_fetch_add(&board->swapped, 1);
}

static int look(void *arg, SupervisorConf *ret, Why *why) {
        (void)arg;
        atomic_fetch_add(&board->asked, 1);
        if (answer != 0)
                return why_say(why, answer, "line 3 is wrong");
        SupervisorConf next = conf();
        next.seats = after;
        next.reload = look;
        next.reloaded = looked;
        *ret = next;
        return 0;
}

static int run(SupervisorConf c, int (*play)(const Seat *, int)) {
        board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        supervisor = getpid();
        script = play;
        c.reload = look;
        c.reloaded = looked;
        log_setup(STDERR_FILENO, false, false, getenv("TOCSIN_TEST_LOG") ? LOG_DEBUG : LOG_ERROR + 1, "test");
        alarm(20);
        return supervisor_run(&c);
}

static int until_term(const Seat *seat) {
        while (!process_stopping())
                usleep(1000);
        atomic_fetch_add(&board->drained[seat->ordinal], 1);
        return 0;
}

static int stop_when(bool now, const Seat *seat) {
        if (now)
                kill(supervisor, SIGTERM);
        return until_term(seat);
}

static int is_refused(const Seat *seat, int life) {
        (void)life;
        if (seat->ordinal == 0) {
                kill(supervisor, SIGHUP);
                while (!atomic_load(&board->asked))
                        usleep(1000);
                usleep(100000);
                if (atomic_load(&board->drained[1]) == 0 && !process_stopping())
                        atomic_fetch_add(&board->lives[7], 1);
        }
        return stop_when(seat->ordinal == 0, seat);
}

Test(reload, a_configuration_that_is_refused_disturbs_nobody) {
        answer = RELOAD_E_REFUSED;
        cr_assert_eq(run(conf(), is_refused), 0);
        cr_assert_eq(board->lives[0], 1);
        cr_assert_eq(board->lives[1], 1);
        cr_assert_eq(board->lives[7], 1, "somebody drained");
        cr_assert_eq(board->swapped, 0);
}

static int is_replaced(const Seat *seat, int life) {
        if (seat->ordinal == 0)
                kill(supervisor, SIGHUP);
        while (seat->ordinal == 5 && atomic_load(&board->lives[1]) < 2)
                usleep(1000);
        (void)life;
        return stop_when(seat->ordinal == 5, seat);
}

Test(reload, all_drain_and_then_the_new_seats_are_taken) {
        answer = 0;
        cr_assert_eq(run(conf(), is_replaced), 0);
        cr_assert_eq(board->lives[0], 1, "a seat that is no more was taken again");
        cr_assert_eq(board->lives[1], 2);
        cr_assert_eq(board->lives[5], 1);
        cr_assert_eq(board->drained[0], 1);
        cr_assert_eq(board->drained[1], 2);
        cr_assert_eq(board->swapped, 1);
}

static int asks_twice(const Seat *seat, int life) {
        if (seat->ordinal == 0) {
                kill(supervisor, SIGHUP);
                while (!process_stopping())
                        usleep(1000);
                kill(supervisor, SIGHUP); /* while this one still drains */
                usleep(200000);
        }
        (void)life;
        return stop_when(seat->ordinal == 5, seat);
}

Test(reload, a_second_one_while_the_first_drains_is_refused) {
        answer = 0;
        cr_assert_eq(run(conf(), asks_twice), 0);
        cr_assert_eq(board->asked, 1);
        cr_assert_eq(board->swapped, 1);
}

static int never_drains(const Seat *seat, int life) {
        (void)life;
        if (seat->ordinal == 0) {
                kill(supervisor, SIGHUP);
                for (;;)
                        pause();
        }
        return stop_when(seat->ordinal == 5, seat);
}

Test(reload, a_worker_that_does_not_drain_in_time_is_killed_and_the_new_begin) {
        answer = 0;
        SupervisorConf c = conf();
        c.shutdown_us = 200000;
        cr_assert_eq(run(c, never_drains), 0);
        cr_assert_eq(board->lives[5], 1);
}

static int is_stopped(const Seat *seat, int life) {
        (void)life;
        if (seat->ordinal == 0) {
                kill(supervisor, SIGHUP);
                while (!process_stopping())
                        usleep(1000);
                kill(supervisor, SIGTERM);
                usleep(100000);
        }
        return until_term(seat);
}

Test(reload, a_stop_while_reloading_is_a_stop) {
        answer = 0;
        cr_assert_eq(run(conf(), is_stopped), 0);
        cr_assert_eq(board->lives[5], 0);
        cr_assert_eq(board->swapped, 0);
}

static int leaks_once(const Seat *seat, int life) {
        if (seat->ordinal == 0 && life == 0) {
                size_t n = (size_t)200 << 20;
                char *p = malloc(n);
                for (size_t i = 0; p && i < n; i += 4096)
                        ((volatile char *)p)[i] = 1;
                until_term(seat);
                free(p);
                return 0;
        }
        return stop_when(seat->ordinal == 0, seat);
}

Test(size, a_worker_that_grows_too_large_drains_and_begins_anew_and_no_other_does) {
        SupervisorConf c = conf();
        c.rss_max = (size_t)100 << 20;
        cr_assert_eq(run(c, leaks_once), 0);
        cr_assert_eq(board->lives[0], 2);
        cr_assert_eq(board->drained[0], 2);
        cr_assert_eq(board->lives[1], 1);
}
