/* A child process that runs one function of this program and dies with its parent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct ProcessStart {
        const char *name;            /* shown by ps, cut at 15 bytes */
        int (*main)(void *arg);      /* its answer is the exit code; stdio is flushed */
        void *arg;
        int keep;                    /* a descriptor the child keeps besides 0, 1, 2; -1: none */
} ProcessStart;

/* For a caller without threads. The child has none of the parent's other descriptors, no signal blocked and all at their
 * defaults, but for SIGTERM, which process_stopping() tells, and SIGINT, which it ignores: a terminal sends it to all, and
 * the parent decides. It gets SIGKILL when the parent dies. > 0: pid | -errno */
pid_t process_start(const ProcessStart *s);
/* In a child: has SIGTERM come? */
bool process_stopping(void);
/* "exit code 70", "signal 11 (Segmentation fault)": of waitpid's status. Borrowed until the next call. */
const char *process_end_text(int status);
/* Bytes of a process's memory that are resident; 0: it is gone. */
size_t process_rss(pid_t pid);
