/* What a return value means in this house, and how a failure says what, where and what to do.
 *
 *   0      done
 *   < 0    -errno: a broken world (out of memory, a bug). Handed up unchanged.
 *   > 0    a documented answer of this very function (ROOM_E_…), handled by its caller, never handed up.
 *
 * Outputs are named `ret`; they are written on success only. A function that can be refused for a reason a
 * person should read takes a `Why *` last and fills it whenever it does not return 0. */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define WHY_MAX 512u          /* one line on a terminal, with a path and a remedy */

typedef struct Why {
        char text[WHY_MAX];   /* one sentence, no newline; empty: nothing said */
} Why;

/* Sets the text, cut at WHY_MAX, control characters replaced by '?'. NULL: nothing happens. Returns `r`. */
int why_say(Why *why, int r, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Puts text in front of what is said: "CONTEXT: old text". Returns `r`. */
int why_in(Why *why, int r, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Only where every resource is _cleanup_ and only inside one room: leave with the first answer that is not 0. */
#define GUARD(call)                             \
        do {                                    \
                int guard_r_ = (call);          \
                if (guard_r_ != 0)              \
                        return guard_r_;        \
        } while (0)
#define REQUIRE(condition, answer)              \
        do {                                    \
                if (!(condition))               \
                        return (answer);        \
        } while (0)
