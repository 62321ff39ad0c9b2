/* What a service manager hears: of the words alone with a virtual clock, then of a supervisor over real processes. */
#include "bin/process.h"
#include "bin/supervise.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

static char place[64];
static int ear = -1;

/* abstract: a name that is in no folder. */
static void listen_at(bool abstract) {
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        snprintf(place, sizeof place, "%s/tmp/tocsin-notify-%d", abstract ? "@" : "", (int)getpid());
        size_t len = strlen(place);
        memcpy(at.sun_path, place, len);
        if (abstract)
                at.sun_path[0] = 0;
        ear = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        cr_assert_eq(bind(ear, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
        setenv("NOTIFY_SOCKET", place, 1);
}

static void deafen(void) {
        if (ear >= 0)
                close(ear);
        if (place[0] == '/')
                unlink(place);
        ear = -1;
}

/* All that came, each datagram in brackets. */
static const char *heard(void) {
        static char all[16384];
        size_t n = 0;
        ssize_t r;
        while (n + 1024 < sizeof all && (r = recv(ear, all + n + 1, 1000, 0)) >= 0) {
                all[n] = '[';
                n += 1 + (size_t)r;
                all[n++] = ']';
        }
        all[n] = 0;
        return all;
}

#define HEARS(text) cr_assert_str_eq(heard(), (text))

static Notify begin(void) {
        Notify n;
        Why why = { 0 };
        cr_assert_eq(notify_open(&n, &why), 0, "%s", why.text);
        return n;
}

TestSuite(notify, .fini = deafen);

Test(notify, nobody_who_listens_is_no_trouble_and_nothing_is_ever_due) {
        unsetenv("NOTIFY_SOCKET");
        setenv("WATCHDOG_USEC", "1000", 1);
        Notify n = begin();
        notify_turn(&n, NOTIFY_READY, "all is well", 1, 5);
        notify_turn(&n, NOTIFY_STOPPING, "", 1, 6);
        cr_assert_eq(notify_due_us(&n), INT64_MAX);
        cr_assert_eq(n.fd, -1);
        notify_close(&n);
}

Test(notify, an_address_that_is_none_is_said_and_costs_nothing_else) {
        char longer[300];
        memset(longer, 'x', sizeof longer);
        longer[0] = '/';
        longer[sizeof longer - 1] = 0;
        const char *bad[] = { "vsock:2:1234", "relative", "/", "@", longer };
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                Notify n;
                Why why = { 0 };
                setenv("NOTIFY_SOCKET", bad[i], 1);
                cr_assert_eq(notify_open(&n, &why), NOTIFY_E_ADDRESS);
                cr_assert(why.text[0]);
                notify_turn(&n, NOTIFY_READY, "x", 0, 0);
                cr_assert_eq(notify_due_us(&n), INT64_MAX);
                cr_assert_null(getenv("NOTIFY_SOCKET"));
        }
}

Test(notify, a_path_and_an_abstract_name_are_both_reached) {
        for (int abstract = 0; abstract < 2; abstract++) {
                listen_at(abstract);
                Notify n = begin();
                notify_turn(&n, NOTIFY_READY, "one", 0, 1);
                HEARS("[STATUS=one][READY=1]");
                notify_close(&n);
                deafen();
        }
}

Test(notify, what_a_broker_or_plugin_said_cannot_begin_an_assignment) {
        listen_at(true);
        Notify n = begin();
        notify_turn(&n, NOTIFY_READY, "topic\nWATCHDOG=trigger\r\tx\x7f", 0, 1);
        HEARS("[STATUS=topic WATCHDOG=trigger  x ][READY=1]");
        char large[4096];
        memset(large, 'a', sizeof large - 1);
        large[sizeof large - 1] = 0;
        notify_turn(&n, NOTIFY_READY, large, 0, 2);
        cr_assert_eq(strlen(heard()), 2 + strlen("STATUS=") + NOTIFY_STATUS_MAX - 1);
        notify_close(&n);
}

Test(notify, children_hear_of_none_of_it) {
        listen_at(true);
        setenv("WATCHDOG_USEC", "2000000", 1);
        setenv("WATCHDOG_PID", "1", 1);
        Notify n = begin();
        cr_assert_null(getenv("NOTIFY_SOCKET"));
        cr_assert_null(getenv("WATCHDOG_USEC"));
        cr_assert_null(getenv("WATCHDOG_PID"));
        cr_assert_eq(n.watchdog_us, 0, "a watchdog over somebody else");
        notify_close(&n);
}

Test(notify, nothing_is_said_twice) {
        listen_at(true);
        Notify n = begin();
        for (int i = 0; i < 5; i++)
                notify_turn(&n, NOTIFY_READY, "same", 0, i);
        HEARS("[STATUS=same][READY=1]");
        notify_close(&n);
}

Test(notify, a_sign_of_life_comes_at_half_of_what_is_asked_and_not_without_a_turn) {
        listen_at(true);
        setenv("WATCHDOG_USEC", "2000000", 1);
        Notify n = begin();
        notify_turn(&n, NOTIFY_READY, "", 0, 1000);
        HEARS("[READY=1][WATCHDOG=1]");
        cr_assert_eq(notify_due_us(&n), 1001000);
        notify_turn(&n, NOTIFY_READY, "", 0, 1000999);
        HEARS("");
        notify_turn(&n, NOTIFY_READY, "", 0, 1001000);
        HEARS("[WATCHDOG=1]");
        notify_turn(&n, NOTIFY_READY, "", 0, 9000000); /* the loop stood still: one sign, no burst */
        HEARS("[WATCHDOG=1]");
        cr_assert_eq(notify_due_us(&n), 10000000);
        notify_close(&n);
}

Test(notify, a_watchdog_that_is_no_number_is_none) {
        const char *bad[] = { "", "0", "-5", "12x", "99999999999999999999999" };
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                listen_at(true);
                setenv("WATCHDOG_USEC", bad[i], 1);
                Notify n = begin();
                notify_turn(&n, NOTIFY_READY, "", 0, 1);
                HEARS("[READY=1]");
                cr_assert_eq(notify_due_us(&n), INT64_MAX);
                notify_close(&n);
                deafen();
        }
}

