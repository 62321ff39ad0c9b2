/* One rule in one process: limits, a watch on what stands still, and a word for what died. */
#include "bin/conform.h"

#include "bin/conform_sight.h"
#include "core/clock.h"
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define HANG_US INT64_C(10000000) /* one callback: a slow machine under a sanitizer needs a second */
#define HANG_CPU_US INT64_C(5000000) /* of it, on a processor: on a crowded machine a child may just not have its turn */
#define HANG_MOST_US INT64_C(40000000) /* even if it is waiting */
#define RULE_US INT64_C(300000000) /* one rule */
#define POLL_US 2000
#define HOST_PAGE 4096u
#define PIPE_BYTES 65536u /* what a pipe holds: a plugin that says more is not held up, it is not heard */
#define HEARD_MAX 160u

/* Does the kit, and with it the plugin's process, run under a sanitizer? */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif
#define CHILD_BYTES (UINT64_C(2) << 30)

static Sight *sight; /* of this child; shared with the parent */
static const Pages *guarded[SIGHT_PAGES];
static const uint8_t *host_page; /* of the calls it was given, when they are read alone */

void sight_at(const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        vsnprintf(sight->where, sizeof sight->where, format, ap);
        va_end(ap);
        atomic_fetch_add(&sight->calls, 1);
}

void sight_guard(const Pages *const lent[SIGHT_PAGES], const void *host) {
        memcpy(guarded, lent, sizeof guarded);
        host_page = host;
}

static void say(const char *text) {
        strncpy(sight->reason, text, sizeof sight->reason - 1);
        sight->state = SIGHT_FAIL;
}

static void on_fault(int number, siginfo_t *info, void *context) {
        (void)context;
        const uint8_t *at = info->si_addr;
        if (host_page && at >= host_page && at < host_page + HOST_PAGE) {
                say("writes to the host's table of calls");
                _exit(0);
        }
        for (size_t i = 0; i < SIGHT_PAGES; i++) {
                if (guarded[i] && pages_sealed(guarded[i], info->si_addr)) {
                        say("writes to what was lent to be read");
                        _exit(0);
                }
                if (guarded[i] && pages_beyond(guarded[i], info->si_addr)) {
                        say("goes beyond the length of what was lent: text ends where its length says, no NUL follows");
                        _exit(0);
                }
                if (guarded[i] && pages_gone(guarded[i], info->si_addr)) {
                        say("reads memory that was lent for an earlier callback, or beyond the end of what was lent");
                        _exit(0);
                }
        }
        signal(number, SIG_DFL);
        raise(number);
}

/* What it says is ours to read; nothing is there to be asked. */
static void confine(int output) {
        static uint8_t stack[65536];
        struct rlimit none = { 0, 0 }, some = { CHILD_BYTES, CHILD_BYTES };
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        setrlimit(RLIMIT_CORE, &none);
        if (!SANITIZED)
                setrlimit(RLIMIT_DATA, &some);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null >= 0)
                dup2(null, STDIN_FILENO);
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof stack }, NULL);
        struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
        sigaction(SIGSEGV, &act, NULL);
        sigaction(SIGBUS, &act, NULL);
}

/* Settings that are refused are the affair of their own rule; the others cannot begin without. */
static int prove(Kit *k, const KitConf *conf, const Rule *rule, Why *why) {
        bool file = rule == conform_rules, descriptor = rule == conform_rules + 1;
        sight_at("tocsin_plugin_entry()");
        int r = kit_open(k, conf, why);
        if (r == KIT_E_DESCRIPTOR && file)
                return 0;
        if (r == 0 && descriptor && (r = rule->prove(k, why)) != 0)
                return r;
        if (r == 0 && !file) {
                r = kit_fill(k, why);
                if (r == 0 && !k->settings_ok && !descriptor && strcmp(rule->name, "settings") != 0 &&
                    strcmp(rule->name, "major") != 0)
                        return why_say(why, RULE_E_NONE, "without settings that are accepted");
        }
        if (r > 0)
                return RULE_E_BROKEN;
        return r == 0 && !descriptor ? rule->prove(k, why) : r;
}

__attribute__((noreturn)) static void child(const KitConf *conf, const Rule *rule, int output) {
        Kit k = { 0 };
        Why why = { 0 };
        confine(output);
        mallopt(M_PERTURB, 0); /* MALLOC_PERTURB_ would make what was freed look alike in every life */
        int r = prove(&k, conf, rule, &why);
        if (r < 0)
                why_say(&why, r, "the kit itself failed in %s: %s", sight->where, strerror(-r));
        memcpy(sight->reason, r == 0 ? k.note.text : why.text, sizeof why.text);
        kit_close(&k);
        fflush(NULL); /* of streams that the plugin has written to */
        sight->state = r == 0 ? SIGHT_PASS : r == RULE_E_NONE ? SIGHT_NONE : SIGHT_FAIL;
        _exit(0);
}

