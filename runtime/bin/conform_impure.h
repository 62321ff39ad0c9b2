/* Calls of libc that a pure function of state and event cannot make: clocks, chance, files, processes, threads, signals. They
 * are noted when they are made; that all but those of conform_pure.h are refused unmade is the affair of `pure`. */
#pragma once

#define CONFORM_IMPURE(X)                                                                                              \
        X(time) X(clock) X(clock_gettime) X(gettimeofday) X(timespec_get) X(localtime) X(localtime_r) X(mktime)        \
        X(nanosleep) X(clock_nanosleep) X(usleep) X(sleep) X(getrandom) X(getentropy) X(rand) X(random) X(lrand48)     \
        X(mrand48) X(arc4random) X(arc4random_uniform) X(arc4random_buf) X(open) X(open64) X(openat) X(openat64)       \
        X(creat) X(fopen) X(fopen64) X(freopen) X(tmpfile) X(mkstemp) X(opendir) X(stat) X(access) X(unlink)           \
        X(rename) X(mkdir) X(socket) X(connect) X(bind) X(getaddrinfo) X(pipe) X(pipe2) X(eventfd) X(memfd_create)     \
        X(epoll_create1) X(pthread_create) X(thrd_create) X(setenv) X(putenv) X(setlocale) X(signal) X(sigaction)      \
        X(alarm) X(setitimer) X(timer_create) X(timerfd_create) X(dlopen) X(exit) X(_exit) X(quick_exit) X(getpid)     \
        X(syscall) X(write) X(puts) X(putchar) X(fputc) X(fputs) X(fwrite)

/* What would reach beyond the process that the kit has set apart: noted, and not made. The caller is told that it failed. */
#define CONFORM_NEVER(X)                                                                                               \
        X(kill) X(killpg) X(tgkill) X(sigqueue) X(ptrace) X(fork) X(vfork) X(clone) X(daemon) X(system)                \
        X(posix_spawn) X(posix_spawnp) X(setsid) X(setpgid) X(setpgrp) X(execve) X(execvp) X(execv) X(setrlimit)       \
        X(setrlimit64) X(prlimit) X(prlimit64)
