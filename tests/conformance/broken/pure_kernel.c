/* Asks the kernel for its process's number, past libc. */
static long number(void) {
        long r;
#if defined(__x86_64__)
        __asm__ volatile("syscall" : "=a"(r) : "a"(39L) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
        register long x8 __asm__("x8") = 172, x0 __asm__("x0");
        __asm__ volatile("svc 0" : "=r"(x0) : "r"(x8) : "memory");
        r = x0;
#else
        register long a7 __asm__("a7") = 172, a0 __asm__("a0");
        __asm__ volatile("ecall" : "=r"(a0) : "r"(a7) : "memory");
        r = a0;
#endif
        return r;
}
#define ON_COUNT(p, e, n) (p)->memory[0] = number()
#include "base.h"
