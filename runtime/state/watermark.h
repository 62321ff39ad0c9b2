/* How far event time has come in one task: by input port, the greatest event time seen less the allowed lateness; the
 * task's is the least of its ports that are not idle. Never backwards. Pure arithmetic on a plain struct: its committed
 * form is a copy of it. [one thread] */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "core/limits.h"

#define WATERMARK_NONE INT64_MIN     /* nothing seen yet */

typedef struct WatermarkConf { int64_t lateness_us, idle_us, future_us; } WatermarkConf;

typedef struct Watermark {
        int64_t now;                 /* the task's */
        int64_t wall;                /* the last tick's wall time */
        uint32_t n;                  /* ports that count: STREAM and INTERNAL inputs */
        struct WatermarkPort {
                int64_t seen;        /* greatest event time; WATERMARK_NONE: none */
                int64_t active;      /* wall time of the turn of its last record, at first of the first tick */
        } port[LIMIT_PORTS];
} Watermark;

void watermark_init(Watermark *w, uint32_t n);
bool watermark_future(const WatermarkConf *c, int64_t time_us, int64_t wall_us);
bool watermark_late(const Watermark *w, int64_t time_us);
/* A record of that port: it is alive. future: its time counts for nothing. */
void watermark_see(Watermark *w, const WatermarkConf *c, uint32_t port, int64_t time_us, int64_t wall_us, bool future);
/* Will that port count no more after watermark_tick(wall_us)? Whoever ticks must know by then that nothing of it waits to be
 * read, or wakes it: its silence begins anew, for nobody could have heard it. */
bool watermark_idle(const Watermark *w, const WatermarkConf *c, uint32_t port, int64_t wall_us);
void watermark_wake(Watermark *w, uint32_t port, int64_t wall_us);
/* Wall time has come this far: ports without a record for idle_us count no more; when all are idle, time goes on at
 * the wall's pace from where it stood, at most to wall - lateness - idle; from there if no event told a time yet. */
void watermark_tick(Watermark *w, const WatermarkConf *c, int64_t wall_us);
/* The wall time at which a tick brings the task to at_us if nothing comes in. */
int64_t watermark_due(const Watermark *w, const WatermarkConf *c, int64_t at_us);
