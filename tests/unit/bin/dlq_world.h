/* Dead letters on the reference bus: a pipeline that is broken until it is mended, and the command that deals with them. */
#pragma once

#include "../task/rig.h"
#include "bin/dlq.h"

#define T(r) ((r)->clock.now_us)

typedef struct Seen {                /* what the plugin was told of an event */
        char topic[64];
        int32_t partition;
        int64_t offset, arrival_us;
        uint8_t id[16];
} Seen;
extern Seen seen[4096];
extern size_t n_seen;
extern bool broken;                  /* the rig's counter gives up whatever comes */

typedef struct World {
        Rig rig;
        tocsin_plugin plugin;
        Dlq dlq;
        BusConf conf;
        Pick pick;
        Act act;                     /* the last one */
        char refused[WHY_MAX];       /* the last reason of it */
        size_t told;
} World;

void world_begin(World *w, const tocsin_plugin *plugin, int32_t partitions, uint32_t workers);   /* plugin NULL: the counter */
void world_end(World *w);
int world_act(World *w, bool drop);
void world_told(void *arg, const Letter *l, const char *refused);
void world_replay(World *w, size_t done, size_t refused);     /* asserts so many */
Letters world_letters(World *w);
size_t world_count(World *w, LetterState s);
void world_send(World *w, const char *topic, int32_t partition, Bytes key, Bytes value, const BusHeader *h, uint32_t n);
