/* A replay runs in a process of its own: a plugin that crashes is one clear line, not the end of who could say it. */
#include "bin/replay.h"

#include "core/cleanup.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>

#define OUT_BYTES (64u << 10) /* of output before it is written */
#define NAME_BYTES 256u /* of names as they are told; longer ones are cut */

struct Watch {
        WatchPhase phase;
        Mark mark; /* of the plugin in the configuration */
        char config[NAME_BYTES], pipeline[NAME_BYTES], plugin[NAME_BYTES], port[NAME_BYTES], file[NAME_BYTES];
        const void *named[3]; /* whose names these are; the child's alone */
        uint64_t line;
        bool terminal;
        size_t n;
        uint8_t out[OUT_BYTES];
};

static void keep(char to[NAME_BYTES], const char *name) {
        snprintf(to, NAME_BYTES, "%s", name ? name : "");
}

void watch_phase(Watch *w, WatchPhase phase) {
        w->phase = phase;
}

void watch_at(Watch *w, const Config *c, const ConfigPipeline *p, const char *port) {
        if (w->named[0] != p) {
                keep(w->config, c->file);
                keep(w->pipeline, p->name);
                keep(w->plugin, p->plugin);
                w->mark = p->plugin_mark;
                w->named[0] = p;
        }
        if (w->named[1] != port) {
                keep(w->port, port);
                w->named[1] = port;
        }
}

void watch_line(Watch *w, const char *file, uint64_t line) {
        if (w->named[2] != file) {
                keep(w->file, file);
                w->named[2] = file;
        }
        w->line = line;
}

/* ---- output ------------------------------------------------------------------------------------------- */

static int write_all(Bytes b) {
        for (size_t done = 0; done < b.len;) {
                ssize_t n = write(STDOUT_FILENO, b.ptr + done, b.len - done);
                if (n < 0 && errno != EINTR) {
                        fprintf(stderr, "tocsin replay: stdout: %s\n", strerror(errno));
                        return EX_IOERR;
                }
                done += n > 0 ? (size_t)n : 0;
        }
        return 0;
}

int watch_flush(Watch *w) {
        size_t n = w->n;
        w->n = 0;
        return write_all(bytes_of(w->out, n));
}

int watch_write(Watch *w, Bytes b) {
        int bad = b.len > OUT_BYTES - w->n ? watch_flush(w) : 0;
        if (bad != 0)
                return bad;
        if (b.len > OUT_BYTES)
                return write_all(b);
        if (b.len)
                memcpy(w->out + w->n, b.ptr, b.len);
        w->n += b.len;
        return w->terminal ? watch_flush(w) : 0;
}

/* ---- the process that waits ---------------------------------------------------------------------------- */

/* What others may have written over is taken with care. */
static void mend(Watch *w) {
        char *const names[] = { w->config, w->pipeline, w->plugin, w->port, w->file };
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                names[i][NAME_BYTES - 1] = 0;
        if (w->n > OUT_BYTES)
                w->n = 0;
}

static int tell_crash(Watch *w, const char *how) {
        static const char remedy[] = "`tocsin plugin check` finds out which rule it breaks";
        char where[NAME_BYTES * 2 + 64] = "";
        if (w->phase == WATCH_HOST) {
                fprintf(stderr, "tocsin replay: the replay ends while no plugin runs (%s)\n", how);
                return EX_SOFTWARE;
        }
        if (w->phase == WATCH_CREATE) {
                fprintf(stderr, "%s:%u:%u: plugin %s crashes while it is loaded and created (%s); %s\n", w->config, w->mark.line,
                        w->mark.column, w->plugin, how, remedy);
                return EX_CONFIG;
        }
        if (w->phase == WATCH_LINE && w->file[0])
                snprintf(where, sizeof where, "at %s:%llu, on its port %s", w->file, (unsigned long long)w->line, w->port);
        else
                snprintf(where, sizeof where, "%s",
                         w->phase == WATCH_TIMERS ? "in its timers, after the last line"
                         : w->phase == WATCH_LINE ? "before the first line"
                                                  : "while it is freed, after the last line");
        fprintf(stderr, "tocsin replay: plugin %s of pipeline %s crashes %s (%s); what came before it is on stdout; %s\n",
                w->plugin, w->pipeline, where, how, remedy);
        return EX_SOFTWARE;
}

static int ended(Watch *w, int status) {
        int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        char how[96];
        if (!sig && w->phase == WATCH_DONE)
                return WEXITSTATUS(status);
        mend(w);
        int bad = watch_flush(w);
        if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP || sig == SIGQUIT) { /* meant for us both */
                signal(sig, SIG_DFL);
                raise(sig);
        }
        if (sig == SIGALRM) {
                fprintf(stderr, "%s:%u:%u: plugin %s hangs while it is loaded and created\n", w->config, w->mark.line,
                        w->mark.column, w->plugin);
                return EX_CONFIG;
        }
        if (sig == SIGKILL) {
                fprintf(stderr, "tocsin replay: the replay was killed from outside; was the memory too little?\n");
                return EX_OSERR;
        }
        if (sig)
                snprintf(how, sizeof how, "signal %d, %s", sig, strsignal(sig));
        else
                snprintf(how, sizeof how, "it ends the process with exit code %d", WEXITSTATUS(status));
        int exit = tell_crash(w, how);
        return bad ? bad : exit;
}

int watch_start(Watch **ret) {
        Watch *w = mmap(NULL, sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pid_t parent = getpid(), pid = -1;
        int status = 0;
        fflush(NULL);
        if (w != MAP_FAILED)
                pid = fork();
        if (pid < 0) {
                fprintf(stderr, "tocsin replay: cannot start a process: %s\n", strerror(errno));
                return EX_OSERR;
        }
        if (pid == 0) {
                w->terminal = isatty(STDOUT_FILENO);
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (getppid() != parent)
                        _exit(EX_OSERR);
                *ret = w;
                return -1;
        }
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        int exit = ended(w, status);
        munmap(w, sizeof *w);
        return exit;
}