Test(notify, a_start_that_waits_for_a_broker_puts_its_limit_off_while_the_loop_lives) {
        listen_at(true);
        Notify n = begin();
        notify_turn(&n, NOTIFY_STARTING, "", 0, 0);
        HEARS("[EXTEND_TIMEOUT_USEC=60000000]");
        notify_turn(&n, NOTIFY_STARTING, "", 0, 10000000);
        HEARS("[EXTEND_TIMEOUT_USEC=60000000]");
        notify_turn(&n, NOTIFY_READY, "", 0, 10000001);
        HEARS("[READY=1]");
        cr_assert_eq(notify_due_us(&n), INT64_MAX);
        notify_close(&n);
}

Test(notify, reload_and_end_are_told_with_their_times) {
        listen_at(true);
        Notify n = begin();
        notify_turn(&n, NOTIFY_READY, "", 0, 1);
        notify_turn(&n, NOTIFY_RELOADING, "", 0, 77);
        HEARS("[READY=1][RELOADING=1\nMONOTONIC_USEC=77][EXTEND_TIMEOUT_USEC=60000000]");
        notify_turn(&n, NOTIFY_READY, "", 0, 78);
        HEARS("[READY=1]");
        notify_turn(&n, NOTIFY_STOPPING, "", 25000000, 79);
        HEARS("[STOPPING=1\nEXTEND_TIMEOUT_USEC=25000000]");
        notify_close(&n);
}

