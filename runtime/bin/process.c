/* fork, with what must be set right between it and the function. */
#include "bin/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t stopping; /* of this process: set once, by SIGTERM */

static void on_term(int signal_number) {
        (void)signal_number;
        stopping = 1;
}

bool process_stopping(void) {
        return stopping;
}

static void close_all_but(int keep) {
        unsigned first = STDERR_FILENO + 1;
        if (keep >= (int)first) {
                if ((unsigned)keep > first)
                        close_range(first, (unsigned)keep - 1, 0);
                first = (unsigned)keep + 1;
        }
        close_range(first, ~0u, 0);
}

pid_t process_start(const ProcessStart *s) {
        pid_t parent = getpid();
        fflush(stdout);
        pid_t pid = fork();
        if (pid != 0)
                return pid < 0 ? -errno : pid;
        sigset_t none;
        sigemptyset(&none);
        for (int i = 1; i < NSIG; i++)
                if (i != SIGPIPE) /* ignored by main(): a reader that left is an error of write */
                        signal(i, i == SIGINT ? SIG_IGN : SIG_DFL);
        sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_term, .sa_flags = SA_RESTART }, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, s->name);
        if (getppid() != parent)
                _exit(EXIT_FAILURE); /* it died before we asked to be told */
        close_all_but(s->keep);
        sigprocmask(SIG_SETMASK, &none, NULL);
        int r = s->main(s->arg);
        fflush(stdout);
        _exit(r);
}

const char *process_end_text(int status) {
        static char text[96];
        if (WIFSIGNALED(status))
                snprintf(text, sizeof text, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
        else
                snprintf(text, sizeof text, "exit code %d", WEXITSTATUS(status));
        return text;
}

size_t process_rss(pid_t pid) {
        char path[32];
        size_t all = 0, resident = 0;
        snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
        FILE *f = fopen(path, "re");
        if (!f)
                return 0;
        if (fscanf(f, "%zu %zu", &all, &resident) != 2)
                resident = 0;
        fclose(f);
        return resident * (size_t)sysconf(_SC_PAGESIZE);
}
