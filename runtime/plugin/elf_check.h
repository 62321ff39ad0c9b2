/* Is this file a plugin we are willing to map? Answered from its bytes, before any of its code can run. Pure. */
#pragma once

#include "core/bytes.h"
#include "core/error.h"

/* What the dynamic loader would do is read the way it reads it: through program headers and the dynamic segment, never
 * through section headers, which a file may lie about without consequence.
 * 0 | LOADER_E_ELF | LOADER_E_SYMBOLS | LOADER_E_NEEDS, *why says what and the remedy. */
int elf_check(Bytes file, Why *why);
