/* L8 and L9, scope: may this loop act on that target, and set that attribute there? */
#pragma once

#include "base.h"

typedef struct ScopeBan {
        Bytes target;            /* id or prefix ending in '*' */
        const Bytes *attributes; /* names; '*' is all */
        uint32_t n;
} ScopeBan;
typedef struct Scope {
        const Bytes *targets, *writable;
        const ScopeBan *bans;
        uint32_t n_targets, n_writable, n_bans;
} Scope;

typedef enum ScopeAnswer { SCOPE_FINE, SCOPE_NOT_WRITABLE, SCOPE_DISALLOWED } ScopeAnswer;

bool scope_target(const Scope *s, Bytes target);
ScopeAnswer scope_attribute(const Scope *s, Bytes target, Bytes attribute);

#define SCOPE_SET "set."
/* "set.x" -> "x"; empty: no write. */
Bytes scope_write(Bytes key);