Test(notify, what_could_not_be_sent_is_sent_later_and_nobody_waits_for_it) {
        listen_at(true);
        Notify n = begin();
        char number[32];
        int i = 0;
        for (; i < 100000 && notify_due_us(&n) < 1000000000; i++) { /* until the socket is full */
                snprintf(number, sizeof number, "%d", i);
                notify_turn(&n, NOTIFY_STARTING, number, 0, 1);
                if (strcmp(n.status, number) != 0)
                        break;
        }
        cr_assert(i < 100000, "the socket is never full");
        notify_turn(&n, NOTIFY_READY, "done", 0, 2);
        cr_assert(notify_due_us(&n) <= 2 + 100000);
        heard();
        notify_turn(&n, NOTIFY_READY, "done", 0, 3);
        HEARS("[STATUS=done][READY=1]");
        notify_close(&n);
}

/* ---- of a supervisor ---------------------------------------------------------------------------------- */

static pid_t supervisor;
static _Atomic int *board; /* lives of the worker */

static int work(void *arg, const Seat *seat, const WorkerSkip *skip, size_t n_skip) {
        (void)arg;
        (void)skip;
        (void)n_skip;
        int life = atomic_fetch_add(board, 1);
        if (getenv("NOTIFY_SOCKET"))
                atomic_fetch_add(board, 100);
        usleep(150000);
        atomic_store(&seat->in_flight->ready, 1);
        usleep(400000);
        kill(supervisor, life == 0 ? SIGHUP : SIGTERM);
        while (!process_stopping())
                usleep(1000);
        return 0;
}

static SupervisorConf conf(void);

static int look(void *arg, SupervisorConf *ret, Why *why) {
        (void)arg;
        (void)why;
        *ret = conf();
        return 0;
}

static SupervisorConf conf(void) {
        static const SeatName seats[] = { { "alpha", 0, 0 } };
        return (SupervisorConf){ .app = "test",
                                 .seats = seats,
                                 .n_seats = 1,
                                 .work = work,
                                 .shutdown_us = 3000000,
                                 .hang_us = 5000000,
                                 .reload = look };
}

/* Only the words whose order is a law. */
static void keep_order(char *ret, size_t size, const char *all) {
        static const char *const words[] = { "READY=1", "RELOADING=1", "STOPPING=1", "0 of 1", "1 of 1" };
        size_t n = 0;
        ret[0] = 0;
        for (const char *p = all; *p; p++)
                for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                        if (strncmp(p, words[i], strlen(words[i])) == 0 && n + 20 < size)
                                n += (size_t)snprintf(ret + n, size - n, "%s ", words[i]);
}

Test(notify, a_life_of_a_supervisor_as_its_manager_hears_it, .timeout = 20) {
        listen_at(true);
        setenv("WATCHDOG_USEC", "200000", 1);
        board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        SupervisorConf c = conf();
        pid_t child = fork();
        cr_assert(child >= 0);
        if (child == 0) {
                supervisor = getpid();
                log_setup(STDERR_FILENO, false, false, getenv("TOCSIN_TEST_LOG") ? LOG_DEBUG : LOG_ERROR + 1, "test");
                _exit(supervisor_run(&c));
        }
        char kept[1024], all[16384] = "";
        size_t n = 0;
        int status = -1, beats = 0;
        while (waitpid(child, &status, WNOHANG) == 0 && n + 4096 < sizeof all) {
                n += (size_t)snprintf(all + n, sizeof all - n, "%.4000s", heard());
                usleep(5000);
        }
        snprintf(all + n, sizeof all - n, "%s", heard());
        cr_assert_eq(status, 0);
        cr_assert(atomic_load(board) == 2, "a worker could speak to the manager, or lived %d times", atomic_load(board));
        keep_order(kept, sizeof kept, all);
        cr_assert_str_eq(kept, "0 of 1 1 of 1 READY=1 RELOADING=1 0 of 1 READY=1 1 of 1 STOPPING=1 ", "heard: %s", all);
        for (const char *p = all; (p = strstr(p, "WATCHDOG=1")); p++)
                beats++;
        cr_assert(beats >= 5, "%d signs of life", beats);
}
