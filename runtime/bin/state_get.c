/* `tocsin state get`: an entry by its key, and timers whose names begin with it. */
#include "bin/state.h"

#include "bin/incident_print.h"
#include "bin/tame.h"
#include "core/cleanup.h"
#include "state/timers.h"
#include "value/utf8.h"
#include "value/value.h"
#include "json/json.h"

#include <tocsin/plugin.h>

static void hex(Buffer *out, Bytes b) {
        for (size_t i = 0; i < b.len; i++)
                buffer_printf(out, "%02x", b.ptr[i]);
}

static bool is_text(Bytes b) {
        for (size_t i = 0; i < b.len; i++)
                if (b.ptr[i] < 0x20 && b.ptr[i] != '\n' && b.ptr[i] != '\t')
                        return false;
        return utf8_valid(b.ptr, b.len);
}

/* Objects and lists: a lone number or word is text that happens to be JSON, too. */
static bool is_json(const StateGet *g, Bytes b, tocsin_value *ret) {
        size_t i = 0;
        while (i < b.len && strchr(" \t\r\n", b.ptr[i]) && b.ptr[i])
                i++;
        if (i == b.len || (b.ptr[i] != '{' && b.ptr[i] != '['))
                return false;
        arena_reset(g->arena);
        return json_parse(g->arena, b, ret, NULL, NULL) == 0;
}

static void text_name(Buffer *out, Bytes b) {
        if (is_text(b)) {
                buffer_u8(out, '"');
                tame(out, b, 0);
                buffer_u8(out, '"');
        } else {
                buffer_put_z(out, "0x");
                hex(out, b);
        }
}

static void text(StateGet *g, const StateEntry *e) {
        Buffer *out = &g->out;
        tocsin_value v;
        int64_t at = 0;
        unsigned clock = 0;
        buffer_printf(out, "%s/%d  %s  ", g->pipeline, (int)e->partition, state_kind(e->space));
        text_name(out, e->key);
        if (e->space == SPACE_TIMER) {
                (void)timers_read(e->value, &at, &clock);
                buffer_printf(out, "  %s time ", clock == TOCSIN_CLOCK_EVENT ? "event" : "wall");
                incident_time(out, at);
                buffer_u8(out, '\n');
                return;
        }
        buffer_printf(out, "  %zu bytes\n", e->value.len);
        bool json = is_json(g, e->value, &v);
        if (json) {
                buffer_put_z(out, "  json  ");
                value_print(out, &v);
                buffer_u8(out, '\n');
        } else if (e->value.len && is_text(e->value)) {
                buffer_put_z(out, "  text  ");
                tame(out, e->value, 0);
                buffer_u8(out, '\n');
        }
        buffer_put_z(out, "  hex   ");
        hex(out, e->value);
        buffer_u8(out, '\n');
}

static void json_bytes(Buffer *out, const char *name, Bytes b) {
        buffer_printf(out, ",\"%s\":", name);
        if (is_text(b))
                value_print_string(out, b);
        else
                buffer_put_z(out, "null");
        buffer_printf(out, ",\"%s_hex\":\"", name);
        hex(out, b);
        buffer_u8(out, '"');
}

static void json(StateGet *g, const StateEntry *e) {
        Buffer *out = &g->out;
        tocsin_value v;
        int64_t at = 0;
        unsigned clock = 0;
        buffer_put_z(out, "{\"pipeline\":");
        value_print_string(out, bytes_z(g->pipeline));
        buffer_printf(out, ",\"partition\":%d,\"kind\":\"%s\"", (int)e->partition, state_kind(e->space));
        json_bytes(out, "key", e->key);
        if (e->space == SPACE_TIMER) {
                (void)timers_read(e->value, &at, &clock);
                buffer_printf(out, ",\"clock\":\"%s\",\"at_us\":%lld}\n", clock == TOCSIN_CLOCK_EVENT ? "event" : "wall",
                              (long long)at);
                return;
        }
        json_bytes(out, "value", e->value);
        if (is_json(g, e->value, &v)) {
                buffer_put_z(out, ",\"json\":");
                value_print(out, &v);
        }
        buffer_put_z(out, "}\n");
}

int state_get_each(void *arg, const StateEntry *e) {
        StateGet *g = arg;
        bool begins = bytes_begin(e->key, g->key);
        if (e->space == SPACE_META || !begins || (e->space == SPACE_USER && !g->prefix && e->key.len != g->key.len))
                return 0;
        g->found++;
        (g->json ? json : text)(g, e);
        return g->out.failed;
}
