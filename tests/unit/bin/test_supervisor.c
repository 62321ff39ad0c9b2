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
static int64_t first_hang_us; /* of the first seat; 0: as all */
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
        static SeatName seats[] = { { "alpha", 0, 0 }, { "alpha", 1, 0 }, { "beta", 2, 0 } };
        seats[0].hang_us = first_hang_us;
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
        if (control_open(&c, folder, "`${file:dir}`", "test", NULL, &why) == EX_CANTCREAT &&
            strstr(why.text, "runs here already") && strstr(why.text, "`${file:dir}`/test.pid"))
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

Test(supervisor, a_pipeline_may_have_a_time_of_its_own_for_a_record) {
        first_hang_us = 100000;
        cr_assert_eq(run((SupervisorConf){ .hang_us = 60000000 }, 1, hangs_at_one_record), 0);
        cr_assert_eq(board->skipped, 1);
}

/* ---- signs of life ----------------------------------------------------------------------------------- */

#define SECOND INT64_C(1000000)

static SeatState state_at(const Seat *s, int64_t at, const char *says) {
        char text[WHY_MAX];
        SeatState r = seat_state(s, at, text);
        cr_assert(says[0] ? strstr(text, says) != NULL : text[0] == 0, "%s: %s", seat_state_word(r), text);
        return r;
}

Test(seat, it_is_stuck_when_there_is_no_sign_of_life_and_nothing_says_why) {
        InFlight f = { .ready = 1, .beats = 7, .topic = "events", .partition = 3, .offset = 41 };
        Seat s = { .pid = 1, .in_flight = &f, .beats = 7, .alive_us = 100 * SECOND, .stuck_us = 5 * SECOND };
        cr_assert_eq(state_at(&s, 104 * SECOND, ""), SEAT_READY);
        cr_assert_eq(state_at(&s, 112 * SECOND, "no sign of life for 12 s"), SEAT_STUCK);
        f.busy = 1;
        cr_assert_eq(state_at(&s, 112 * SECOND, "no sign of life for 12 s: its plugin has events/3@41 in hand"), SEAT_STUCK);
        f.offset = -1;
        cr_assert_eq(state_at(&s, 112 * SECOND, "a timer of partition 3 in hand"), SEAT_STUCK);
        f.beats++; /* however late it is looked at */
        cr_assert_eq(state_at(&s, 112 * SECOND, ""), SEAT_READY);
        f.beats--;
        f.busy = 0;
        snprintf(f.trouble, sizeof f.trouble, "topic x does not exist");
        cr_assert_eq(state_at(&s, 104 * SECOND, "topic x"), SEAT_TROUBLE);
        cr_assert_eq(state_at(&s, 112 * SECOND, "for 12 s; last said: topic x does not exist"), SEAT_STUCK);
}

Test(seat, who_has_no_broker_yet_is_connecting_and_who_has_no_partitions_is_starting_and_neither_restores) {
        InFlight f = { .doing = DOING_OPEN, .doing_us = 100 * SECOND };
        Seat s = { .pid = 1, .in_flight = &f, .alive_us = 100 * SECOND, .stuck_us = 5 * SECOND, .brokers = "kafka:9092" };
        cr_assert_eq(state_at(&s, 101 * SECOND, "waiting for broker kafka:9092 for 1 s"), SEAT_CONNECTING);
        cr_assert_eq(state_at(&s, 160 * SECOND, "waiting for broker kafka:9092 for 60 s"), SEAT_CONNECTING);
        s.brokers = NULL;
        cr_assert_eq(state_at(&s, 160 * SECOND, "waiting for broker for 60 s"), SEAT_CONNECTING);
        f.doing = DOING_NOTHING;
        cr_assert_eq(state_at(&s, 101 * SECOND, "no partitions are its yet"), SEAT_STARTING);
        f.restore_total = 400;
        f.restore_done = 12;
        cr_assert_eq(state_at(&s, 101 * SECOND, "12 of 400 records"), SEAT_RESTORING);
        f.doing = DOING_OPEN; /* what it says itself goes first */
        snprintf(f.trouble, sizeof f.trouble, "no answer from broker kafka:9092");
        cr_assert_eq(state_at(&s, 160 * SECOND, "no answer from broker"), SEAT_TROUBLE);
        cr_assert_str_eq(seat_state_word(SEAT_CONNECTING), "connecting");
        cr_assert_str_eq(seat_state_word(SEAT_STARTING), "starting");
        cr_assert_str_eq(seat_state_word(SEAT_DOWN), "down");
}

Test(seat, who_waits_for_the_broker_is_not_ready_after_a_while_but_not_stuck) {
        InFlight f = { .ready = 1, .doing = DOING_COMMIT, .doing_us = 100 * SECOND };
        Seat s = { .pid = 1, .in_flight = &f, .alive_us = 100 * SECOND, .stuck_us = 5 * SECOND };
        cr_assert_eq(state_at(&s, 104 * SECOND, ""), SEAT_READY);
        cr_assert_eq(state_at(&s, 107 * SECOND, "committing for 7 s"), SEAT_BUSY);
        f.ready = 0;
        f.doing = DOING_OPEN;
        f.doing = 77; /* whatever stands in a shared page */
        cr_assert_eq(state_at(&s, 160 * SECOND, "busy for 60 s"), SEAT_BUSY);
}

/* Whether worker 0 comes to be in that state; worker 1 asks, and beats meanwhile. */
static int comes_to_be(const Seat *me, const char *state) {
        char a[16384];
        for (int i = 0; i < 300; i++, usleep(10000)) {
                in_flight_beat(me->in_flight);
                char *at = talk("{\"verb\":\"status\"}\n", a, sizeof a) == 0 ? strstr(a, "\"ordinal\":0,") : NULL;
                at = at ? strstr(at, "\"state\":\"") : NULL;
                if (at && strncmp(at + 9, state, strlen(state)) == 0)
                        return 1;
        }
        return 0;
}

static int beats_and_is_frozen(const Seat *seat, const WorkerSkip *skip, size_t n_skip, int life) {
        (void)skip;
        (void)n_skip;
        (void)life;
        atomic_store(&seat->in_flight->ready, 1);
        if (seat->ordinal == 0) {
                atomic_store(&board->born_us[3][0], getpid());
                for (; !process_stopping(); usleep(10000))
                        in_flight_beat(seat->in_flight);
                return 0;
        }
        pid_t watched;
        while ((watched = (pid_t)atomic_load(&board->born_us[3][0])) == 0)
                usleep(1000);
        int seen = comes_to_be(seat, "ready\",\"text\":\"\"");
        kill(watched, SIGSTOP);
        seen += 10 * comes_to_be(seat, "stuck\",\"text\":\"no sign of life for 0 s\"");
        seen += 100 * comes_to_be(seat, "stuck\",\"text\":\"no sign of life for 1 s\""); /* far beyond hang_us, yet alive */
        kill(watched, SIGCONT);
        seen += 1000 * comes_to_be(seat, "ready\"");
        atomic_store(&board->skipped, seen);
        stop_all();
        return sit_until_term();
}

Test(supervisor, a_frozen_worker_is_said_to_be_stuck_and_is_not_killed_and_may_come_back) {
        cr_assert(mkdtemp(folder));
        SupervisorConf c = { .run_dir = folder, .stuck_us = 200000, .hang_us = 300000 };
        cr_assert_eq(run(c, 2, beats_and_is_frozen), 0);
        cr_assert_eq(board->skipped, 1111);
        cr_assert_eq(board->lives[0], 1);
}
