/* Two loops, their producers, and short words for what they tell. */
#pragma once

#include "fakehost.h"
#include <criterion/criterion.h>

#define T0 INT64_C(1700000000)
#define US(seconds) ((int64_t)((T0 + (seconds)) * 1e6))

static const char registry[] =
        "[{\"id\":\"a\",\"domain\":\"ran\",\"priority\":5,\"producers\":["
        "{\"name\":\"mon\",\"stage\":\"MONITORING\",\"heartbeat_us\":30000000},{\"name\":\"ana\",\"stage\":\"ANALYSIS\"},"
        "{\"name\":\"dec\",\"stage\":\"DECISION\"},{\"name\":\"exe\",\"stage\":\"EXECUTION\"},"
        "{\"name\":\"gov\",\"stage\":\"GOVERNANCE\"},{\"name\":\"ves\",\"numbered\":false}],"
        "\"targets\":[\"cell-1\",\"shared\"],\"writable\":[\"power\",\"tilt\"],"
        "\"disallowed\":[{\"target\":\"shared\",\"attributes\":[\"power\"]}],"
        "\"metrics\":[{\"name\":\"cpu\",\"min\":0,\"max\":100}],\"action_timeout_us\":40000000},"
        "{\"id\":\"b\",\"producers\":[{\"name\":\"dec\"},{\"name\":\"exe\"}],\"targets\":[\"*\"]}]";

static inline int say(FakeHost *h, double at, double time, const char *id, const char *loop, const char *producer,
                      const char *kind, const char *more) {
        char json[2048];
        const char *stage = strcmp(kind, "ACTION_PLAN") == 0     ? "DECISION"
                            : strcmp(kind, "ACTION_RESULT") == 0 ? "EXECUTION"
                            : strcmp(producer, "gov") == 0       ? "GOVERNANCE"
                                                                 : "MONITORING";
        snprintf(json, sizeof json,
                 "{\"id\":\"%s\",\"loop\":\"%s\",\"stage\":\"%s\",\"kind\":\"%s\",\"event_time\":%lld,"
                 "\"producer\":{\"name\":\"%s\"%s}",
                 id, loop, stage, kind, (long long)US(time), producer, more);
        /* `more` begins inside the producer and may close it itself with '}' and go on; the braces are balanced here. */
        int depth = 0;
        for (const char *p = json; *p; p++)
                depth += *p == '{' ? 1 : *p == '}' ? -1 : 0;
        while (depth-- > 0)
                strcat(json, "}");
        return fake_event(h, US(at), json);
}

/* A numbered telemetry event. */
static inline int tell(FakeHost *h, double time, int64_t incarnation, int64_t sequence) {
        char id[64], more[128];
        snprintf(id, sizeof id, "m-%lld-%lld", (long long)incarnation, (long long)sequence);
        snprintf(more, sizeof more, ",\"incarnation\":%lld,\"sequence\":%lld", (long long)incarnation, (long long)sequence);
        return say(h, time, time, id, "a", "mon", "TELEMETRY", more);
}

static inline size_t count(const FakeHost *h, const char *class, const char *state) {
        size_t n = 0;
        for (size_t i = 0; i < h->n_out; i++)
                n += (!class || tocsin_equal_z(tocsin_get_bytes(&h->out[i].value, "class"), class)) &&
                     (!state || tocsin_equal_z(tocsin_get_bytes(&h->out[i].value, "state"), state));
        return n;
}

/* The last incident told. */
static inline const tocsin_value *last(const FakeHost *h) {
        cr_assert(h->n_out > 0);
        return &h->out[h->n_out - 1].value;
}

static inline bool is(const tocsin_value *v, const char *field, const char *text) {
        return tocsin_equal_z(tocsin_get_bytes(v, field), text);
}

static inline bool proves(const tocsin_value *v, const char *id) {
        const tocsin_value *list = tocsin_find(v, "evidence");
        for (uint32_t i = 0; i < list->len; i++)
                if (is(&list->u.items[i], "event_id", id))
                        return true;
        return false;
}

#define RAISES(h, cls)                                                                                       \
        cr_assert(count(h, cls, "RAISED") == 1 && count(h, NULL, "RAISED") == 1, "%zu %s of %zu",            \
                  count(h, cls, "RAISED"), cls, count(h, NULL, "RAISED"))
#define QUIET(h)                                                                                             \
        cr_assert_eq((h)->n_out, 0, "%zu told, the last: %.*s", (h)->n_out,                                  \
                     (int)tocsin_get_bytes(last(h), "summary").len, (const char *)tocsin_get_bytes(last(h), "summary").ptr)
