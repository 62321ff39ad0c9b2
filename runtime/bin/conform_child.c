/* One rule in one process: limits, a watch on what stands still, and a word for what died. */
#include "bin/conform.h"

#include "bin/conform_sight.h"
#include "core/clock.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define HANG_US INT64_C(10000000) /* one callback: a slow machine under a sanitizer needs a second */
#define RULE_US INT64_C(300000000) /* one rule */
#define POLL_US 2000
#define CHILD_BYTES (UINT64_C(2) << 30)

static Sight *sight; /* of this child; shared with the parent */
static const Pages *guarded[3];

void sight_at(const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        vsnprintf(sight->where, sizeof sight->where, format, ap);
        va_end(ap);
        atomic_fetch_add(&sight->calls, 1);
}

void sight_guard(const Pages *a, const Pages *b, const Pages *c) {
        guarded[0] = a;
        guarded[1] = b;
        guarded[2] = c;
}

static void say(const char *text) {
        strncpy(sight->reason, text, sizeof sight->reason - 1);
        sight->state = SIGHT_FAIL;
}

static void on_fault(int number, siginfo_t *info, void *context) {
        (void)context;
        for (size_t i = 0; i < 3; i++) {
                if (guarded[i] && pages_sealed(guarded[i], info->si_addr)) {
                        say("writes to what was lent to be read");
                        _exit(0);
                }
                if (guarded[i] && pages_beyond(guarded[i], info->si_addr)) {
                        say("reads beyond the length of what was lent: text ends where its length says, no NUL follows");
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

static void confine(void) {
        static uint8_t stack[65536];
        struct rlimit none = { 0, 0 }, some = { CHILD_BYTES, CHILD_BYTES };
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
        setrlimit(RLIMIT_DATA, &some);
#else
        (void)some;
#endif
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null >= 0)
                dup2(null, STDOUT_FILENO);
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

__attribute__((noreturn)) static void child(const KitConf *conf, const Rule *rule) {
        Kit k = { 0 };
        Why why = { 0 };
        confine();
        int r = prove(&k, conf, rule, &why);
        if (r < 0)
                why_say(&why, r, "the kit itself failed in %s: %s", sight->where, strerror(-r));
        memcpy(sight->reason, r == 0 ? k.note.text : why.text, sizeof why.text);
        kit_close(&k);
        sight->state = r == 0 ? SIGHT_PASS : r == RULE_E_NONE ? SIGHT_NONE : SIGHT_FAIL;
        _exit(0);
}

static void died(Sight *s, int status) {
        char reason[WHY_MAX];
        if (WIFEXITED(status))
                snprintf(reason, sizeof reason, "leaves the process with exit code %d in %s", WEXITSTATUS(status), s->where);
        else
                snprintf(reason, sizeof reason, "dies of SIG%s in %s", sigabbrev_np(WTERMSIG(status)), s->where);
        memcpy(s->reason, reason, sizeof reason);
        s->state = SIGHT_FAIL;
}

/* Until it ends, or one callback takes too long. */
static void watch(pid_t pid, Sight *s) {
        int64_t began = clock_read_us(CLOCK_MONOTONIC), moved = began, now;
        uint64_t calls = 0;
        int status = 0;
        for (;;) {
                if (waitpid(pid, &status, WNOHANG) == pid)
                        break;
                clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ .tv_nsec = POLL_US * 1000 }, NULL);
                now = clock_read_us(CLOCK_MONOTONIC);
                uint64_t seen = atomic_load(&s->calls);
                if (seen != calls)
                        moved = now;
                calls = seen;
                if (now - moved < HANG_US && now - began < RULE_US)
                        continue;
                kill(-pid, SIGKILL);
                kill(pid, SIGKILL);
                waitpid(pid, &status, 0);
                snprintf(s->reason, sizeof s->reason, "%s for %d s in %s",
                         now - moved < HANG_US ? "is still busy after working" : "does not return",
                         (int)((now - moved < HANG_US ? now - began : now - moved) / 1000000), s->where);
                s->state = SIGHT_FAIL;
                return;
        }
        kill(-pid, SIGKILL); /* whatever it left running */
        if (s->state == SIGHT_RUNNING)
                died(s, status);
}

int conform_child(const KitConf *conf, const Rule *rule, Sight *ret) {
        Sight *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (s == MAP_FAILED)
                return -errno;
        fflush(NULL);
        pid_t pid = fork();
        if (pid < 0) {
                int r = -errno;
                munmap(s, sizeof *s);
                return r;
        }
        if (pid == 0) {
                sight = s;
                child(conf, rule);
        }
        watch(pid, s);
        *ret = *s;
        ret->reason[sizeof ret->reason - 1] = 0;
        munmap(s, sizeof *s);
        return 0;
}
