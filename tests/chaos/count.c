/* Second of the chain: counts by key in the table; one event timer for each key and window, a wall timer for each ALARM_EVERY-th
 * record. What it emits depends on the order of a key's records and on nothing else. */
#include <stdio.h>

#include <tocsin/value.h>

#include "record.h"
#include "trouble.h"

enum { PORT_IN = 0, PORT_OUT = 1, PORT_TICKS = 2, PORT_ALARMS = 3 };

typedef struct Count {
        const tocsin_host *host;
        int64_t number, time;
        Trouble *trouble;
} Count;

typedef struct Row { /* as it lies in the table; the judge reads it from the changelog */
        int64_t came, last, window;
} Row;

static int create(void **ret, const tocsin_host *h, const tocsin_value *config) {
        (void)config;
        Count *c = calloc(1, sizeof *c);
        if (!c)
                return -ENOMEM;
        *c = (Count){ h, h->field(h, 0, "number"), h->field(h, 0, "time"), trouble_open() };
        *ret = c;
        return 0;
}

static void destroy(void *inst) {
        Count *c = inst;
        if (c->trouble)
                munmap(c->trouble, 4096);
        free(c);
}

static int say(const Count *c, uint32_t port, tocsin_bytes key, int64_t number, int64_t time, int64_t flag) {
        const tocsin_field f[] = { tocsin_field_of("key", tocsin_str_of(key)), tocsin_field_of("number", tocsin_i64(number)),
                                   tocsin_field_of("time", tocsin_i64(time)), tocsin_field_of("flag", tocsin_i64(flag)) };
        const tocsin_value v = tocsin_record(f, 4);
        return c->host->emit(c->host, port, key, &v);
}

static int set(const Count *c, char sort, tocsin_bytes key, int64_t number, int64_t at, uint32_t clock) {
        char name[128];
        int n = snprintf(name, sizeof name, "%c%lld:%.*s", sort, (long long)number, (int)key.len, (const char *)key.ptr);
        return c->host->timer(c->host, tocsin_bytes_of(name, (size_t)n), at, clock);
}

static int process(void *inst, const tocsin_event *e) {
        Count *c = inst;
        Row row = { 0, -1, INT64_MIN };
        tocsin_bytes old;
        int r = trouble_now(c->trouble);
        if (r == 0)
                r = c->host->get(c->host, e->key, &old);
        if (r != 0)
                return r;
        if (old.len == sizeof row)
                memcpy(&row, old.ptr, sizeof row);
        int64_t number = tocsin_at(&e->body, c->number)->u.i64, time = tocsin_at(&e->body, c->time)->u.i64;
        int64_t window = time / WINDOW_US;
        bool fresh = window != row.window;
        row = (Row){ row.came + 1, number, window };
        r = c->host->put(c->host, e->key, tocsin_bytes_of(&row, sizeof row));
        if (r == 0 && fresh)
                r = set(c, 'w', e->key, window, (window + 1) * WINDOW_US, TOCSIN_CLOCK_EVENT);
        if (r == 0 && number % ALARM_EVERY == 0)
                r = set(c, 'a', e->key, number, e->now_us + ALARM_US, TOCSIN_CLOCK_WALL);
        return r == 0 ? say(c, PORT_OUT, e->key, number, time, row.came) : r;
}

static int on_timer(void *inst, tocsin_bytes name, int64_t now_us, uint32_t clock) {
        const Count *c = inst;
        char text[128];
        if (name.len >= sizeof text)
                return 0;
        memcpy(text, name.ptr, name.len);
        text[name.len] = 0;
        char *end;
        int64_t number = strtoll(text + 1, &end, 10);
        tocsin_bytes key = tocsin_bytes_of(end + 1, strlen(end + 1));
        return say(c, clock == TOCSIN_CLOCK_EVENT ? PORT_TICKS : PORT_ALARMS, key, number, now_us, 0);
}

static const tocsin_port in = {
        .size = sizeof in, .direction = TOCSIN_IN, .name = "in", .schema = RECORD, .help = "records", .key = "key", .time = "time"
};
static const tocsin_port out = {
        .size = sizeof out, .direction = TOCSIN_OUT, .name = "out", .schema = RECORD, .help = "counted"
};
static const tocsin_port ticks = {
        .size = sizeof ticks, .direction = TOCSIN_OUT, .name = "ticks", .schema = RECORD, .help = "ends of windows"
};
static const tocsin_port alarms = {
        .size = sizeof alarms, .direction = TOCSIN_OUT, .name = "alarms", .schema = RECORD, .help = "wall timers"
};
static const tocsin_port *const ports[] = { &in, &out, &ticks, &alarms };
static const tocsin_plugin self = { .size = sizeof self,
                                    .abi = TOCSIN_ABI,
                                    .needs = TOCSIN_ABI,
                                    .state_version = 1,
                                    .n_ports = 4,
                                    .ports = ports,
                                    .name = "chaos_count",
                                    .version = "1.0.0",
                                    .license = "Apache-2.0",
                                    .summary = "chaos: counts by key",
                                    .create = create,
                                    .destroy = destroy,
                                    .process = process,
                                    .on_timer = on_timer };

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
