/* Birth and death of a worker, and what it lets be seen. */
#include "core/log.h"
#include "task/inner.h"

/* One instance is made and thrown away, so that settings are refused before anything is connected. */
static int probe(Worker *w, Why *why, char pointer[256]) {
        Task *t = NULL;
        w->table_bytes = 64u << 10;
        GUARD(task_new(&t, w, -1));
        int r = task_birth(t, why);
        if (r != 0 && pointer)
                snprintf(pointer, 256, "%s", w->call.pointer);
        task_free(t);
        return r == 0 || r == -ENOMEM ? r : WORKER_E_CONF;
}

static int settle(Worker *w, Why *why, char pointer[256]) {
        size_t most = w->conf.config->memory_max / 8;
        w->time = (WatermarkConf){ w->pipe->lateness_us, w->pipe->idle_us, w->pipe->future_us };
        w->time_told = (tocsin_time){ .size = sizeof w->time_told,
                                      .lateness_us = w->time.lateness_us,
                                      .idle_us = w->time.idle_us,
                                      .future_us = w->time.future_us };
        w->arena = arena_new(most < LIMIT_DECODE_BYTES ? most : LIMIT_DECODE_BYTES);
        w->scratch = arena_new(LIMIT_SCRATCH_BYTES);
        w->events = calloc(BATCH_MAX, sizeof *w->events);
        w->run = calloc(BATCH_MAX, sizeof *w->run);
        if (!w->arena || !w->scratch || !w->events || !w->run)
                return -ENOMEM;
        w->enc.max = LIMIT_DECODE_BYTES;
        w->wall_us = w->wall_committed = w->wall_seen = INT64_MIN;
        emit_init(w);
        failpoint_arm(w);
        for (uint32_t i = 0; i < LIMIT_PORTS; i++)
                w->port[i].mark = UINT32_MAX;
        GUARD(bind_ports(w, why));
        GUARD(accounts_init(w));
        GUARD(spans_init(w));
        GUARD(open_conf(w));
        GUARD(tables_init(w));
        return probe(w, why, pointer);
}

int worker_new(Worker **ret, const WorkerConf *conf, Why *why, char pointer[256]) {
        Worker *w = calloc(1, sizeof *w);
        if (pointer)
                pointer[0] = 0;
        if (!w)
                return -ENOMEM;
        w->conf = *conf;
        w->pipe = conf->pipeline;
        w->plugin = &conf->plugin->self;
        int r = settle(w, why, pointer);
        if (r != 0) {
                worker_free(w);
                return r;
        }
        trouble_begin(w);
        *ret = w;
        return 0;
}

Worker *worker_free(Worker *w) {
        if (!w)
                return NULL;
        if (w->bus)
                doing(w, DOING_CLOSE);
        if (w->bus && w->open)
                (void)bus_abort(w->bus, NULL);
        if (w->owned)
                assign_drop(w);
        store_cache_free(w->stores);
        tables_deinit(w);
        bus_close(w->bus);
        bind_free(w);
        arena_free(w->arena);
        arena_free(w->scratch);
        arena_free(w->undo.arena);
        spans_deinit(w);
        buffer_deinit(&w->enc);
        buffer_deinit(&w->meta);
        buffer_deinit(&w->dead);
        free(w->events);
        free(w->run);
        free(w->properties);
        free(w->delta);
        free(w->plugin_cell);
        free(w->task);
        free(w->owned);
        free(w->pos);
        free(w->pos_of);
        free(w->at);
        free(w);
        return NULL;
}

typedef struct Dump {
        Buffer *out;
        int32_t partition;
        bool timers;
} Dump;

static void quote(Buffer *out, Bytes b) {
        static const char hex[] = "0123456789abcdef";
        for (size_t i = 0; i < b.len; i++)
                if (b.ptr[i] > 0x20 && b.ptr[i] < 0x7f && b.ptr[i] != '\\')
                        buffer_u8(out, b.ptr[i]);
                else
                        buffer_put(out, (const char[]){ '\\', 'x', hex[b.ptr[i] >> 4], hex[b.ptr[i] & 15] }, 4);
}

static int line(void *arg, Bytes key, Bytes value) {
        Dump *d = arg;
        int64_t at;
        unsigned clock;
        buffer_printf(d->out, "%d %s ", (int)d->partition, d->timers ? "timer" : "entry");
        quote(d->out, key);
        buffer_u8(d->out, ' ');
        if (d->timers && timers_read(value, &at, &clock))
                buffer_printf(d->out, "%s %ld", clock ? "wall" : "event", (long)at);
        else
                quote(d->out, value);
        buffer_u8(d->out, '\n');
        return 0;
}

int worker_dump(Worker *w, Buffer *out) {
        for (size_t i = 0; i < w->n_owned; i++) {
                Dump d = { out, w->owned[i]->partition, false };
                GUARD(table_scan(w->owned[i]->table, SPACE_USER, BYTES_NULL, line, &d));
                d.timers = true;
                GUARD(table_scan(w->owned[i]->table, SPACE_TIMER, BYTES_NULL, line, &d));
        }
        return out->failed;
}
