/* The world of dead letters. */
#include "dlq_world.h"

#include <tocsin/value.h>

Seen seen[4096];
size_t n_seen;
bool broken;

static int process(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host *const *)inst;
        Seen *s = &seen[n_seen++ % 4096];
        snprintf(s->topic, sizeof s->topic, "%s", e->topic);
        s->partition = e->partition;
        s->offset = e->offset;
        s->arrival_us = e->arrival_us;
        memcpy(s->id, e->id, 16);
        if (broken) {
                h->fail(h, "still broken");
                return TOCSIN_POISON;
        }
        return rig_counter.process(inst, e);
}

void world_told(void *arg, const Letter *l, const char *refused) {
        World *w = arg;
        w->told++;
        cr_assert_not_null(l);
        if (refused)
                snprintf(w->refused, sizeof w->refused, "%s", refused);
}

void world_begin(World *w, const tocsin_plugin *plugin, int32_t partitions, uint32_t workers) {
        memset(w, 0, sizeof *w);
        broken = true;
        n_seen = 0;
        w->plugin = plugin ? *plugin : rig_counter;
        if (!plugin)
                w->plugin.process = process;
        rig_init(&w->rig, &w->plugin, partitions, workers);
        w->rig.pipe.retry_replays = 3;
        w->conf = (BusConf){ .mem = w->rig.log, .clock = &w->rig.clock.clock, .memory = 1u << 20 };
        w->dlq = (Dlq){ .conf = &w->conf, .schemas = w->rig.schemas, .config = &w->rig.config, .pipe = &w->rig.pipe };
        w->pick = (Pick){ .from_us = INT64_MIN, .until_us = INT64_MAX };
        for (uint32_t i = 0; i < workers; i++)
                rig_start(&w->rig, i);
        rig_settle(&w->rig);
}

int world_act(World *w, bool drop) {
        Why why = { 0 };
        w->act = (Act){ .dlq = w->dlq,
                        .pick = &w->pick,
                        .plugin = &w->plugin,
                        .drop = drop,
                        .by = "me@here",
                        .because = drop ? "no use" : NULL,
                        .told = world_told,
                        .arg = w };
        w->refused[0] = 0;
        return dlq_act(&w->act, &why);
}

void world_replay(World *w, size_t done, size_t refused) {
        cr_assert_eq(world_act(w, false), 0);
        cr_assert(w->act.done == done && w->act.refused == refused, "%zu done, %zu refused: %s", w->act.done, w->act.refused,
                  w->refused);
}

Letters world_letters(World *w) {
        Letters l = { 0 };
        Why why = { 0 };
        cr_assert_eq(letters_read(&l, &w->dlq, &why), 0, "%s", why.text);
        return l;
}

size_t world_count(World *w, LetterState s) {
        Letters l = world_letters(w);
        size_t n = 0;
        for (size_t i = 0; i < l.n; i++)
                n += l.at[i].state == s;
        letters_deinit(&l);
        return n;
}

void world_send(World *w, const char *topic, int32_t partition, Bytes key, Bytes value, const BusHeader *h, uint32_t n) {
        Bus *b = NULL;
        Why why = { 0 };
        cr_assert_eq(bus_open(&b, &w->conf, &why), 0);
        BusSend s = {
                .output = bus_output(b, topic), .partition = partition, .key = key, .value = value, .headers = h, .n_headers = n
        };
        cr_assert_eq(bus_send(b, &s, &why), 0, "%s", why.text);
        cr_assert_eq(bus_commit(b, NULL, 0, 0, &why), 0);
        bus_close(b);
}

void world_end(World *w) {
        rig_deinit(&w->rig);
}
