/* Calls of the kernel that a plugin makes by its own instructions, past libc and past everything of conform_calls.h. */
#pragma once

#include <stddef.h>

/* From now on the n bytes of code there cannot call the kernel: a call is noted as impure and not made. Where the kernel has no
 * filters nothing changes. Not seen: a clock or a source of chance that is an instruction (rdtsc, rdrand). */
void trap_begin(const void *code, size_t n);
