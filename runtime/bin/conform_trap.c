/* A filter of system calls by the address they come from. */
#include "bin/conform_trap.h"

#include "bin/conform_calls.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>

static void on_call(int number, siginfo_t *info, void *context) {
        (void)number;
        (void)info;
        (void)context;
        calls_note("calls the kernel by its own instructions");
}

void trap_begin(const void *code, size_t n) {
        const uint64_t from = (uintptr_t)code, to = from + n;
        const uint32_t at = offsetof(struct seccomp_data, instruction_pointer);
        struct sock_filter filter[] = {
                /* the address is that behind the instruction; its halves are read one by one */
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at + 4),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(from >> 32), 0, 4),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at),
                BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)from, 0, 2),
                BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)to, 1, 0),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sigaction act = { .sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_ONSTACK };
        if (n == 0 || from >> 32 != to >> 32) /* code across such a border: one in thousands of loads */
                return;
        sigaction(SIGSYS, &act, NULL);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
                (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
                            &(struct sock_fprog){ .len = sizeof filter / sizeof *filter, .filter = filter });
}
