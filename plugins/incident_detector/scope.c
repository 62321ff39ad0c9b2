/* L8 and L9: declared targets and attributes. */
#include "scope.h"

static bool any(const Bytes *patterns, uint32_t n, Bytes text) {
        for (uint32_t i = 0; i < n; i++)
                if (text_match(patterns[i], text))
                        return true;
        return false;
}

bool scope_target(const Scope *s, Bytes target) {
        return any(s->targets, s->n_targets, target);
}

ScopeAnswer scope_attribute(const Scope *s, Bytes target, Bytes attribute) {
        for (uint32_t i = 0; i < s->n_bans; i++)
                if (text_match(s->bans[i].target, target) && any(s->bans[i].attributes, s->bans[i].n, attribute))
                        return SCOPE_DISALLOWED;
        return any(s->writable, s->n_writable, attribute) ? SCOPE_FINE : SCOPE_NOT_WRITABLE;
}

Bytes scope_write(Bytes key) {
        size_t n = sizeof SCOPE_SET - 1;
        if (key.len <= n || memcmp(key.ptr, SCOPE_SET, n) != 0)
                return tocsin_bytes_of(NULL, 0);
        return tocsin_bytes_of(key.ptr + n, key.len - n);
}
