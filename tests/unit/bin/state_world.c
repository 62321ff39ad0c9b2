/* The world of state. */
#include "state_world.h"

void world_begin(World *w, const tocsin_plugin *plugin, int32_t partitions, uint32_t workers) {
        memset(w, 0, sizeof *w);
        w->plugin = plugin ? *plugin : rig_window;
        rig_init(&w->rig, &w->plugin, partitions, workers);
        w->conf = (BusConf){ .mem = w->rig.log, .clock = &w->rig.clock.clock, .memory = 1u << 20 };
        w->loaded = (Loaded){ .config = &w->rig.config, .pipe = &w->rig.pipe, .plugin = &w->rig.plugin };
        w->at = (StateAt){ .conf = &w->conf, .config = &w->rig.config, .pipe = &w->rig.pipe, .loaded = &w->loaded };
        snprintf(w->path, sizeof w->path, "/tmp/tocsin-state-%d-%p", (int)getpid(), (void *)w);
}

void world_end(World *w) {
        unlink(w->path);
        rig_deinit(&w->rig);
}

void world_start(World *w) {
        for (uint32_t i = 0; i < w->rig.n_workers; i++)
                rig_start(&w->rig, i);
        rig_settle(&w->rig);
}

void world_stop(World *w) {
        rig_commit(&w->rig);
        for (uint32_t i = 0; i < w->rig.n_workers; i++)
                w->rig.worker[i] = worker_free(w->rig.worker[i]);
        bus_mem_rebalance(w->rig.log, w->rig.pipe.group);
}

void world_feed(World *w, int n) {
        for (int i = 0; i < n; i++)
                rig_put(&w->rig, (const char *[]){ "a", "b", "c", "d", "e" }[i % 5], w->rig.clock.now_us + i * 10000, i, "", -1);
        rig_settle(&w->rig);
        rig_commit(&w->rig);
        w->rig.clock.now_us += 1000000;
}

int world_export(World *w) {
        w->why = (Why){ 0 };
        return state_export(&(StateExport){ .at = w->at, .path = w->path, .replace = true }, &w->why);
}

int world_import(World *w, bool replace, bool offsets, bool dry, StateChange *sum) {
        StateImport i = { .at = w->at, .path = w->path, .replace = replace, .offsets = offsets, .dry = dry };
        w->why = (Why){ 0 };
        int r = state_import(&i, &w->why);
        StateChange all = { 0 };
        for (int32_t p = 0; i.changes && p < i.partitions; p++) {
                all.had += i.changes[p].had;
                all.has += i.changes[p].has;
                all.added += i.changes[p].added;
                all.changed += i.changes[p].changed;
                all.removed += i.changes[p].removed;
        }
        if (sum)
                *sum = all;
        free(i.changes);
        return r;
}

int world_reset(World *w, StateTo to, int64_t to_us, bool drop, bool dry) {
        StateReset s = { .at = w->at, .to = to, .to_us = to_us, .drop = drop, .dry = dry };
        w->why = (Why){ 0 };
        int r = state_reset(&s, &w->why);
        free(s.next);
        free(s.changes);
        state_facts_deinit(&s.facts);
        return r;
}

static StateFacts facts(World *w) {
        StateFacts f;
        cr_assert_eq(state_facts(&f, &w->at, -1, &w->why), 0, "%s", w->why.text);
        return f;
}

StateRows world_rows(World *w) {
        StateFacts f = facts(w);
        StateRows rows;
        cr_assert_eq(state_rows_init(&rows, f.partitions), 0);
        for (int32_t p = 0; p < f.partitions; p++)
                cr_assert_eq(state_log_each(&w->at, &f, p, state_rows_add, &rows, &w->why), 0, "%s", w->why.text);
        state_facts_deinit(&f);
        return rows;
}

StateChange world_count(World *w) {
        StateChange c = { 0 };
        StateRows rows = world_rows(w);
        for (int32_t p = 0; p < rows.n; p++)
                c.has += rows.at[p].entries + rows.at[p].timers + rows.at[p].known;
        state_rows_deinit(&rows);
        return c;
}

int64_t world_committed(World *w, const char *topic, int32_t partition) {
        StateFacts f = facts(w);
        int64_t at = -2;
        for (size_t i = 0; i < f.n_offsets; i++)
                if (strcmp(f.offsets[i].topic, topic) == 0 && f.offsets[i].partition == partition)
                        at = f.offsets[i].committed;
        state_facts_deinit(&f);
        return at;
}

char *world_file(World *w, size_t *n) {
        FILE *f = fopen(w->path, "r");
        char *text = malloc(1u << 20);
        cr_assert(f && text);
        *n = fread(text, 1, (1u << 20) - 1, f);
        text[*n] = 0;
        fclose(f);
        return text;
}

void world_write(World *w, const void *text, size_t n) {
        FILE *f = fopen(w->path, "w");
        cr_assert(f && fwrite(text, 1, n, f) == n && fclose(f) == 0);
}

static int nothing(void *arg, const StateEntry *e) {
        (void)arg;
        (void)e;
        return 0;
}

int world_read(World *w) {
        StateFile *f = NULL;
        w->why = (Why){ 0 };
        int r = state_file_open(&f, w->path, NULL, &w->why);
        if (r == 0)
                r = state_file_each(f, nothing, NULL, &w->why);
        state_file_close(f);
        return r;
}

void world_put(World *w, int32_t partition, Bytes key, Bytes value) {
        cr_assert_eq(bus_mem_put(w->rig.log, w->rig.pipe.changelog, partition, key, value, 1), 0);
}
