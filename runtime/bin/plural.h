/* "1 event", "2 events": printf("%u event%s", n, plural(n)). */
#pragma once

static inline const char *plural(unsigned long long n) {
        return n == 1 ? "" : "s";
}
