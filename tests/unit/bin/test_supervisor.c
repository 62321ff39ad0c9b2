/* The supervisor over real processes whose work is a function of the test. */
#include "bin/process.h"
#include "bin/supervise.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>

typedef struct Board { /* what the lives write for the test to read */
        _Atomic int lives[4], skipped;
        _Atomic int64_t born_us[4][16];
} Board;

static Board *board;
static pid_t supervisor;
static int (*script)(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life);

static int64_t now(void) {
        return clock_system.mono_us(&clock_system);
}

static void stop_all(void) {
        kill(supervisor, SIGTERM);
}

static int sit_until_term(void) {
        while (!process_stopping())
                usleep(1000);
        return 0;
}

static int work(void *arg, const Seat *seat, const WorkerSkip *skip, size_t n_skip) {
        (void)arg;
        int life = atomic_fetch_add(&board->lives[seat->ordinal], 1);
        if (life < 16)
                atomic_store(&board->born_us[seat->ordinal][life], now());
        return script(seat, skip, n_skip, life);
}

static int run(SupervisorConf c, size_t n, int (*play)(const Seat *, const WorkerSkip *, size_t, int)) {
        static const SeatName seats[] = { { "alpha", 0 }, { "alpha", 1 }, { "beta", 2 } };
        board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        supervisor = getpid();
        script = play;
        log_setup(STDERR_FILENO, false, false, getenv("TOCSIN_TEST_LOG") ? LOG_DEBUG : LOG_ERROR + 1, "test");
        c.app = "test";
        c.seats = seats;
        c.n_seats = n;
        c.work = work;
        c.shutdown_us = c.shutdown_us ? c.shutdown_us : 5000000;
        c.hang_us = c.hang_us ? c.hang_us : 5000000;
        signal(SIGPIPE, SIG_IGN);
        alarm(20);
        return supervisor_run(&c);
}

static void take_in_hand(const Seat *seat, const char *topic, int64_t offset) {
        InFlight *f = seat->in_flight;
        snprintf(f->topic, sizeof f->topic, "%s", topic);
        atomic_store(&f->partition, 3);
        atomic_store(&f->offset, offset);
        atomic_store(&f->since_us, now());
        atomic_store(&f->busy, 1);
}

/* ---- deaths ------------------------------------------------------------------------------------------ */

static int dies_four_times(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)skip;
        (void)n_skip;
        if (seat->ordinal == 0 && life < 3)
                return EX_SOFTWARE;
        if (seat->ordinal == 0 && life == 3)
                raise(SIGKILL);
        if (seat->ordinal == 0)
                stop_all();
        return sit_until_term();
}

Test(supervisor, a_worker_that_dies_is_restarted_with_back_off_and_takes_no_other_down) {
        cr_assert_eq(run((SupervisorConf){ 0 }, 3, dies_four_times), 0);
        cr_assert_eq(board->lives[0], 5);
        cr_assert_eq(board->lives[1], 1);
        cr_assert_eq(board->lives[2], 1);
        int64_t wait = 100000;
        for (int i = 1; i < 5; i++, wait *= 2) {
                int64_t took = board->born_us[0][i] - board->born_us[0][i - 1];
                cr_assert(took >= wait && took < wait + 500000, "life %d came after %lld us", i, (long long)took);
        }
}

static int dies_at_one_record(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)life;
        if (n_skip == 0) {
                take_in_hand(seat, "events", 41);
                abort();
        }
        if (n_skip == 1 && strcmp(skip->topic, "events") == 0 && skip->partition == 3 && skip->offset == 41)
                atomic_fetch_add(&board->skipped, 1);
        stop_all();
        return sit_until_term();
}

Test(supervisor, three_crashes_at_one_record_hand_it_to_the_next_life_to_be_skipped) {
        cr_assert_eq(run((SupervisorConf){ 0 }, 1, dies_at_one_record), 0);
        cr_assert_eq(board->lives[0], 4);
        cr_assert_eq(board->skipped, 1);
}

static int hangs_at_one_record(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)skip;
        (void)life;
        if (n_skip == 0) {
                take_in_hand(seat, "events", 42);
                for (;;)
                        pause();
        }
        atomic_fetch_add(&board->skipped, (int)n_skip);
        stop_all();
        return sit_until_term();
}

Test(supervisor, a_hang_in_the_plugin_is_killed_and_counts_as_a_crash) {
        cr_assert_eq(run((SupervisorConf){ .hang_us = 100000 }, 1, hangs_at_one_record), 0);
        cr_assert_eq(board->lives[0], 4);
        cr_assert_eq(board->skipped, 1);
}

static int refuses(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)skip;
        (void)n_skip;
        (void)life;
        return seat->ordinal == 0 ? EX_CONFIG : sit_until_term();
}

Test(supervisor, a_configuration_refused_at_the_start_ends_everything_with_78) {
        cr_assert_eq(run((SupervisorConf){ 0 }, 3, refuses), EX_CONFIG);
        cr_assert_eq(board->lives[0], 1);
}

/* ---- the end ----------------------------------------------------------------------------------------- */

static int stops_at_once(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)skip;
        (void)n_skip;
        (void)life;
        if (seat->ordinal == 0)
                stop_all();
        return sit_until_term();
}

Test(supervisor, the_first_signal_drains_and_ends_with_0) {
        cr_assert_eq(run((SupervisorConf){ 0 }, 3, stops_at_once), 0);
}

