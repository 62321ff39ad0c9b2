/* A pipeline on the reference bus whose state is looked at, kept, brought back and reset. */
#pragma once

#include "../task/rig.h"
#include "bin/state.h"

typedef struct World {
        Rig rig;
        tocsin_plugin plugin;
        Loaded loaded;
        BusConf conf;
        StateAt at;
        char path[64];               /* a file of its own, gone at the end */
        Why why;                     /* of the last call that had one */
} World;

void world_begin(World *w, const tocsin_plugin *plugin, int32_t partitions, uint32_t workers);
void world_end(World *w);
void world_start(World *w);          /* all workers, until they are idle */
void world_stop(World *w);           /* and their sessions are over */
void world_feed(World *w, int n);    /* n events of a few keys, processed and committed; workers run */
int world_export(World *w);          /* to w->path */
int world_import(World *w, bool replace, bool offsets, bool dry, StateChange *sum);
int world_reset(World *w, StateTo to, int64_t to_us, bool drop, bool dry);
/* Of all partitions, from the changelog; to be deinited. */
StateRows world_rows(World *w);
StateChange world_count(World *w);   /* .has: entries of all kinds */
int64_t world_committed(World *w, const char *topic, int32_t partition);
/* The whole file as text. To be freed. */
char *world_file(World *w, size_t *n);
void world_write(World *w, const void *text, size_t n);
/* What reading the file answers; nothing is done with it. */
int world_read(World *w);
void world_put(World *w, int32_t partition, Bytes key, Bytes value);   /* into the changelog, from outside */
