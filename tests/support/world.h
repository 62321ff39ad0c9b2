/* A pipeline without a file: topics, configuration, plugin and worker of one, on a real broker or on the bus in memory.
 *
 * For programs that are tests or measurements: whatever goes wrong here ends the process and says why. */
#pragma once

#include "bus/mem.h"
#include "task/inner.h"

typedef struct World {
        char app[64], in[96], out[96], changelog[96], dlq[96], retry[96], group[96];
        BusMemLog *mem;              /* NULL: Kafka */
        BusProperty property;
        BusConf bus;                 /* of who feeds and looks */
        ConfigProperty kafka;
        ConfigPort port[2];
        ConfigPipeline pipe;         /* may be changed before the first worker */
        Config config;
        Plugin plugin;
        Schemas *schemas;
        WorkerConf worker;
} World;                             /* points into itself: never copied */

_Noreturn void world_die(const char *what, const char *why);
/* Every name begins with `app`. The plugin's first port is bound to `in`, its second to `out`. bootstrap NULL: bus in memory. */
void world_up(World *w, const char *app, const char *bootstrap, int32_t partitions, const tocsin_plugin *plugin);
/* The first n of: in, out, changelog, dead letters, replays. */
void world_topics(World *w, int n);
void world_down(World *w);
/* What a writer sends; opens the bus, commits at the end of `feed`. */
Bus *world_writer(World *w, uint32_t *output);
void world_send(Bus *b, uint32_t output, const char *key, const Buffer *value);
void world_written(Bus *b);