static int stops_twice_and_stays(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)skip;
        (void)n_skip;
        if (seat->ordinal == 0) {
                stop_all();
                usleep(100000);
                kill(supervisor, SIGINT);
        }
        while (life >= 0)
                pause();
        return 0;
}

Test(supervisor, the_second_signal_forces_and_ends_with_130) {
        cr_assert_eq(run((SupervisorConf){ 0 }, 3, stops_twice_and_stays), 130);
}

static int never_drains(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)skip;
        (void)n_skip;
        (void)life;
        if (seat->ordinal == 0) {
                stop_all();
                return sit_until_term();
        }
        for (;;)
                pause();
}

Test(supervisor, a_worker_that_does_not_drain_in_time_is_killed_and_that_is_no_success) {
        int64_t began = now();
        cr_assert_eq(run((SupervisorConf){ .shutdown_us = 200000 }, 2, never_drains), EX_SOFTWARE);
        cr_assert(now() - began < 3000000);
}

/* ---- beside the workers ------------------------------------------------------------------------------ */

static int just_sits(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)seat;
        (void)skip;
        (void)n_skip;
        (void)life;
        return sit_until_term();
}

Test(supervisor, the_end_of_the_vital_child_is_the_end_of_all) {
        supervisor_signals();
        pid_t broker = fork();
        if (broker == 0) {
                usleep(200000);
                _exit(1);
        }
        cr_assert_eq(run((SupervisorConf){ .vital = broker, .vital_name = "broker" }, 2, just_sits), EX_SOFTWARE);
}

/* ---- the socket -------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/tocsin-test-XXXXXX";

static int talk(const char *say, char *ret, size_t size) {
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        snprintf(at.sun_path, sizeof at.sun_path, "%s/test.sock", folder);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0 || write(fd, say, strlen(say)) < 0)
                return -1;
        size_t n = 0;
        for (ssize_t r; n + 1 < size && (n == 0 || ret[n - 1] != '\n') && (r = read(fd, ret + n, size - 1 - n)) > 0;)
                n += (size_t)r;
        ret[n] = 0;
        close(fd);
        return n ? 0 : -1;
}

static int asks_the_socket(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)skip;
        (void)n_skip;
        (void)life;
        char a[4096];
        static char flood[CONTROL_LINE_BYTES * 3];
        snprintf(seat->in_flight->trouble, WHY_MAX, "topic x does not exist");
        memset(flood, 'x', sizeof flood - 1);
        talk(flood, a, sizeof a); /* a line without end is cut off */
        if (talk("no json\n", a, sizeof a) == 0 && strstr(a, "\"ok\":false"))
                atomic_fetch_add(&board->skipped, 1);
        if (talk("{\"verb\":\"dance\"}\n", a, sizeof a) == 0 && strstr(a, "\"ok\":false"))
                atomic_fetch_add(&board->skipped, 1);
        if (talk("{\"verb\":\"status\"}\n", a, sizeof a) == 0 && strstr(a, "\"state\":\"trouble\"") &&
            strstr(a, "topic x does not exist"))
                atomic_fetch_add(&board->skipped, 1);
        if (talk("{\"verb\":\"stop\"}\n", a, sizeof a) == 0 && strstr(a, "\"ok\":true"))
                atomic_fetch_add(&board->skipped, 1);
        return sit_until_term();
}

Test(supervisor, the_control_socket_tells_the_status_and_stops) {
        cr_assert(mkdtemp(folder));
        cr_assert_eq(run((SupervisorConf){ .run_dir = folder }, 1, asks_the_socket), 0);
        cr_assert_eq(board->skipped, 4);
        char cmd[128];
        snprintf(cmd, sizeof cmd, "%s/test.sock", folder);
        cr_assert_neq(access(cmd, F_OK), 0, "the socket is left behind");
        snprintf(cmd, sizeof cmd, "%s/test.pid", folder);
        unlink(cmd);
        rmdir(folder);
}

static int starts_a_second(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)seat;
        (void)skip;
        (void)n_skip;
        (void)life;
        Control c = { .listener = -1, .lock = -1 };
        Why why = { 0 };
        if (control_open(&c, folder, "test", NULL, &why) == EX_CANTCREAT && strstr(why.text, "runs here already"))
                atomic_fetch_add(&board->skipped, 1);
        stop_all();
        return sit_until_term();
}

Test(supervisor, two_supervisors_of_one_app_and_folder_cannot_be) {
        cr_assert(mkdtemp(folder));
        cr_assert_eq(run((SupervisorConf){ .run_dir = folder }, 1, starts_a_second), 0);
        cr_assert_eq(board->skipped, 1);
}

static int crowds_the_socket(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)seat;
        (void)skip;
        (void)n_skip;
        (void)life;
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        char a[8192];
        snprintf(at.sun_path, sizeof at.sun_path, "%s/test.sock", folder);
        for (int i = 0; i < 60; i++) { /* in one go: they stand in the queue together, and say nothing */
                int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
                if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
                        atomic_fetch_add(&board->skipped, 1);
        }
        for (int i = 0; i < 3; i++)
                if (talk("{\"verb\":\"status\"}\n", a, sizeof a) == 0 && strstr(a, "\"ok\":true"))
                        atomic_fetch_add(&board->skipped, 100);
        stop_all();
        return sit_until_term();
}

Test(supervisor, a_crowd_that_says_nothing_at_the_socket_keeps_nobody_from_asking) {
        cr_assert(mkdtemp(folder));
        cr_assert_eq(run((SupervisorConf){ .run_dir = folder }, 1, crowds_the_socket), 0);
        cr_assert_eq(board->skipped, 360);
}