/* The first line of what it wrote to stdout and stderr, in letters that harm no terminal. Under a sanitizer all of it is handed
 * on: that report is for us. */
static void overhear(int output, char ret[HEARD_MAX]) {
        char all[PIPE_BYTES + 1];
        size_t n = 0;
        for (ssize_t got; n < PIPE_BYTES && (got = read(output, all + n, PIPE_BYTES - n)) > 0;)
                n += (size_t)got;
        if (SANITIZED && n)
                fwrite(all, 1, n, stderr);
        all[n] = 0;
        snprintf(ret, HEARD_MAX, "%.*s", (int)strcspn(all, "\n"), all);
        for (char *p = ret; *p; p++)
                if (*p < 0x20 || *p > 0x7e)
                        *p = '?';
        if (n && !ret[0])
                snprintf(ret, HEARD_MAX, "?");
}

/* The runtime of C++, before it gives up. */
static bool of_exception(const char *heard) {
        return strncmp(heard, "terminate called", 16) == 0 || strncmp(heard, "libc++abi: terminating", 22) == 0;
}

static void died(Sight *s, int status, const char *heard) {
        char reason[WHY_MAX];
        if (WIFEXITED(status))
                snprintf(reason, sizeof reason, "leaves the process with exit code %d in %s", WEXITSTATUS(status), s->where);
        else if (of_exception(heard))
                snprintf(reason, sizeof reason, "lets an exception escape from %s: %s", s->where, heard);
        else
                snprintf(reason, sizeof reason, "dies of SIG%s in %s%s%s", sigabbrev_np(WTERMSIG(status)), s->where,
                         heard[0] ? ": " : "", heard);
        memcpy(s->reason, reason, sizeof reason);
        s->state = SIGHT_FAIL;
}

/* Time that a process spent on a processor; 0: not known. */
static int64_t spent_us(pid_t pid) {
        clockid_t clock;
        return clock_getcpuclockid(pid, &clock) == 0 ? clock_read_us(clock) : 0;
}

/* Until it ends, or one callback takes too long. */
static void watch(pid_t pid, int output, const Rule *rule, Sight *s) {
        int64_t began = clock_read_us(CLOCK_MONOTONIC), moved = began, spent = 0, now;
        uint64_t calls = 0;
        int status = 0;
        char heard[HEARD_MAX];
        for (;;) {
                if (waitpid(pid, &status, WNOHANG) == pid)
                        break;
                clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ .tv_nsec = POLL_US * 1000 }, NULL);
                now = clock_read_us(CLOCK_MONOTONIC);
                uint64_t seen = atomic_load(&s->calls);
                if (seen != calls) {
                        moved = now;
                        spent = spent_us(pid);
                }
                calls = seen;
                bool hangs = now - moved >= HANG_US && (spent_us(pid) - spent >= HANG_CPU_US || now - moved >= HANG_MOST_US);
                if (!hangs && now - began < RULE_US)
                        continue;
                kill(-pid, SIGKILL);
                kill(pid, SIGKILL);
                waitpid(pid, &status, 0);
                snprintf(s->reason, sizeof s->reason, "%s for %d s in %s",
                         hangs ? "does not return" : "is still busy after working",
                         (int)((hangs ? now - moved : now - began) / 1000000), s->where);
                s->state = SIGHT_FAIL;
                return;
        }
        kill(-pid, SIGKILL); /* whatever it left running */
        overhear(output, heard);
        if (s->state == SIGHT_RUNNING)
                died(s, status, heard);
        if (s->state == SIGHT_PASS && heard[0] && strcmp(rule->name, "pure") == 0) {
                snprintf(s->reason, sizeof s->reason, "writes to stdout or stderr: `%s`; a plugin speaks by log() and fail()",
                         heard);
                s->state = SIGHT_FAIL;
        }
}

int conform_child(const KitConf *conf, const Rule *rule, Sight *ret) {
        int output[2] = { -1, -1 }, r = 0;
        Sight *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (s == MAP_FAILED)
                return -errno;
        fflush(NULL);
        pid_t pid = pipe2(output, O_CLOEXEC | O_NONBLOCK) == 0 ? fork() : -1;
        if (pid < 0)
                r = -errno;
        if (pid == 0) {
                sight = s;
                close(output[0]);
                child(conf, rule, output[1]);
        }
        closep(&output[1]);
        if (pid > 0)
                watch(pid, output[0], rule, s);
        closep(&output[0]);
        *ret = *s;
        ret->reason[sizeof ret->reason - 1] = 0;
        munmap(s, sizeof *s);
        return r;
}
