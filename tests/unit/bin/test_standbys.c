/* The supervisor and its standbys over real processes whose work is a function of the test. */
#include "bin/process.h"
#include "bin/supervise.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/mman.h>
#include <sysexits.h>

typedef struct Board {
        _Atomic int births[4], standbys, adopted[4], skips;
        _Atomic int pid[4];
        _Atomic int64_t died_us, adopted_us;
} Board;

static Board *board;
static pid_t supervisor;
static int (*script)(const Seat *seat, bool adopted);
static bool whole;

static int sit(const Seat *seat) {
        for (; !process_stopping(); usleep(2000))
                in_flight_beat(seat->in_flight);
        return 0;
}

static int work(void *arg, const Seat *seat, const WorkerSkip *skip, size_t n_skip) {
        (void)arg, (void)skip, (void)n_skip;
        atomic_fetch_add(&board->births[seat->ordinal], 1);
        atomic_store(&board->pid[seat->ordinal], getpid());
        return script(seat, false);
}

static int stand_by(void *arg, const Seat *self, const StandbyOrders *orders, const Seat *seats) {
        (void)arg;
        atomic_fetch_add(&board->standbys, 1);
        atomic_store(&self->in_flight->ready, whole);
        for (; !atomic_load(&orders->go); usleep(1000))
                in_flight_beat(self->in_flight);
        const Seat *seat = &seats[orders->seat];
        atomic_store(&board->adopted_us, supervisor_now());
        atomic_fetch_add(&board->adopted[seat->ordinal], 1);
        atomic_fetch_add(&board->skips, (int)orders->n_skip);
        atomic_store(&board->pid[seat->ordinal], getpid());
        return script(seat, true);
}

static int run(size_t n, size_t standbys, int (*play)(const Seat *, bool)) {
        static const SeatName seats[] = { { "alpha", 0, 0 }, { "alpha", 1, 0 }, { "beta", 2, 0 } },
                              spare[] = { { "alpha", 0, 0 } };
        board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        supervisor = getpid();
        script = play;
        log_setup(STDERR_FILENO, false, false, getenv("TOCSIN_TEST_LOG") ? LOG_DEBUG : LOG_ERROR + 1, "test");
        signal(SIGPIPE, SIG_IGN);
        alarm(25);
        return supervisor_run(&(SupervisorConf){ .app = "test",
                                                 .seats = seats,
                                                 .n_seats = n,
                                                 .standbys = spare,
                                                 .n_standbys = standbys,
                                                 .work = work,
                                                 .stand_by = stand_by,
                                                 .stuck_us = 500000,
                                                 .shutdown_us = 5000000,
                                                 .hang_us = 5000000 });
}

static void until_standby(int n) {
        for (int i = 0; i < 8000 && atomic_load(&board->standbys) < n; i++)
                usleep(1000);
        usleep(50000);
}

static int first_dies_once(const Seat *seat, bool adopted) {
        if (seat->ordinal == 0 && !adopted) {
                until_standby(1);
                atomic_store(&board->died_us, supervisor_now());
                raise(SIGKILL);
        }
        if (seat->ordinal == 0) {
                until_standby(2); /* another one comes in the background */
                kill(supervisor, SIGTERM);
        }
        return sit(seat);
}

Test(standbys, one_is_the_worker_that_died_at_once_and_another_is_started_behind_it) {
        whole = true;
        cr_assert_eq(run(2, 1, first_dies_once), 0);
        cr_assert(board->births[0] == 1 && board->births[1] == 1 && board->adopted[0] == 1 && board->adopted[1] == 0);
        cr_assert_eq(board->standbys, 2);
        cr_assert_lt(board->adopted_us - board->died_us, 2000000);
}

static int both_die_once(const Seat *seat, bool adopted) {
        static const int ends = 2;
        if (!adopted && atomic_load(&board->births[seat->ordinal]) == 1) {
                until_standby(1);
                raise(SIGKILL);
        }
        while (board->births[0] + board->births[1] + board->adopted[0] + board->adopted[1] < 2 + ends)
                usleep(1000);
        if (seat->ordinal == 0)
                kill(supervisor, SIGTERM);
        return sit(seat);
}

Test(standbys, two_dead_at_once_get_the_standby_and_a_new_process) {
        whole = true;
        cr_assert_eq(run(2, 1, both_die_once), 0);
        cr_assert_eq(board->adopted[0] + board->adopted[1], 1);
        cr_assert_eq(board->births[0] + board->births[1], 3);
}

static int dies_before_it_is_whole(const Seat *seat, bool adopted) {
        (void)adopted;
        if (atomic_load(&board->births[0]) == 1) {
                until_standby(1);
                raise(SIGKILL);
        }
        kill(supervisor, SIGTERM);
        return sit(seat);
}

Test(standbys, one_that_has_not_caught_up_is_not_adopted_and_is_no_reason_to_end_badly) {
        whole = false;
        cr_assert_eq(run(1, 1, dies_before_it_is_whole), 0);
        cr_assert(board->births[0] == 2 && board->adopted[0] == 0);
}

static int is_stopped(const Seat *seat, bool adopted) {
        if (adopted)
                kill(supervisor, SIGTERM);
        else
                raise(SIGSTOP);
        return sit(seat);
}

Test(standbys, a_worker_that_is_stopped_for_longer_than_a_session_is_ended_and_replaced) {
        whole = true;
        cr_assert_eq(run(1, 1, is_stopped), 0);
        cr_assert(board->births[0] == 1 && board->adopted[0] == 1);
}

static int is_stopped_in_a_commit(const Seat *seat, bool adopted) {
        if (!adopted)
                atomic_store(&seat->in_flight->doing, DOING_COMMIT);
        return is_stopped(seat, adopted);
}

Test(standbys, a_worker_that_is_stopped_while_it_waits_for_a_broker_is_replaced_too) {
        whole = true;
        cr_assert_eq(run(1, 1, is_stopped_in_a_commit), 0);
        cr_assert(board->births[0] == 1 && board->adopted[0] == 1);
}

static int waits_for_a_broker(const Seat *seat, bool adopted) {
        until_standby(1);
        atomic_store(&seat->in_flight->doing, DOING_COMMIT);
        usleep(2500000);
        atomic_store(&seat->in_flight->doing, DOING_NOTHING);
        kill(supervisor, SIGTERM);
        (void)adopted;
        return sit(seat);
}

Test(standbys, a_worker_that_waits_for_a_broker_is_left_alone_however_long_it_takes) {
        whole = true;
        cr_assert_eq(run(1, 1, waits_for_a_broker), 0);
        cr_assert(board->births[0] == 1 && board->adopted[0] == 0);
}
