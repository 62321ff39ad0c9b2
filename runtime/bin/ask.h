/* One question to a supervisor that runs, by its control socket. */
#pragma once

#include "config/config.h"
#include "core/buffer.h"

#define ASK_SECONDS 30               /* a reload looks at every plugin before it answers */

/* {"verb":"VERB"} -> one line of JSON, without its newline. 0 | EX_UNAVAILABLE: nobody listens there | EX_NOPERM |
 * EX_PROTOCOL: it broke off; *why */
int ask(const Config *c, const char *verb, Buffer *ret, Why *why);
