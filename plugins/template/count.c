/* A tumbling window: it begins with an event, and with the first event behind its end the next one begins. */
#include "count.h"

CountRules count_rules(int64_t limit, int64_t window_s) {
        return (CountRules){ .limit = limit, .window_us = window_s * 1000000 };
}

int64_t count_end_us(const Count *c, const CountRules *rules) {
        return c->since_us > INT64_MAX - rules->window_us ? INT64_MAX : c->since_us + rules->window_us;
}

bool count_step(Count *c, const CountRules *rules, int64_t time_us) {
        if (c->n == 0 || time_us >= count_end_us(c, rules))
                *c = (Count){ .since_us = time_us };
        if (c->n < INT64_MAX)
                c->n++;
        return c->n == rules->limit;
}

void count_write(const Count *c, uint8_t ret[COUNT_BYTES]) {
        for (unsigned i = 0; i < 8; i++) {
                ret[i] = (uint8_t)((uint64_t)c->since_us >> 8 * i);
                ret[8 + i] = (uint8_t)((uint64_t)c->n >> 8 * i);
        }
}

bool count_read(Count *ret, const uint8_t *bytes, uint64_t len) {
        uint64_t since = 0, n = 0;
        if (len != COUNT_BYTES)
                return false;
        for (unsigned i = 0; i < 8; i++) {
                since |= (uint64_t)bytes[i] << 8 * i;
                n |= (uint64_t)bytes[8 + i] << 8 * i;
        }
        *ret = (Count){ .since_us = (int64_t)since, .n = (int64_t)n };
        return ret->n > 0;
}
