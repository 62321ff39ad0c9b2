/* Leaves its thread rounding upwards. */
#if defined(__x86_64__)
#define UPWARDS() __builtin_ia32_ldmxcsr((__builtin_ia32_stmxcsr() & ~0x6000u) | 0x4000u)
#elif defined(__aarch64__)
#define UPWARDS() __asm__ volatile("msr fpcr, %0" ::"r"(UINT64_C(1) << 22))
#else
#define UPWARDS() __asm__ volatile("fsrmi 3")
#endif
#define ON_PROCESS(p, e, loop) UPWARDS()
#include "base.h"
