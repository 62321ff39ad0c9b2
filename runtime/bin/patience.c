/* A thread that does nothing but tell how long it has been. */
#include "bin/patience.h"

#include "core/clock.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define COLUMNS 80 /* where the terminal does not say; a line that wraps could not be taken back */

static void put(const Patience *p, const char *text, int n) {
        ssize_t r = write(p->fd, text, (size_t)n);
        (void)r; /* a terminal that is gone needs no line */
}

static void show(const Patience *p, int64_t waited_us) {
        char text[512], line[600];
        struct winsize w = { 0 };
        int columns = ioctl(p->fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col : COLUMNS;
        int64_t left = p->give_up_us - waited_us;
        if (left > 0)
                snprintf(text, sizeof text, "waiting for broker %s: %lld s, given up in %lld s", p->whom,
                         (long long)(waited_us / SECOND_US), (long long)((left + SECOND_US - 1) / SECOND_US));
        else
                snprintf(text, sizeof text, "waiting for broker %s: %lld s", p->whom, (long long)(waited_us / SECOND_US));
        put(p, line, snprintf(line, sizeof line, "\r\033[K%.*s", columns - 1, text));
}

static void *tell(void *arg) {
        Patience *p = arg;
        int64_t began = clock_system.mono_us(&clock_system), next = p->show_us;
        bool shown = false;
        sigset_t all;
        sigfillset(&all); /* signals are the others' */
        pthread_sigmask(SIG_BLOCK, &all, NULL);
        pthread_mutex_lock(&p->lock);
        while (!p->done) {
                int64_t at = began + next;
                struct timespec until = { .tv_sec = at / SECOND_US, .tv_nsec = at % SECOND_US * 1000 };
                if (pthread_cond_clockwait(&p->over, &p->lock, CLOCK_MONOTONIC, &until) == 0 || p->done)
                        continue;
                show(p, clock_system.mono_us(&clock_system) - began);
                shown = true;
                next += SECOND_US;
        }
        pthread_mutex_unlock(&p->lock);
        if (shown)
                put(p, "\r\033[K", 4);
        return NULL;
}

void patience_begin_at(Patience *p, int fd, int64_t show_us, const char *whom, int64_t give_up_us) {
        *p = (Patience){ .fd = fd, .show_us = show_us, .whom = whom, .give_up_us = give_up_us };
        pthread_mutex_init(&p->lock, NULL);
        pthread_cond_init(&p->over, NULL);
        p->begun = pthread_create(&p->thread, NULL, tell, p) == 0; /* else it waits in silence */
}

void patience_begin(Patience *p, const char *whom, int64_t give_up_us) {
        *p = (Patience){ 0 };
        if (isatty(STDERR_FILENO))
                patience_begin_at(p, STDERR_FILENO, PATIENCE_SHOW_US, whom, give_up_us);
}

void patience_end(Patience *p) {
        if (!p->begun)
                return;
        pthread_mutex_lock(&p->lock);
        p->done = true;
        pthread_cond_signal(&p->over);
        pthread_mutex_unlock(&p->lock);
        pthread_join(p->thread, NULL);
        pthread_cond_destroy(&p->over);
        pthread_mutex_destroy(&p->lock);
        p->begun = false;
}
